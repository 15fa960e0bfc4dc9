#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Pools: outside addresses of the gateway's own, on the outside link, routed.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

build_more() {
	build_isp
}

# A UDP exchange of in1 with out1 through the address that matches.
exchange() { # ADDRESS-GLOB
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_like "$1:*" "$outside" "source that out1 sees"
	answer s a "$outside" 203.0.113.11:7000
}

test_a_pool_of_a_routed_prefix_is_used() {
	nat pool add p addr 198.51.100.0/28
	nat rule add oif wan pool p
	exchange '198.51.100.*'
	udp f far 192.0.2.2:7000
	greet a f 192.0.2.2:7000
	answer f a "$outside" 192.0.2.2:7000
}

test_a_pool_address_that_is_the_gateway_s_own_is_used() {
	ip -n gw addr add 203.0.113.2/32 dev wan
	nat pool add p addr 203.0.113.2
	nat rule add oif wan pool p
	exchange 203.0.113.2
	ip -n gw addr del 203.0.113.2/32 dev wan
}

test_a_pool_address_on_the_outside_link_is_used_with_proxy_arp() {
	ip -n gw route add 203.0.113.3/32 dev lan
	ip -n gw neigh add proxy 203.0.113.3 dev wan
	nat pool add p addr 203.0.113.3
	nat rule add oif wan pool p
	exchange 203.0.113.3
	ip -n gw route del 203.0.113.3/32 dev lan
	ip -n gw neigh del proxy 203.0.113.3 dev wan
}

test_a_pool_address_on_the_outside_link_is_answered_for() {
	nat pool add p addr 203.0.113.4
	nat rule add oif wan pool p
	exchange 203.0.113.4
	nat map add 203.0.113.5 to 192.168.0.3
	inject out2 icmp 203.0.113.21 to 203.0.113.5 8/0 id 7 seq 1
	see out2 'icmp 203.0.113.5 to 203.0.113.21 0/0 id 7 *'
}

# Who asks whether an address is free asks for itself; on the inside, and of
# other networks, nobody is to ask the gateway.
test_no_others_are_answered_for() {
	nat pool add p addr 203.0.113.4,198.51.100.7,192.168.0.7
	nat rule add oif wan pool p
	udp s out1 203.0.113.11:7000
	ip -n out1 addr add 203.0.113.4/24 dev eth0
	in_space out1 ip neigh flush dev eth0
	udp own out1 203.0.113.4:7000
	tell own 203.0.113.21:7000 x
	see out2 'udp 203.0.113.4:7000 *'
	ip -n out1 addr del 203.0.113.4/24 dev eth0
	ip -n out1 route add 198.51.100.7 dev eth0
	tell s 198.51.100.7:7000 x
	udp b in2 192.168.0.3:7000
	tell b 192.168.0.7:7000 x
	wait_until 10 nobody_answers out1 198.51.100.7 ||
		fail "of another network: $(ip -n out1 neigh)"
	wait_until 10 nobody_answers in2 192.168.0.7 ||
		fail "on the inside: $(ip -n in2 neigh)"
	ip -n out1 route del 198.51.100.7 dev eth0
}

nobody_answers() { # HOST ADDR
	[[ $(ip -n "$1" neigh show "$2") == *FAILED* ]]
}

# A host keeps its address as long as the pool has it.
test_hosts_stay_paired_when_addresses_of_the_pool_come_and_go() {
	local first
	nat pool add p addr 198.51.100.8-198.51.100.9
	nat rule add oif wan pool p
	udp a in1 192.168.0.2:5000
	udp b in1 192.168.0.2:5001
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	first=${outside%:*}
	nat pool set p addr 198.51.100.0-198.51.100.9
	greet b s 203.0.113.11:7000
	assert_eq "$first" "${outside%:*}" "address after others came"
	nat pool set p addr 198.51.100.0-198.51.100.3
	greet b s 203.0.113.11:7000
	assert_like '198.51.100.[0-3]:*' "$outside" "address after it went"
	first=${outside%:*}
	greet a s 203.0.113.11:7000
	assert_eq "$first" "${outside%:*}" "address of another flow"
}

test_tcp_and_ping_leave_from_the_pool_too() {
	nat pool add p addr 198.51.100.7
	nat rule add oif wan pool p
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:0 203.0.113.11:80
	accept s l
	assert_like '198.51.100.7:*' "$from" "peer that the server sees"
	stream c s 10000
	stream s c 10000
	inject in1 icmp 192.168.0.2 to 203.0.113.11 8/0 id 7 seq 1
	see out1 'icmp 198.51.100.7 to 203.0.113.11 8/0 *'
	see in1 'icmp 203.0.113.11 to 192.168.0.2 0/0 id 7 *'
}

