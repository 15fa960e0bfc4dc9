#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# Headers, checksums and fragments. The captures verify every checksum of
# every packet that arrives; a wrong one fails the test.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# 3022/S4.1-1
test_only_address_port_checksum_and_ttl_change() {
	masquerade
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 ttl 33 tos 8 df ipid 77 opts 01010101 data @100
	see out1 "udp *"
	assert_eq "udp $src to $out1_silent:7000 ttl 32 tos 8 df opts 01010101 data @100" \
		"$packet" "UDP packet at out1"
	assert_like '203.0.113.1:*' "$src" "source"
	inject out1 udp $out1_silent:7000 to "$src" ttl 44 tos 16 df opts 01010101 data @99
	see in1 'udp *'
	assert_eq "udp $out1_silent:7000 to $in1_silent:5000 ttl 43 tos 16 df opts 01010101 data @99" \
		"$packet" "UDP packet at in1"
	sends S seq 4294967295 win 1234 mss 1452 tos 8 ttl 33 df
	assert_eq "tcp $end to $remote S seq 4294967295 ack 0 win 1234 mss 1452 ttl 32 tos 8 df" \
		"$packet" "TCP segment at out1"
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 5 seq 9 ttl 9 data @33
	see out1 'icmp *'
	assert_eq "icmp 203.0.113.1 to $out1_silent 8/0 id $(field id) seq 9 ttl 8 data @33" \
		"$packet" "echo request at out1"
}

offload() { # on|off FEATURE...
	local state=$1 feature words=()
	shift
	for feature; do words+=("$feature" "$state"); done
	in_space in1 ethtool -K eth0 "${words[@]}" >/dev/null
	in_space out1 ethtool -K eth0 "${words[@]}" >/dev/null
	in_space gw ethtool -K wan "${words[@]}" >/dev/null
	in_space gw ethtool -K port1 "${words[@]}" >/dev/null
}

# Datagrams and streams of odd and even lengths, both ways
exchange_all() { # TAG
	local bytes
	udp a$1 in1 192.168.0.2:0
	udp s$1 out1 203.0.113.11:0
	to=$local
	for bytes in 1 2 3 64 65 1001 1472; do
		tell a$1 $to @$bytes
		hear s$1 @$bytes
		tell s$1 "$from" @$bytes
		hear a$1 @$bytes
	done
	listen l$1 out1 203.0.113.11:0
	connect c$1 in1 192.168.0.2:0 "$answer_of_listen"
	accept t$1 l$1
	stream c$1 t$1 200001
	stream t$1 c$1 200001
}

listen() { # NAME HOST LOCAL
	must listen "$@"
	answer_of_listen=$answer
}

# 3022/S4.1-2
test_checksums_are_right_with_and_without_offload() {
	masquerade
	exchange_all default
	offload off tso gso gro tx rx sg
	exchange_all none
	offload on tx rx sg tso gso
	offload on gro
	exchange_all gro
	offload off gro
	seen out1 'tcp 203.0.113.1:* data bytes:[2-6]????'
	assert_between 1 10000 "$answer" "segment trains at out1"
}

# 3022/S4.1-3
test_udp_without_a_checksum_stays_without() {
	masquerade
	udp a in1 192.168.0.2:5000 nocsum
	udp s out1 203.0.113.11:7000 nocsum
	greet a s 203.0.113.11:7000
	see out1 'udp 203.0.113.1:* * nocsum data *'
	answer s a "$outside" 203.0.113.11:7000
	see in1 'udp 203.0.113.11:7000 * nocsum data *'
}

# 3022/S4.1-4
test_a_udp_checksum_of_zero_is_sent_as_all_ones() {
	one_to_one 198.51.100.2 $in1_silent
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 zerosrc 198.51.100.2:5000
	assert_ne ffff "$sum" "checksum before"
	see out1 "udp 198.51.100.2:5000 to $out1_silent:7000 * onescsum *"
	inject out1 udp $out1_silent:7000 to 198.51.100.2:5000 zerodst $in1_silent:5000
	assert_ne ffff "$sum" "checksum before"
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 * onescsum *"
}

