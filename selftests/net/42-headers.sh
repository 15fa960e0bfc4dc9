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
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 data first
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 data x badsum
	see out1 'udp 203.0.113.1:* * BAD-SUM data x'
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S badsum
	see out1 'tcp 203.0.113.1:* * BAD-SUM'
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 7
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 7 badsum
	see out1 'icmp 203.0.113.1 * BAD-SUM'
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

# Segments that come one behind the other are made one packet on the way in, as large
# segments or as a list, and are one when they leave.
test_bulk_tcp_passes_with_receive_offload() {
	local feature
	masquerade
	# A list is no packet: its checksum is that of the first.
	must allow checksums
	senders_split on tso
	for feature in rx-gro rx-gro-list; do
		must clear
		gateway_makes_trains on $feature
		bulk
		must close c
		must close s
		must close l
		trains_arrive "tcp" $feature
		gateway_makes_trains off $feature
	done
	senders_split off tso
}

# What senders would leave to a device, they do themselves; and the last device before the gateway says that
# it leaves nothing to be done, for veth joins nothing that comes from one that does.
senders_split() { # on|off FEATURE
	local at state=off
	[ "$1" = off ] && state=on
	for at in in1/eth0 out1/eth0 net/wan; do
		in_space "${at%/*}" ethtool -K "${at#*/}" "$2" $state >/dev/null
	done
}

