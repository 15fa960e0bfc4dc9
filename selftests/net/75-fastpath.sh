#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The fast path: what takes it, what does not, and that the next packet obeys
# whatever changes.
# timeout: 900

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../lib-tcp.sh
. "$(dirname "$0")/../lib-tcp.sh"
# shellcheck source=../lib-fastpath.sh
. "$(dirname "$0")/../lib-fastpath.sh"

# Tests change routes, addresses and devices of the gateway.
rebuild_for_each=1

### What is fast

test_established_udp_is_fast_both_ways() {
	masquerade
	fast
	open_flow
	reset_counters
	counts_fast 1 1 both_ways
	counts_fast 1 1 both_ways
	assert_counter out_translated 2
	assert_counter in_translated 2
	assert_counter fast_miss 0
}

test_the_first_packet_of_a_flow_is_not() {
	masquerade
	fast
	first_packet_is_not_fast in1 192.168.0.2
}

test_without_the_fast_path_nothing_is() {
	masquerade
	fast
	open_flow
	counts_fast 1 1 both_ways
	nat fastpath del dev lan,lan2
	counts_fast 0 1 both_ways
	nat fastpath del dev wan
	counts_fast 0 0 both_ways
}

test_what_is_only_tried_changes_nothing() {
	nat pool add p addr 198.51.100.1
	nat rule add oif wan pool p
	fast
	open_flow
	counts_fast 1 1 both_ways
	"$NATCTL" -n gw save >"$work/conf"
	sed -i '/^pool add p/s/$/ filtering apdf/' "$work/conf"
	assert_like '*pool set p filtering apdf*' "$(nat apply "$work/conf" --dry-run)" "the difference"
	counts_fast 1 1 both_ways
}

test_a_pool_that_is_gone_keeps_no_other_from_it() {
	nat pool add p addr 198.51.100.1 filtering apdf
	nat rule add oif wan src 192.168.9.0/24 pool p
	masquerade
	fast
	open_flow
	counts_fast 0 0 both_ways
	nat rule del oif wan src 192.168.9.0/24
	nat pool del p
	both_ways
	counts_fast 1 1 both_ways
}

test_an_established_connection_is_fast_but_for_its_ends() {
	masquerade
	fast
	establish
	counts_fast 1 0 sends PA seq 101 ack 301 data hello
	counts_fast 0 1 gets PA seq 301 ack 106 data world
	counts_fast 0 0 sends FA seq 106 ack 306
	assert_state in-fin
	counts_fast 0 0 gets FA seq 306 ack 107
	assert_state closing
}

test_a_reset_is_seen() {
	masquerade
	fast
	establish
	counts_fast 1 0 sends A seq 101 ack 301
	counts_fast 0 0 sends R seq 101
	assert_state trans
}

test_streams_pass_whole() {
	masquerade
	fast
	streams_are_fast in1 192.168.0.2 203.0.113.1
	seen out1 'tcp * data bytes:[2-6]????'
	assert_between 1 1000 "$answer" "trains at out1"
	seen in1 'tcp * data bytes:[2-6]????'
	assert_between 1 1000 "$answer" "trains at in1"
}

test_a_static_mapping_is_fast() {
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5000
	fast
	udp a in1 192.168.0.2:5000
	udp s out1 $far
	greet s a 203.0.113.1:8000
	answer a s "$far" 203.0.113.1:8000
	greet s a 203.0.113.1:8000
	counts_fast 0 1 greet s a 203.0.113.1:8000
	counts_fast 1 0 answer a s "$far" 203.0.113.1:8000
}

test_headers_are_those_of_a_router() {
	masquerade
	fast
	open_flow
	counts_fast 1 0 inject in1 udp 192.168.0.2:5000 to $far tos 8 ttl 33 data x
	see out1 "udp $outside to $far ttl 32 tos 8 *"
	counts_fast 0 1 inject out1 udp $far to "$outside" tos 184 ttl 2 data x
	see in1 "udp $far to 192.168.0.2:5000 ttl 1 tos 184 *"
}

test_padding_of_a_short_frame_is_no_data() {
	masquerade
	fast
	open_flow
	counts_fast 1 0 tell a $far x
	hear s x
}

