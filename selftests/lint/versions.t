#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What depends on the kernel's version is in compat.h, and each entry says when it can go.

cd "$(dirname "$0")/../.." || exit

echo 1..2
if found=$(grep -rnE 'LINUX_VERSION_CODE|linux/version\.h' Kbuild module --include='*.[ch]' --include=Kbuild |
	   grep -v '^module/compat\.h:'); then
	echo "not ok 1 - the kernel's version is asked for in compat.h only"
	sed 's/^/# /' <<<"$found" >&2
else
	echo "ok 1 - the kernel's version is asked for in compat.h only"
fi

# The floor itself has no end.
conditions=$(sed '/^#if/ { N; /\n#error/d }' module/compat.h | grep -cE '^#if.*LINUX_VERSION_CODE')
# The sentence may go over two lines of a comment.
promises=$(sed 's/^ \* //' module/compat.h | tr '\n' ' ' | grep -oiE 'drop when [0-9.]+ is the floor' | wc -l)
if [ "$conditions" -le "$promises" ]; then
	echo "ok 2 - each entry of compat.h says when it can go"
else
	echo "not ok 2 - each entry of compat.h says when it can go"
	echo "# $conditions conditions, but $promises times \"drop when X is the floor\"" >&2
fi
