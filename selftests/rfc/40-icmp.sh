#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# ICMP: queries, errors both ways, and what the gateway says itself.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

build_more() {
	build_isp
}

send_tcp() { # WORDS...
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 "$@"
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 *"
	end=$src
}

# An error about the packet that out1 saw last must arrive at in1.
error_arrives() { # FROM TYPE/CODE QUOTED-GLOB [WORDS...]
	must icmp-error out1 $1 $2 "${@:4}" about out1
	see in1 "icmp $1 to $in1_silent $2 *quotes $3"
}

### Queries

# 5508/REQ-1 5508/REQ-10a3
test_pings_of_all_sizes_are_answered() {
	local n bytes
	masquerade
	n=0
	for bytes in 0 1 56 1000 1472 1473 9000 65000; do
		must clear
		inject in1 icmp 192.168.0.2 to 203.0.113.11 8/0 id $((n + 5)) \
			seq $n data @8 && true
		see in1 "icmp 203.0.113.11 to 192.168.0.2 0/0 id $((n + 5)) seq $n *"
		((n += 1))
		in_space in1 ping -c 1 -W 3 -s $bytes 203.0.113.11 >/dev/null ||
			fail "no answer to a ping of $bytes bytes"
	done
	for bytes in 2500 60000; do
		must fragment in1 1480 "$(seq -s, 0 $((bytes / 1480)))" icmp 192.168.0.2 to \
			203.0.113.11 8/0 id 7 seq 1 data @$bytes
		see in1 'icmp 203.0.113.11 to 192.168.0.2 0/0 id 7 seq 1 * frag 0+*'
	done
	in_space gw ping -c 1 -W 3 203.0.113.11 >/dev/null ||
		fail "the gateway's own ping"
	in_space in1 ping -c 1 -W 3 192.168.0.1 >/dev/null ||
		fail "the gateway does not answer inside"
	in_space out1 ping -c 1 -W 3 203.0.113.1 >/dev/null ||
		fail "the gateway does not answer outside"
}

# 5508/REQ-1 5508/REQ-10b2
test_timestamp_queries_are_answered() {
	masquerade
	inject in1 icmp 192.168.0.2 to 203.0.113.11 13/0 id 9 seq 1 data @12
	see out1 'icmp 203.0.113.1 to 203.0.113.11 13/0 *'
	see in1 'icmp 203.0.113.11 to 192.168.0.2 14/0 id 9 seq 1 *'
}

# 5508/REQ-2 5508/REQ-2a
test_a_query_lives_as_long_as_set_and_by_default_a_minute() {
	local start
	assert_between 60 999999999 "$(setting_of icmp_timeout)" \
		"default of the query timeout"
	setting icmp_timeout 6
	masquerade
	start=$(now_ms)
	send_ping
	pause 5000
	reply_ping
	start=$(now_ms)
	send_ping
	assert_happens_after 6 $start no_mappings
	reply_ping_in_vain
}

# 7857/S11-1
test_a_query_mapping_goes_with_its_timeout() {
	setting icmp_timeout 1
	masquerade
	send_ping
	wait_until 12 no_mappings || fail "the mapping stays"
	reply_ping_in_vain
}

# 5508/REQ-6
test_errors_about_a_query_neither_end_nor_refresh_it() {
	local start
	setting icmp_timeout 6
	masquerade
	start=$(now_ms)
	send_ping
	for _ in 1 2; do
		pause 1500
		must icmp-error out1 $out1_silent 3/1 about out1
		see in1 "icmp $out1_silent to $in1_silent 3/1 *"
	done
	pause 1000
	inject out1 icmp $out1_silent to 203.0.113.1 0/0 id $id seq 1
	see in1 "icmp $out1_silent to $in1_silent 0/0 *"
	start=$(now_ms)
	send_ping
	for _ in 1 2; do
		pause 1500
		must icmp-error out1 $out1_silent 11/0 about out1
		see in1 "icmp $out1_silent to $in1_silent 11/0 *"
	done
	assert_happens_after 6 $start no_mappings
}

