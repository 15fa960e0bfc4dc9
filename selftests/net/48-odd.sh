#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets that no host sends in earnest: each is dropped, has one counter, here
# or in the stack, and leaves nothing in the tables (RFC 1812 section 5.3.7, RFC 3927 section 2.7).

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

loose_route=8307040a00000100
strict_route=8907040a00000100

# in1's mapping of a protocol; $end is its outside end.
open_mapping() { # udp|tcp
	local flags=
	[ "$1" = udp ] || flags=S
	# shellcheck disable=SC2086
	inject in1 "$1" $in1_silent:5000 to $out1_silent:7000 $flags
	see out1 "$1 203.0.113.1:* to $out1_silent:7000 *"
	end=$src
}

# These settings are the gateway's for the rest of the file otherwise.
while_set() { # SETTING VALUE COMMAND...
	local was
	was=$(in_space gw sysctl -n "$1")
	in_space gw sysctl -qw "$1=$2"
	"${@:3}"
	in_space gw sysctl -qw "$1=$was"
}

# What the stack of the gateway has counted
stack() { # NAME
	in_space gw nstat -asz "$1" | awk -v name="$1" '$1 == name { print $2 }'
}

declare -A was
remember() { # NAME...
	local name
	for name; do was[$name]=$(stack "$name"); done
}

assert_grown() { # NAME NUMBER
	assert_eq "$2" $(($(stack "$1") - was[$1])) "growth of $1"
}

send_routed() {
	local options
	for options in $loose_route 01$loose_route${strict_route::-2} $strict_route; do
		inject in1 udp $in1_silent:6000 to $out1_silent:7000 \
			opts "$options" data routed
		inject out1 udp $out1_silent:7000 to "$end" \
			opts "$options" data routed
	done
}

test_source_routes_are_dropped() {
	masquerade
	open_mapping udp
	while_set net.ipv4.conf.all.accept_source_route 1 send_routed
	see_nothing out1 '* data routed'
	see_nothing in1 'udp * data routed'
	# The strict one from the inside is nothing that the gateway forwards.
	assert_between 5 6 "$(counter drop_source_route)" "drop_source_route"
	assert_mappings 1
}

test_other_options_do_no_harm() {
	local options
	masquerade
	# Router alert, record route, one that ends early, one that is cut off.
	for options in 94040000 0707040000000000 00000000 01018804; do
		inject in1 udp $in1_silent:6000 to $out1_silent:7000 \
			opts $options data optional
	done
	see out1 "udp 203.0.113.1:* * opts 94040000 data optional"
	assert_counter drop_source_route 0
}

test_martian_sources_reach_no_mapping() {
	local source
	masquerade
	for source in 127.1.2.3 0.1.2.3 169.254.1.1 224.0.0.1 239.255.255.255 \
		255.255.255.255; do
		open_mapping udp
		inject out1 udp $source:7000 to "$end" data martian
		open_mapping tcp
		inject out1 tcp $source:7000 to "$end" S
	done
	see_nothing in1 '* data martian'
	see_nothing in1 "tcp * to $in1_silent:5000 S *"
	assert_counter drop_martian_source 12
	assert_eq 1 "$(sessions)" "sessions listed"
}

send_link_local() {
	ip -n gw route add 169.254.1.0/24 dev lan
	ip -n gw route add 169.254.9.0/24 via 203.0.113.11
	inject in1 udp 169.254.1.1:5000 to $out1_silent:7000 data martian
	inject in1 udp $in1_silent:5000 to 169.254.9.9:7000 data martian
	see_nothing out1 '* data martian'
	ip -n gw route del 169.254.1.0/24
	ip -n gw route del 169.254.9.0/24
}

test_link_local_addresses_are_not_translated() {
	masquerade
	while_set net.ipv4.conf.all.rp_filter 0 \
		while_set net.ipv4.conf.lan.rp_filter 0 send_link_local
	assert_counter drop_martian_source 1
	assert_counter drop_martian_destination 1
	assert_mappings 0
}

send_loopback() {
	local source
	# Two that the gateway would route now, and two that it never would
	for source in 127.0.0.1 0.1.2.3 224.0.0.1 255.255.255.255; do
		inject in1 udp $source:5000 to $out1_silent:7000 data martian
	done
	see_nothing out1 '* data martian'
}

test_loopback_addresses_are_not_translated() {
	masquerade
	# Nor does in1 ask for the gateway's hardware address with them.
	open_mapping udp
	while_set net.ipv4.conf.all.rp_filter 0 \
		while_set net.ipv4.conf.lan.rp_filter 0 \
		while_set net.ipv4.conf.lan.accept_local 1 \
		while_set net.ipv4.conf.lan.route_localnet 1 send_loopback
	assert_counter drop_martian_source 2
	assert_mappings 1
}

