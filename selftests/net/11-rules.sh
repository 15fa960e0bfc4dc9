#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Rules: selectors, priorities, exemptions, several outside devices.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# A second outside device of the gateway, wan2, with host out3 on it.
build_more() {
	ip_batch <<-END
		netns add out3
		link add wan2 netns gw type veth peer name eth0 netns out3
	END
	host out3 100.64.0.11/24 ''
	ip_batch gw <<-END
		link set wan2 up
		addr add 100.64.0.1/24 dev wan2
	END
	capture_host out3 forbid 192.168.0.0/16
}

# Lets the outside answer inside addresses, for packets that pass untouched.
open_route_back() {
	must allow addresses
	ip -n out1 route replace 192.168.0.0/16 via 203.0.113.1
}

# Who has forgotten to is told, and how to.
test_a_rule_where_no_device_forwards_comes_with_a_warning() {
	in_space gw sysctl -qw net.ipv4.ip_forward=0
	trap 'in_space gw sysctl -qw net.ipv4.ip_forward=1' EXIT
	assert_eq 'Warning: no device forwards packets: sysctl -w net.ipv4.ip_forward=1' \
		"$(nat rule add oif wan masquerade 2>&1)" "what is said"
	in_space gw sysctl -qw net.ipv4.conf.lan.forwarding=1
	assert_eq '' "$(nat rule add oif wan src 10.0.0.0/8 exempt 2>&1)" \
		"what is said where one does"
}

test_a_rule_with_a_source_translates_that_source_alone() {
	open_route_back
	nat rule add oif wan src 192.168.0.2/32 masquerade
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "source of the matching host"
	greet b s 203.0.113.11:7000
	assert_eq 192.168.0.3:5000 "$outside" "source of the other host"
	assert_counter pass_no_rule 1
}

test_a_rule_with_a_destination_translates_towards_it_alone() {
	open_route_back
	nat rule add oif wan dst 203.0.113.12/32 masquerade
	udp a in1 192.168.0.2:5000
	udp s1 out1 203.0.113.11:7000
	udp s2 out1 203.0.113.12:7000
	greet a s1 203.0.113.11:7000
	assert_eq 192.168.0.2:5000 "$outside" "source at another destination"
	greet a s2 203.0.113.12:7000
	assert_like '203.0.113.1:*' "$outside" "source at the destination"
	answer s2 a "$outside" 203.0.113.12:7000
}

test_a_rule_with_a_protocol_translates_that_protocol_alone() {
	open_route_back
	nat rule add oif wan proto tcp masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	listen l out1 203.0.113.11:80
	greet a s 203.0.113.11:7000
	assert_eq 192.168.0.2:5000 "$outside" "source of UDP"
	connect c in1 192.168.0.2:5000 203.0.113.11:80
	accept x l
	assert_like '203.0.113.1:*' "$from" "source of TCP"
}

test_a_rule_with_a_destination_port_translates_towards_it_alone() {
	open_route_back
	nat rule add oif wan proto udp dport 7000-7001 masquerade
	udp a in1 192.168.0.2:5000
	udp s1 out1 203.0.113.11:7001
	udp s2 out1 203.0.113.11:7002
	greet a s2 203.0.113.11:7002
	assert_eq 192.168.0.2:5000 "$outside" "source at another port"
	greet a s1 203.0.113.11:7001
	assert_like '203.0.113.1:*' "$outside" "source at the port"
	answer s1 a "$outside" 203.0.113.11:7001
	greet a s2 203.0.113.11:7002
	assert_eq 192.168.0.2:5000 "$outside" "source at another port, once a mapping exists"
}

# One inside end has a mapping by each rule, and errors and fragments find the right one.
test_what_belongs_to_a_flow_goes_by_the_rule_of_its_port() {
	local low high
	nat pool add low addr 198.51.100.1
	nat pool add high addr 198.51.100.2
	nat rule add oif wan proto udp dport 1-7000 pool low
	nat rule add oif wan pool high
	inject in1 udp $in1_silent:5000 to $out1_silent:7000
	see out1 "udp 198.51.100.1:* to $out1_silent:7000 *"
	low=$src
	inject in1 udp $in1_silent:5000 to $out1_silent:7001
	see out1 "udp 198.51.100.2:* to $out1_silent:7001 *"
	high=$src
	assert_mappings 2 in $in1_silent:5000
	inject out1 udp $out1_silent:7000 to "$low"
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 *"
	inject out1 udp $out1_silent:7001 to "$high"
	see in1 "udp $out1_silent:7001 to $in1_silent:5000 *"
	must icmp-error in1 $in1_silent 3/3 about in1
	see out1 "icmp 198.51.100.2 to $out1_silent 3/3 * quotes udp $out1_silent:7001 to $high *"
	inject in1 udp $in1_silent:5000 to $out1_silent:7001
	see out1 "udp $high to $out1_silent:7001 *"
	must icmp-error out1 $out1_silent 11/0 about out1
	see in1 "icmp $out1_silent to $in1_silent 11/0 * quotes udp $in1_silent:5000 to $out1_silent:7001 *"
	must fragment in1 1000 2,1,0 udp $in1_silent:5000 to $out1_silent:7001 data @2500
	see out1 "udp $high to $out1_silent:7001 * frag 0+*"
}