# 3022/S4.1-6
test_query_ids_and_checksums_are_replaced_and_restored() {
	local type
	masquerade
	for type in 8/0 13/0; do
		inject in1 icmp $in1_silent to $out1_silent $type id 77 seq 3 data @13
		see out1 "icmp 203.0.113.1 to $out1_silent $type *"
		id=$(field id)
		case $type in
		8/0) inject out1 icmp $out1_silent to 203.0.113.1 0/0 id $id seq 3 data @13 ;;
		13/0) inject out1 icmp $out1_silent to 203.0.113.1 14/0 id $id seq 3 data @13 ;;
		esac
		see in1 "icmp $out1_silent to $in1_silent * id 77 seq 3 * data @13"
	done
}

# 3022/S4.2-1
test_incremental_checksums_equal_those_made_anew() {
	local n
	one_to_one 198.51.100.2 $in1_silent
	masquerade
	for n in {1..150}; do
		inject in1 udp 192.168.0.2:$((RANDOM % 65000 + 300)) to $out1_silent:$((RANDOM + 1)) data @$((RANDOM % 200))
		inject in1 tcp 192.168.0.2:$((RANDOM % 65000 + 300)) to $out1_silent:$((RANDOM + 1)) S seq $((RANDOM * RANDOM)) win $RANDOM
		inject in1 udp $in1_silent:$((RANDOM + 1)) to $out1_silent:$n data @$n
	done
	for n in 198.51.100.2:5000 $in1_silent:5000; do
		inject in1 udp $in1_silent:5000 to $out1_silent:7000 zerosrc $n
		inject out1 udp $out1_silent:7000 to 198.51.100.2:5000 zerodst $n
	done
	seen out1 '* to 203.0.113.61:*'
	assert_between 440 452 "$answer" "packets at out1"
	see_nothing out1 '*BAD*'
	see_nothing in1 '*BAD*'
}

# 3022/S4.2-2
test_a_wrong_checksum_is_never_put_right() {
	local n
	must allow checksums
	masquerade
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 data first
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S
	must settle
	must clear
	for n in 1 2 3; do
		inject in1 udp $in1_silent:5000 to $out1_silent:7000 data @$n badsum
		inject in1 tcp $in1_silent:5000 to $out1_silent:80 S badsum
		inject in1 udp $in1_silent:500$n to $out1_silent:7000 data new badsum
	done
	must settle
	seen out1 "udp * to $out1_silent:7000 *"
	all=$answer
	seen out1 "udp * to $out1_silent:7000 *BAD-SUM*"
	assert_eq $all "$answer" "UDP packets that are still wrong"
	seen out1 "tcp * to $out1_silent:80 *"
	all=$answer
	seen out1 "tcp * to $out1_silent:80 *BAD-SUM*"
	assert_eq $all "$answer" "TCP segments that are still wrong"
}

