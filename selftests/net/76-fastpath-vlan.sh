#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# The fast path of packets that belong to a VLAN device, on the device beneath;
# and of those that leave through one.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../lib-fastpath.sh
. "$(dirname "$0")/../lib-fastpath.sh"

# Tests change routes, addresses and devices of the gateway.
rebuild_for_each=1

# A VLAN device, and its address
vlan() { # SPACE NAME LOWER ADDR/LEN WORDS...
	ip_batch "$1" <<-END
		link add link $3 name $2 type vlan ${@:5}
		link set $2 up
		addr add $4 dev $2
	END
}

# in3 in VLAN 5, with nothing untagged
host_in_vlan() { # [WORDS]
	vlan in3 eth0.5 eth0 192.168.5.2/24 id 5 "$@"
	ip -n in3 route replace default via 192.168.5.1
}

# And the gateway on lan2
inside_vlan() { # [WORDS-OF-IN3 [WORDS-OF-GW...]]
	vlan gw lan2.5 lan2 192.168.5.1/24 id 5 "${@:2}"
	host_in_vlan ${1-}
}

# out1 in VLAN 7 of wan, which has the rule
outside_vlan() { # [WORDS-OF-OUT1 [WORDS-OF-GW...]]
	vlan gw wan.7 wan 198.18.7.1/24 id 7 "${@:2}"
	vlan out1 eth0.7 eth0 198.18.7.2/24 id 7 ${1-}
	far=198.18.7.2:7000
	nat rule add oif wan.7 masquerade
}

open_from_vlan() {
	open_flow in3 192.168.5.2
}

### What is fast

test_packets_of_an_inside_vlan_are_fast_at_the_device_beneath() {
	inside_vlan
	masquerade
	fast lan2,wan
	open_from_vlan
	reset_counters
	counts_fast 1 1 both_ways
	counts_fast 1 1 both_ways
	assert_counter out_translated 2
	assert_counter in_translated 2
	assert_counter fast_miss 0
}

test_packets_of_an_outside_vlan_are_fast_at_the_device_beneath() {
	outside_vlan
	fast lan,wan
	open_flow
	reset_counters
	counts_fast 1 1 both_ways
	assert_like '198.18.7.1:*' "$outside" "source that out1 sees"
	assert_counter fast_miss 0
}

test_from_vlan_to_vlan() {
	inside_vlan
	outside_vlan
	fast lan2,wan
	open_from_vlan
	counts_fast 1 1 both_ways
}

test_from_vlan_to_vlan_of_one_device() {
	vlan gw lan2.7 lan2 198.18.7.1/24 id 7
	vlan in3 eth0.7 eth0 198.18.7.2/24 id 7
	ip -n gw link set lan2.7 address 02:00:00:00:07:01
	inside_vlan
	ip -n in3 link set eth0.7 netns out1
	ip_batch out1 <<-END
		link set eth0.7 up
		addr add 198.18.7.2/24 dev eth0.7
	END
	far=198.18.7.2:7000
	nat rule add oif lan2.7 masquerade
	fast lan2
	open_from_vlan
	counts_fast 1 1 both_ways
}

test_a_tag_within_the_packet() {
	inside_vlan
	outside_vlan
	masquerade
	in_space in3 ethtool -K eth0 txvlan off >/dev/null || fail "ethtool"
	in_space out1 ethtool -K eth0 txvlan off >/dev/null || fail "ethtool"
	in_space gw ethtool -K lan2 txvlan off >/dev/null || fail "ethtool"
	in_space gw ethtool -K wan txvlan off >/dev/null || fail "ethtool"
	fast lan2,wan
	open_from_vlan
	counts_fast 1 1 both_ways
}

double_tagged() { # PROTOCOL OF OUTER TAG
	vlan gw outer lan2 192.168.40.1/24 proto "$1" id 40
	vlan gw inner outer 192.168.5.1/24 id 5
	vlan in3 outer eth0 192.168.40.2/24 proto "$1" id 40
	vlan in3 inner outer 192.168.5.2/24 id 5
	ip -n in3 route replace default via 192.168.5.1
	masquerade
	fast lan2,wan
	open_from_vlan
	counts_fast 1 1 both_ways
	# An intermediate device may have the fast path instead.
	[ -z "${FASTPATH-}" ] || nat fastpath del dev lan,lan2,wan
	[ -n "${FASTPATH-}" ] || nat fastpath del dev lan2,wan
	nat fastpath add dev outer
	counts_fast 1 0 both_ways
}

test_two_tags() {
	double_tagged 802.1Q
}

test_two_tags_of_a_provider() {
	double_tagged 802.1ad
}

test_streams_pass_whole() {
	inside_vlan
	outside_vlan
	fast lan2,wan
	streams_are_fast in3 192.168.5.2 198.18.7.1
}

test_connections_end() {
	inside_vlan
	masquerade
	fast lan2,wan
	listen l out1 203.0.113.11:80
	connect c in3 192.168.5.2:0 203.0.113.11:80
	accept s l
	stream c s 2000
	must close s
	must eof c
	must close c
	assert_like '*closing*' "$(nat session list)" "state of the session"
}

