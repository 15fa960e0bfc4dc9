#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What selftests/docs/match lets vary between a page and what was printed, and what not.

match=$(cd "$(dirname "$0")/.." && pwd)/docs/match
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=0 failed=0

# Bindings stay from one try to the next, as in a scene.
try() { # yes|no WHAT PAGE SEEN
	local answer=no
	printf '%b\n' "$3" >"$dir/page"
	printf '%b\n' "$4" >"$dir/seen"
	"$match" "$dir/page" "$dir/seen" "$dir/typed" "$dir/bound" >"$dir/said" && answer=yes
	tests=$((tests + 1))
	if [ $answer = "$1" ]; then
		echo "ok $tests - $2"
	else
		sed 's/^/# /' "$dir/said" >&2
		echo "not ok $tests - $2"
		failed=1
	fi
}

echo 'natctl map add tcp dev eth0:8000 to 192.168.0.2:27015' >"$dir/typed"
try yes "the same is the same" 'a\nb' 'a\nb'
try no "a line less is not" 'a\nb' 'a'
try no "a line more is not" 'a' 'a\nb'
try no "another order is not" 'a\nb' 'b\na'
try no "another word is not" 'pass oif eth0' 'drop oif eth0'
try yes "runs of blanks are one" 'a  b' 'a     b '
try no "addresses stay" 'udp 203.0.113.1:40000' 'udp 203.0.113.2:40000'
try no "ports that were typed stay" 'dev eth0:8000' 'dev eth0:8001'
try no "large ones too" 'to 192.168.0.2:27015' 'to 192.168.0.2:27016'
try no "other numbers stay" 'limit 2000' 'limit 2001'
try yes "a port by chance may be another" 'udp 203.0.113.1:40000' 'udp 203.0.113.1:1234'
try yes "and then it is the same again" 'out 203.0.113.1:40000' 'out 203.0.113.1:1234'
try no "not another" 'out 203.0.113.1:40000' 'out 203.0.113.1:1235'
try no "nor that of another number" 'out 203.0.113.1:50000' 'out 203.0.113.1:1234'
try yes "ages may vary" '# idle 3s expires in 297s' '# idle 0s expires in 300s'
try no "words about ages may not" '# idle 3s expires in 297s' '# idle 3s'
try yes "counters may vary" 'out_translated 12 packets to' 'out_translated 7 packets to'
try no "but 0 stays 0" 'out_translated 0 packets to' 'out_translated 7 packets to'
try no "and what counts stays" 'out_translated 12 packets to' 'out_translated 0 packets to'
try yes "dots stand for lines" 'a\n...\nd' 'a\nb\nc\nd'
try no "what follows them must come" 'a\n...\nd' 'a\nb\nc'

echo "1..$tests"
exit $failed
