#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tracepoints: what they say of mappings, sessions and packets that are
# dropped, as any tracer reads it.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../lib-tcp.sh
. "$(dirname "$0")/../lib-tcp.sh"

tracing=/sys/kernel/tracing

build_more() {
	mountpoint -q $tracing || mount -t tracefs tracefs $tracing ||
		bail "there are no tracepoints"
}

trace() {
	echo 0 >$tracing/events/enable
	: >$tracing/trace
	echo 1 >$tracing/events/knat/enable
	# Each test is a shell of its own.
	trap 'echo 0 >$tracing/events/knat/enable' EXIT
}

traced() { # GLOB
	local line
	while IFS= read -r line; do
		# shellcheck disable=SC2053	# a glob it is
		[[ $line == $1 ]] && return
	done <$tracing/trace
	return 1
}

assert_traced() { # GLOB...
	local glob
	for glob in "$@"; do
		wait_until 10 traced "$glob" || fail "not traced: $glob
$(tail -n 9 $tracing/trace)"
	done
}

space() {
	in_space gw stat -Lc %i /proc/self/ns/net
}

test_a_mapping_is_traced_from_its_beginning_to_its_end() {
	setting udp_timeout 1
	masquerade
	trace
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_traced "*: knat_map_new: net=$(space) proto=17 in=192.168.0.2:5000 out=$outside" \
		"*: knat_map_gone: net=$(space) proto=17 in=192.168.0.2:5000 out=$outside reason=expired"
}

test_a_connection_is_traced() {
	masquerade
	trace
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:5001 203.0.113.11:80
	accept s l
	assert_traced "*: knat_session_new: net=* proto=6 in=192.168.0.2:5001 out=203.0.113.1:* remote=203.0.113.11:80"
	nat flush
	assert_traced "*: knat_session_gone: net=* proto=6 in=192.168.0.2:5001 * remote=203.0.113.11:80 reason=removed" \
		"*: knat_map_gone: net=* proto=6 in=192.168.0.2:5001 * reason=removed"
}

test_a_packet_that_is_dropped_is_traced_with_the_name_of_its_counter() {
	masquerade filtering apdf
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	trace
	udp x out1 203.0.113.11:7777
	tell x "$outside" unasked
	assert_traced "*: knat_drop: net=$(space) proto=17 src=203.0.113.11:7777 dst=$outside reason=drop_filtered"
	assert_counter drop_filtered 1
}

test_a_new_flow_that_is_refused_is_traced() {
	masquerade limit 1
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	trace
	udp b in1 192.168.0.2:5001
	tell b 203.0.113.11:7000 refused
	assert_traced "*: knat_drop: net=* proto=17 src=192.168.0.2:5001 dst=203.0.113.11:7000 reason=refuse_subscriber"
}

test_a_session_that_finds_no_room_is_traced() {
	masquerade
	setting max_sessions 1
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:5001 203.0.113.11:80
	accept s l
	trace
	inject in1 tcp 192.168.0.2:5001 to 203.0.113.11:81 S seq 100
	assert_traced "*: knat_refuse: net=* proto=6 in=192.168.0.2:5001 out=203.0.113.1:* reason=refuse_sessions"
	# One that has no mapping gets none.
	inject in1 tcp 192.168.0.2:5002 to 203.0.113.11:80 S seq 100
	assert_traced "*: knat_drop: net=* proto=6 src=192.168.0.2:5002 dst=203.0.113.11:80 reason=refuse_sessions"
}

test_what_is_translated_is_not_traced() {
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	trace
	greet a s 203.0.113.11:7000
	answer s a "$outside" 203.0.113.11:7000
	assert_eq '' "$(grep -v '^#' $tracing/trace)" "traced"
}

run_tests "$@"
