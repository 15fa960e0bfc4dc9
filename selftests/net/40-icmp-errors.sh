#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ICMP errors about translated packets, both ways (RFC 5508 sections 4 and 7).
# Every checksum of a packet that arrives is verified as it is; of a quoted
# packet that is whole, "sum good" says so.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

build_more() {
	build_isp
}

# Packets of the three protocols from in1's silent address to out1's: $sum is
# the transport checksum that the inside host sent.
send_udp() { # WORDS...
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 "$@"
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 *"
}

send_tcp() { # WORDS...
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 "$@"
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 *"
}

send_ping() { # WORDS...
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 77 seq 1 "$@"
	see out1 "icmp 203.0.113.1 to $out1_silent 8/0 *"
}

# An error about the packet that out1 saw last must arrive at in1.
error_arrives() { # FROM TYPE/CODE QUOTED-GLOB [WORDS...]
	inject_error out1 "$1" "$2" "${@:4}" about out1
	see in1 "icmp $1 to $in1_silent $2 *quotes $3"
}

inject_error() { # HOST WORDS...
	must icmp-error "$@"
}

test_errors_about_udp_reach_the_inside() {
	local type
	masquerade
	send_udp data hello
	for type in 3/0 3/1 3/2 3/3 3/13 11/0 11/1; do
		error_arrives $out1_silent $type \
			"udp $in1_silent:5000 to $out1_silent:7000 ttl 63 sum good data hello"
	done
	assert_counter icmp_error_in 7
}

test_errors_about_tcp_reach_the_inside() {
	local type
	masquerade
	send_tcp S seq 12345 mss 1460
	for type in 3/0 3/1 3/3 3/13 11/0; do
		error_arrives $out1_silent $type \
			"tcp $in1_silent:5000 to $out1_silent:80 S seq 12345 * ttl 63 sum good"
	done
}

test_errors_about_pings_reach_the_inside() {
	local type
	masquerade
	send_ping data hello
	for type in 3/1 3/13 11/0; do
		error_arrives $out1_silent $type \
			"icmp $in1_silent to $out1_silent 8/0 id 77 seq 1 ttl 63 sum $sum data hello"
	done
}

test_quotes_of_eight_bytes_carry_the_checksum_that_was_sent() {
	masquerade
	send_udp data @100
	error_arrives $out1_silent 3/3 \
		"udp $in1_silent:5000 to $out1_silent:7000 * sum $sum" quote 8
	send_tcp S seq 7
	error_arrives $out1_silent 3/3 \
		"tcp $in1_silent:5000 to $out1_silent:80 seq 7 *" quote 8
	send_ping data @100
	error_arrives $out1_silent 3/1 \
		"icmp $in1_silent to $out1_silent 8/0 id 77 seq 1 * sum $sum" \
		quote 8
}

test_fragmentation_needed_keeps_its_mtu() {
	masquerade
	send_udp df data @400
	error_arrives $out1_silent 3/4 \
		"udp $in1_silent:5000 to $out1_silent:7000 * df sum good *" \
		mtu 576
	assert_like '* 3/4 mtu 576 *' "$packet" "error at in1"
}

test_parameter_problems_keep_their_pointer() {
	masquerade
	send_udp data x
	error_arrives $out1_silent 12/0 "udp $in1_silent:5000 *" pointer 20
	assert_like '* 12/0 pointer 20 *' "$packet" "error at in1"
}

test_errors_of_a_router_on_the_way_arrive_from_it() {
	masquerade
	send_udp data x
	inject_error out1 192.0.2.99 11/0 about out1
	see in1 "icmp 192.0.2.99 to $in1_silent 11/0 * quotes udp $in1_silent:5000 *"
}

test_errors_under_strict_filtering_arrive_from_any_router() {
	masquerade filtering apdf mapping apdm
	send_udp data x
	inject_error out1 192.0.2.99 3/1 about out1
	see in1 "icmp 192.0.2.99 to $in1_silent 3/1 * quotes udp $in1_silent:5000 *"
}

