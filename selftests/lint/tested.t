#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The table of kernels in README.md is what the runs of the tests have left, and none of them has failed.

cd "$(dirname "$0")/../.." || exit

echo 1..3
if said=$(diff <(sed -n '/^<!-- tested -->$/,/^<!-- end -->$/ { /^|/p }' README.md) <(selftests/tested table)); then
	echo "ok 1 - the table of README.md is made of selftests/tested.tsv"
else
	echo "not ok 1 - the table of README.md is made of selftests/tested.tsv: say make tested"
	sed 's/^/# /' <<<"$said" >&2
fi
if said=$(grep FAILED selftests/tested.tsv); then
	echo "not ok 2 - no run has failed"
	sed 's/^/# /' <<<"$said" >&2
else
	echo "ok 2 - no run has failed"
fi
# Which are the oldest and the newest, by the numbers
names=$(cut -f 1 selftests/tested.tsv | grep -x '[0-9.]*' | sort -uV)
oldest=$(head -n 1 <<<"$names")
newest=$(tail -n 1 <<<"$names")
missing=$(cut -f 1 selftests/tested.tsv | grep '^[0-9]' | sort -u | while read -r name; do
	for what in gcc clang $([ "$name" != "$oldest" ] && [ "$name" != "$newest" ] || echo tests); do
		grep -q "^$name	[^	]*	$what	" selftests/tested.tsv || echo "$name: $what"
	done
done)
if [ -z "$missing" ]; then
	echo "ok 3 - all kernels were built for, and the tests were run on the oldest and the newest"
else
	echo "not ok 3 - all kernels were built for, and the tests were run on the oldest and the newest"
	sed 's/^/# /' <<<"$missing" >&2
fi