### Errors from outside

# 5508/REQ-3
test_an_error_with_a_wrong_checksum_is_dropped() {
	masquerade
	send_udp data x
	must icmp-error out1 $out1_silent 3/3 badsum about out1
	must allow checksums
	see_nothing in1 'icmp *'
	see_nothing out1 'icmp *'
}

# 5508/REQ-3a
test_an_error_that_quotes_a_wrong_ip_checksum_is_dropped() {
	masquerade
	send_udp data x
	must allow checksums
	must icmp-error out1 $out1_silent 3/3 badquotesum about out1
	see_nothing in1 'icmp *'
	see_nothing out1 'icmp *'
}

# 5508/REQ-3b
test_a_quote_with_ip_options_is_understood() {
	local options
	masquerade
	for options in 01010101 0101010101010101 $(printf '01%.0s' {1..40}); do
		send_udp data hello opts $options
		error_arrives $out1_silent 3/3 \
			"udp $in1_silent:5000 to $out1_silent:7000 * opts $options sum good data hello"
		send_tcp S seq 7 opts $options
		error_arrives $out1_silent 3/3 \
			"tcp $in1_silent:5000 to $out1_silent:80 seq 7 * opts $options" quote 8
	done
}

# 5508/REQ-3c
test_a_quote_with_a_wrong_transport_checksum_is_delivered() {
	masquerade
	must allow checksums
	send_udp data first
	send_udp data hello badsum
	error_arrives $out1_silent 3/3 \
		"udp $in1_silent:5000 to $out1_silent:7000 * sum bad data hello"
}

