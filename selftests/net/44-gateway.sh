#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The gateway's own services and clients on the address that it shares.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

test_a_tcp_service_of_the_gateway_answers_outside() {
	masquerade
	listen l gw 203.0.113.1:22
	connect c out1 203.0.113.11:0 203.0.113.1:22
	accept s l
	stream c s 10000
	stream s c 10000
	assert_eq 0 "$(sessions)" "sessions"
}

test_a_tcp_service_answers_on_a_port_of_the_nat_s_range() {
	masquerade
	listen l gw 0.0.0.0:8080
	connect c out1 203.0.113.11:0 203.0.113.1:8080
	accept s l
	stream c s 10000
	stream s c 10000
}

test_a_service_answers_inside_hosts_on_the_outside_address() {
	masquerade
	listen l gw 203.0.113.1:22
	connect c in1 192.168.0.2:0 203.0.113.1:22
	accept s l
	assert_like '192.168.0.2:*' "$from" "peer that the gateway sees"
	stream c s 10000
	udp g gw 203.0.113.1:53
	udp a in1 192.168.0.2:5000
	greet a g 203.0.113.1:53
	answer g a "$outside" 203.0.113.1:53
}

test_a_udp_service_of_the_gateway_answers_outside() {
	masquerade
	udp g gw 203.0.113.1:53
	udp c out1 203.0.113.11:4444
	greet c g 203.0.113.1:53
	assert_eq 203.0.113.11:4444 "$outside" "source that the gateway sees"
	answer g c "$outside" 203.0.113.1:53
}

test_ports_of_listening_sockets_are_never_handed_out() {
	masquerade ports 2000-2009
	listen l gw 203.0.113.1:2003
	listen m gw 0.0.0.0:2005
	must burst in1 tcp $in1_silent 5000+10 $out1_silent:80
	seen out1 'tcp 203.0.113.1:* S *'
	assert_eq 8 "$answer" "connections that left"
	see_nothing out1 'tcp 203.0.113.1:2003 *'
	see_nothing out1 'tcp 203.0.113.1:2005 *'
	assert_counter refuse_ports 2
}

test_ports_of_udp_sockets_are_never_handed_out() {
	masquerade ports 2000-2009
	udp g gw 203.0.113.1:2003
	udp h gw 0.0.0.0:2005
	udp i gw 203.0.113.1:2007 to 203.0.113.12:53
	must burst in1 udp $in1_silent 5000+10 $out1_silent:7000
	seen out1 'udp 203.0.113.1:*'
	assert_eq 7 "$answer" "packets that left"
	see_nothing out1 'udp 203.0.113.1:2003 *'
	see_nothing out1 'udp 203.0.113.1:2005 *'
	see_nothing out1 'udp 203.0.113.1:2007 *'
}

test_the_port_of_a_connected_tcp_socket_is_never_handed_out() {
	masquerade ports 2000-2009
	listen l out1 203.0.113.11:80
	connect c gw 203.0.113.1:2003 203.0.113.11:80
	accept s l
	assert_eq 203.0.113.1:2003 "$from" "peer that out1 sees"
	must burst in1 tcp $in1_silent 5000+10 $out1_silent:81
	seen out1 "tcp 203.0.113.1:* to $out1_silent:81 S *"
	assert_eq 9 "$answer" "connections that left"
	see_nothing out1 "tcp 203.0.113.1:2003 to $out1_silent:*"
	stream c s 10000
	stream s c 10000
}

test_the_gateway_s_own_connections_work() {
	masquerade
	listen l out1 203.0.113.11:80
	connect c gw 0.0.0.0:0 203.0.113.11:80
	accept s l
	stream c s 10000
	stream s c 10000
	udp g gw 0.0.0.0:0
	udp r out1 203.0.113.11:7000
	greet g r 203.0.113.11:7000
	answer r g "$outside" 203.0.113.11:7000
	assert_mappings 0
}