multicast_of() { # DEVICE
	ip -n gw -s -j link show "$1" | jq '.[0].stats64.rx.multicast'
}

test_multicast_and_broadcast_of_the_inside_stay_inside() {
	local to multicast
	masquerade
	must settle
	remember IpForwDatagrams IpExtInMcastPkts IpExtInBcastPkts UdpIgnoredMulti
	multicast=$(multicast_of lan)
	for to in 224.0.0.1 239.1.1.1 255.255.255.255 203.0.113.255 \
		192.168.0.255; do
		inject in1 udp $in1_silent:5000 to $to:7000 data all
	done
	see_nothing out1 '* data all'
	assert_mappings 0
	assert_grown IpForwDatagrams 0
	# The gateway belongs to one of the groups. What is for the other one is
	# counted by the device alone, with what IPv6 says besides.
	assert_grown IpExtInMcastPkts 1
	assert_grown IpExtInBcastPkts 3
	assert_grown UdpIgnoredMulti 4
	assert_between 2 99 $(($(multicast_of lan) - multicast)) \
		"multicast packets that came in through lan"
}

test_multicast_of_the_gateway_is_left_alone() {
	masquerade
	must capture wan gw wan both
	ip -n gw route add 224.0.0.0/4 dev wan
	inject gw udp 203.0.113.1:5353 to 224.0.0.251:5353 data mdns
	see wan 'udp 203.0.113.1:5353 to 224.0.0.251:5353 * data mdns'
	inject gw ip 203.0.113.1 to 224.0.0.5 proto 89 data ospf
	see wan 'ip 203.0.113.1 to 224.0.0.5 proto 89 * data ospf'
	ip -n gw route del 224.0.0.0/4
	must uncapture wan
	assert_mappings 0
}

test_packets_do_not_come_from_whom_they_go_to() {
	local proto
	masquerade
	for proto in udp tcp; do
		open_mapping $proto
		inject out1 $proto "$end" to "$end"
		inject out1 $proto 203.0.113.1:1 to "$end"
		# The same once it is translated.
		inject out1 $proto $in1_silent:5000 to "$end"
		inject out1 $proto $in1_silent:9 to "$end"
	done
	inject out1 tcp $in1_silent:5000 to "$end" S
	see_nothing in1 "* to $in1_silent:5000 *"
	assert_eq 1 "$(sessions)" "sessions listed"
	assert_between 7 9 "$(counter drop_land)" "drop_land"
}

test_a_host_may_call_its_own_outside_end() {
	masquerade
	open_mapping udp
	inject in1 udp $in1_silent:5000 to "$end" data self
	see in1 "udp $end to $in1_silent:5000 * data self"
	assert_counter drop_land 0
}

test_port_zero_opens_nothing() {
	masquerade
	inject in1 udp $in1_silent:0 to $out1_silent:7000 data zero
	inject in1 udp $in1_silent:5000 to $out1_silent:0 data zero
	inject in1 tcp $in1_silent:0 to $out1_silent:7000 S
	inject in1 tcp $in1_silent:5000 to $out1_silent:0 S
	inject in1 sctp $in1_silent:0 to $out1_silent:7000 init
	inject in1 udplite $in1_silent:5000 to $out1_silent:0
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 0
	see_nothing out1 '* data zero'
	assert_counter drop_port_zero 7
	assert_mappings 0
	open_mapping tcp
	inject out1 tcp $out1_silent:0 to "$end" S
	see_nothing in1 "tcp * to $in1_silent:5000 S *"
	assert_counter drop_port_zero 8
	assert_eq 1 "$(sessions)" "sessions listed"
}

test_what_ends_at_the_gateway_opens_nothing() {
	local tcp_end
	masquerade
	must settle
	remember IpInHdrErrors IcmpOutTimeExcds
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 ttl 1
	see in1 "icmp 192.168.0.1 to $in1_silent 11/0 * quotes udp $in1_silent:5000 to $out1_silent:7000 *"
	assert_mappings 0
	open_mapping tcp
	inject out2 tcp $out2_silent:9000 to "$end" S ttl 1
	see out2 "icmp 203.0.113.1 to $out2_silent 11/0 * quotes tcp $out2_silent:9000 to $end *"
	assert_eq 1 "$(sessions)" "sessions listed"
	tcp_end=$end
	open_mapping udp
	inject out2 udp $out2_silent:9000 to "$end" ttl 1
	see out2 "icmp 203.0.113.1 to $out2_silent 11/0 * quotes udp $out2_silent:9000 to $end *"
	inject in2 udp $in2_silent:6000 to "$end" ttl 1
	see in2 "icmp 192.168.0.1 to $in2_silent 11/0 * quotes udp $in2_silent:6000 to $end *"
	assert_mappings 2
	assert_grown IpInHdrErrors 4
	assert_grown IcmpOutTimeExcds 4
	# With one hop more they would have.
	inject out2 tcp $out2_silent:9000 to "$tcp_end" S ttl 2
	see in1 "tcp $out2_silent:9000 to $in1_silent:5000 S *"
	assert_eq 2 "$(sessions)" "sessions listed"
	inject in2 udp $in2_silent:6000 to "$end" ttl 2
	see in1 "udp 203.0.113.1:* to $in1_silent:5000 ttl 1*"
	assert_mappings 3
}