test_fast_packets_keep_a_mapping_alive() {
	setting udp_timeout 12 udp_inbound_refresh 0
	masquerade
	fast
	open_flow
	for _ in 1 2 3; do
		pause 5000
		counts_fast 1 0 outwards
	done
	pause 6000
	counts_fast 0 1 inwards
	pause 6000
	wait_until 4 no_mappings_listed ||
		fail "packets from the outside keep the mapping"
}

### What is not

test_oversize_packets_are_refused_with_the_mtu() {
	masquerade
	fast
	open_flow
	oversize_is_refused wan in1 192.168.0.1 192.168.0.2
}

test_what_may_be_fragmented_is_fragmented() {
	masquerade
	fast
	open_flow
	ip -n gw link set wan mtu 1280
	counts_fast 0 0 inject in1 udp 192.168.0.2:5000 to $far data @1400
	hear s @1400
}

test_ttl_1_ends_at_the_gateway() {
	masquerade
	fast
	open_flow
	ttl_1_ends_here in1 in1 192.168.0.1 192.168.0.2
}

test_udp_without_checksum_takes_the_usual_path() {
	masquerade
	fast
	open_flow
	counts_fast 0 0 inject in1 udp 192.168.0.2:5000 to $far nocsum data x
	see out1 "udp $outside to $far * nocsum *"
}

test_options_take_the_usual_path() {
	masquerade
	fast
	open_flow
	counts_fast 1 1 both_ways
	counts_fast 0 0 with_options
	counts_fast 1 1 both_ways
}

with_options() {
	inject in1 udp 192.168.0.2:5000 to $far opts 01010101 data x
	see out1 "udp $outside to $far * opts 01010101 data x"
	hear s x
	inject out1 udp $far to "$outside" opts 01010101 data x
	see in1 "udp $far to 192.168.0.2:5000 * opts 01010101 data x"
	hear a x
}

test_fragments_take_the_usual_path() {
	masquerade
	fast
	open_flow
	counts_fast 1 1 both_ways
	counts_fast 0 0 in_fragments
	counts_fast 1 1 both_ways
}

in_fragments() {
	must fragment in1 1000 0,1,2 udp 192.168.0.2:5000 to $far data @2500
	hear s @2500
	assert_eq "$outside" "$from" "source of fragments"
	must fragment out1 1000 2,0,1 udp $far to "$outside" data @2500
	hear a @2500
	assert_eq $far "$from" "source of fragments"
}

test_another_interface_cannot_send_for_a_host() {
	masquerade
	fast
	open_flow
	counts_fast 1 1 both_ways
	must clear
	# Reverse-path filtering is on.
	counts_fast 0 0 inject in3 udp 192.168.0.2:5000 to $far data x
	see_nothing out1 '*'
}

test_filtering_by_address_holds() {
	masquerade filtering adf
	fast
	open_flow
	must clear
	inject out2 udp $out2_silent:7000 to "$outside" data x
	see_nothing in1 '*'
	assert_counter drop_filtered 1
}

test_hairpin_packets_are_translated() {
	masquerade
	fast
	open_flow
	udp b in2 192.168.0.3:6000
	greet b s $far
	tell a "$outside" hello
	hear b hello
	assert_like '203.0.113.1:*' "$from" "source of the hairpin packet"
}

test_a_filter_at_ingress_holds() {
	masquerade
	fast
	open_flow
	drop_by_nft ingress lan udp dport 7000
	lost_outwards 0
}

test_tagged_packets_belong_to_their_vlan() {
	ip_batch gw <<-END
		link add link lan2 name lan2.5 type vlan id 5
		link set lan2.5 up
		addr add 192.168.5.1/24 dev lan2.5
	END
	ip_batch in3 <<-END
		link add link eth0 name tagged type vlan id 5
		link set tagged up
		addr add 192.168.5.2/24 dev tagged
		route replace default via 192.168.5.1
	END
	masquerade
	fast lan2,lan2.5,wan
	[ -z "${FASTPATH-}" ] || nat fastpath add dev lan2.5
	udp a in3 192.168.5.2:5000
	udp s out1 $far
	greet a s $far
	answer s a "$outside" $far
	greet a s $far
	counts_fast 1 1 both_ways
}