test_the_gateway_s_own_pings_keep_their_id_and_are_answered() {
	masquerade
	must capture gw gw wan
	inject gw icmp 203.0.113.1 to 203.0.113.11 8/0 id 5000 seq 1
	see out1 'icmp 203.0.113.1 to 203.0.113.11 8/0 id 5000 *'
	see gw 'icmp 203.0.113.11 to 203.0.113.1 0/0 id 5000 *'
	must uncapture gw
}

# An inside host's mapping has the outside end $taken; the gateway sends from there.
greet_from_taken_port() {
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	see out1 'udp 203.0.113.1:*'
	taken=$src
	udp g gw "$taken"
	udp s out1 203.0.113.12:7000
	greet g s 203.0.113.12:7000
}

test_a_local_flow_whose_port_is_taken_gets_another() {
	masquerade ports 2000-2999
	greet_from_taken_port
	assert_ne "$taken" "$outside" "source that out1 sees"
	assert_like '203.0.113.1:*' "$outside" "source that out1 sees"
	answer s g "$outside" 203.0.113.12:7000
	inject out1 udp $out1_silent:7000 to "$taken" data x
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 * data x"
}

# The rule is by destination, so that the mapping is of the rule.
test_a_local_flow_stays_on_its_port_when_the_other_ends() {
	local first
	nat rule add oif wan dst 203.0.113.0/24 masquerade ports 2000-2999
	greet_from_taken_port
	first=$outside
	assert_ne "$taken" "$first" "source that out1 sees"
	nat map del udp "$taken"
	greet g s 203.0.113.12:7000
	assert_eq "$first" "$outside" "source when the other is gone"
}

test_a_local_connection_whose_port_is_taken_gets_another() {
	masquerade ports 2000-2999
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S seq 1
	see out1 'tcp 203.0.113.1:* S *'
	taken=$src
	listen l out1 203.0.113.12:80
	connect c gw "$taken" 203.0.113.12:80
	accept s l
	assert_ne "$taken" "$from" "peer that out1 sees"
	stream c s 10000
	stream s c 10000
}

test_a_local_ping_whose_id_is_taken_gets_another() {
	masquerade alloc preserve
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 2000 seq 1
	see out1 'icmp 203.0.113.1 to * 8/0 id 2000 *'
	inject gw icmp 203.0.113.1 to 203.0.113.12 8/0 id 2000 seq 1
	see out1 'icmp 203.0.113.1 to 203.0.113.12 8/0 *'
	assert_ne 2000 "$(field id)" "id of the gateway's ping"
	see_nothing in1 'icmp 203.0.113.12 *'
	inject out1 icmp $out1_silent to 203.0.113.1 0/0 id 2000 seq 1
	see in1 "icmp $out1_silent to $in1_silent 0/0 id 2000 *"
}

test_a_socket_opened_after_a_mapping_still_listens() {
	masquerade
	listen l gw 203.0.113.1:22
	must burst in1 tcp $in1_silent 5000+50 $out1_silent:80
	connect c out1 203.0.113.11:0 203.0.113.1:22
	accept s l
	stream c s 1000
}

test_a_closed_tcp_port_of_the_nat_s_range_says_nothing() {
	masquerade
	inject out1 tcp $out1_silent:4444 to 203.0.113.1:40000 S
	see_nothing out1 '*'
	assert_counter drop_unsolicited_syn 1
}

test_a_closed_udp_port_is_the_gateway_s_to_refuse() {
	masquerade
	inject out1 udp $out1_silent:4444 to 203.0.113.1:40000 data x
	see_nothing in1 '*'
	seen out1 "icmp 203.0.113.1 to $out1_silent 3/3 *"
	assert_between 0 1 "$answer" "answers at out1"
}

test_the_gateway_answers_pings_on_the_shared_address() {
	masquerade
	inject out1 icmp $out1_silent to 203.0.113.1 8/0 id 7 seq 1 data hi
	see out1 "icmp 203.0.113.1 to $out1_silent 0/0 id 7 seq 1 * data hi"
	assert_mappings 0
}

