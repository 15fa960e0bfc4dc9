#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Masquerading: UDP, TCP and ICMP echo through the device's own address.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

test_udp_leaves_from_the_address_of_the_device() {
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "source that out1 sees"
	answer s a "$outside" 203.0.113.11:7000
	assert_counter out_translated 1
	assert_counter in_translated 1
	assert_counter map_created 1
}

test_udp_payloads_of_odd_and_even_length_arrive_whole() {
	local length
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	for length in 0 1 2 3 7 8 255 1000 1471 1472; do
		tell a 203.0.113.11:7000 "@$length"
		hear s "@$length"
		tell s "$from" "@$length"
		hear a "@$length"
	done
}

test_tcp_server_sees_the_address_of_the_device() {
	masquerade
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:0 203.0.113.11:80
	accept s l
	assert_like '203.0.113.1:*' "$from" "peer that the server sees"
	stream c s 100000
	stream s c 100000
	must shut c
	must eof s
	must shut s
	must eof c
}

test_ping_is_answered_with_the_sender_s_own_id() {
	local id
	masquerade
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 77 seq 3 data @56
	see out1 "icmp 203.0.113.1 to $out1_silent 8/0 id * seq 3 ttl 63 data @56"
	id=$(field id)
	inject out1 icmp $out1_silent to 203.0.113.1 0/0 id "$id" seq 3 data @56
	see in1 "icmp $out1_silent to $in1_silent 0/0 id 77 seq 3 ttl 63 data @56"
}

test_ping_is_answered_by_a_real_host() {
	masquerade
	inject in1 icmp 192.168.0.2 to 203.0.113.11 8/0 id 77 seq 1 data @1000
	see in1 'icmp 203.0.113.11 to 192.168.0.2 0/0 id 77 seq 1 * data @1000'
}

test_icmp_timestamp_query_is_translated() {
	local id
	masquerade
	inject in1 icmp $in1_silent to $out1_silent 13/0 id 9 seq 1 data @12
	see out1 "icmp 203.0.113.1 to $out1_silent 13/0 id * seq 1 *"
	id=$(field id)
	inject out1 icmp $out1_silent to 203.0.113.1 14/0 id "$id" seq 1 data @12
	see in1 "icmp $out1_silent to $in1_silent 14/0 id 9 seq 1 *"
}

test_hosts_with_the_same_source_port_get_different_ports() {
	local first
	masquerade
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	first=$outside
	greet b s 203.0.113.11:7000
	assert_ne "$first" "$outside" "outside end of the second host"
	answer s a "$first" 203.0.113.11:7000
	answer s b "$outside" 203.0.113.11:7000
	hear_nothing a
}

test_hosts_with_the_same_ping_id_get_different_ids() {
	local first second
	masquerade
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 7 seq 1
	see out1 'icmp 203.0.113.1 to * 8/0 *'
	first=$(field id)
	inject in2 icmp $in2_silent to $out1_silent 8/0 id 7 seq 2
	see out1 'icmp 203.0.113.1 to * 8/0 *'
	second=$(field id)
	assert_ne "$first" "$second" "id of the second host"
	inject out1 icmp $out1_silent to 203.0.113.1 0/0 id "$second" seq 2
	see in2 "icmp $out1_silent to $in2_silent 0/0 id 7 seq 2 *"
	inject out1 icmp $out1_silent to 203.0.113.1 0/0 id "$first" seq 1
	see in1 "icmp $out1_silent to $in1_silent 0/0 id 7 seq 1 *"
	see_nothing in1 'icmp *'
}

test_hosts_with_the_same_tcp_port_reach_one_server_at_once() {
	local first
	masquerade
	listen l out1 203.0.113.11:80
	connect c1 in1 192.168.0.2:5000 203.0.113.11:80
	accept s1 l
	first=$from
	connect c2 in2 192.168.0.3:5000 203.0.113.11:80
	accept s2 l
	assert_ne "$first" "$from" "outside end of the second host"
	stream c1 s1 1000
	stream c2 s2 1000
}

test_a_tcp_mapping_is_not_a_udp_mapping() {
	masquerade
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:5000 203.0.113.11:80
	accept s l
	udp a in1 192.168.0.2:5000
	udp r out1 203.0.113.11:7000
	tell r "$from" stray
	hear_nothing a
	greet a r 203.0.113.11:7000
	assert_mappings 2
}

test_ttl_falls_by_one_and_the_rest_of_the_header_stays() {
	masquerade
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 ttl 9 tos 184 df data x
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 ttl 8 tos 184 df data x"
	inject out1 udp $out1_silent:7000 to "$src" ttl 5 tos 32 data y
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 ttl 4 tos 32 data y"
}

test_traffic_between_inside_networks_is_not_translated() {
	masquerade
	udp a in1 192.168.0.2:5000
	udp b in3 192.168.1.2:6000
	greet a b 192.168.1.2:6000
	assert_eq 192.168.0.2:5000 "$outside" "source that in3 sees"
	assert_mappings 0
}

test_the_gateway_s_own_packets_keep_their_port() {
	masquerade
	udp g gw 203.0.113.1:5000
	udp s out1 203.0.113.11:7000
	greet g s 203.0.113.11:7000
	assert_eq 203.0.113.1:5000 "$outside" "source that out1 sees"
	answer s g "$outside" 203.0.113.11:7000
	assert_mappings 0
}

test_without_rules_nothing_is_translated() {
	must allow addresses
	ip -n out1 route add 192.168.0.0/24 via 203.0.113.1
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_eq 192.168.0.2:5000 "$outside" "source that out1 sees"
	answer s a "$outside" 203.0.113.11:7000
	ip -n out1 route del 192.168.0.0/24
}

test_what_cannot_be_translated_does_not_leave() {
	masquerade
	inject in1 ip $in1_silent to $out1_silent proto 51 data @32
	see_nothing out1 'ip *'
	assert_counter drop_ah 1
	inject in1 icmp $in1_silent to $out1_silent 40/0 data @32
	see_nothing out1 'icmp *'
	assert_counter drop_unsupported 1
	assert_mappings 0
}

test_packets_with_cut_or_impossible_headers_do_not_leave() {
	masquerade
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 data @32 cut 4
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 data @32 cut 7
	inject in1 tcp $in1_silent:5000 to $out1_silent:7000 S cut 12
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 1 cut 6
	see_nothing out1 '*'
	assert_counter drop_malformed 4
	assert_mappings 0
}

test_icmp_without_an_id_is_of_the_gateway_or_of_nobody() {
	nat pool add p addr 198.51.100.7
	nat rule add prio 10 oif wan src $in2_silent/32 exempt
	nat rule add oif wan pool p
	inject in2 icmp $in2_silent to $out1_silent 9/0 data @8
	must allow addresses
	see out1 "icmp $in2_silent to $out1_silent 9/0 *"
	inject in1 icmp $in1_silent to $out1_silent 9/0 data @8
	inject out1 icmp $out1_silent to 198.51.100.7 9/0 data @8
	see_nothing out1 "icmp $in1_silent *"
	see_nothing in1 "icmp $out1_silent *"
	assert_counter drop_unsupported 2
	assert_counter pass_exempt 1
}

test_inside_errors_about_unknown_packets_do_not_leave() {
	masquerade
	inject in1 icmp $in1_silent to $out1_silent 5/1 data @28
	inject in1 icmp $in1_silent to $out1_silent 9/0 data @8
	inject in1 icmp $in1_silent to $out1_silent 17/0 id 1 data @4
	see_nothing out1 'icmp * 5/*'
	see_nothing out1 'icmp * 9/*'
}

run_tests "$@"
