#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The guests of this run of selftests/check ended as they should, and their kernel logs are clean.

here=$(cd "$(dirname "$0")" && pwd)
while [ ! -e "$RESULTS/done" ] && kill -0 "$KNAT_CHECK" 2>/dev/null; do
	sleep 0.5
done

# Says for each part of a kernel log, one for each test file, what is wrong in it
explain()
{
	local parts part

	parts=$(mktemp -d)
	awk -v parts="$parts" '
		/knat-test: / { file = sprintf("%s/%04d", parts, ++n) }
		{ print > (file ? file : parts "/0000") }' "$1"
	for part in "$parts"/*; do
		if ! "$here/log-check" "$part" >"$part.said"; then
			sed -n '1s/.*knat-test: /# during /p' "$part"
			sed 's/^vm:/#/' "$part.said"
		fi
	done
	rm -rf "$parts"
}

number=0
shopt -s nullglob
for status in "$RESULTS"/guest-*.status; do
	guest=${status%.status}
	name=$(basename "$guest")
	number=$((number + 1))
	case $(cat "$status") in
	0 | 123) echo "ok $number - $name ended as it should" ;;
	*)
		echo "not ok $number - $name ended as it should"
		sed -n '/^vm: [^ ]/s/^/# /p' "$guest.out" >&2
		;;
	esac
	number=$((number + 1))
	if "$here/log-check" "$guest.log" >/dev/null && [ "$(cat "$status")" != 123 ]; then
		echo "ok $number - $name has a clean kernel log"
	else
		echo "not ok $number - $name has a clean kernel log"
		{ sed -n 's/^vm: the kernel is tainted/# &/p' "$guest.out"; explain "$guest.log"; } >&2
	fi
done
[ $number -gt 0 ] || echo "not ok 1 - no guest has run"
echo "1..$((number > 0 ? number : 1))"
