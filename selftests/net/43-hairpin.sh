#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Hairpinning: inside hosts reach each other by their outside ends, and see
# each other's outside ends (RFC 4787 REQ-9, RFC 5382 REQ-8, RFC 5508 REQ-7).
# Strict reverse-path filtering is on in every test.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# UDP sockets a on in1 and b on a host, with their outside ends $a and $b.
two_flows() { # HOST ADDRESS
	udp a in1 192.168.0.2:5000
	udp b "$1" "$2:5000"
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	a=$outside
	greet b s 203.0.113.11:7000
	b=$outside
}

exchange() {
	tell a "$b" ping
	hear b ping
	assert_eq "$a" "$from" "source that b sees"
	tell b "$a" pong
	hear a pong
	assert_eq "$b" "$from" "source that a sees"
}

test_udp_on_the_same_subnet_both_ways() {
	masquerade
	two_flows in2 192.168.0.3
	exchange
	assert_counter hairpin 2
}

test_udp_on_another_subnet_both_ways() {
	masquerade
	two_flows in3 192.168.1.2
	exchange
}

test_udp_to_oneself() {
	masquerade
	two_flows in2 192.168.0.3
	tell a "$a" me
	hear a me
	assert_eq "$a" "$from" "source that it sees"
}

test_the_first_packet_of_a_host_may_be_a_hairpin() {
	masquerade
	udp b in2 192.168.0.3:5000
	udp s out1 203.0.113.11:7000
	greet b s 203.0.113.11:7000
	b=$outside
	udp a in1 192.168.0.2:5000
	tell a "$b" first
	hear b first
	a=$from
	assert_like '203.0.113.1:*' "$a" "source that b sees"
	greet a s 203.0.113.11:7000
	assert_eq "$a" "$outside" "the same end outside"
	assert_mappings 2
}

test_many_exchanges_keep_to_the_gateway() {
	masquerade
	two_flows in2 192.168.0.3
	for _ in {1..10}; do exchange; done
	see_nothing in1 'icmp *'
	see_nothing in2 'icmp *'
	see_nothing in1 'udp 192.168.0.3:*'
	see_nothing in2 'udp 192.168.0.2:*'
}

test_udp_to_a_forwarded_port() {
	masquerade
	nat map add udp 203.0.113.1:8000 to 192.168.0.3:5353
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:5353
	greet a b 203.0.113.1:8000
	assert_like '203.0.113.1:*' "$outside" "source that in2 sees"
	answer b a "$outside" 203.0.113.1:8000
}

test_a_host_reaches_its_own_forwarded_port() {
	masquerade
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5353
	udp a in1 192.168.0.2:5000
	udp b in1 192.168.0.2:5353
	greet a b 203.0.113.1:8000
	answer b a "$outside" 203.0.113.1:8000
}

test_tcp_to_a_forwarded_port() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.3:80
	listen l in2 192.168.0.3:80
	connect c in1 192.168.0.2:0 203.0.113.1:8000
	accept s l
	assert_like '203.0.113.1:*' "$from" "peer that in2 sees"
	stream c s 300000
	stream s c 300000
	must shut c
	must eof s
	must shut s
	must eof c
}

test_tcp_to_a_dynamic_mapping() {
	masquerade
	listen l out1 203.0.113.11:80
	listen inside in2 192.168.0.3:5000
	connect x in2 192.168.0.3:5000 203.0.113.11:80
	accept y l
	connect c in1 192.168.0.2:0 "$from"
	accept s inside
	assert_like '203.0.113.1:*' "$from" "peer that in2 sees"
	stream c s 10000
	stream s c 10000
}

test_tcp_to_a_forwarded_port_of_another_subnet() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.1.2:80
	listen l in3 192.168.1.2:80
	connect c in1 192.168.0.2:0 203.0.113.1:8000
	accept s l
	assert_like '203.0.113.1:*' "$from" "peer that in3 sees"
	stream c s 100000
}

test_tcp_to_oneself() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	listen l in1 192.168.0.2:80
	connect c in1 192.168.0.2:0 203.0.113.1:8000
	accept s l
	assert_like '203.0.113.1:*' "$from" "peer that it sees"
	stream c s 10000
}

test_simultaneous_open_between_two_hosts() {
	masquerade alloc preserve
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S seq 1
	inject in2 tcp $in2_silent:6000 to $out1_silent:80 S seq 1
	inject in1 tcp $in1_silent:5000 to 203.0.113.1:6000 S seq 100
	inject in2 tcp $in2_silent:6000 to 203.0.113.1:5000 S seq 200
	see in2 "tcp 203.0.113.1:5000 to $in2_silent:6000 S *"
	see in1 "tcp 203.0.113.1:6000 to $in1_silent:5000 S *"
	inject in1 tcp $in1_silent:5000 to 203.0.113.1:6000 SA seq 100 ack 201
	see in2 "tcp 203.0.113.1:5000 to $in2_silent:6000 SA *"
	inject in2 tcp $in2_silent:6000 to 203.0.113.1:5000 SA seq 200 ack 101
	see in1 "tcp 203.0.113.1:6000 to $in1_silent:5000 SA *"
	inject in1 tcp $in1_silent:5000 to 203.0.113.1:6000 PA seq 101 ack 201 \
		data hi
	see in2 "tcp 203.0.113.1:5000 to $in2_silent:6000 PA * data hi"
}

