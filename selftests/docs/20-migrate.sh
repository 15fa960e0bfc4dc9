#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# The pages do what they say: moving over from iptables and nft.

exec "$BASH" "$(dirname "$0")/pages.bash" migrate