# 3022/S4.6-2
test_ip_options_stay_and_the_header_behind_them_is_found() {
	local options
	masquerade
	for options in 01010101 94040000 0101010101010101 440c050000000000000000000 \
		$(printf '01%.0s' {1..16}) $(printf '01%.0s' {1..40}); do
		((${#options} % 8 == 0)) || options=440c0500000000000000000000
		((${#options} % 8 == 0)) || options=440c05000000000000000000
		options_at=${options:0:4}
		inject in1 udp $in1_silent:5000 to $out1_silent:7000 opts $options data hi
		see out1 "udp 203.0.113.1:* to $out1_silent:7000 * opts $options_at* data hi"
		inject out1 udp $out1_silent:7000 to "$src" opts $options data hi
		see in1 "udp $out1_silent:7000 to $in1_silent:5000 * opts $options_at* data hi"
	done
	for options in 01010101 94040000 $(printf '01%.0s' {1..40}); do
		inject in1 tcp $in1_silent:5000 to $out1_silent:80 S opts $options
		see out1 "tcp 203.0.113.1:* to $out1_silent:80 S * opts $options"
		inject in1 icmp $in1_silent to $out1_silent 8/0 id 4 opts $options
		see out1 "icmp 203.0.113.1 to $out1_silent 8/0 * opts $options"
	done
}

### Fragments

open_flow() {
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
}

# A datagram in three fragments must arrive whole.
outwards() { # ORDER [WORDS...]
	must fragment in1 1000 $1 udp 192.168.0.2:5000 to 203.0.113.11:7000 "${@:2}" data @2500
	hear s @2500
	assert_eq "$outside" "$from" "source of fragments in order $1"
}

inwards() { # ORDER [WORDS...]
	must fragment out1 1000 $1 udp 203.0.113.11:7000 to "$outside" "${@:2}" data @2500
	hear a @2500
	assert_eq 203.0.113.11:7000 "$from" "source of fragments in order $1"
}

# 4787/REQ-14
test_fragments_pass_in_any_order_both_ways() {
	local order
	masquerade
	open_flow
	for order in 0,1,2 0,2,1 1,0,2 1,2,0 2,0,1 2,1,0; do
		outwards $order
		inwards $order
	done
	# Two datagrams at once
	for order in 0 2 1; do
		must fragment in1 1000 $order udp 192.168.0.2:5000 to 203.0.113.11:7000 ipid 500 data @2500
		must fragment in1 1000 $((2 - order)) udp 192.168.0.2:5000 to 203.0.113.11:7000 ipid 501 data @2600
		must fragment out1 1000 $order udp 203.0.113.11:7000 to "$outside" ipid 500 data @2500
		must fragment out1 1000 $((2 - order)) udp 203.0.113.11:7000 to "$outside" ipid 501 data @2600
	done
	ask recv s || fail "nothing arrived at out1"
	one=${answer#* }
	ask recv s || fail "one datagram of two arrived at out1"
	assert_eq "@2500 @2600" "$(printf '%s\n' $one ${answer#* } | sort | xargs)" "datagrams at out1"
	ask recv a || fail "nothing arrived at in1"
	one=${answer#* }
	ask recv a || fail "one datagram of two arrived at in1"
	assert_eq "@2500 @2600" "$(printf '%s\n' $one ${answer#* } | sort | xargs)" "datagrams at in1"
}

# The gateway has room for a hundred fragments or so.
little_room() {
	# shellcheck disable=SC2064	# what it was
	trap "in_space gw sysctl -qw $(in_space gw sysctl net.ipv4.ipfrag_high_thresh | tr -d ' ')" EXIT
	in_space gw sysctl -qw net.ipv4.ipfrag_low_thresh=1 net.ipv4.ipfrag_high_thresh=262144
}

assert_others_pass() { # WHEN
	local memory
	answer s a "$outside" 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	outwards 0,1,2
	inwards 0,1,2
	read -r _ memory < <(in_space gw sed -n 's/^FRAG: .* memory/memory/p' /proc/net/sockstat)
	assert_between 0 300000 "$memory" "bytes that wait for fragments $1"
}

# 4787/REQ-14a
test_a_flood_of_fragments_without_a_first_stops_nobody_else() {
	local n
	masquerade
	open_flow
	little_room
	for n in {1..400}; do
		must packet out2 ip 203.0.113.21 to 203.0.113.1 proto 17 \
			ipid $n frag 1480,more data @1400
		((n % 100)) || assert_others_pass "after $n fragments"
	done
}

# 4787/REQ-14a
test_a_flood_of_first_fragments_stops_nobody_else() {
	local n
	masquerade
	open_flow
	little_room
	for n in {1..400}; do
		must fragment out2 1000 0 udp 203.0.113.21:9 to 203.0.113.1:9 ipid $n data @2000
		((n % 100)) || assert_others_pass "after $n fragments"
	done
}

# 4787/S13-2
test_tiny_and_overlapping_fragments_are_not_mistranslated() {
	masquerade
	must allow checksums
	# The first fragment has eight bytes of the header only, RFC 1858 section 3
	inject in1 ip $in1_silent to $out1_silent proto 6 ipid 900 frag 0,more data @8
	inject in1 ip $in1_silent to $out1_silent proto 6 ipid 900 frag 8 data @24
	# A second fragment that overlaps the header, RFC 1858 section 4
	inject in1 ip $in1_silent to $out1_silent proto 6 ipid 901 frag 0,more data @32
	inject in1 ip $in1_silent to $out1_silent proto 6 ipid 901 frag 8 data @40
	see_nothing out1 'ip *'
	# RFC 3128: a later first fragment with other ports
	must fragment in1 1000 0 udp $in1_silent:5000 to $out1_silent:7000 ipid 902 data @1500
	must fragment in1 1000 0 udp $in1_silent:5000 to $out1_silent:22 ipid 902 data @1500
	must fragment in1 1000 1 udp $in1_silent:5000 to $out1_silent:7000 ipid 902 data @1500
	see_nothing out1 "udp * to $out1_silent:22 *"
	# Duplicates arrive once or not at all.
	must clear
	open_flow
	must fragment in1 1000 0,0,1,1,2 udp 192.168.0.2:5000 to 203.0.113.11:7000 data @2500
	ask recv s && assert_eq @2500 "${answer#* }" "datagram with duplicates"
	hear_nothing s
	# Under strict filtering fragments do not pass either.
	must clear in1
	must fragment out2 1000 0,1 udp $out2_silent:53 to 203.0.113.1:${outside#*:} data @1500
	must fragment out2 8 3,2,1,0 tcp $out2_silent:53 to 203.0.113.1:${outside#*:} S data @12
	see_nothing in1 'tcp *'
}

# 3022/S6.3-1
test_datagrams_of_two_hosts_with_one_id_do_not_mix() {
	local n
	masquerade
	udp s out1 203.0.113.11:7000
	for n in 0 1 2 3; do
		must fragment in1 1000 $n udp 192.168.0.2:5000 to 203.0.113.11:7000 ipid 99 data @3950
		must fragment in2 1000 $n udp 192.168.0.3:5000 to 203.0.113.11:7000 ipid 99 data @3900
	done
	for n in 1 2; do
		ask recv s || fail "datagram $n did not arrive"
		ends+=("${answer%% *}")
		sizes+=" ${answer#* }"
	done
	assert_ends 2 "two hosts"
	assert_eq "@3900 @3950" "$(printf '%s\n' $sizes | sort | xargs)" "datagrams"
}

# 4787/REQ-14 4787/REQ-13a
test_datagrams_larger_than_any_link_pass_both_ways_and_by_hairpin() {
	local n order=0 other
	masquerade
	open_flow
	udp b in2 192.168.0.3:6000
	greet b s 203.0.113.11:7000
	other=$outside
	greet a s 203.0.113.11:7000
	for n in {1..43}; do order=$n,$order; done
	must patience 5000
	must fragment in1 1480 $order udp 192.168.0.2:5000 to 203.0.113.11:7000 data @65000
	hear s @65000
	must fragment out1 1480 $order udp 203.0.113.11:7000 to "$outside" data @65000
	hear a @65000
	must fragment in1 1480 $order udp 192.168.0.2:5000 to $other data @65000
	hear b @65000
	assert_eq "$outside" "$from" "source of the hairpinned datagram"
}

# 4787/REQ-14
test_fragments_of_every_protocol_pass_out_of_order() {
	local packet
	masquerade
	for packet in "udp $in1_silent:5000 to $out1_silent:7000" \
		"udplite $in1_silent:5000 to $out1_silent:7000" \
		"tcp $in1_silent:5000 to $out1_silent:80 S" \
		"dccp $in1_silent:5000 to $out1_silent:80 request" \
		"sctp $in1_silent:5000 to $out1_silent:80 init" \
		"icmp $in1_silent to $out1_silent 8/0 id 5 seq 1" \
		"gre $in1_silent to $out1_silent"; do
		must fragment in1 1000 2,0,1 $packet data @2500
		see out1 "${packet%% *} 203.0.113.1* to $out1_silent* frag 0+*,more *"
	done
}

# 7857/S10-1 6864/S4.3-1 6864/S5.3.1-1
test_datagrams_that_another_router_may_fragment_get_different_ids() {
	local n ids
	masquerade
	# The link shows what comes of the packets behind the translation.
	ip -n gw link set wan mtu 1000
	for n in {1..10}; do
		inject in1 udp $in1_silent:5000 to $out1_silent:7000 ipid 99 data @1400
		see out1 'udp * frag 0+*,more ipid *'
		ids+=" $(field ipid)"
		inject in2 udp $in2_silent:5000 to $out1_silent:7000 ipid 99 data @1400
		see out1 'udp * frag 0+*,more ipid *'
		ids+=" $(field ipid)"
	done
	ip -n gw link set wan mtu 1500
	assert_eq 20 "$(printf '%s\n' $ids | sort -u | wc -l)" "different ids of 20 datagrams"
}

# 7857/S10-1 6864/S4.3-1 6864/S5.3.1-1 6864/S5.3.1-2
test_datagrams_of_two_hosts_get_different_ids() {
	local n first ids
	masquerade
	for n in {1..10}; do
		must fragment in1 1000 0,1 udp $in1_silent:5000 to $out1_silent:7000 ipid 99 data @1500
		must fragment in2 1000 0,1 udp $in2_silent:5000 to $out1_silent:7000 ipid 99 data @1500
		for _ in 1 2; do
			see out1 'udp * frag 0+*,more ipid *'
			ids+=" $(field ipid)"
			first=$(field ipid)
			see out1 'ip * frag *'
			assert_eq $first "$(field ipid)" "ids of one datagram"
		done
	done
	assert_eq 20 "$(printf '%s\n' $ids | sort -u | wc -l)" "different ids of 20 datagrams"
}

# 6864/S4.1-1 6864/S4.1-2 6864/S4.1-3
test_packets_that_may_not_be_fragmented_may_have_any_id() {
	local id
	masquerade
	for id in 0 7 7 7 65535; do
		must clear out1
		inject in1 udp $in1_silent:5000 to $out1_silent:7000 ipid $id df data x
		see out1 "udp 203.0.113.1:* to $out1_silent:7000 * df data x"
	done
}

# 6864/S4.3-3
test_df_stays() {
	masquerade
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 df data x
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 * df data x"
	inject out1 udp $out1_silent:7000 to "$src" df data y
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 * df data y"
	must fragment in1 1000 1,2,0 udp $in1_silent:5000 to $out1_silent:7000 df data @2500
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 * df frag 0+1000,more *"
	see out1 "ip 203.0.113.1 to $out1_silent proto 17 * df frag 1000+1000,more *"
	see out1 "ip 203.0.113.1 to $out1_silent proto 17 * df frag 2000+* *"
}

# 6864/S4.2-1
test_what_the_gateway_says_again_has_another_id() {
	masquerade
	in_space in1 timeout 60 tcpdump -nv -i eth0 -c 3 'icmp[0] == 11' \
		>"$work/errors" 2>"$work/tcpdump" &
	wait_until 20 grep -q 'listening on' "$work/tcpdump" || fail "no tcpdump"
	for _ in 1 2 3; do
		inject in1 udp $in1_silent:5000 to $out1_silent:7000 ttl 1 data x
		see in1 "icmp 192.168.0.1 to $in1_silent 11/0 *"
		[[ $packet != *' df quotes '* ]] || fail "it may not be fragmented"
	done
	wait $!
	# Those of the quotes stand on lines of their own.
	assert_eq 3 "$(sed -n 's/^[0-9].* id \([0-9]*\),.*/\1/p' "$work/errors" | sort -u | wc -l)" \
		"different ids of 3 errors"
}

run_tests "$@"