test_the_gateway_s_traceroute_hears_from_routers() {
	masquerade
	udp g gw 203.0.113.1:5000 to 203.0.113.11:33434
	tell g - x
	must error g
	assert_like '3/3 from 203.0.113.11 *' "$answer" "error at the gateway"
}

test_a_forward_wins_over_a_service_of_the_gateway() {
	nat map add tcp 203.0.113.1:2222 to 192.168.0.2:22
	listen l gw 0.0.0.0:2222
	listen m in1 192.168.0.2:22
	connect c out1 203.0.113.11:0 203.0.113.1:2222
	accept s m
	stream c s 1000
}

test_a_service_on_a_second_address_answers() {
	ip -n gw addr add 203.0.113.9/24 dev wan
	masquerade
	udp g gw 203.0.113.9:53
	udp c out1 203.0.113.11:4444
	greet c g 203.0.113.9:53
	answer g c "$outside" 203.0.113.9:53
	listen l gw 203.0.113.9:40000
	connect d out1 203.0.113.11:0 203.0.113.9:40000
	accept s l
	stream s d 1000
	ip -n gw addr del 203.0.113.9/24 dev wan
}

test_flows_of_the_gateway_from_a_second_address_work() {
	ip -n gw addr add 203.0.113.9/24 dev wan
	masquerade
	udp g gw 203.0.113.9:5000
	udp s out1 203.0.113.11:7000
	greet g s 203.0.113.11:7000
	answer s g "$outside" 203.0.113.11:7000
	listen l out1 203.0.113.11:80
	connect c gw 203.0.113.9:0 203.0.113.11:80
	accept t l
	stream c t 1000
	ip -n gw addr del 203.0.113.9/24 dev wan
}

test_flows_of_the_gateway_from_an_inside_address_are_translated() {
	masquerade
	udp g gw 192.168.0.1:5000
	udp s out1 203.0.113.11:7000
	greet g s 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "source that out1 sees"
	answer s g "$outside" 203.0.113.11:7000
}

test_the_gateway_s_inside_address_is_served_as_before() {
	masquerade
	listen l gw 192.168.0.1:53
	connect c in1 192.168.0.2:0 192.168.0.1:53
	accept s l
	stream c s 1000
	udp g gw 192.168.0.1:67
	udp a in1 192.168.0.2:68
	greet a g 192.168.0.1:67
	answer g a "$outside" 192.168.0.1:67
}

test_the_gateway_reaches_a_forward_by_its_outside_end() {
	masquerade
	nat map add udp 203.0.113.1:8000 to 192.168.0.3:5353
	udp g gw 203.0.113.1:5000
	udp b in2 192.168.0.3:5353
	greet g b 203.0.113.1:8000
	answer b g "$outside" 203.0.113.1:8000
	greet g b 203.0.113.1:8000
	assert_counter hairpin 2
}

test_a_forward_to_the_gateway_answers_whatever_rule_the_client_s_port_meets() {
	nat pool add high addr 198.51.100.2
	nat rule add prio 50 oif wan proto tcp dport 1024-65535 pool high
	nat rule add oif wan masquerade
	nat map add tcp dev wan:2222 to 203.0.113.1:22
	reaches 203.0.113.1:2222 gw 203.0.113.1:22 50000
}

test_a_flow_of_the_gateway_to_a_mapping_is_one_session_however_long_it_is() {
	local n to
	masquerade session-rate 1
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	to=$outside
	udp g gw 203.0.113.1:53
	for ((n = 0; n < 12; n++)); do
		greet g a "$to"
	done
	assert_counter hairpin 12
	assert_counter session_created 1
	assert_counter refuse_rate 0
}

test_a_strict_mapping_lets_in_the_gateway_no_more_than_others() {
	masquerade filtering apdf
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	udp g gw 192.168.0.1:5000
	! ask send g "$outside" unasked || fail "the gateway sent to $outside"
	hear_nothing a
	answer s a "$outside" 203.0.113.11:7000
}

run_tests "$@"
