#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's count of ticks is short of its wrap by five minutes at boot: what
# is there when it wraps must neither go early nor stay for weeks. First of all
# files, as it waits for that.
# timeout: 420

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# Hundredths of a second since boot
uptime_now() {
	local now
	read -r now _ </proc/uptime
	printf '%s' "$((10#${now/./}))"
}

wait_for_uptime() { # SECONDS
	local left
	while left=$(($1 * 1000 - $(uptime_now) * 10)) && ((left > 0)); do
		pause $((left < 5000 ? left : 5000))
	done
}

is_listed() { # FILTER...
	[ -n "$(nat map list "$@")" ]
}

is_gone() {
	! is_listed "$@"
}

# Boot has taken some time of the five minutes: the wrap is between 290 and 300
# seconds of uptime, and everything here lies across both.
test_what_is_there_at_the_wrap_ends_on_time() {
	local start
	(($(uptime_now) < 28000)) ||
		fail "the wrap is near or over: this must be the first file of a guest"
	setting udp_timeout 25 port_rest 0
	masquerade
	# Used before the wrap only, from outside only, and throughout.
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	udp b in1 192.168.0.2:5001
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5353 lifetime 3600
	wait_for_uptime 285
	nat map add udp 203.0.113.1:8001 to 192.168.0.2:5354 lifetime 25
	greet a s 203.0.113.11:7000
	start=$(now_ms)
	greet b s 203.0.113.11:7000
	b=$outside
	inject out1 tcp $out1_silent:1024 to 203.0.113.1:40000 S seq 1
	wait_until 12 seen_answer || fail "no answer to a request from before the wrap"
	wait_for_uptime 304
	greet b s 203.0.113.11:7000
	assert_eq "$b" "$outside" "outside end after the wrap"
	assert_between 17000 24000 $(($(now_ms) - start)) "milliseconds so far"
	is_listed in 192.168.0.2:5000 || fail "a mapping has ended early"
	is_listed in 192.168.0.2:5354 || fail "a lifetime has ended early"
	assert_happens_after 25 "$start" is_gone in 192.168.0.2:5000
	wait_until 6 is_gone in 192.168.0.2:5354 || fail "a lifetime does not end"
	is_listed in 192.168.0.2:5001 || fail "a mapping that was used has ended"
	is_listed in 192.168.0.2:5353 || fail "a long lifetime has ended"
	start=$(now_ms)
	greet b s 203.0.113.11:7000
	assert_eq "$b" "$outside" "outside end in the end"
	assert_happens_after 25 "$start" is_gone in 192.168.0.2:5001
}

seen_answer() {
	seen out1 'icmp 203.0.113.1 to * 3/3 *'
	((answer > 0))
}

run_tests "$@"