test_all_flows_of_a_host_leave_from_one_paired_address() {
	nat pool add p addr 198.51.100.0/28
	nat rule add oif wan pool p
	must burst in1 udp $in1_silent 5000+40 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+40 $out1_silent:80
	must burst in1 icmp $in1_silent 100+40 $out1_silent:0
	must ports out1 '* 198.51.100.* to *'
	assert_like 'packets 120 * addresses 1 *' "$answer" "packets at out1"
}

test_the_hosts_of_a_pool_are_spread_over_its_addresses() {
	nat pool add p addr 198.51.100.0/30
	nat rule add oif wan pool p
	must burst in1 udp 192.168.0.100+40 5000 $out1_silent:7000
	must ports out1 'udp 198.51.100.* to *'
	assert_like 'packets 40 sources 40 addresses 4 *' "$answer" \
		"packets at out1"
}

test_with_arbitrary_pairing_one_host_uses_several_addresses() {
	nat pool add p addr 198.51.100.0/30 pairing arbitrary
	nat rule add oif wan pool p
	must burst in1 udp $in1_silent 5000+60 $out1_silent:7000
	must ports out1 'udp 198.51.100.* to *'
	assert_like 'packets 60 sources 60 addresses 4 *' "$answer" \
		"packets at out1"
}

test_pools_of_many_addresses_come_and_go_quickly() {
	local i
	for ((i = 0; i < 60; i++)); do
		echo "pool add p addr 10.1.0.0/$((20 + i % 9))"
		echo "pool del p"
	done >"$work/pools"
	timeout 60 "$NATCTL" -n gw -b "$work/pools" || fail "pools: exit status $?"
}

test_a_full_paired_address_refuses_rather_than_moves() {
	nat pool add p addr 198.51.100.0/30 ports 2000-2009
	nat rule add oif wan pool p
	must burst in1 udp $in1_silent 5000+12 $out1_silent:7000
	must ports out1 'udp 198.51.100.* to *'
	assert_like 'packets 10 sources 10 addresses 1 *' "$answer" \
		"packets at out1"
	assert_counter refuse_ports 2
}

test_ranges_need_not_be_contiguous() {
	nat pool add p addr 198.51.100.1-198.51.100.2,198.51.100.9,198.51.100.16/31
	nat rule add oif wan pool p
	must burst in1 udp 192.168.0.100+60 5000 $out1_silent:7000
	must ports out1 'udp 198.51.100.* to *'
	assert_like 'packets 60 sources 60 addresses 5 *' "$answer" \
		"packets at out1"
	see_nothing out1 'udp 198.51.100.3:*'
	see_nothing out1 'udp 198.51.100.8:*'
	see_nothing out1 'udp 198.51.100.18:*'
}

test_ports_come_from_the_range_of_the_pool() {
	nat pool add p addr 198.51.100.1 ports 40000-40099
	nat rule add oif wan pool p
	must burst in1 udp $in1_silent 5000+50 $out1_silent:7000
	must ports out1 'udp 198.51.100.1:*'
	assert_like 'packets 50 sources 50 *' "$answer" "packets at out1"
	[[ $answer =~ lowest\ ([0-9]+)\ highest\ ([0-9]+) ]]
	assert_between 40000 40099 "${BASH_REMATCH[1]}" "lowest port"
	assert_between 40000 40099 "${BASH_REMATCH[2]}" "highest port"
}

test_an_unmatched_packet_for_a_pool_address_is_dropped() {
	nat pool add p addr 198.51.100.0/28
	nat rule add oif wan pool p
	inject out1 udp $out1_silent:9 to 198.51.100.3:4444 data x
	inject out1 tcp $out1_silent:9 to 198.51.100.3:4444 S
	inject out1 icmp $out1_silent to 198.51.100.3 8/0 id 1 seq 1
	see_nothing out1 '*'
	see_nothing isp '*'
	assert_counter drop_no_mapping 3
}

test_an_unmatched_packet_for_a_pool_address_does_not_loop() {
	nat pool add p addr 198.51.100.0/28
	nat rule add oif wan pool p
	inject far udp 192.0.2.2:9 to 198.51.100.3:4444 data x ttl 60
	see_nothing isp 'udp *'
	see_nothing far '*'
	assert_counter drop_no_mapping 1
}