# A client's port is not what its answers go by.
test_answers_of_a_forward_do_not_go_by_the_rule_of_the_client_s_port() {
	nat pool add high addr 198.51.100.2
	nat rule add prio 50 oif wan proto tcp dport 1024-65535 pool high
	nat rule add prio 50 oif wan proto udp dport 1024-65535 pool high
	nat rule add oif wan masquerade
	nat map add tcp dev wan:8000 to 192.168.0.2:80
	reaches 203.0.113.1:8000 in1 192.168.0.2:80 50000
	nat map add udp dev wan:8000 to 192.168.0.2:5353
	udp r in1 192.168.0.2:5353
	udp q out1 203.0.113.11:50000
	greet q r 203.0.113.1:8000
	answer r q 203.0.113.11:50000 203.0.113.1:8000
	# By hairpin, and about it
	listen l in1 192.168.0.2:80
	connect d in2 192.168.0.3:50000 203.0.113.1:8000
	accept t l
	assert_like '198.51.100.2:*' "$from" "client that in1 sees"
	stream d t 1000
	stream t d 1000
	inject out1 udp $out1_silent:50000 to 203.0.113.1:8000
	see in1 "udp $out1_silent:50000 to 192.168.0.2:5353 *"
	must icmp-error in1 192.168.0.2 3/3 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 3/3 * quotes udp $out1_silent:50000 to 203.0.113.1:8000 *"
}

test_answers_of_a_forward_do_not_leave_by_an_exempt_rule() {
	nat rule add prio 50 oif wan proto tcp dport 1024-65535 exempt
	nat rule add oif wan masquerade
	nat map add tcp dev wan:8000 to 192.168.0.2:80
	reaches 203.0.113.1:8000 in1 192.168.0.2:80 50000
}

test_whoever_is_let_in_by_a_mapping_of_one_rule_is_answered_from_it() {
	local low
	nat pool add low addr 198.51.100.1
	nat pool add high addr 198.51.100.2
	nat rule add oif wan proto tcp dport 1-1023 pool low
	nat rule add oif wan pool high
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S seq 1
	see out1 "tcp 198.51.100.1:* to $out1_silent:80 S *"
	low=$src
	inject out1 tcp $out1_silent:50000 to "$low" S seq 1
	see in1 "tcp $out1_silent:50000 to $in1_silent:5000 S *"
	must icmp-error in1 $in1_silent 3/3 about in1
	see out1 "icmp 198.51.100.1 to $out1_silent 3/3 * quotes tcp $out1_silent:50000 to $low *"
	inject in1 tcp $in1_silent:5000 to $out1_silent:50000 SA seq 1 ack 2
	see out1 "tcp $low to $out1_silent:50000 SA *"
}

# What a host with a forward begins itself goes by the rules.
test_a_forward_does_not_take_what_a_rule_is_for() {
	nat pool add p addr 198.51.100.1
	nat rule add prio 50 oif wan dst 203.0.113.12/32 pool p
	nat rule add oif wan masquerade
	nat map add tcp dev wan:8000 to $in1_silent:80
	inject in1 tcp $in1_silent:80 to 203.0.113.12:9000 S
	see out1 'tcp 198.51.100.1:* to 203.0.113.12:9000 S *'
	inject in1 tcp $in1_silent:80 to $out1_silent:9000 S
	see out1 "tcp 203.0.113.1:8000 to $out1_silent:9000 S *"
}

test_connections_go_on_when_a_rule_for_their_port_is_added() {
	nat pool add p addr 198.51.100.1
	nat rule add oif wan masquerade
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:5000 203.0.113.11:80
	accept s l
	nat rule add prio 50 oif wan proto tcp dport 80 pool p
	stream c s 1000
	stream s c 1000
	connect d in1 192.168.0.2:5001 203.0.113.11:80
	accept t l
	assert_like '198.51.100.1:*' "$from" "source of a new one"
}

test_the_rule_with_the_lowest_priority_number_wins() {
	nat pool add low addr 198.51.100.1
	nat pool add high addr 198.51.100.2
	nat rule add prio 20 oif wan pool high
	nat rule add prio 10 oif wan pool low
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_like '198.51.100.1:*' "$outside" "source that out1 sees"
}

