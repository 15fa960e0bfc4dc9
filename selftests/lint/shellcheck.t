#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# No script gives shellcheck anything to say: whatever starts with #! and a shell, or is sourced by one.

cd "$(dirname "$0")/../.." || exit

files=$(find . -path ./build -prune -o -path ./.git -prune -o -type f -print | sort | while read -r file; do
	case $file in
	*.bash)	echo "$file"; continue ;;
	esac
	read -r line <"$file"
	[[ $line =~ ^#!.*sh$ ]] && echo "$file"
done 2>/dev/null)
echo "1..$(wc -w <<<"$files")"
number=0
for file in $files; do
	number=$((number + 1))
	if said=$(shellcheck -f gcc "$file" 2>&1); then
		echo "ok $number - $file"
	else
		echo "not ok $number - $file"
		sed 's/^/# /' <<<"$said" >&2
	fi
done
