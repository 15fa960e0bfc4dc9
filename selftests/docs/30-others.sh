#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# The pages do what they say: all others.

exec "$BASH" "$(dirname "$0")/pages.bash" but firewall migrate
