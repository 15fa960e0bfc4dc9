#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# ping: the same identifier twice, fragments, path MTU, the gateway itself.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

# Devices and routes change.
rebuild_for_each=1

build_more() {
	build_isp
}

ping_all() { # HOST ADDR [OPTION...]
	client "$1" ping -n -c 3 -i 0.2 -W 5 "${@:3}" "$2"
	assert_like '*3 packets transmitted, 3 received*' "$output" "ping $2"
}

test_an_inside_host_pings_the_outside() {
	masquerade
	ping_all in1 203.0.113.11
	see out1 '*203.0.113.1 to 203.0.113.11*'
}

test_two_hosts_ping_with_the_same_identifier() {
	masquerade
	in_space in1 ping -n -c 5 -i 0.2 -W 5 -e 77 203.0.113.11 \
		>"$work/ping-in1" &
	client in2 ping -n -c 5 -i 0.2 -W 5 -e 77 203.0.113.11
	wait $! || fail "ping from in1:
$(<"$work/ping-in1")"
	assert_like '*5 packets transmitted, 5 received*' "$output" "in2"
	assert_like '*5 packets transmitted, 5 received*' \
		"$(<"$work/ping-in1")" "in1"
}

test_a_ping_in_fragments_passes() {
	masquerade
	ping_all in1 203.0.113.11 -s 8000
}

test_the_gateway_answers_and_pings() {
	masquerade
	ping_all out1 203.0.113.1
	ping_all out1 203.0.113.1 -s 8000
	ping_all in1 203.0.113.1
	ping_all gw 203.0.113.11
}

test_a_one_to_one_host_is_pinged_from_outside() {
	ip -n gw addr add 203.0.113.2/24 dev wan
	nat map add 203.0.113.2 to 192.168.0.3
	ping_all out1 203.0.113.2
	ping_all out1 203.0.113.2 -s 8000
	ping_all in2 203.0.113.11
	see out1 '*203.0.113.2 to 203.0.113.11*'
}

test_a_ping_that_is_too_large_learns_the_path_mtu() {
	masquerade
	ip -n isp link set far mtu 1300
	output=$(in_space in1 ping -n -c 3 -i 0.2 -W 2 -M 'do' -s 1400 192.0.2.2 2>&1)
	assert_like '*203.0.113.254*mtu = 1300*' "$output" "what ping says"
	ping_all in1 192.0.2.2 -M 'do' -s 1272
}

test_an_unreachable_host_is_reported() {
	masquerade
	ip -n isp route add unreachable 192.0.2.99
	client_fails in1 ping -n -c 1 -W 5 192.0.2.99
	assert_like '*From 203.0.113.254 * Destination Host Unreachable*' \
		"$output" "what ping says"
}

run_tests "$@"
