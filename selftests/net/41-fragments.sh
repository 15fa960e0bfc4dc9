#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fragments, in any order, both ways (RFC 4787 REQ-13, REQ-14).

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

open_flow() {
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
}

# A datagram of 2500 bytes in three fragments must arrive at a socket whole.
outwards() { # ORDER
	must fragment in1 1000 "$1" udp 192.168.0.2:5000 to 203.0.113.11:7000 \
		data @2500
	hear s @2500
	assert_eq "$outside" "$from" "source of fragments in order $1"
}

inwards() { # ORDER
	must fragment out1 1000 "$1" udp 203.0.113.11:7000 to "$outside" \
		data @2500
	hear a @2500
	assert_eq 203.0.113.11:7000 "$from" "source of fragments in order $1"
}

test_fragments_in_order_pass_outwards() {
	masquerade
	open_flow
	outwards 0,1,2
}

test_fragments_in_any_order_pass_outwards() {
	masquerade
	open_flow
	for order in 0,2,1 1,0,2 1,2,0 2,0,1 2,1,0; do outwards $order; done
}

test_fragments_in_any_order_pass_inwards() {
	masquerade
	open_flow
	for order in 0,1,2 0,2,1 1,0,2 1,2,0 2,0,1 2,1,0; do inwards $order; done
}

test_the_first_packet_of_a_flow_may_be_fragmented() {
	masquerade
	udp s out1 203.0.113.11:7000
	must fragment in1 1000 2,1,0 udp 192.168.0.2:5000 to 203.0.113.11:7000 \
		data @2500
	hear s @2500
	assert_like '203.0.113.1:*' "$from" "source that out1 sees"
	assert_mappings 1
}

test_translated_fragments_leave_in_order_and_fit() {
	masquerade
	must fragment in1 1400 2,0,1 udp $in1_silent:5000 to $out1_silent:7000 \
		data @4000
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 * frag 0+*,more ipid *"
	id=$(field ipid)
	see out1 "ip 203.0.113.1 to $out1_silent proto 17 * frag 1*,more ipid $id *"
	see out1 "ip 203.0.113.1 to $out1_silent proto 17 * frag 2* ipid $id *"
	see_nothing out1 '* ttl 64 *'
}

test_fragments_do_not_grow_on_the_way() {
	masquerade
	must fragment in1 560 0,1 udp $in1_silent:5000 to $out1_silent:7000 \
		data @1000
	must settle
	see_nothing out1 '* 192.168.*'
	seen out1 "* to $out1_silent*"
	assert_between 1 2 "$answer" "packets at out1"
}

test_fragments_that_may_not_be_fragmented_stay_as_they_are() {
	masquerade
	must fragment in1 1000 1,0,2 udp $in1_silent:5000 to $out1_silent:7000 \
		df data @2500
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 * df frag 0+1000,more *"
	end=$src
	see out1 "ip 203.0.113.1 to $out1_silent proto 17 * df frag 1000+1000,more *"
	see out1 "ip 203.0.113.1 to $out1_silent proto 17 * df frag 2000+* *"
	must fragment out1 1000 1,0,2 udp $out1_silent:7000 to "$end" \
		df data @2500
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 * df frag 0+1000,more *"
	see in1 "ip $out1_silent to $in1_silent proto 17 * df frag 1000+1000,more *"
}

# RFC 6146 FRAGMENT_MIN: two seconds at least; the stack has thirty.
test_the_last_fragment_may_be_seconds_late() {
	masquerade
	open_flow
	must fragment in1 1000 0,1 udp 192.168.0.2:5000 to 203.0.113.11:7000 \
		ipid 77 data @2500
	must fragment out1 1000 0,2 udp 203.0.113.11:7000 to "$outside" \
		ipid 77 data @2500
	pause 4000
	must fragment in1 1000 2 udp 192.168.0.2:5000 to 203.0.113.11:7000 \
		ipid 77 data @2500
	hear s @2500
	must fragment out1 1000 1 udp 203.0.113.11:7000 to "$outside" \
		ipid 77 data @2500
	hear a @2500
	assert_between 2 120 "$(in_space gw sysctl -n net.ipv4.ipfrag_time)" \
		"seconds that the stack waits"
}

