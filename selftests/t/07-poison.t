#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# No message of the kernel shows what was in its memory before: on a kernel that writes over what is allocated and freed.

cd "$(dirname "$0")/../.." || exit
exec selftests/vm/run -k "${KERNEL:-6.1}" -m 1G -a "slub_debug=P init_on_alloc=0" -- bash selftests/net/63-clean.sh