test_a_vlan_device_with_a_hardware_address_of_its_own() {
	inside_vlan
	ip -n gw link set lan2.5 address 02:00:00:00:05:01
	masquerade
	fast lan2,wan
	open_from_vlan
	counts_fast 1 1 both_ways
}

test_a_vlan_device_without_reordering_of_headers() {
	inside_vlan '' reorder_hdr off
	outside_vlan '' reorder_hdr off
	fast lan2,wan
	open_from_vlan
	counts_fast 1 1 both_ways
}

test_vlan_devices_count_fast_packets() {
	local in out space
	for space in in3 gw out1; do
		in_space $space sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	done
	inside_vlan
	outside_vlan
	fast lan2,wan
	open_from_vlan
	in=$(device_bytes lan2.5 rx)
	out=$(device_bytes wan.7 tx)
	for _ in 1 2 3; do
		counts_fast 1 0 tell a $far @1000
		hear s @1000
	done
	# With an ARP packet perhaps; and a header of Ethernet on the way out
	assert_between $((3 * 1028)) $((3 * 1028 + 200)) \
		$(($(device_bytes lan2.5 rx) - in)) "bytes that came through lan2.5"
	assert_between $((3 * 1042)) $((3 * 1042 + 200)) \
		$(($(device_bytes wan.7 tx) - out)) "bytes that left through wan.7"
}

### Priorities

# The next packet is fast, and comes to out1 in VLAN 7 with this priority.
assert_leaves_with_priority() { # PCP
	in_space out1 nft -f - <<-END || fail "nft"
		table netdev look {
			counter prio { }
			chain in {
				type filter hook ingress device eth0 priority 0
				vlan id 7 vlan pcp $1 udp dport 7000 counter name prio
			}
		}
	END
	counts_fast 1 0 outwards
	assert_like '*packets 1 *' \
		"$(in_space out1 nft list counter netdev look prio)" \
		"packets with priority $1"
}

test_the_priority_of_a_tag_is_made_by_the_map() {
	outside_vlan '' egress-qos-map 0:5
	fast lan,wan
	open_flow
	assert_leaves_with_priority 5
}

test_the_priority_of_a_tag_is_carried_on() {
	inside_vlan 'egress-qos-map 0:3' ingress-qos-map 3:6
	outside_vlan '' egress-qos-map 6:2
	in_space gw sysctl -qw net.ipv4.ip_forward_update_priority=0
	fast lan2,wan
	open_from_vlan
	assert_leaves_with_priority 2
}

### What is left to the stack

test_a_filter_at_the_vlan_device_holds() {
	inside_vlan
	masquerade
	fast lan2,wan
	open_from_vlan
	drop_by_nft ingress lan2.5 udp dport 7000
	lost_outwards 0
}

test_a_filter_at_the_vlan_device_holds_on_the_way_out() {
	outside_vlan
	fast lan,wan
	open_flow
	drop_by_nft egress wan.7 udp dport 7000
	lost_outwards 1
}

test_tc_at_the_vlan_device_holds() {
	inside_vlan
	masquerade
	fast lan2,wan
	open_from_vlan
	drop_by_tc ingress lan2.5
	lost_outwards 0
}

test_tc_at_the_vlan_device_holds_on_the_way_out() {
	outside_vlan
	fast lan,wan
	open_flow
	drop_by_tc egress wan.7
	lost_outwards 1
}

test_a_queue_at_the_vlan_device_is_used() {
	outside_vlan
	# What it says by itself is not to be counted.
	in_space gw sh -c 'echo 1 >/proc/sys/net/ipv6/conf/wan.7/disable_ipv6'
	fast lan,wan
	open_flow
	in_space gw tc qdisc add dev wan.7 root pfifo || fail "tc"
	counts_fast 1 0 outwards
	assert_like '*Sent *bytes 1 pkt*' \
		"$(in_space gw tc -s qdisc show dev wan.7)" "queue"
}

test_who_captures_at_the_vlan_device_sees_all() {
	inside_vlan
	outside_vlan
	fast lan2,wan
	open_from_vlan
	counts_fast 1 1 both_ways
	must capture tap gw lan2.5 both
	must capture tap7 gw wan.7 both
	counts_fast 0 0 both_ways
	see tap "udp 192.168.5.2:5000 to $far *"
	see tap "udp $far to 192.168.5.2:5000 *"
	see tap7 "udp $outside to $far *"
	see tap7 "udp $far to $outside *"
	must uncapture tap
	must uncapture tap7
	counts_fast 1 1 both_ways
}

test_a_vlan_device_that_is_port_of_a_bridge() {
	vlan gw lan2.5 lan2 192.168.50.1/24 id 5
	host_in_vlan
	ip_batch gw <<-END
		link add br5 type bridge
		link set lan2.5 master br5
		link set br5 up
		addr add 192.168.5.1/24 dev br5
	END
	masquerade
	fast lan2,wan
	open_from_vlan
	counts_fast 0 1 both_ways
	nat fastpath add dev br5
	counts_fast 1 1 both_ways
}