test_a_udp_socket_is_told_that_the_port_is_closed() {
	masquerade
	udp a in1 192.168.0.2:5000 to 203.0.113.11:9999
	tell a - hello
	must error a
	assert_eq '3/3 from 203.0.113.11 about 203.0.113.11:9999 info 0' \
		"$answer" "error at the socket"
}

test_quoted_ip_options_are_kept_and_skipped() {
	masquerade
	send_udp data hello opts 01010101
	error_arrives $out1_silent 3/3 \
		"udp $in1_silent:5000 to $out1_silent:7000 * opts 01010101 sum good data hello"
	send_udp data x opts \
		01010101010101010101010101010101010101010101010101010101010101010101010101010101
	error_arrives $out1_silent 3/3 \
		"udp $in1_silent:5000 to $out1_silent:7000 * opts 0101* sum $sum" \
		quote 8
}

test_extensions_are_forwarded_unchanged() {
	masquerade
	send_udp data @64
	inject_error out1 $out1_silent 11/0 extension about out1
	see in1 "icmp $out1_silent to $in1_silent 11/0 *"
	assert_like '* extension 2000????00080101000c8140 quotes udp *' \
		"$packet" "error at in1"
	assert_like "* udp $in1_silent:5000 to * sum good data @64" \
		"$packet" "error at in1"
}

test_quotes_of_udp_without_checksum_stay_without() {
	masquerade
	send_udp data x nocsum
	error_arrives $out1_silent 3/3 "udp $in1_silent:5000 * nocsum data x"
}

test_quotes_of_first_fragments_are_translated() {
	masquerade
	must fragment in1 800 0,1,2 udp $in1_silent:5000 to $out1_silent:7000 \
		data @1800
	sum=${answer%% *}
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 * frag 0+*"
	error_arrives $out1_silent 11/1 \
		"udp $in1_silent:5000 to $out1_silent:7000 * frag 0+*,more *sum $sum" \
		quote 8
	nat map add udp 203.0.113.1:8000 to $in1_silent:5353
	must fragment out1 800 0,1,2 udp $out1_silent:7000 to 203.0.113.1:8000 \
		data @1800
	sum=${answer%% *}
	see in1 "udp $out1_silent:7000 to $in1_silent:5353 * frag 0+*"
	inject_error in1 $in1_silent 11/1 quote 8 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 11/1 * quotes udp $out1_silent:7000 to 203.0.113.1:8000 * frag 0+*,more *sum $sum"
}

# They have no ports: which of the hosts behind a shared address has sent them
# is not known.
test_quotes_of_later_fragments_reach_whole_addresses_alone() {
	nat pool add p addr 198.51.100.7
	nat rule add oif wan pool p
	must fragment in1 800 0,1,2 udp $in1_silent:5000 to $out1_silent:7000 \
		data @1800
	see out1 "ip 198.51.100.7 to $out1_silent proto 17 * frag *"
	inject_error out1 $out1_silent 3/1 about out1
	see_nothing in1 'icmp *'
	assert_counter drop_icmp_error 1
	nat flush
	nat map add 198.51.100.9 to $in1_silent
	must fragment in1 800 0,1,2 udp $in1_silent:5000 to $out1_silent:7000 \
		data @1800
	see out1 "ip 198.51.100.9 to $out1_silent proto 17 * frag *"
	inject_error out1 $out1_silent 3/1 about out1
	see in1 "icmp $out1_silent to $in1_silent 3/1 * quotes ip $in1_silent to $out1_silent proto 17 * frag *"
	must fragment out1 800 0,1,2 udp $out1_silent:7000 to 198.51.100.9:53 \
		data @1800
	see in1 "ip $out1_silent to $in1_silent proto 17 * frag *"
	inject_error in1 $in1_silent 3/1 about in1
	see out1 "icmp 198.51.100.9 to $out1_silent 3/1 * quotes ip $out1_silent to 198.51.100.9 proto 17 * frag *"
}

