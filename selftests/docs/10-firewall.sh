#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# The pages do what they say: firewalls and Docker.

exec "$BASH" "$(dirname "$0")/pages.bash" firewall