test_a_vlan_device_on_a_bridge() {
	ip -n gw link set lan2 down
	ip_batch gw <<-END
		addr flush dev lan2
		link add br0 type bridge
		link set lan2 master br0
		link set lan2 up
		link set br0 up
	END
	vlan gw br0.5 br0 192.168.5.1/24 id 5
	host_in_vlan
	masquerade
	fast lan2,wan
	open_from_vlan
	# The port has none: its tagged packets are the bridge's.
	counts_fast 0 1 both_ways
	nat fastpath add dev br0
	counts_fast 1 1 both_ways
}

test_a_vlan_device_of_a_bond() {
	ip -n gw link set lan2 down
	ip_batch gw <<-END
		link add bond0 type bond mode active-backup
		link set lan2 master bond0
		link set bond0 up
	END
	vlan gw bond0.5 bond0 192.168.5.1/24 id 5
	host_in_vlan
	masquerade
	fast lan2,wan
	wait_until 10 open_from_vlan || fail "no way through the bond"
	# The port's tagged packets are the bond's.
	counts_fast 0 1 both_ways
	nat fastpath add dev bond0
	counts_fast 1 1 both_ways
}

test_other_tags_are_left_alone() {
	inside_vlan
	masquerade
	fast lan2,wan
	open_from_vlan
	ip -n gw link del lan2.5
	vlan gw lan2.6 lan2 192.168.5.1/24 id 6
	lost_outwards 0
}

test_another_vlan_cannot_send_for_a_host() {
	inside_vlan
	masquerade
	fast lan,lan2,wan
	open_flow
	counts_fast 1 1 both_ways
	must clear
	# Reverse-path filtering is on.
	counts_fast 0 0 inject in3 udp 192.168.0.2:5000 to $far data x
	see_nothing out1 '*'
}

test_answers_must_come_through_the_outside_device() {
	outside_vlan
	fast lan,wan
	open_flow
	counts_fast 1 1 both_ways
	# Untagged, they come through wan, which has no rule.
	must clear
	counts_fast 0 0 inject out1 udp 203.0.113.11:7000 to "$outside" data x
	see_nothing in1 'udp *'
}

test_oversize_packets_are_refused_with_the_mtu() {
	inside_vlan
	outside_vlan
	fast lan2,wan
	open_from_vlan
	must capture tagged in3 eth0.5
	oversize_is_refused wan.7 tagged 192.168.5.1 192.168.5.2
}

test_ttl_1_ends_at_the_gateway() {
	inside_vlan
	masquerade
	fast lan2,wan
	open_from_vlan
	must capture tagged in3 eth0.5
	ttl_1_ends_here in3 tagged 192.168.5.1 192.168.5.2
}

test_the_first_packet_of_a_flow_is_not_fast() {
	inside_vlan
	masquerade
	fast lan2,wan
	first_packet_is_not_fast in3 192.168.5.2
}

### What changes

test_a_vlan_device_goes_down_and_up() {
	inside_vlan
	masquerade
	fast lan2,wan
	open_from_vlan
	counts_fast 1 1 both_ways
	ip -n gw link set lan2.5 down
	lost_outwards 0
	ip -n gw link set lan2.5 up
	wait_until 20 counts_some both_ways || fail "not fast again"
}

test_a_vlan_device_goes_and_comes_back() {
	inside_vlan
	outside_vlan
	fast lan2,wan
	open_from_vlan
	counts_fast 1 1 both_ways
	timeout 30 ip -n gw link del wan.7 || fail "the device stays"
	lost_outwards 0
	vlan gw wan.7 wan 198.18.7.1/24 id 7
	outwards
	wait_until 20 counts_some both_ways || fail "not fast again"
}

test_a_vlan_device_moves_to_another_namespace() {
	inside_vlan
	masquerade
	fast lan2,wan
	open_from_vlan
	counts_fast 1 1 both_ways
	ip netns add other
	ip -n gw link set lan2.5 netns other
	ip -n other link set lan2.5 up
	lost_outwards 0
}

test_the_next_packet_takes_a_new_route_out() {
	outside_vlan
	masquerade
	fast lan,wan
	open_flow
	counts_fast 1 1 both_ways
	ip -n out1 addr add 198.18.7.2/32 dev eth0
	ip -n gw route add 198.18.7.2/32 dev wan
	must clear
	tell a $far x
	see out1 "udp 203.0.113.1:* to $far *"
	hear s x
	ip -n gw route del 198.18.7.2/32
	outwards
	assert_like '198.18.7.1:*' "$outside" "source that out1 sees"
}

test_the_module_goes_with_flows_on_the_fast_path() {
	inside_vlan
	outside_vlan
	fast lan2,wan
	open_from_vlan
	module_goes_while_fast
}

run_tests "$@"