### What changes

test_the_next_packet_takes_a_new_route_out() {
	masquerade
	fast
	open_flow
	counts_fast 1 1 both_ways
	ip -n gw route add 203.0.113.11/32 via 203.0.113.21
	must clear
	tell a $far x
	see out2 "udp $outside to $far *"
	ip -n gw route del 203.0.113.11/32
	both_ways
}

test_the_next_packet_takes_a_new_route_in() {
	masquerade
	fast
	open_flow
	counts_fast 1 1 both_ways
	ip -n gw route add 192.168.0.2/32 via 192.168.0.3
	must clear
	tell s "$outside" x
	see in2 "udp $far to 192.168.0.2:5000 *"
	ip -n gw route del 192.168.0.2/32
	both_ways
}

test_the_next_packet_finds_no_route() {
	masquerade
	fast
	open_flow
	ip -n gw route add unreachable 203.0.113.11
	must clear
	tell a $far x
	see in1 'icmp 192.168.0.1 to 192.168.0.2 3/1 *'
	see_nothing out1 '*'
}

test_policy_routing_is_obeyed() {
	masquerade
	fast
	open_flow
	counts_fast 1 1 both_ways
	ip -n gw route add 203.0.113.11/32 via 203.0.113.21 table 100
	ip -n gw rule add from 192.168.0.2 lookup 100
	must clear
	counts_fast 0 0 tell a $far x
	see out2 "udp $outside to $far *"
}

test_ipsec_is_obeyed() {
	local policy=(src 10.9.9.0/24 dst 10.9.8.0/24)
	masquerade
	fast
	open_flow
	counts_fast 1 1 both_ways
	ip -n gw xfrm policy add "${policy[@]}" dir fwd action block ||
		skip "no IPsec"
	counts_fast 0 0 both_ways
	ip -n gw xfrm policy del "${policy[@]}" dir fwd
	wait_until 10 counts_some both_ways || fail "the fast path is not taken again"
}

# Ids of several hosts would meet at one address.
test_what_may_be_fragmented_gets_an_id_of_the_gateway() {
	local number
	masquerade
	fast
	open_flow
	in_space out1 nft -f - <<-END || fail "nft"
		table netdev look {
			counter same { }
			chain in {
				type filter hook ingress device eth0 priority 0
				ip id 7 udp dport 7000 counter name same
			}
		}
	END
	for number in 1 2 3; do
		counts_fast 1 0 inject in1 udp 192.168.0.2:5000 to $far ipid 7 data @1000
	done
	# One may be 7 by chance.
	assert_like '*packets [01] *' \
		"$(in_space out1 nft list counter netdev look same)" \
		"packets with the id that the host gave them"
}

test_the_next_packet_goes_to_a_new_neighbour() {
	masquerade
	fast
	open_flow
	ip -n gw neigh replace 203.0.113.11 dev wan lladdr "$(mac_of out2)"
	must clear
	counts_fast 1 0 tell a $far x
	see out2 "udp $outside to $far *"
}

test_a_neighbour_that_is_not_known_is_asked_for() {
	masquerade
	fast
	open_flow
	ip -n gw neigh flush dev wan
	counts_fast 0 0 outwards
	assert_between 1 2 "$(counter fast_miss)" "fast_miss"
	wait_until 5 counts_some both_ways || fail "not fast again"
}

test_a_device_goes_down_and_up() {
	masquerade
	fast
	open_flow
	counts_fast 1 1 both_ways
	ip -n gw link set lan down
	tell s "$outside" x
	hear_nothing a
	ip -n gw link set lan up
	wait_until 20 counts_some both_ways || fail "not fast again"
}

test_a_device_goes_and_comes_back() {
	masquerade
	fast
	udp b in3 192.168.1.2:5000
	udp s out1 $far
	greet b s $far
	greet b s $far
	answer s b "$outside" $far
	timeout 30 ip -n gw link del lan2 || fail "the device stays"
	tell s "$outside" x
	assert_like '*dev lan2*# no such device*' "$(nat fastpath)" "devices"
	ip link add eth0 netns in3 type veth peer name lan2 netns gw
	ip_batch gw <<-END
		link set lan2 up
		addr add 192.168.1.1/24 dev lan2
	END
	host in3 192.168.1.2/24 192.168.1.1
	greet b s $far
	greet b s $far
	counts_fast 1 0 greet b s $far
}

