#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The table of kernels in README.md is what the runs of the tests have left, and none of them has failed.

cd "$(dirname "$0")/../.." || exit

echo 1..2
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