test_an_unmatched_fragment_for_a_pool_address_does_not_loop() {
	nat pool add p addr 198.51.100.0/28
	nat rule add oif wan pool p
	inject far ip 192.0.2.2 to 198.51.100.3 proto 17 frag 1480,more data @1480
	see_nothing isp '*'
	inject far ip 192.0.2.2 to 198.51.100.3 proto 50 data @100
	see_nothing isp '*'
	see_nothing far '*'
}

test_an_inside_host_cannot_loop_packets_to_an_unused_pool_address() {
	nat pool add p addr 198.51.100.0/28
	nat rule add oif wan pool p
	inject in1 udp $in1_silent:5000 to 198.51.100.3:4444 data x
	see_nothing isp 'udp * to 198.51.100.3:*'
	see_nothing in1 'udp *'
}

test_pool_set_adds_addresses_and_keeps_flows() {
	local first
	nat pool add p addr 198.51.100.1
	nat rule add oif wan pool p
	exchange 198.51.100.1
	first=$outside
	nat pool set p addr 198.51.100.1-198.51.100.4
	greet a s 203.0.113.11:7000
	assert_eq "$first" "$outside" "source of the old flow"
	must burst in1 udp 192.168.0.100+40 5000 $out1_silent:7000
	must ports out1 "udp 198.51.100.* to $out1_silent:*"
	assert_like 'packets 40 sources 40 addresses [34] *' "$answer" \
		"packets at out1"
}

test_pool_set_drops_the_flows_of_addresses_that_go() {
	nat pool add p addr 198.51.100.1
	nat rule add oif wan pool p
	exchange 198.51.100.1
	nat pool set p addr 198.51.100.2
	assert_mappings 0
	ip -n gw route add blackhole 198.51.100.1
	tell s "$outside" late
	hear_nothing a
	ip -n gw route del blackhole 198.51.100.1
	greet a s 203.0.113.11:7000
	assert_like '198.51.100.2:*' "$outside" "source after the change"
}

test_pool_set_changes_behaviour_of_new_flows() {
	nat pool add p addr 198.51.100.1
	nat rule add oif wan pool p
	nat pool set p filtering apdf ports 2000-2099
	exchange 198.51.100.1
	assert_between 2000 2099 "${outside#*:}" "port"
	inject out1 udp $out1_silent:9 to "$outside" data x
	see_nothing in1 "udp $out1_silent:*"
}

# Mappings stay as they were made, with their sessions.
test_flows_go_on_when_filtering_is_opened() {
	nat pool add p addr 198.51.100.1 filtering apdf session-rate 3
	nat rule add oif wan pool p
	exchange 198.51.100.1
	nat pool set p filtering eif
	answer s a "$outside" 203.0.113.11:7000
	for ((n = 0; n < 6; n++)); do
		greet a s 203.0.113.11:7000
	done
	assert_counter drop_filtered 0
	assert_counter refuse_rate 0
	assert_counter session_created 1
}

test_flows_of_a_pool_go_on_when_its_last_rule_is_deleted() {
	nat pool add p addr 198.51.100.1 filtering apdf session-rate 3
	nat pool add q addr 198.51.100.2
	nat rule add oif wan src 192.168.0.0/24 pool p
	nat rule add oif wan src 192.168.1.0/24 pool q
	exchange 198.51.100.1
	nat rule del oif wan src 192.168.0.0/24
	for ((n = 0; n < 6; n++)); do
		greet a s 203.0.113.11:7000
		answer s a "$outside" 203.0.113.11:7000
	done
	assert_like '198.51.100.1:*' "$outside" "source"
	assert_counter drop_filtered 0
	assert_counter refuse_rate 0
}

test_pool_list_shows_what_the_pool_holds() {
	nat pool add p addr 198.51.100.0/30
	nat rule add oif wan pool p
	must burst in1 udp 192.168.0.100+3 5000+2 $out1_silent:7000
	assert_like '*"mappings"*6*' "$(nat -j pool list | tr -d '\n ')" \
		"natctl -j pool list"
	assert_like '*"subscribers"*3*' "$(nat -j pool list | tr -d '\n ')" \
		"natctl -j pool list"
}

test_two_pools_serve_two_inside_networks() {
	nat pool add p addr 198.51.100.1
	nat pool add q addr 198.51.100.2
	nat rule add oif wan src 192.168.0.0/24 pool p
	nat rule add oif wan src 192.168.1.0/24 pool q
	exchange 198.51.100.1
	udp b in3 192.168.1.2:5000
	greet b s 203.0.113.11:7000
	assert_like '198.51.100.2:*' "$outside" "source of in3"
	answer s b "$outside" 203.0.113.11:7000
}

run_tests "$@"