test_overlapping_fragments_do_not_pass() {
	masquerade
	open_flow
	must fragment in1 1000 0 udp 192.168.0.2:5000 to 203.0.113.11:7000 \
		ipid 78 data @2500
	inject in1 ip 192.168.0.2 to 203.0.113.11 proto 17 ipid 78 \
		frag 992,more data @1008
	must fragment in1 1000 2 udp 192.168.0.2:5000 to 203.0.113.11:7000 \
		ipid 78 data @2500
	must fragment out1 1000 0 udp 203.0.113.11:7000 to "$outside" \
		ipid 78 data @2500
	inject out1 ip 203.0.113.11 to 203.0.113.1 proto 17 ipid 78 \
		frag 992,more data @1008
	must fragment out1 1000 2 udp 203.0.113.11:7000 to "$outside" \
		ipid 78 data @2500
	hear_nothing s
	hear_nothing a
	# What comes after is not spoiled.
	outwards 2,0,1
	inwards 2,0,1
}

test_ping_in_fragments_is_answered() {
	masquerade
	must fragment in1 1000 1,2,0 icmp 192.168.0.2 to 203.0.113.11 8/0 \
		id 7 seq 1 data @2500
	see in1 'icmp 203.0.113.11 to 192.168.0.2 0/0 id 7 seq 1 * frag 0+*'
}

test_a_tcp_segment_in_fragments_passes() {
	masquerade
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S seq 1
	see out1 'tcp 203.0.113.1:* S *'
	end=$src
	inject out1 tcp $out1_silent:80 to "$end" SA seq 9 ack 2
	see in1 'tcp * SA *'
	must fragment in1 1000 1,0,2 tcp $in1_silent:5000 to $out1_silent:80 PA \
		seq 2 ack 10 data @2500
	see out1 "tcp $end to $out1_silent:80 PA * frag 0+*"
	see out1 "ip 203.0.113.1 to $out1_silent proto 6 * frag *"
	see_nothing out1 'tcp 192.168.*'
}

test_fragments_through_a_forward_pass() {
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5353
	udp s in1 192.168.0.2:5353
	must fragment out1 1000 2,0,1 udp 203.0.113.11:4444 to 203.0.113.1:8000 \
		data @2500
	hear s @2500
	assert_eq 203.0.113.11:4444 "$from" "source at in1"
	udp c out1 203.0.113.11:4444
	must fragment in1 1000 1,0,2 udp 192.168.0.2:5353 to 203.0.113.11:4444 \
		data @2500
	hear c @2500
	assert_eq 203.0.113.1:8000 "$from" "source at out1"
}

test_one_to_one_fragments_pass() {
	nat map add 198.51.100.9 to 192.168.0.2
	udp s in1 192.168.0.2:5353
	udp c out1 203.0.113.11:4444
	must fragment out1 1000 2,0,1 udp 203.0.113.11:4444 to 198.51.100.9:5353 \
		data @2500
	hear s @2500
	must fragment in1 1000 1,0,2 udp 192.168.0.2:5353 to 203.0.113.11:4444 \
		data @2500
	hear c @2500
	assert_eq 198.51.100.9:5353 "$from" "source at out1"
}

test_hairpinned_fragments_pass() {
	masquerade
	udp b in2 192.168.0.3:6000
	udp s out1 203.0.113.11:7000
	greet b s 203.0.113.11:7000
	must fragment in1 1000 2,0,1 udp 192.168.0.2:5000 to "$outside" \
		data @2500
	hear b @2500
	assert_like '203.0.113.1:*' "$from" "source at in2"
}

test_datagrams_with_equal_ids_of_two_hosts_do_not_mix() {
	local n
	masquerade
	udp s out1 203.0.113.11:7000
	for n in 0 1 2; do
		must fragment in1 1000 $n udp 192.168.0.2:5000 to \
			203.0.113.11:7000 ipid 99 data @2500
		must fragment in2 1000 $n udp 192.168.0.3:5000 to \
			203.0.113.11:7000 ipid 99 data @2500
	done
	hear s @2500
	first=$from
	hear s @2500
	assert_ne "$first" "$from" "source of the second datagram"
}

