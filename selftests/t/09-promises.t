#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each row of docs/reliability.md names tests in its last column, and they are there: files of selftests/net by number and
# name or others by their path, each followed by its tests, and targets of the Makefile.

cd "$(dirname "$0")/../.." || exit
page=${1:-docs/reliability.md}
tests=0 failed=0

# What is wrong with the tests that a row names; nothing if they are there
wrong() { # TEXT
	local word file='' named=0
	while read -r word; do
		case $word in
		'`make '*)
			word=${word#\`make }
			grep -qE "^([a-z-]+ )*${word%\`}( [a-z-]+)*:" Makefile || echo "no target ${word%\`}"
			named=1 ;;
		'`selftests/'*)
			file=${word//\`/}
			[ -f "$file" ] || echo "no file $file"
			[[ $file == *.sh ]] || named=1 ;;
		'`'*)
			word=${word//\`/}
			if [ -z "$file" ]; then
				echo "$word is in no file"
			elif [ -f "$file" ]; then
				grep -qE "^test_$word\(\)" "$file" || echo "no test $word in $file"
			fi
			named=1 ;;
		*)
			file=selftests/net/$word.sh
			[ -f "$file" ] || echo "no file $file"
			;;
		esac
	done < <(grep -oE '`[^`]+`|[0-9]{2}-[a-z-]+' <<<"$1")
	[ $named = 1 ] || echo "no test is named"
}

while IFS= read -r row; do
	said=$(wrong "$(sed 's/ *|$//; s/.*| //' <<<"$row")")
	tests=$((tests + 1))
	if [ -z "$said" ]; then
		echo "ok $tests - $(cut -d'|' -f2 <<<"$row" | sed 's/^ *//; s/ *$//')"
	else
		echo "not ok $tests - $row"
		# shellcheck disable=SC2001	# each line
		sed 's/^/# /' <<<"$said" >&2
		failed=1
	fi
done < <(awk -F'|' '/^\|/ && !/^\| ---/ { if (!inside++) next; print } !/^\|/ { inside = 0 }' "$page")

echo "1..$tests"
[ $tests -gt 30 ] && exit $failed