test_quotes_that_are_cut_short_are_dropped() {
	local cut
	masquerade
	nat map add udp 203.0.113.1:8000 to $in1_silent:5353
	# A header of 60 bytes, and 8 of UDP
	send_udp data x opts "$(printf '01%.0s' {1..40})"
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 data x \
		opts "$(printf '01%.0s' {1..40})"
	see in1 "udp $out1_silent:7000 to $in1_silent:5353 *"
	for cut in 1 19 20 28 59 60 67; do
		inject_error out1 $out1_silent 3/3 cut $cut about out1
		inject_error in1 $in1_silent 3/3 cut $cut about in1
	done
	see_nothing in1 'icmp *'
	see_nothing out1 'icmp *'
	assert_counter drop_icmp_error 14
	inject_error in1 $in1_silent 3/3 cut 68 about in1
	inject_error out1 $out1_silent 3/3 cut 68 about out1
	see in1 "icmp * quotes udp $in1_silent:5000 to $out1_silent:7000 *"
	see out1 "icmp * quotes udp $out1_silent:7000 to 203.0.113.1:8000 *"
}

test_errors_open_nothing() {
	masquerade
	inject_error in1 $in1_silent 3/3 quoting udp $out1_silent:7000 to $in1_silent:5000
	inject_error in1 $in1_silent 3/3 quoting tcp $out1_silent:80 to $in1_silent:5000 A
	inject_error in1 $in1_silent 3/3 quoting icmp $out1_silent to $in1_silent 0/0 id 5
	inject_error out1 $out1_silent 3/3 quoting udp 203.0.113.1:5000 to $out1_silent:7000
	assert_mappings 0
	assert_eq 0 "$(sessions)" "sessions listed"
	assert_counter map_created 0
}

test_errors_with_a_bad_checksum_are_dropped() {
	masquerade
	send_udp data x
	inject_error out1 $out1_silent 3/3 badsum about out1
	see_nothing in1 'icmp *'
	inject_error out1 $out1_silent 3/3 badquotesum about out1
	see_nothing in1 'icmp *'
	assert_counter drop_icmp_error 2
}

test_errors_about_unknown_packets_are_dropped_silently() {
	masquerade
	send_udp data x
	inject_error out1 $out1_silent 3/3 quoting \
		udp 203.0.113.1:33333 to $out1_silent:7000 data x
	inject_error out1 $out1_silent 3/3 quoting \
		tcp 203.0.113.1:33333 to $out1_silent:80 S
	inject_error out1 $out1_silent 3/1 quoting \
		icmp 203.0.113.1 to $out1_silent 8/0 id 4
	see_nothing in1 'icmp *'
	see_nothing out1 'icmp *'
}

test_errors_to_another_than_the_sender_are_dropped() {
	nat pool add p addr 198.51.100.7
	nat rule add oif wan src $in2_silent/32 pool p
	masquerade
	send_udp data x
	inject_error out1 $out1_silent 3/3 to 198.51.100.7 about out1
	see_nothing in1 'icmp *'
	see_nothing in2 'icmp *'
	assert_counter drop_icmp_error 1
}

test_errors_about_another_flow_of_a_strict_mapping_are_dropped() {
	masquerade mapping apdm filtering apdf
	send_udp data x
	inject_error out1 $out1_silent 3/3 quoting \
		udp "$src" to $out2_silent:7000 data x
	see_nothing in1 'icmp *'
}

test_errors_neither_end_nor_refresh_a_udp_mapping() {
	local type
	setting udp_timeout 4
	masquerade
	send_udp data x
	start=$(now_ms)
	for type in 3/3 11/0; do
		pause 1000
		inject_error out1 $out1_silent $type about out1
		see in1 "icmp * $type *"
	done
	assert_happens_after 4 "$start" no_mappings_listed
}

