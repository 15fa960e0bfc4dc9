#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What sctp_test of lksctp-tools says. A test file sources this after lib.sh.

# The bytes that a receiver with this output has got: a busy one gets large
# messages in parts.
sctp_bytes() { # FILE
	awk '{ for (i = 2; i < NF; i++) if ($i == "Data" && $(i + 2) ~ /^bytes/) sum += $(i + 1) } END { print sum + 0 }' "$1"
}
