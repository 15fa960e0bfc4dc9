#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# sparse finds nothing in the module: byte order, address spaces, locks.

set -u

cd "$(dirname "$0")/../.." || exit
log=$(mktemp)
trap 'rm -f "$log"' EXIT
selftests/kernels 6.1 || exit

echo 1..1
# Everything is looked at again each time: a warning must not go away by itself.
rm -rf build/sparse
if ! make module KERNEL=6.1 OUT=build/sparse KBUILD_WORDS="C=1 CF=-D__CHECK_ENDIAN__" >"$log" 2>&1; then
	echo "not ok 1 - sparse has nothing to say"
	tail -n 20 "$log" | sed 's/^/# /' >&2
	exit
fi
# The kernel's headers have warnings of their own.
found=$(grep -E '(^|/)module/[^ :]+:[0-9]+:[0-9]+: (warning|error)' "$log" | sed "s|$PWD/build/sparse/||" | sort -u)
if [ -n "$found" ]; then
	echo "not ok 1 - sparse has nothing to say"
	sed 's/^/# /' <<<"$found" >&2
else
	echo "ok 1 - sparse has nothing to say"
fi