# RFC 1812 section 5.2.2
test_what_is_no_ipv4_packet_is_dropped_first() {
	local change lan wan
	masquerade
	open_mapping udp
	lan=$(mac_of gw lan)
	wan=$(mac_of gw wan)
	must settle
	remember IpInHdrErrors IpExtInTruncatedPkts IpExtInCsumErrors
	# Another version; a header too short, one longer than the packet; a
	# length below the header's, one beyond the packet; a wrong checksum
	for change in 0=65 0=44 0=4f 2=0,3=13 2=1f a=55,b=55; do
		must frame in1 "$lan" $change udp $in1_silent:6000 to \
			$out1_silent:7000 data odd
		must frame out1 "$wan" $change udp $out1_silent:7000 to \
			"$end" data odd
	done
	# As it is, it would pass.
	must frame in1 "$lan" 1=0 udp $in1_silent:5000 to $out1_silent:7000 data even
	see out1 'udp * data even'
	see_nothing out1 '* data odd'
	see_nothing in1 '* data odd'
	assert_grown IpInHdrErrors 10
	assert_grown IpExtInTruncatedPkts 2
	assert_grown IpExtInCsumErrors 2
	assert_mappings 1
}

test_lengths_that_cannot_be_open_nothing() {
	local length
	masquerade
	for length in 1 7 13 9999 65535; do
		inject in1 udp $in1_silent:6000 to $out1_silent:7000 \
			udplen $length data odd
	done
	for length in 1 4 6 15; do
		inject in1 tcp $in1_silent:6000 to $out1_silent:7000 S \
			doff $length
	done
	see_nothing out1 "* to $out1_silent:7000 *"
	assert_counter drop_malformed 9
	assert_mappings 0
	open_mapping udp
	inject out1 udp $out1_silent:7000 to "$end" udplen 7 data odd
	inject out1 udp $out1_silent:7000 to "$end" udplen 99 data odd
	open_mapping tcp
	inject out1 tcp $out1_silent:7000 to "$end" S doff 4
	inject out1 tcp $out1_silent:7000 to "$end" S doff 15
	see_nothing in1 "* to $in1_silent:5000 *"
	assert_counter drop_malformed 13
	assert_eq 1 "$(sessions)" "sessions listed"
}

# Nobody will take it, so nobody is to be known by it.
test_a_wrong_checksum_opens_nothing() {
	masquerade
	inject in1 udp $in1_silent:6000 to $out1_silent:7000 data odd badsum
	inject in1 tcp $in1_silent:6000 to $out1_silent:7000 S badsum
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 6 badsum
	inject in1 udplite $in1_silent:6000 to $out1_silent:7000 coverage 0 badsum
	inject in1 udplite $in1_silent:6000 to $out1_silent:7000 coverage 12 \
		badsum data @100
	inject in1 dccp $in1_silent:6000 to $out1_silent:7000 request badsum
	inject in1 dccp $in1_silent:6000 to $out1_silent:7000 request \
		coverage 2 badsum data @100
	inject in1 sctp $in1_silent:6000 to $out1_silent:7000 init badsum
	must fragment in1 800 1,0 udp $in1_silent:6000 to $out1_silent:7000 \
		badsum data @1200
	see_nothing out1 '* 203.0.113.1*'
	assert_counter drop_checksum 9
	assert_mappings 0
	# A mapping that is there gets no session either.
	open_mapping tcp
	inject in1 tcp $in1_silent:5000 to $out2_silent:7000 S badsum
	inject out2 tcp $out2_silent:9000 to "$end" S badsum
	see_nothing out2 'tcp *'
	see_nothing in1 'tcp *'
	assert_counter drop_checksum 11
	assert_eq 1 "$(sessions)" "sessions listed"
}

test_an_unsolicited_syn_with_a_wrong_checksum_is_not_answered() {
	masquerade
	inject out1 tcp $out1_silent:7000 to 203.0.113.1:40000 S badsum
	pause 8500
	see_nothing out1 'icmp *'
	assert_counter syn_answered 0
}

test_established_flows_are_not_disturbed() {
	masquerade
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:5000 203.0.113.11:80
	accept s l
	inject out1 tcp "$from" to "$from" S
	inject out1 tcp 127.0.0.1:80 to "$from" R
	inject out1 tcp 203.0.113.11:80 to "$from" R opts $loose_route
	stream c s 10000
	stream s c 10000
	assert_eq 1 "$(sessions state established)" "connections"
}

run_tests "$@"
