#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Checksums, offloads and IP options. Every test file verifies all checksums
# of all packets that arrive; here are the cases that others do not make.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

offload() { # on|off FEATURE...
	local state=$1 feature words=()
	shift
	for feature; do words+=("$feature" "$state"); done
	in_space in1 ethtool -K eth0 "${words[@]}" >/dev/null
	in_space out1 ethtool -K eth0 "${words[@]}" >/dev/null
	in_space gw ethtool -K wan "${words[@]}" >/dev/null
	in_space gw ethtool -K port1 "${words[@]}" >/dev/null
}

# Half a megabyte each way.
bulk() {
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:0 203.0.113.11:80
	accept s l
	stream c s 500000
	stream s c 500000
}

test_udp_without_checksum_stays_without_both_ways() {
	masquerade
	udp a in1 192.168.0.2:5000 nocsum
	udp s out1 203.0.113.11:7000 nocsum
	greet a s 203.0.113.11:7000
	see out1 'udp 203.0.113.1:* * nocsum data *'
	answer s a "$outside" 203.0.113.11:7000
	see in1 'udp 203.0.113.11:7000 * nocsum data *'
}

test_a_checksum_that_becomes_zero_is_sent_as_all_ones() {
	nat map add udp 203.0.113.1:8000 to $in1_silent:5000
	masquerade
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 \
		zerosrc 203.0.113.1:8000
	assert_ne ffff "$sum" "checksum before translation"
	see out1 "udp 203.0.113.1:8000 to $out1_silent:7000 * onescsum *"
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 \
		zerodst $in1_silent:5000
	assert_ne ffff "$sum" "checksum before translation"
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 * onescsum *"
}

test_a_checksum_of_all_ones_is_translated_as_any_other() {
	nat map add udp 203.0.113.1:8000 to $in1_silent:5000
	masquerade
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 \
		zerosrc $in1_silent:5000
	assert_eq ffff "$sum" "checksum before translation"
	see out1 "udp 203.0.113.1:8000 to $out1_silent:7000 *"
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 \
		zerodst 203.0.113.1:8000
	assert_eq ffff "$sum" "checksum before translation"
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 *"
}

test_a_wrong_checksum_stays_wrong() {
	must allow checksums
	masquerade
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 data x badsum
	see out1 'udp 203.0.113.1:* * BAD-SUM data x'
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S badsum
	see out1 'tcp 203.0.113.1:* * BAD-SUM'
}

test_bulk_tcp_passes_with_segmentation_offload() {
	masquerade
	bulk
	seen out1 'tcp 203.0.113.1:* data bytes:[2-6]????'
	assert_between 1 1000 "$answer" "segment trains at out1"
}

test_bulk_tcp_passes_without_segmentation_offload() {
	masquerade
	offload off tso gso gro
	bulk
	offload on tso gso
	see_nothing out1 'tcp 203.0.113.1:* data bytes:[2-6]????'
}

test_bulk_tcp_passes_without_any_offload() {
	masquerade
	offload off tso gso gro tx rx sg
	bulk
	offload on tx rx sg tso gso
}

test_bulk_tcp_passes_with_receive_offload() {
	masquerade
	offload on gro
	bulk
	offload off gro
}

test_a_train_of_udp_segments_passes() {
	local n
	masquerade
	udp a in1 192.168.0.2:5000 segment 500
	udp s out1 203.0.113.11:7000
	tell a 203.0.113.11:7000 @500
	hear s @500
	tell a 203.0.113.11:7000 @1400
	for n in 500 bytes:500 bytes:400; do
		ask recv s || fail "segment $n did not arrive: $answer"
		assert_like "203.0.113.1:*" "$answer" "segment $n"
	done
}

test_udp_passes_with_and_without_transmit_checksums() {
	local state
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	for state in off on; do
		offload $state tx
		greet a s 203.0.113.11:7000
		answer s a "$outside" 203.0.113.11:7000
	done
}

test_packets_pass_while_someone_captures_on_the_gateway() {
	masquerade
	must capture tap-wan gw wan both
	must capture tap-lan gw lan both
	bulk
	udp a in1 192.168.0.2:5000
	udp r out1 203.0.113.11:7000
	greet a r 203.0.113.11:7000
	answer r a "$outside" 203.0.113.11:7000
	see tap-lan 'udp 192.168.0.2:5000 to 203.0.113.11:7000 *'
	see tap-wan 'udp 203.0.113.1:* to 203.0.113.11:7000 *'
	must uncapture tap-wan
	must uncapture tap-lan
}

test_ip_options_are_kept_and_skipped() {
	local options
	masquerade
	for options in 01010101 94040000 0101010101010101 \
		$(printf '01%.0s' {1..40}); do
		inject in1 udp $in1_silent:5000 to $out1_silent:7000 \
			opts $options data hi
		see out1 "udp 203.0.113.1:* to $out1_silent:7000 * opts $options data hi"
		inject out1 udp $out1_silent:7000 to "$src" opts $options data hi
		see in1 "udp $out1_silent:7000 to $in1_silent:5000 * opts $options data hi"
	done
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S opts 01010101
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 S * opts 01010101"
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 4 opts 01010101
	see out1 "icmp 203.0.113.1 to $out1_silent 8/0 * opts 01010101"
}

test_tcp_options_and_urgent_data_are_kept() {
	masquerade
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S seq 5 mss 1000
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 S seq 5 * mss 1000 *"
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 SEC seq 5
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 SEC seq 5 *"
}

test_payloads_with_addresses_in_them_are_left_alone() {
	masquerade
	udp a in1 192.168.0.2:5060
	udp s out1 203.0.113.11:5060
	tell a 203.0.113.11:5060 INVITE-sip:x@192.168.0.2:5060
	hear s INVITE-sip:x@192.168.0.2:5060
}

test_packets_that_may_not_be_fragmented_may_have_equal_ids() {
	masquerade
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 ipid 7 data a df
	see out1 'udp * df data a'
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 ipid 7 data b df
	see out1 'udp * df data b'
}

test_mss_clamp_to_a_size_lowers_what_is_above_it() {
	masquerade mss-clamp 1200
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S mss 1460
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 S * mss 1200 *"
	inject out1 tcp $out1_silent:80 to "$src" SA seq 1 ack 1 mss 1460
	see in1 "tcp $out1_silent:80 to $in1_silent:5000 SA * mss 1200 *"
	inject in1 tcp $in1_silent:5001 to $out1_silent:80 S mss 536
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 S * mss 536 *"
}

test_mss_clamp_off_leaves_the_size_alone() {
	masquerade
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S mss 1460
	see out1 "tcp * S * mss 1460 *"
}

test_mss_clamp_to_the_path_mtu_follows_the_device() {
	masquerade mss-clamp pmtu
	ip -n gw link set wan mtu 1400
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S mss 1460
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 S * mss 1360 *"
	inject out1 tcp $out1_silent:80 to "$src" SA seq 1 ack 1 mss 1460
	see in1 "tcp $out1_silent:80 to $in1_silent:5000 SA * mss 1360 *"
	ip -n gw link set wan mtu 1500
}

run_tests "$@"