test_of_equal_priorities_the_older_rule_wins() {
	nat pool add first addr 198.51.100.1
	nat pool add second addr 198.51.100.2
	nat rule add oif wan src 192.168.0.0/24 pool first
	nat rule add oif wan src 192.168.0.0/16 pool second
	udp a in1 192.168.0.2:5000
	udp b in3 192.168.1.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_like '198.51.100.1:*' "$outside" "source of in1"
	greet b s 203.0.113.11:7000
	assert_like '198.51.100.2:*' "$outside" "source of in3"
}

test_an_exempt_rule_leaves_packets_alone_both_ways() {
	open_route_back
	nat rule add prio 10 oif wan dst 203.0.113.12/32 exempt
	masquerade
	udp a in1 192.168.0.2:5000
	udp s1 out1 203.0.113.11:7000
	udp s2 out1 203.0.113.12:7000
	greet a s2 203.0.113.12:7000
	assert_eq 192.168.0.2:5000 "$outside" "source at the exempt address"
	answer s2 a 192.168.0.2:5000 203.0.113.12:7000
	greet a s1 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "source elsewhere"
	assert_counter pass_exempt 1
	greet a s2 203.0.113.12:7000
	assert_eq 192.168.0.2:5000 "$outside" \
		"source at the exempt address once a mapping exists"
}

test_an_exempt_source_passes_untranslated() {
	open_route_back
	nat rule add prio 10 oif wan src 192.168.0.3/32 exempt
	masquerade
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:5000
	udp s out1 203.0.113.11:7000
	greet b s 203.0.113.11:7000
	assert_eq 192.168.0.3:5000 "$outside" "source of the exempt host"
	greet a s 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "source of the other host"
}

test_two_outside_devices_use_their_own_addresses() {
	local first
	nat rule add oif wan masquerade
	nat rule add oif wan2 masquerade
	udp a in1 192.168.0.2:5000
	udp s1 out1 203.0.113.11:7000
	udp s3 out3 100.64.0.11:7000
	greet a s1 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "source at out1"
	first=$outside
	greet a s3 100.64.0.11:7000
	assert_like '100.64.0.1:*' "$outside" "source at out3"
	answer s3 a "$outside" 100.64.0.11:7000
	answer s1 a "$first" 203.0.113.11:7000
	assert_mappings 2 in 192.168.0.2:5000
}

test_a_rule_for_one_device_leaves_the_other_alone() {
	must allow addresses
	ip -n out3 route add 192.168.0.0/16 via 100.64.0.1
	nat rule add oif wan masquerade
	udp a in1 192.168.0.2:5000
	udp s3 out3 100.64.0.11:7000
	greet a s3 100.64.0.11:7000
	assert_eq 192.168.0.2:5000 "$outside" "source at out3"
}

test_deleting_the_rule_ends_translation() {
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	nat rule del oif wan masquerade
	assert_mappings 0
	open_route_back
	greet a s 203.0.113.11:7000
	assert_eq 192.168.0.2:5000 "$outside" "source without the rule"
}

test_deleting_one_rule_keeps_the_flows_of_the_others() {
	local first
	nat rule add oif wan src 192.168.0.2/32 masquerade
	nat rule add oif wan src 192.168.0.3/32 masquerade
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	first=$outside
	greet b s 203.0.113.11:7000
	nat rule del oif wan src 192.168.0.3/32 masquerade
	greet a s 203.0.113.11:7000
	assert_eq "$first" "$outside" "source of the flow that stays"
	assert_mappings 1
}

test_a_new_rule_is_used_by_the_next_new_flow() {
	masquerade
	udp a in1 192.168.0.2:5000
	udp b in1 192.168.0.2:5001
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	nat pool add p addr 198.51.100.1
	nat rule add prio 1 oif wan pool p
	greet b s 203.0.113.11:7000
	assert_like '198.51.100.1:*' "$outside" "source of the new flow"
}

test_rule_del_matches_the_words_of_rule_add() {
	nat rule add prio 5 oif wan src 192.168.0.0/24 proto udp masquerade
	nat rule add oif wan exempt
	nat rule del prio 5 oif wan src 192.168.0.0/24 proto udp
	assert_eq 1 "$(nat rule list | wc -l)" "rules left"
	nat rule del oif wan exempt
	assert_eq 0 "$(nat rule list | wc -l)" "rules left"
	nat rule add oif wan proto tcp dport 80 exempt
	nat rule add oif wan proto tcp dport 80-81 exempt
	nat rule add oif wan proto tcp exempt
	nat rule del oif wan proto tcp dport 80-81
	assert_eq "prio 100   oif wan      proto tcp dport 80     exempt
prio 100   oif wan      proto tcp              exempt" "$(nat rule list)" "rules left"
}

run_tests "$@"