test_a_device_that_is_renamed_takes_the_usual_path() {
	masquerade
	fast
	open_flow in3 192.168.1.2
	counts_fast 1 1 both_ways
	rename lan2 lan9
	counts_fast 0 1 both_ways
	rename lan9 lan2
	counts_fast 1 1 both_ways
}

# Neighbours and routes are asked for anew.
rename() { # FROM TO
	ip_batch gw <<-END
		link set $1 down
		link set $1 name $2
		link set $2 up
	END
	both_ways
	both_ways
}

test_without_its_rule_a_flow_gets_another_address() {
	nat pool add p addr 198.51.100.7
	nat rule add prio 10 oif wan pool p
	masquerade
	fast
	open_flow
	assert_like '198.51.100.7:*' "$outside" "source by the first rule"
	nat rule del prio 10 oif wan
	nat pool del p
	tell s "$outside" x
	hear_nothing a
	outwards
	assert_like '203.0.113.1:*' "$outside" "source by the second rule"
}

test_a_mapping_that_is_flushed_is_gone() {
	local old
	masquerade
	fast
	open_flow
	old=$outside
	nat map flush >/dev/null
	tell s "$old" x
	hear_nothing a
	counts_fast 0 0 outwards
	assert_ne "$old" "$outside" "outside end"
}

test_a_static_mapping_that_is_deleted_is_gone() {
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5000
	fast
	udp a in1 192.168.0.2:5000
	udp s out1 $far
	greet s a 203.0.113.1:8000
	counts_fast 0 1 greet s a 203.0.113.1:8000
	nat map del udp 203.0.113.1:8000
	tell s 203.0.113.1:8000 x
	hear_nothing a
}

test_a_new_address_holds_at_once() {
	local old
	masquerade
	fast
	open_flow
	old=$outside
	ip_batch gw <<-END
		addr del 203.0.113.1/24 dev wan
		addr add 203.0.113.5/24 dev wan
	END
	wait_until 5 no_mappings || fail "mappings stay"
	tell s "$old" x
	hear_nothing a
	outwards
	assert_like '203.0.113.5:*' "$outside" "source after the change"
	wait_until 10 counts_some both_ways || fail "not fast again"
}

test_forwarding_that_is_turned_off_stops_it() {
	masquerade
	fast
	open_flow
	in_space gw sysctl -qw net.ipv4.ip_forward=0
	tell a $far x
	hear_nothing s
	in_space gw sysctl -qw net.ipv4.ip_forward=1
	both_ways
}

### Life

test_devices_are_listed() {
	nat flush
	nat fastpath add dev wan,lan
	assert_eq $'dev wan\ndev lan' "$(nat fastpath list)" "list"
	assert_like '*"dev":"lan","ifindex":*' "$(nat -j fastpath list)" "list"
	nat fastpath del dev wan
	assert_eq 'dev lan' "$(nat fastpath list)" "list"
	nat flush
	assert_eq '' "$(nat fastpath list)" "list after flush"
}

test_refusals_change_nothing() {
	nat flush
	nat fastpath add dev wan
	refused 'the device has the fast path already' fastpath add dev lan,wan
	refused 'there is no device of this name' fastpath add dev lan,none
	refused 'the device does not have the fast path' fastpath del dev wan,lan
}

test_the_module_goes_with_flows_on_the_fast_path() {
	masquerade
	fast
	open_flow
	module_goes_while_fast
	[ -z "$(nat fastpath list)" ] || fail "devices stay"
}

gateway_is_gone() {
	! ip -n net link show wan >/dev/null 2>&1
}

test_the_namespace_goes_with_flows_on_the_fast_path() {
	masquerade
	fast
	open_flow
	counts_fast 1 1 both_ways
	ip netns del gw
	wait_until 20 gateway_is_gone || fail "the namespace stays"
}

run_tests "$@"
