#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# gcc and clang have nothing to say about natctl and the programs of the tests.

cd "$(dirname "$0")/../.." || exit
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT

make -s -C selftests/flood hash.h >&2
make -s -C selftests/fuzz netlink/tables.h >&2
files=$(ls tools/*.c selftests/probe/*.c selftests/programs/*.c selftests/flood/*.c selftests/churn/*.c \
	selftests/fuzz/{packets,device}.c selftests/fuzz/netlink/*.c)
echo "1..$((2 * $(wc -w <<<"$files")))"
number=0
for compiler in gcc clang; do
	for file in $files; do
		number=$((number + 1))
		# Some warnings come with optimisation only.
		if said=$($compiler -std=gnu11 -O2 -Wall -Wextra -Werror -Imodule/uapi -DVERSION='"lint"' -DHAVE_NCURSES -DHAVE_JANSSON \
			  -c -o "$objects/out.o" "$file" 2>&1); then
			echo "ok $number - $compiler: $file"
		else
			echo "not ok $number - $compiler: $file"
			sed 's/^/# /' <<<"$said" >&2
		fi
	done
done
