#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# traceroute by UDP, TCP and ICMP, from both sides: every router is named by
# an address that the far end knows.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

build_more() {
	local name
	build_isp
	ip -n gw addr add 203.0.113.2/24 dev wan
	for name in in1 in2 far; do
		in_space $name sysctl -qw net.ipv4.icmp_ratelimit=0
	done
}

# The hops on the way, in a line.
trace() { # HOST ADDR [OPTION...]
	client "$1" traceroute -n -q 1 -N 1 -w 3 -m 6 "${@:3}" "$2"
	hops=$(awk 'NR > 1 { printf "%s%s", sep, $2; sep = " " }' <<<"$output")
}

outwards() { # [OPTION...]
	masquerade
	trace in1 192.0.2.2 "$@"
	assert_eq '192.168.0.1 203.0.113.254 192.0.2.2' "$hops" "hops outwards"
}

test_udp_outwards() {
	outwards
}

test_udp_outwards_to_one_port() {
	outwards -U -p 4500
}

test_icmp_outwards() {
	outwards -I
}

test_tcp_outwards_to_a_closed_port() {
	outwards -T -p 81
}

test_tcp_outwards_to_an_open_port() {
	serve echo far "$PEER" echo tcp 192.0.2.2:80
	wait_listening far tcp 80
	outwards -T -p 80
}

# The gateway's own error quotes a packet whose destination it has already
# translated; the far end must recognise it all the same.
inwards() { # ADDR [OPTION...]
	trace far "$@"
	assert_eq "192.0.2.1 203.0.113.1 $1" "$hops" "hops inwards"
}

test_udp_inwards_to_a_one_to_one_host() {
	nat map add 203.0.113.2 to 192.168.0.3
	inwards 203.0.113.2
}

test_icmp_inwards_to_a_one_to_one_host() {
	nat map add 203.0.113.2 to 192.168.0.3
	inwards 203.0.113.2 -I
}

test_tcp_inwards_to_a_one_to_one_host() {
	nat map add 203.0.113.2 to 192.168.0.3
	inwards 203.0.113.2 -T -p 81
}

test_udp_inwards_to_forwarded_ports() {
	masquerade
	nat map add udp 203.0.113.1:33434-33473 to 192.168.0.2
	inwards 203.0.113.1
}

test_tcp_inwards_to_a_forwarded_port() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	serve echo in1 "$PEER" echo tcp 192.168.0.2:80
	wait_listening in1 tcp 80
	inwards 203.0.113.1 -T -p 8000
}

test_the_gateway_is_traced_from_both_sides() {
	masquerade
	trace far 203.0.113.1 -I
	assert_eq '192.0.2.1 203.0.113.1' "$hops" "hops to the gateway"
	trace in1 203.0.113.1 -I
	assert_eq '203.0.113.1' "$hops" "hops from inside"
	trace gw 192.0.2.2
	assert_eq '203.0.113.254 192.0.2.2' "$hops" "hops of the gateway itself"
}

# Two traces at once from the same ports of two hosts do not get mixed up.
test_two_hosts_trace_at_the_same_time() {
	masquerade
	in_space in2 traceroute -n -q 1 -w 3 -m 6 192.0.2.2 >"$work/trace" &
	trace in1 192.0.2.2
	wait $!
	assert_eq '192.168.0.1 203.0.113.254 192.0.2.2' "$hops" "hops of in1"
	assert_eq '192.168.0.1 203.0.113.254 192.0.2.2' \
		"$(awk 'NR > 1 { printf "%s%s", sep, $2; sep = " " }' "$work/trace")" \
		"hops of in2"
}

run_tests "$@"