test_a_lost_first_fragment_lets_nothing_out() {
	masquerade
	must fragment in1 1000 1,2 udp $in1_silent:5000 to $out1_silent:7000 \
		data @2500
	must fragment in1 1000 1 icmp $in1_silent to $out1_silent 8/0 id 1 \
		data @2500
	see_nothing out1 '*'
	assert_mappings 0
}

# Fragments of datagrams that never come whole, each at this place, of one source or of so many
flood() { # FIRST-ID LAST-ID PLACE [SOURCES]
	local n
	for ((n = $1; n <= $2; n++)); do
		must packet out1 ip "203.0.113.$((100 + n % ${4:-1}))" to 203.0.113.1 \
			proto 17 ipid $n frag "$3",more data @1480
	done
	must settle
}

# Some fifty of those above are half of it, some five the share of a source.
little_memory() {
	low=$(in_space gw sysctl -n net.ipv4.ipfrag_low_thresh)
	high=$(in_space gw sysctl -n net.ipv4.ipfrag_high_thresh)
	in_space gw sysctl -qw net.ipv4.ipfrag_low_thresh=196608 \
		net.ipv4.ipfrag_high_thresh=262144
}

memory_as_before() {
	in_space gw sysctl -qw net.ipv4.ipfrag_high_thresh="$high" \
		net.ipv4.ipfrag_low_thresh="$low"
}

# When half of the memory for fragments is in use, only what comes in order gets more, and a source no more than a share.
test_a_flood_of_lost_fragments_is_held_back() {
	local low high dropped
	masquerade
	open_flow
	little_memory
	flood 1 100 1480
	dropped=$(counter drop_fragment)
	assert_between 20 80 "$dropped" "drop_fragment, out of order"
	flood 101 200 0
	dropped=$(($(counter drop_fragment) - dropped))
	assert_between 80 99 "$dropped" "drop_fragment, above the share"
	dropped=$(counter drop_fragment)
	outwards 0,1,2
	inwards 0,1,2
	assert_counter drop_fragment "$dropped"
	memory_as_before
}

# They take the room of fragments from each other, and no more.
test_lost_fragments_of_many_sources_stop_no_whole_packet() {
	local low high
	masquerade
	open_flow
	little_memory
	flood 501 900 0 40
	tell a 203.0.113.11:7000 whole
	hear s whole
	answer s a "$outside" 203.0.113.11:7000
	memory_as_before
}

test_fragments_of_others_pass_during_a_flood_of_lost_ones() {
	masquerade
	open_flow
	flood 201 400 1480
	assert_counter drop_fragment 0
	outwards 2,1,0
	inwards 1,0,2
	answer s a "$outside" 203.0.113.11:7000
}

test_tiny_first_fragments_are_not_mistranslated() {
	masquerade
	must fragment in1 8 0,1,2,3 tcp $in1_silent:5000 to $out1_silent:80 S seq 1 \
		mss 1460 data @4
	see_nothing out1 '* 192.168.*'
	udp s out1 203.0.113.11:7000
	must fragment in1 8 3,2,1,0 udp 192.168.0.2:5000 to 203.0.113.11:7000 \
		data @24
	hear s @24
	assert_like '203.0.113.1:*' "$from" "source that out1 sees"
}

test_a_big_packet_without_df_is_fragmented_on_a_small_link() {
	masquerade
	ip -n gw link set wan mtu 1000
	udp a in1 192.168.0.2:5000 nodf
	udp s out1 203.0.113.11:7000
	tell a 203.0.113.11:7000 @1400
	hear s @1400
	see out1 'udp 203.0.113.1:* * frag 0+*,more *'
	see out1 'ip 203.0.113.1 to * proto 17 * frag 9* *'
	ip -n gw link set wan mtu 1500
}

test_a_big_packet_with_df_is_refused_on_a_small_link() {
	masquerade
	ip -n gw link set wan mtu 1000
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 df data @1400
	see in1 "icmp 192.168.0.1 to $in1_silent 3/4 mtu 1000 *"
	ip -n gw link set wan mtu 1500
	see_nothing out1 'udp *'
}

test_unmatched_fragments_to_the_shared_address_are_the_gateway_s() {
	masquerade
	udp g gw 203.0.113.1:53
	must fragment out1 1000 2,0,1 udp 203.0.113.11:7000 to 203.0.113.1:53 \
		data @2500
	hear g @2500
}

run_tests "$@"
