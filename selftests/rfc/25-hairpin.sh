#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# Hairpinning: inside hosts that reach each other by their outside ends.
# Strict reverse-path filtering is on.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# UDP sockets a on in1 and b on a host exchange packets by their outside ends,
# which are what an outside server sees.
exchange() { # HOST ADDRESS
	local a b
	udp a in1 192.168.0.2:5000
	udp b $1 $2:5001
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	a=$outside
	greet b s 203.0.113.11:7000
	b=$outside
	must patience 2000
	tell a $b ping
	hear b ping
	assert_eq $a "$from" "source that b sees"
	tell b $a pong
	hear a pong
	assert_eq $b "$from" "source that a sees"
	tell a $a self
	hear a self
	assert_eq $a "$from" "source that a sees of itself"
}

# 4787/REQ-9 4787/REQ-9a
test_udp_between_hosts_of_one_subnet() {
	masquerade
	exchange in2 192.168.0.3
}

# 4787/REQ-9 4787/REQ-9a
test_udp_between_hosts_of_two_subnets() {
	masquerade
	exchange in3 192.168.1.2
}

tcp_to_a_listener() { # HOST ADDRESS
	listen l out1 203.0.113.11:80
	listen inside $1 $2:5000
	connect x $1 $2:5000 203.0.113.11:80
	accept y l
	end=$from
	# The other host's mapping, as the outside sees it
	listen l2 out1 203.0.113.11:81
	connect z in1 192.168.0.2:6000 203.0.113.11:81
	accept w l2
	other=$from
	must patience 3000
	connect c in1 192.168.0.2:6000 $end
	accept s inside
	assert_eq $other "$from" "peer that accept() tells"
	stream c s 10000000
	stream s c 1000000
}

# 5382/REQ-8 5382/REQ-8a
test_tcp_between_hosts_of_one_subnet() {
	masquerade
	tcp_to_a_listener in2 192.168.0.3
}

# 5382/REQ-8 5382/REQ-8a
test_tcp_between_hosts_of_two_subnets_without_offload() {
	masquerade
	in_space in1 ethtool -K eth0 tso off gso off gro off >/dev/null
	in_space in3 ethtool -K eth0 tso off gso off gro off >/dev/null
	tcp_to_a_listener in3 192.168.1.2
	in_space in1 ethtool -K eth0 tso on gso on >/dev/null
	in_space in3 ethtool -K eth0 tso on gso on >/dev/null
}

# 5508/REQ-7
test_ping_between_hosts_that_have_addresses_of_their_own() {
	one_to_one 198.51.100.2 192.168.0.2
	one_to_one 198.51.100.3 192.168.0.3
	inject in2 icmp 192.168.0.3 to 198.51.100.2 8/0 id 7 seq 1 data hi
	see in1 'icmp 198.51.100.3 to 192.168.0.2 8/0 id 7 *'
	see in2 'icmp 198.51.100.2 to 192.168.0.3 0/0 id 7 * data hi'
}

# 5508/REQ-7.2 5508/REQ-7a
test_an_error_about_a_hairpin_comes_from_outside_and_quotes_what_was_sent() {
	masquerade
	forward udp 203.0.113.1:8000 $in1_silent:5353
	must patience 3000
	inject in2 udp $in2_silent:5000 to 203.0.113.1:8000 data hello
	see in1 "udp * to $in1_silent:5353 *"
	must icmp-error in1 $in1_silent 3/3 about in1
	see in2 "icmp 203.0.113.1 to $in2_silent 3/3 * quotes udp $in2_silent:5000 to 203.0.113.1:8000 * sum good data hello"
	must icmp-error in1 192.168.0.99 3/4 mtu 600 about in1
	see in2 "icmp 203.0.113.1 to $in2_silent 3/4 mtu 600 * quotes udp $in2_silent:5000 to 203.0.113.1:8000 *"
}

# 7857/S12-2
test_errors_about_hairpinned_queries_udp_and_tcp_arrive() {
	one_to_one 198.51.100.2 $in1_silent
	one_to_one 198.51.100.3 $in2_silent
	must patience 3000
	inject in2 icmp $in2_silent to 198.51.100.2 8/0 id 7 seq 1
	see in1 "icmp 198.51.100.3 to $in1_silent 8/0 *"
	must icmp-error in1 $in1_silent 3/1 about in1
	see in2 "icmp 198.51.100.2 to $in2_silent 3/1 * quotes icmp $in2_silent to 198.51.100.2 8/0 id 7 *"
	inject in2 udp $in2_silent:5000 to 198.51.100.2:53 data hi
	see in1 "udp 198.51.100.3:5000 to $in1_silent:53 *"
	must icmp-error in1 $in1_silent 3/3 about in1
	see in2 "icmp 198.51.100.2 to $in2_silent 3/3 * quotes udp $in2_silent:5000 to 198.51.100.2:53 *"
	inject in2 tcp $in2_silent:5000 to 198.51.100.2:80 S
	see in1 "tcp 198.51.100.3:5000 to $in1_silent:80 S *"
	must icmp-error in1 $in1_silent 3/3 about in1
	see in2 "icmp 198.51.100.2 to $in2_silent 3/3 * quotes tcp $in2_silent:5000 to 198.51.100.2:80 *"
}

run_tests "$@"