test_errors_do_not_end_a_tcp_connection() {
	local type
	masquerade
	send_tcp S seq 100
	first=$src
	for type in 3/0 3/1 3/2 3/3 3/4 3/13 4/0 5/1 11/0 12/0; do
		inject_error out1 $out1_silent $type about out1
	done
	inject out1 tcp $out1_silent:80 to "$first" SA seq 300 ack 101
	see in1 "tcp $out1_silent:80 to $in1_silent:5000 SA *"
	send_tcp A seq 101 ack 301
	assert_eq "$first" "$src" "outside end"
	assert_like '*established*' "$(nat session list)" "session"
}

test_errors_do_not_end_a_ping() {
	masquerade
	send_ping
	id=$(field id)
	inject_error out1 $out1_silent 3/1 about out1
	inject out1 icmp $out1_silent to 203.0.113.1 0/0 id "$id" seq 1
	see in1 "icmp $out1_silent to $in1_silent 0/0 id 77 *"
}

test_redirects_from_outside_do_not_come_in() {
	masquerade
	send_udp data x
	inject_error out1 $out1_silent 5/1 about out1
	see_nothing in1 'icmp * 5/*'
}

### Errors that the inside sends

test_errors_of_an_inside_host_leave_from_the_outside_address() {
	nat map add udp 203.0.113.1:8000 to $in1_silent:5353
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 data hello
	see in1 "udp $out1_silent:7000 to $in1_silent:5353 *"
	inject_error in1 $in1_silent 3/3 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 3/3 * quotes udp $out1_silent:7000 to 203.0.113.1:8000 * sum good data hello"
	assert_counter icmp_error_out 1
}

test_errors_of_an_inside_router_leave_from_the_outside_address() {
	masquerade
	nat map add udp 203.0.113.1:8000 to $in1_silent:5353
	nat map add tcp 203.0.113.1:8000 to $in1_silent:80
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 data hello
	see in1 "udp $out1_silent:7000 to $in1_silent:5353 *"
	inject_error in1 192.168.0.99 11/0 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 11/0 * quotes udp $out1_silent:7000 to 203.0.113.1:8000 * sum good data hello"
	inject out1 tcp $out1_silent:7000 to 203.0.113.1:8000 S seq 5
	see in1 "tcp $out1_silent:7000 to $in1_silent:80 S *"
	inject_error in1 192.168.0.99 3/1 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 3/1 * quotes tcp $out1_silent:7000 to 203.0.113.1:8000 S seq 5 *sum good"
}

test_errors_about_answers_to_a_dynamic_mapping_leave_translated() {
	masquerade
	send_udp data x
	end=$src
	inject out1 udp $out1_silent:7000 to "$end" data answer
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 *"
	inject_error in1 $in1_silent 3/3 quote 8 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 3/3 * quotes udp $out1_silent:7000 to $end *"
}

test_a_closed_port_behind_a_forward_tells_the_outside_socket() {
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5353
	udp c out1 203.0.113.11:4444 to 203.0.113.1:8000
	tell c - hello
	must error c
	assert_eq '3/3 from 203.0.113.1 about 203.0.113.1:8000 info 0' \
		"$answer" "error at the socket"
}

test_errors_about_ping_replies_leave_translated() {
	masquerade
	send_ping
	id=$(field id)
	inject out1 icmp $out1_silent to 203.0.113.1 0/0 id "$id" seq 1
	see in1 "icmp $out1_silent to $in1_silent 0/0 id 77 *"
	inject_error in1 $in1_silent 3/1 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 3/1 * quotes icmp $out1_silent to 203.0.113.1 0/0 id $id *"
}

# Such a packet is of a flow that no rule translates, by its port.
test_inside_errors_about_flows_of_exempt_ports_leave() {
	masquerade
	must allow addresses
	nat rule add prio 1 oif wan proto tcp dport 25 exempt
	ip -n out1 route add 192.168.0.0/24 via 203.0.113.1
	inject out1 tcp $out1_silent:25 to $in1_silent:5000 SA seq 5 ack 6
	see in1 "tcp $out1_silent:25 to $in1_silent:5000 SA *"
	inject_error in1 192.168.0.99 3/4 mtu 1400 about in1
	see out1 "icmp 192.168.0.99 to $out1_silent 3/4 * quotes tcp $out1_silent:25 to $in1_silent:5000 *"
	assert_counter drop_icmp_error 0
	ip -n out1 route del 192.168.0.0/24
}