test_ping_of_one_to_one_hosts() {
	nat map add 198.51.100.2 to 192.168.0.2
	nat map add 198.51.100.3 to 192.168.0.3
	inject in1 icmp 192.168.0.2 to 198.51.100.3 8/0 id 7 seq 1 data hi
	see in2 'icmp 198.51.100.2 to 192.168.0.3 8/0 id 7 *'
	see in1 'icmp 198.51.100.3 to 192.168.0.2 0/0 id 7 * data hi'
}

test_udp_between_one_to_one_hosts() {
	nat map add 198.51.100.0/24 to 192.168.0.0/24
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:5000
	greet a b 198.51.100.3:5000
	assert_eq 198.51.100.2:5000 "$outside" "source that in2 sees"
	answer b a 198.51.100.2:5000 198.51.100.3:5000
}

test_hosts_of_two_pools_reach_each_other() {
	nat pool add p addr 198.51.100.1
	nat pool add q addr 198.51.100.2
	nat rule add oif wan src 192.168.0.0/24 pool p
	nat rule add oif wan src 192.168.1.0/24 pool q
	two_flows in3 192.168.1.2
	exchange
}

test_under_apdf_a_hairpin_needs_both_to_have_sent() {
	masquerade filtering apdf
	two_flows in2 192.168.0.3
	tell a "$b" early
	hear_nothing b
	tell b "$a" second
	hear a second
	tell a "$b" third
	hear b third
}

test_an_error_about_a_hairpin_shows_outside_ends() {
	masquerade
	udp b in2 192.168.0.3:5000
	udp s out1 203.0.113.11:7000
	greet b s 203.0.113.11:7000
	must close b
	udp a in1 192.168.0.2:5000 to "$outside"
	tell a - hello
	must error a
	assert_eq "3/3 from 203.0.113.1 about $outside info 0" "$answer" \
		"error at the socket"
}

test_an_error_about_a_scripted_hairpin_quotes_what_was_sent() {
	masquerade
	nat map add udp 203.0.113.1:8000 to $in2_silent:5353
	inject in1 udp $in1_silent:5000 to 203.0.113.1:8000 data hello
	see in2 "udp 203.0.113.1:* to $in2_silent:5353 *"
	must icmp-error in2 $in2_silent 3/3 about in2
	see in1 "icmp 203.0.113.1 to $in1_silent 3/3 * quotes udp $in1_silent:5000 to 203.0.113.1:8000 * sum good data hello"
}

test_an_error_of_an_inside_router_about_a_hairpin_hides_it() {
	masquerade
	nat map add udp 203.0.113.1:8000 to $in2_silent:5353
	inject in1 udp $in1_silent:5000 to 203.0.113.1:8000 df data @1000
	see in2 "udp 203.0.113.1:* to $in2_silent:5353 *"
	must icmp-error in2 192.168.0.99 3/4 mtu 600 about in2
	see in1 "icmp 203.0.113.1 to $in1_silent 3/4 mtu 600 * quotes udp $in1_silent:5000 to 203.0.113.1:8000 *"
}

test_the_gateway_s_error_about_a_hairpin_quotes_what_was_sent() {
	masquerade
	nat map add udp 203.0.113.1:8000 to $in3_silent:5353
	inject in1 udp $in1_silent:5000 to 203.0.113.1:8000 ttl 1 data hello
	see in1 "icmp * to $in1_silent 11/0 * quotes udp $in1_silent:5000 to 203.0.113.1:8000 ttl 1 sum good data hello"
}

test_hairpin_off_drops_and_counts() {
	masquerade hairpin off
	two_flows in2 192.168.0.3
	tell a "$b" ping
	hear_nothing b
	assert_counter drop_hairpin 1
	answer s b "$b" 203.0.113.11:7000
}

test_a_hairpin_to_an_unmapped_port_gets_no_further_than_the_gateway() {
	masquerade
	inject in1 udp $in1_silent:5000 to 203.0.113.1:44444 data x
	inject in1 tcp $in1_silent:5000 to 203.0.113.1:44444 S
	see_nothing in2 '*'
	see_nothing out1 '*'
}

test_the_gateway_itself_reaches_a_host_that_has_a_forward() {
	masquerade
	nat map add udp 203.0.113.1:8000 to 192.168.0.3:5353
	udp g gw 192.168.0.1:5000
	udp b in2 192.168.0.3:5353
	tell g 192.168.0.3:5353 direct
	hear b direct
}

test_with_arp_that_nobody_knows_yet_nothing_is_lost() {
	masquerade
	two_flows in2 192.168.0.3
	ip -n gw neigh flush dev lan
	exchange
}

# 43-hairpin-bridge.sh has these tests, too.
files_with_tests=("$0")
[ "${0##*/}" = 43-hairpin.sh ] || files_with_tests+=("$(dirname "$0")/43-hairpin.sh")
run_tests "$@"