trains_arrive() { # PROTOCOL FEATURE
	local host short long
	for host in out1 in1; do
		seen $host "$1 * data *[:@][2-9]???"
		short=$answer
		seen $host "$1 * data *[:@]?????"
		long=$answer
		assert_between 1 1000 $((short + long)) "trains of $1 at $host with $2"
	done
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

# Datagrams that come one behind the other are made one packet on the way in, as
# large segments or as a list, and taken apart on the way out (ethtool -K).
test_trains_that_the_gateway_makes_of_udp_pass() {
	local device
	masquerade
	offload off tx-udp-segmentation
	for device in lan wan; do must capture $device gw $device; done
	udp_in_trains taken_apart
	for device in lan wan; do must uncapture $device; done
	offload on tx-udp-segmentation
}

# Devices that take them as they are get them so.
test_trains_that_the_gateway_makes_of_udp_stay_whole() {
	masquerade
	senders_split on tx-udp-segmentation
	udp_in_trains trains_arrive udp
	senders_split off tx-udp-segmentation
}

udp_in_trains() { # COMMAND, which is told the feature too
	local feature
	udp a in1 192.168.0.2:5000 segment 500
	udp s out1 203.0.113.11:7000 segment 500
	tell a 203.0.113.11:7000 @100
	hear s @100
	outside=$from
	# A list is no packet: its checksum is that of the first.
	must allow checksums
	for feature in rx-udp-gro-forwarding rx-gro-list; do
		must clear
		gateway_makes_trains on $feature
		tell a 203.0.113.11:7000 @30000
		hear_train s 60 "$outside"
		tell s "$outside" @30000
		hear_train a 60 203.0.113.11:7000
		gateway_makes_trains off $feature
		"$@" $feature
	done
}

taken_apart() { # FEATURE
	local device
	for device in lan wan; do
		# Fast packets are gone before a capture here has them.
		[ -z "${FASTPATH-}" ] || break
		seen $device 'udp * data @[1-9]????'
		assert_between 1 60 "$answer" "trains at $device with $1"
	done
	see_nothing out1 '* BAD-SUM*'
	see_nothing in1 '* BAD-SUM*'
	see_nothing out1 'udp * data @[1-9]????'
	see_nothing in1 'udp * data @[1-9]????'
}

gateway_makes_trains() { # on|off FEATURE
	local device
	for device in port1 wan; do
		in_space gw ethtool -K $device gro "$1" "$2" "$1" >/dev/null
	done
}

hear_train() { # NAME DATAGRAMS FROM
	local n
	for ((n = 0; n < $2; n++)); do
		ask recv "$1" || fail "datagram $n of $2 did not arrive at $1"
		assert_like "$3 *" "$answer" "datagram $n at $1"
	done
}

# Nothing but the first bytes of the IP header is where the stack looks first;
# the rest is in pages.
test_headers_in_pages_are_found() {
	local lan wan
	lan=$(mac_of gw lan)
	wan=$(mac_of gw wan)
	set_mtu 9000
	masquerade
	must pages in1 "$lan" udp $in1_silent:5000 to $out1_silent:7000 data @6000
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 * data @6000"
	must pages out1 "$wan" udp $out1_silent:7000 to "$src" opts 01010101 data @6000
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 * data @6000"
	must pages in1 "$lan" icmp $in1_silent to $out1_silent 8/0 id 7 data @6000
	see out1 "icmp 203.0.113.1 to $out1_silent 8/0 * data @6000"
	must pages in1 "$lan" tcp $in1_silent:5000 to $out1_silent:80 S data @6000
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 S * data @6000"
	set_mtu 1500
}

set_mtu() { # BYTES
	local at
	for at in in1/eth0 gw/port1 gw/lan gw/wan net/wan net/out1 net/wire out1/eth0; do
		ip -n "${at%/*}" link set "${at#*/}" mtu "$1"
	done
}

test_jumbo_frames_pass() {
	local state
	set_mtu 9000
	masquerade
	udp a in1 192.168.0.2:5000
	udp r out1 203.0.113.11:7000
	for state in off on; do
		offload $state tso gso tx sg
		tell a 203.0.113.11:7000 @8972
		hear r @8972
		tell r "$from" @8972
		hear a @8972
		bulk
		must close c
		must close s
		must close l
	done
	see out1 'udp 203.0.113.1:* data @8972'
	set_mtu 1500
}

# Of what was in a tunnel with checksums the stack knows what it sums up to
# (CHECKSUM_COMPLETE), and goes by that where the packet ends, which is the
# gateway here. Short packets are summed up again in any case, and so are all
# but those of UDP; a sum that was left to a device is none.
test_sums_of_what_comes_out_of_a_tunnel_stay_right() {
	local errors
	modprobe ip_gre 2>/dev/null
	offload off tx
	ip -n gw link add tun type gre local 203.0.113.1 remote 203.0.113.11 csum
	ip -n out1 link add tun type gre local 203.0.113.11 remote 203.0.113.1 csum
	ip_batch gw <<-END
		addr add 10.99.0.1/30 dev tun
		link set tun up
	END
	ip_batch out1 <<-END
		addr add 10.99.0.2/30 dev tun
		link set tun up
	END
	nat map add udp 10.99.0.1:8000 to 192.168.0.1:5353
	udp g gw 192.168.0.1:5353
	errors=$(in_space gw nstat -asz UdpInCsumErrors)
	inject out1 udp 10.99.0.2:7000 to 10.99.0.1:8000 data @500
	hear g @500
	inject out1 udp 10.99.0.2:7000 to 10.99.0.1:8000 opts 01010101 data @500
	hear g @500
	assert_eq "$errors" "$(in_space gw nstat -asz UdpInCsumErrors)" \
		"wrong checksums"
	ip -n gw link del tun
	ip -n out1 link del tun
	offload on tx tso gso
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

# A program at a device has packets copied to where there is room before them.
test_packets_pass_devices_with_xdp() {
	local mode device
	cat >"$work/pass.c" <<-END
		__attribute__((section("xdp"))) int pass(void *packet)
		{
			return 2;
		}
	END
	clang -target bpf -O2 -c "$work/pass.c" -o "$work/pass.o" || fail "clang"
	masquerade
	for mode in xdpgeneric xdpdrv; do
		for device in wan port1; do
			ip -n gw link set $device $mode obj "$work/pass.o" \
				sec xdp 2>"$work/xdp" ||
				skip "no $mode: $(<"$work/xdp")"
		done
		bulk
		udp a in1 192.168.0.2:5000
		udp r out1 203.0.113.11:7000
		greet a r 203.0.113.11:7000
		answer r a "$outside" 203.0.113.11:7000
		for device in wan port1; do
			ip -n gw link set $device $mode off
		done
		must close a
		must close r
		must close c
		must close s
		must close l
	done
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

test_mss_clamp_finds_the_size_behind_other_options() {
	masquerade mss-clamp 1200
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S nops 8 mss 1460
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 S * mss 1200 *"
	inject in1 tcp $in1_silent:5001 to $out1_silent:80 S nops 8
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 S *"
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