test_inside_errors_about_packets_that_never_passed_do_not_leave() {
	masquerade
	send_udp data x
	inject_error in1 $in1_silent 3/3 quoting \
		udp $out1_silent:7000 to $in1_silent:4321 data x
	inject_error in1 $in1_silent 3/3 quoting \
		tcp $out1_silent:7000 to $in1_silent:4321 A
	see_nothing out1 'icmp *'
}

test_answering_with_an_error_does_not_refresh_the_mapping() {
	local n
	setting udp_timeout 4 udp_inbound_refresh 0
	masquerade
	send_udp data x
	end=$src
	start=$(now_ms)
	for n in 1 2; do
		pause 1000
		inject out1 udp $out1_silent:7000 to "$end" data $n
		see in1 "udp * data $n"
		inject_error in1 $in1_silent 3/3 about in1
		see out1 'icmp * 3/3 *'
	done
	assert_happens_after 4 "$start" no_mappings_listed
}

test_one_to_one_errors_show_outside_addresses_both_ways() {
	nat map add 198.51.100.9 to $in1_silent
	inject out1 udp $out1_silent:7000 to 198.51.100.9:53 data hello
	see in1 "udp $out1_silent:7000 to $in1_silent:53 *"
	inject_error in1 $in1_silent 3/3 about in1
	see out1 "icmp 198.51.100.9 to $out1_silent 3/3 * quotes udp $out1_silent:7000 to 198.51.100.9:53 * sum good data hello"
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 data hello
	see out1 "udp 198.51.100.9:5000 to $out1_silent:7000 *"
	inject_error out1 $out1_silent 3/3 about out1
	see in1 "icmp $out1_silent to $in1_silent 3/3 * quotes udp $in1_silent:5000 to $out1_silent:7000 * sum good data hello"
}

### Errors that the gateway itself makes

test_the_gateway_s_time_exceeded_quotes_what_the_outside_sent() {
	masquerade
	nat map add udp 203.0.113.1:8000 to $in1_silent:5353
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 ttl 1 data hello
	see out1 'icmp 203.0.113.1 to * 11/0 *'
	assert_like "* quotes udp $out1_silent:7000 to 203.0.113.1:8000 ttl 1 sum good data hello" \
		"$packet" "error at out1"
}

test_the_gateway_s_time_exceeded_quotes_what_the_inside_sent() {
	masquerade
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 ttl 1 data hello
	see in1 "icmp 192.168.0.1 to $in1_silent 11/0 * quotes udp $in1_silent:5000 to $out1_silent:7000 ttl 1 sum good data hello"
	assert_mappings 0
}

# Linux writes to the options that it quotes, and not to the checksum of their header.
test_the_gateway_s_time_exceeded_about_recorded_routes_quotes_what_the_outside_sent() {
	must allow checksums
	masquerade
	nat map add udp 203.0.113.1:8000 to $in1_silent:5353
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 ttl 1 opts 0707040000000000 data hello
	see out1 'icmp 203.0.113.1 to * 11/0 *'
	assert_like "* quotes udp $out1_silent:7000 to 203.0.113.1:8000 ttl 1 * sum good data hello*" \
		"$packet" "error at out1"
	assert_counter drop_icmp_error 0
}

test_the_gateway_s_fragmentation_needed_inwards_quotes_outside_ends() {
	masquerade
	nat map add udp 203.0.113.1:8000 to $in1_silent:5353
	ip -n gw link set lan mtu 1000
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 df data @1200
	see out1 'icmp 203.0.113.1 to * 3/4 *'
	ip -n gw link set lan mtu 1500
	assert_like "* 3/4 mtu 1000 * quotes udp $out1_silent:7000 to 203.0.113.1:8000 *" \
		"$packet" "error at out1"
	see_nothing in1 'udp *'
}