# 5508/REQ-3d 5508/S4.2-1
test_extensions_pass_unchanged() {
	local type
	masquerade
	send_udp data @64
	for type in 3/1 11/0 12/0; do
		must icmp-error out1 $out1_silent $type extension about out1
		see in1 "icmp $out1_silent to $in1_silent $type *"
		assert_like '* extension 2000????00080101000c8140 quotes udp *' \
			"$packet" "error $type at in1"
		assert_like "* udp $in1_silent:5000 to * sum good data @64" \
			"$packet" "error $type at in1"
		sent=$(must icmp-error out1 $out1_silent $type extension about out1; echo "$answer")
		sent=${sent#*extension }
		assert_like "* extension ${sent%% *} *" "$packet" "extension as sent"
	done
}

# 5508/REQ-4
test_an_error_about_an_unknown_packet_is_dropped() {
	masquerade
	send_udp data x
	must icmp-error out1 $out1_silent 3/3 quoting udp 203.0.113.1:33333 to $out1_silent:7000 data x
	must icmp-error out1 $out1_silent 3/3 quoting tcp 203.0.113.1:33333 to $out1_silent:80 S
	must icmp-error out1 $out1_silent 3/1 quoting icmp 203.0.113.1 to $out1_silent 8/0 id 4
	send_tcp S seq 1
	must icmp-error out1 $out1_silent 3/3 quoting tcp $end to $out2_silent:80 S
	see_nothing in1 'icmp *'
	see_nothing out1 'icmp *'
}

# 5508/REQ-4a 5508/REQ-4b 5508/REQ-4c 3022/S4.3-1
test_an_error_shows_the_inside_what_it_sent() {
	local type router
	masquerade
	send_udp data hello
	for type in 3/0 3/1 3/2 3/3 3/5 3/6 3/7 3/8 3/9 3/10 3/11 3/12 3/13 3/14 3/15 11/0 11/1; do
		for router in $out1_silent 192.0.2.99; do
			error_arrives $router $type \
				"udp $in1_silent:5000 to $out1_silent:7000 ttl 63 sum good data hello"
		done
	done
	error_arrives 192.0.2.99 3/4 "udp $in1_silent:5000 to $out1_silent:7000 *" mtu 577
	assert_like '* 3/4 mtu 577 *' "$packet" "the rest of the header"
	error_arrives 192.0.2.99 12/0 "udp $in1_silent:5000 to $out1_silent:7000 *" pointer 21
	assert_like '* 12/0 pointer 21 *' "$packet" "the rest of the header"
}

# 3022/S4.3-2
test_quotes_of_every_protocol_and_length_are_translated() {
	masquerade
	send_udp data @100
	error_arrives $out1_silent 3/3 "udp $in1_silent:5000 to $out1_silent:7000 * sum $sum" quote 8
	error_arrives $out1_silent 3/3 "udp $in1_silent:5000 to $out1_silent:7000 * sum good data @100"
	send_tcp S seq 12345 mss 1460
	error_arrives $out1_silent 3/3 "tcp $in1_silent:5000 to $out1_silent:80 seq 12345 *" quote 8
	error_arrives $out1_silent 3/3 "tcp $in1_silent:5000 to $out1_silent:80 S seq 12345 * sum good"
	send_ping data @100
	error_arrives $out1_silent 3/1 "icmp $in1_silent to $out1_silent 8/0 id 77 seq 1 * sum $sum" quote 8
	error_arrives $out1_silent 11/0 "icmp $in1_silent to $out1_silent 8/0 id 77 seq 1 * sum $sum data @100"
	udp a in1 192.168.0.2:5000 to 203.0.113.11:9999
	tell a - hello
	must error a
	assert_eq '3/3 from 203.0.113.11 about 203.0.113.11:9999 info 0' \
		"$answer" "error at a connected socket"
}

# 4787/REQ-12a
test_errors_come_from_anyone() {
	masquerade
	send_udp data x
	error_arrives $out1_silent 3/1 "udp $in1_silent:5000 *"
	error_arrives 203.0.113.254 3/1 "udp $in1_silent:5000 *"
	error_arrives 192.0.2.99 11/0 "udp $in1_silent:5000 *"
	error_arrives $out2_silent 3/3 "udp $in1_silent:5000 *"
}

# 4787/REQ-12b
test_unreachables_of_every_code_reach_the_socket() {
	local code
	masquerade
	udp s out1 203.0.113.11:7000
	udp a in1 192.168.0.2:5000 to 203.0.113.11:7000
	for code in 0 1 2 3 5 6 7 8 9 10 11 12 13 14 15; do
		tell a - x$code
		see out1 "udp 203.0.113.1:* to 203.0.113.11:7000 * data x$code"
		must icmp-error out1 192.0.2.99 3/$code about out1
		must error a
		assert_like "3/$code from 192.0.2.99 about 203.0.113.11:7000 *" \
			"$answer" "error at the socket"
	done
	tell a - @1000
	see out1 "udp 203.0.113.1:* to 203.0.113.11:7000 *"
	must icmp-error out1 192.0.2.99 3/4 mtu 600 about out1
	must error a
	ip -n in1 route flush cache
	assert_eq '3/4 from 192.0.2.99 about 203.0.113.11:7000 info 600' \
		"$answer" "error at the socket"
}

all_types="0/0 3/0 3/1 3/2 3/3 3/4 3/5 3/6 3/7 3/8 3/9 3/10 3/11 3/12 3/13 3/14 3/15
	4/0 5/0 5/1 5/2 5/3 8/0 9/0 10/0 11/0 11/1 12/0 12/1 12/2 13/0 15/0 17/0 30/0 40/0 253/0"

# 4787/REQ-12
test_no_icmp_message_ends_a_udp_mapping() {
	local type router
	masquerade
	send_udp data x
	first=$end
	for type in $all_types; do
		for router in $out1_silent 192.0.2.99; do
			must icmp-error out1 $router $type about out1
		done
	done
	inject out1 udp $out1_silent:7000 to $first data alive
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 * data alive"
	send_udp data y
	assert_eq $first $end "outside end"
}

# 5382/REQ-10
test_no_icmp_message_ends_a_connection() {
	local type
	masquerade
	sends S seq 100
	first=$end
	for type in $all_types; do
		must icmp-error out1 192.0.2.99 $type about out1
	done
	gets SA seq 300 ack 101
	sends A seq 101 ack 301
	assert_eq $first $end "outside end"
	for type in $all_types; do
		must icmp-error out1 192.0.2.99 $type about out1
		must icmp-error out1 $out1_silent $type about out1
	done
	gets PA seq 301 ack 101 data world
	sends PA seq 101 ack 306 data hello
	assert_eq $first $end "outside end"
}

# 5382/REQ-9 5508/S7.1.2-1
test_an_outside_bottleneck_lowers_the_sender_s_path_mtu() {
	ip -n isp link set far mtu 1280
	masquerade
	listen l far 192.0.2.2:80
	connect c in1 192.168.0.2:0 192.0.2.2:80
	accept s l
	stream c s 200000
	must mtu c
	ip -n isp link set far mtu 1500
	assert_eq 1280 "$answer" "path MTU that in1 knows"
	send_tcp S seq 5
	error_arrives 192.0.2.99 3/1 "tcp $in1_silent:5000 *"
	error_arrives 192.0.2.99 3/3 "tcp $in1_silent:5000 *"
}

# 5508/S7.1.2-1
test_an_inside_bottleneck_reaches_the_outside_sender() {
	masquerade
	forward udp 203.0.113.1:8000 $in1_silent:5353
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 df data @1200
	see in1 "udp $out1_silent:7000 to $in1_silent:5353 *"
	must icmp-error in1 192.168.0.99 3/4 mtu 700 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 3/4 mtu 700 * quotes udp $out1_silent:7000 to 203.0.113.1:8000 *"
}

### Errors from inside

# 5508/REQ-5
test_an_inside_error_about_an_unknown_packet_is_dropped() {
	masquerade
	send_udp data x
	must icmp-error in1 $in1_silent 3/3 quoting udp $out1_silent:7000 to $in1_silent:4321 data x
	must icmp-error in1 $in1_silent 3/3 quoting tcp $out1_silent:7000 to $in1_silent:4321 A
	must icmp-error in1 $in1_silent 3/1 quoting icmp $out1_silent to $in1_silent 0/0 id 3
	see_nothing out1 'icmp *'
}

# 5508/REQ-5a 5508/REQ-5b
test_an_inside_error_shows_the_outside_what_it_sent() {
	local type
	masquerade
	forward udp 203.0.113.1:8000 $in1_silent:5353
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 data hello
	see in1 "udp $out1_silent:7000 to $in1_silent:5353 *"
	for type in 3/0 3/1 3/2 3/3 3/10 3/13 11/0 11/1; do
		must icmp-error in1 $in1_silent $type about in1
		see out1 "icmp 203.0.113.1 to $out1_silent $type * quotes udp $out1_silent:7000 to 203.0.113.1:8000 ttl 63 sum good data hello"
	done
	must icmp-error in1 $in1_silent 3/4 mtu 555 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 3/4 mtu 555 *"
	must icmp-error in1 $in1_silent 12/0 pointer 9 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 12/0 pointer 9 *"
	forward udp 203.0.113.1:8001 192.168.0.2:5353
	udp c out1 203.0.113.11:4444 to 203.0.113.1:8001
	tell c - hello
	must error c
	assert_eq '3/3 from 203.0.113.1 about 203.0.113.1:8001 info 0' "$answer" \
		"error at the socket"
}

# 5508/REQ-5c
test_errors_of_an_inside_router_leave_from_an_outside_address() {
	masquerade
	forward udp 203.0.113.1:8000 $in1_silent:5353
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 data hello
	see in1 "udp $out1_silent:7000 to $in1_silent:5353 *"
	must icmp-error in1 192.168.0.99 11/0 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 11/0 * quotes udp $out1_silent:7000 to 203.0.113.1:8000 *"
	must icmp-error in1 192.168.0.99 3/1 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 3/1 * quotes udp $out1_silent:7000 to 203.0.113.1:8000 *"
}

# 5508/REQ-5c
test_errors_of_a_router_with_an_address_of_its_own_leave_from_that() {
	one_to_one 198.51.100.9 $in1_silent
	one_to_one 198.51.100.99 192.168.0.99
	inject out1 udp $out1_silent:7000 to 198.51.100.9:53 data hello
	see in1 "udp $out1_silent:7000 to $in1_silent:53 *"
	must icmp-error in1 192.168.0.99 11/0 about in1
	see out1 "icmp 198.51.100.99 to $out1_silent 11/0 * quotes udp $out1_silent:7000 to 198.51.100.9:53 * sum good data hello"
}

### What the gateway says itself

# A subscriber beyond its limit sends a packet.
refused_packet() { # WORDS...
	inject in1 udp $in1_silent:5009 to $out1_silent:7000 "$@"
}

# 5508/REQ-8.2 6888/REQ-11a
test_a_flow_that_gets_no_mapping_is_dropped() {
	masquerade ports 2000-2004
	must burst in1 udp $in1_silent 5000+20 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+20 $out1_silent:80
	seen out1 "udp * to $out1_silent:7000 *"
	assert_eq 5 "$answer" "UDP flows that left"
	seen out1 "tcp * to $out1_silent:80 *"
	assert_eq 5 "$answer" "TCP flows that left"
	see_nothing out1 '* 192.168.*'
}

# 5508/REQ-8 6888/REQ-11b
test_the_sender_of_a_refused_flow_is_told() {
	masquerade limit 1
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	refused_packet data hello
	see in1 "icmp 192.168.0.1 to $in1_silent 3/1 * quotes udp $in1_silent:5009 to $out1_silent:7000 ttl 63 sum good data hello"
	setting refusal_icmp 2
	refused_packet data hello
	see in1 "icmp 192.168.0.1 to $in1_silent 3/13 * quotes udp $in1_silent:5009 to $out1_silent:7000 ttl 63 sum good data hello"
}

# 5508/S6-1 6888/REQ-11d
test_no_flow_is_given_up_for_another() {
	masquerade ports 2000-2049
	must burst in1 udp $in1_silent 5000+50 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+50 $out1_silent:80
	must burst in2 udp $in2_silent 5000+100 $out1_silent:7000
	must burst in3 tcp $in3_silent 5000+100 $out1_silent:80
	must clear in1
	must answer out1 out1
	seen in1 "udp $out1_silent:7000 to $in1_silent:50*"
	assert_eq 50 "$answer" "UDP answers that arrive"
	must clear
	must burst in1 udp $in1_silent 5000+50 $out1_silent:7001
	look_at_ports "udp 203.0.113.1:* to $out1_silent:7001 *"
	assert_eq "50 50" "$packets $sources" "flows that go on"
}

# 6888/REQ-11d
test_a_full_table_gives_up_no_flow() {
	setting max_mappings 40 max_sessions 20
	masquerade
	must burst in1 udp $in1_silent 5000+20 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+20 $out1_silent:80
	must burst in2 udp $in2_silent 5000+50 $out1_silent:7000
	must burst in2 tcp $in2_silent 5000+50 $out1_silent:80
	seen out1 "* to $out1_silent:*"
	assert_eq 40 "$answer" "flows that left"
	must clear
	must answer out1 out1
	seen in1 "udp $out1_silent:7000 to $in1_silent:50*"
	assert_between 1 40 "$answer" "UDP answers that arrive"
	must clear
	must burst in1 udp $in1_silent 5000+20 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+20 $out1_silent:80
	seen out1 "* to $out1_silent:*"
	assert_eq 40 "$answer" "flows that go on"
}

# 5508/REQ-9
test_errors_can_be_stopped_towards_an_interface() {
	masquerade
	in_space gw nft -f - <<-END
		table ip quiet {
			chain output {
				type filter hook output priority 0;
				oifname wan icmp type time-exceeded drop
			}
		}
	END
	forward udp 203.0.113.1:8000 $in1_silent:5353
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 ttl 1
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 ttl 1
	see in1 "icmp 192.168.0.1 to $in1_silent 11/0 *"
	see_nothing out1 'icmp * 11/0 *'
	in_space gw nft delete table ip quiet
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 ttl 1
	see out1 'icmp 203.0.113.1 to * 11/0 *'
}

# 5508/REQ-10a1 5508/S7.1.1-1 4787/REQ-13 6864/S4.3-2
test_a_packet_that_may_not_be_fragmented_is_refused_with_the_mtu() {
	masquerade
	forward udp 203.0.113.1:8000 $in1_silent:5353
	ip -n gw link set wan mtu 1400
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 df data @1472
	see in1 "icmp 192.168.0.1 to $in1_silent 3/4 mtu 1400 * quotes udp $in1_silent:5000 to $out1_silent:7000 *"
	see_nothing out1 'udp *'
	see_nothing out1 'ip *'
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 A df data @1450
	ip -n gw link set wan mtu 1500
	ip -n gw link set lan mtu 1000
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 df data @1200
	see out1 "icmp 203.0.113.1 to $out1_silent 3/4 mtu 1000 * quotes udp $out1_silent:7000 to 203.0.113.1:8000 *"
	see_nothing in1 'udp *'
	# Through the outside address to a host inside
	inject in3 udp $in3_silent:5000 to 203.0.113.1:8000 df data @1200
	see in3 "icmp * to $in3_silent 3/4 mtu 1000 * quotes udp $in3_silent:5000 to 203.0.113.1:8000 *"
	ip -n gw link set lan mtu 1500
}

# 5508/S7.1.1-1
test_fragments_that_may_not_be_fragmented_further_are_refused() {
	masquerade
	ip -n gw link set wan mtu 1000
	must fragment in1 1200 0,1 udp $in1_silent:5000 to $out1_silent:7000 df data @2000
	see in1 "icmp 192.168.0.1 to $in1_silent 3/4 mtu 1000 * quotes udp $in1_silent:5000 to $out1_silent:7000 *"
	ip -n gw link set wan mtu 1500
	see_nothing out1 'udp *'
}

# 5508/S7.1.1-2 4787/REQ-13a 4787/REQ-13a.2
test_a_packet_that_may_be_fragmented_is_and_leaves_in_order() {
	masquerade
	forward udp 203.0.113.1:8000 192.168.0.2:5353
	udp a in1 192.168.0.2:5353 nodf
	udp s out1 203.0.113.11:7000 nodf
	ip -n gw link set wan mtu 1000
	tell a 203.0.113.11:7000 @2500
	hear s @2500
	see out1 'udp 203.0.113.1:* * frag 0+976,more *'
	see out1 'ip 203.0.113.1 to * proto 17 * frag 976+*,more *'
	see out1 'ip 203.0.113.1 to * proto 17 * frag 1* ipid *'
	ip -n gw link set wan mtu 1500
	ip -n gw link set lan mtu 1000
	tell s 203.0.113.1:8000 @1400
	hear a @1400
	see in1 'udp 203.0.113.11:7000 to * frag 0+*,more *'
	see in1 'ip 203.0.113.11 to * proto 17 * frag 976+*'
	ip -n gw link set lan mtu 1500
}

# 5508/REQ-10a2
test_traceroute_shows_every_hop_from_either_side() {
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
	forward udp 203.0.113.1:8000 $in1_silent:5353
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 ttl 1
	see out1 "icmp 203.0.113.1 to $out1_silent 11/0 * quotes udp $out1_silent:7000 to 203.0.113.1:8000 *"
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 ttl 2
	see in1 "udp $out1_silent:7000 to $in1_silent:5353 ttl 1*"
	must icmp-error in1 192.168.0.99 11/0 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 11/0 * quotes udp $out1_silent:7000 to 203.0.113.1:8000 *"
}

# 5508/S7.2-1
test_time_exceeded_quotes_the_packet_as_its_sender_knows_it() {
	masquerade
	forward udp 203.0.113.1:8000 $in1_silent:5353
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 ttl 1 data hello
	see out1 "icmp 203.0.113.1 to $out1_silent 11/0 * quotes udp $out1_silent:7000 to 203.0.113.1:8000 ttl 1 sum good data hello"
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 ttl 1 data hello
	see in1 "icmp 192.168.0.1 to $in1_silent 11/0 * quotes udp $in1_silent:5000 to $out1_silent:7000 ttl 1 sum good data hello"
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 ttl 9
	see out1 "udp * to $out1_silent:7000 ttl 8*"
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 ttl 9
	see in1 "udp * to $in1_silent:5353 ttl 8*"
}

# 5508/REQ-10d
test_errors_copy_the_type_of_service() {
	masquerade limit 1
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 ttl 1 tos 136
	see in1 'icmp 192.168.0.1 to * 11/0 *'
	assert_like '* 11/0 ttl * tos 136 *quotes *' "$packet" "error with AF41"
	refused_packet tos 136
	see in1 'icmp 192.168.0.1 to * 3/1 *'
	assert_like '* 3/1 ttl * tos 136 *quotes *' "$packet" "refusal with AF41"
}

# 5508/REQ-10e
test_no_error_answers_what_must_not_be_answered() {
	masquerade limit 1
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	must clear
	must allow addresses
	must allow checksums
	# An error, whose subject is unknown or whose time is up
	must icmp-error in1 $in1_silent 3/3 quoting udp $out1_silent:7000 to $in1_silent:4321
	must icmp-error in1 $in1_silent 3/3 ttl 1 quoting udp $out1_silent:7000 to $in1_silent:4321
	# Broadcast, multicast, addresses that are no sources
	inject in1 udp $in1_silent:5009 to 203.0.113.255:7000
	inject in1 udp $in1_silent:5009 to 255.255.255.255:7000
	inject in1 udp $in1_silent:5009 to 224.0.0.251:7000
	inject in1 udp 127.0.0.1:5009 to $out1_silent:7000
	inject in1 udp 192.168.0.255:5009 to $out1_silent:7000
	# A fragment that is not the first
	inject in1 ip $in1_silent to $out1_silent proto 17 frag 1480 data @40
	# A header that is not valid
	inject in1 udp $in1_silent:5009 to $out1_silent:7000 cut 4
	see_nothing in1 'icmp *'
	refused_packet
	see in1 'icmp * 3/1 *'
}

# 5508/REQ-10f
test_errors_are_limited_in_rate_as_set() {
	in_space gw sysctl -qw net.ipv4.icmp_ratelimit=1000
	masquerade limit 1
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	# Errors of the test before this one count, too.
	ask pause 2500
	must clear
	must burst in1 udp $in1_silent 6000+2000 $out1_silent:7000
	seen in1 'icmp * 3/1 *'
	in_space gw sysctl -qw net.ipv4.icmp_ratelimit=0
	assert_between 1 50 "$answer" "errors about 2000 refused packets"
}

### Other types

# 5508/REQ-10b1 3022/S2.2-4
test_a_redirect_does_not_cross() {
	local code
	masquerade
	send_udp data x
	for code in 0 1 2 3; do
		must icmp-error out1 $out1_silent 5/$code about out1
		must icmp-error out1 203.0.113.254 5/$code about out1
	done
	see_nothing in1 'icmp *'
	reply_udp
	inject out1 udp $out1_silent:7000 to "$end" data y
	see in1 'udp * data y'
	must icmp-error in1 $in1_silent 5/1 about in1
	see_nothing out1 'icmp *'
}

# 5508/REQ-10b4
test_address_mask_queries_are_answered() {
	masquerade
	inject in1 icmp $in1_silent to $out1_silent 17/0 id 5 seq 1 data @4
	see out1 "icmp 203.0.113.1 to $out1_silent 17/0 id * seq 1 *"
	inject out1 icmp $out1_silent to 203.0.113.1 18/0 id "$(field id)" seq 1 data @4
	see in1 "icmp $out1_silent to $in1_silent 18/0 id 5 seq 1 *"
}

# 5508/REQ-10b5
test_parameter_problems_keep_their_pointer() {
	masquerade
	send_udp data hello
	error_arrives $out1_silent 12/0 "udp $in1_silent:5000 to $out1_silent:7000 *" pointer 20
	assert_like '* 12/0 pointer 20 *' "$packet" "error at in1"
}

# 5508/REQ-10b6
test_router_discovery_does_not_cross() {
	masquerade
	inject in1 icmp $in1_silent to $out1_silent 9/0
	inject in1 icmp $in1_silent to $out1_silent 10/0
	inject out1 icmp $out1_silent to 203.0.113.1 9/0
	inject out1 icmp $out1_silent to 203.0.113.1 10/0
	see_nothing out1 'icmp *'
	see_nothing in1 'icmp *'
}

# 5508/REQ-10c1
test_source_quench_has_no_effect() {
	masquerade
	establish
	must icmp-error out1 $out1_silent 4/0 about out1
	see_nothing out1 'icmp * 4/0 *'
	assert_state established
	gets PA seq 301 ack 101 data on
	sends A seq 101 ack 303
}

# 5508/REQ-10c2
test_information_queries_get_no_mapping() {
	masquerade
	inject in1 icmp $in1_silent to $out1_silent 15/0 id 5 seq 1
	see_nothing out1 'icmp *'
	inject out1 icmp $out1_silent to 203.0.113.1 16/0 id 5 seq 1
	see_nothing in1 'icmp *'
}

# 5508/S7.3-1 5508/REQ-10b3 3022/S4.6-1
test_source_routes_do_not_leave() {
	local type
	masquerade
	must allow addresses
	in_space gw sysctl -qw net.ipv4.conf.all.accept_source_route=1 \
		net.ipv4.conf.lan.accept_source_route=1
	for type in 83 89; do
		inject in1 icmp $in1_silent to $out1_silent 8/0 id 5 \
			opts ${type}0704c0a8000100
		inject in1 icmp $in1_silent to $out1_silent 8/0 id 5 \
			opts ${type}0708c0a8000100
	done
	see_nothing out1 'icmp *'
	send_udp data x
	inject out1 udp $out1_silent:7000 to "$end" opts 8307080102030401 data y
	must settle
	must clear out1
	must icmp-error in1 $in1_silent 3/3 quoting udp $out1_silent:7000 to $in1_silent:5000 opts 8307080102030401 data y
	see_nothing out1 'icmp *'
	in_space gw sysctl -qw net.ipv4.conf.all.accept_source_route=0 \
		net.ipv4.conf.lan.accept_source_route=0
}

# 5508/REQ-11
test_other_icmp_types_get_no_mapping() {
	local type
	masquerade
	for type in 1/0 2/0 6/0 7/0 9/0 10/0 19/0 30/0 37/0 38/0 39/0 40/0 41/0 42/0 253/0 255/0; do
		inject in1 icmp $in1_silent to $out1_silent $type id 5 seq 1
		inject out1 icmp $out1_silent to 203.0.113.1 $type id 5 seq 1
	done
	see_nothing out1 'icmp *'
	see_nothing in1 'icmp *'
}

run_tests "$@"
