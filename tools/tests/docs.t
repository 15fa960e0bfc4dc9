#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every natctl command in the documentation is one that natctl understands.

top=$(cd "$(dirname "$0")/../.." && pwd)
natctl=$top/tools/natctl
tests=0 bad=0

if grep -qs '^knat ' /proc/modules; then
	echo "1..0 # SKIP knat is loaded here"
	exit 0
fi

while IFS=: read -r file line command; do
	tests=$((tests + 1))
	# A batch line is split as a shell would, but goes nowhere; a file to apply is the example.
	sed "s/^\(sudo \)\?natctl //; s/ *[|>].*//; s!/etc/knat/knat.conf\|knat\.new!$top/systemd/knat.conf!" <<< "$command" > /tmp/natctl-docs.$$
	said=$("$natctl" -b /tmp/natctl-docs.$$ 2>&1)
	if [ $? = 2 ] && [[ $said == *"module knat is not loaded: modprobe knat" ]]; then
		echo "ok $tests - $(basename "$file"):$line: $command"
	else
		sed 's/^/# /' <<< "$said"
		echo "not ok $tests - $(basename "$file"):$line: $command"
		bad=$((bad + 1))
	fi
done < <(grep -n -H -E '^(sudo )?natctl [a-z]' "$top"/README.md "$top"/docs/*.md "$top"/tools/natctl.8)
rm -f /tmp/natctl-docs.$$

echo "1..$tests"
[ $tests -gt 0 ] && exit $((bad > 0))
