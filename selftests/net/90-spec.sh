#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The specification and the policy of the running kernel say the same.

lsmod | grep -q '^knat ' || { modprobe -a libcrc32c 2>/dev/null; insmod "$KNAT_KO"; } || exit 1
exec "$(dirname "$0")/../spec/check-spec" kernel