test_the_gateway_s_fragmentation_needed_outwards_quotes_inside_ends() {
	masquerade
	ip -n gw link set wan mtu 1000
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 df data @1200
	see in1 "icmp 192.168.0.1 to $in1_silent 3/4 mtu 1000 * quotes udp $in1_silent:5000 to $out1_silent:7000 *"
	ip -n gw link set wan mtu 1500
	see_nothing out1 'udp *'
}

test_the_gateway_s_unreachable_quotes_what_the_outside_sent() {
	nat map add tcp 203.0.113.1:8000 to 192.168.7.7:80
	ip -n gw route add unreachable 192.168.7.0/24
	inject out1 tcp $out1_silent:7000 to 203.0.113.1:8000 S seq 9
	see out1 'icmp 203.0.113.1 to * 3/1 *'
	ip -n gw route del unreachable 192.168.7.0/24
	assert_like "* quotes tcp $out1_silent:7000 to 203.0.113.1:8000 S seq 9 *sum good" \
		"$packet" "error at out1"
}

test_the_gateway_s_prohibited_quotes_what_the_outside_sent() {
	nat map add 198.51.100.9 to 192.168.7.7
	ip -n gw route add prohibit 192.168.7.0/24
	inject out1 udp $out1_silent:7000 to 198.51.100.9:53 data hello
	see out1 'icmp * 3/13 *'
	ip -n gw route del prohibit 192.168.7.0/24
	assert_like "* quotes udp $out1_silent:7000 to 198.51.100.9:53 * sum good data hello" \
		"$packet" "error at out1"
}

test_a_reject_of_the_firewall_quotes_what_the_outside_sent() {
	without_fastpath
	nat map add udp 203.0.113.1:8000 to $in1_silent:5353
	in_space gw nft -f - <<-END
		table ip firewall {
			chain forward {
				type filter hook forward priority 0;
				udp dport 5353 reject
			}
		}
	END
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 data hello
	in_space gw nft delete table ip firewall
	see out1 'icmp 203.0.113.1 to * 3/3 *'
	assert_like "* quotes udp $out1_silent:7000 to 203.0.113.1:8000 * sum good data hello" \
		"$packet" "error at out1"
}

### Path MTU discovery with real sockets

test_tcp_finds_a_small_mtu_beyond_the_gateway() {
	ip -n isp link set far mtu 1300
	masquerade
	listen l far 192.0.2.2:80
	connect c in1 192.168.0.2:0 192.0.2.2:80
	accept s l
	stream c s 200000
	must mtu c
	ip -n isp link set far mtu 1500
	assert_eq 1300 "$answer" "path MTU that in1 knows"
}

test_tcp_finds_a_small_mtu_behind_a_forward() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	ip -n gw link set lan mtu 1200
	listen l in1 192.168.0.2:80
	connect c far 192.0.2.2:0 203.0.113.1:8000
	accept s l
	stream c s 200000
	must mtu c
	ip -n gw link set lan mtu 1500
	assert_eq 1200 "$answer" "path MTU that far knows"
}

### Traceroute, hop by hop

test_traceroute_from_inside_shows_every_hop() {
	local proto ttl words
	masquerade
	for proto in udp tcp icmp; do
		for ttl in 1 2; do
			case $proto in
			udp) words="udp $in1_silent:5000 to 192.0.2.2:33434" ;;
			tcp) words="tcp $in1_silent:5000 to 192.0.2.2:80 S" ;;
			icmp) words="icmp $in1_silent to 192.0.2.2 8/0 id 5 seq 1" ;;
			esac
			must clear
			inject in1 $words ttl $ttl
			see in1 "icmp * to $in1_silent 11/0 * quotes $proto $in1_silent*"
			case $ttl in
			1) assert_eq 192.168.0.1 "$src" "first hop of $proto" ;;
			2) assert_eq 203.0.113.254 "$src" "second hop of $proto" ;;
			esac
		done
	done
}

run_tests "$@"
