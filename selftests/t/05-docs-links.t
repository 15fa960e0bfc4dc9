#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Links in the pages lead to files that are there, and to headings that they have.

cd "$(dirname "$0")/../.." || exit
tests=0 failed=0

# The anchors that a page has: its headings in lower case, without punctuation, with dashes for blanks
anchors() { # FILE
	sed -n 's/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

while IFS=: read -r file target; do
	path=${target%%#*}
	path=$(dirname "$file")/${path:-$(basename "$file")}
	status=0
	if [ ! -e "$path" ]; then
		status=1
	elif [[ $target == *'#'* ]]; then
		anchors "$path" | grep -qxF -e "${target#*#}" || status=1
	fi
	tests=$((tests + 1))
	[ $status = 0 ] || failed=1
	echo "$([ $status = 0 ] || echo "not ")ok $tests - $file: $target"
done < <(grep -oHE '\]\([^)]+\)' ./*.md docs/*.md | sed 's/\](\(.*\))$/\1/' | grep -v ':[a-z]*://')

echo "1..$tests"
[ $tests -gt 30 ] && exit $failed
