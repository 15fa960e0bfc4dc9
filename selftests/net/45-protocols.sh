#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Protocols with ports beside TCP and UDP: UDP-Lite (RFC 3828), DCCP (RFC 5597),
# SCTP (RFC 9260). Every checksum of every packet that arrives is verified.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# The word that makes a packet of each open a flow, and one that goes on.
# shellcheck disable=SC2034	# by name, in words()
declare -A opening=([udplite]='coverage 0' [dccp]=request [sctp]=init)
# shellcheck disable=SC2034
declare -A answering=([udplite]='coverage 0' [dccp]=response [sctp]=init-ack)
# shellcheck disable=SC2034
declare -A going=([udplite]='coverage 0' [dccp]=data-packet [sctp]=data-chunk)

words() { # ARRAY PROTO: into $word
	local -n all=$1
	read -ra word <<<"${all[$2]}"
}

# A flow from in1's port 5000 to out1's port 7000: $end is its outside end.
open_flow() { # PROTO [FROM [TO]]
	local from=${2:-$in1_silent:5000} to=${3:-$out1_silent:7000}
	words opening "$1"
	inject in1 "$1" "$from" to "$to" "${word[@]}" data hello
	see out1 "$1 203.0.113.1:* to $to * data hello"
	end=$src
}

answer_flow() { # PROTO
	words answering "$1"
	inject out1 "$1" $out1_silent:7000 to "$end" "${word[@]}" data well
	see in1 "$1 $out1_silent:7000 to $in1_silent:5000 * data well"
}

# Both ways on a flow that is open.
flow_lives() { # PROTO
	words going "$1"
	inject in1 "$1" $in1_silent:5000 to $out1_silent:7000 "${word[@]}" data more
	see out1 "$1 $end to $out1_silent:7000 * data more"
	inject out1 "$1" $out1_silent:7000 to "$end" "${word[@]}" data back
	see in1 "$1 $out1_silent:7000 to $in1_silent:5000 * data back"
}

test_packets_pass_both_ways_with_a_new_port() {
	local proto
	masquerade
	for proto in udplite dccp sctp; do
		open_flow $proto
		assert_ne 203.0.113.1:5000 "$end" "outside end of $proto"
		assert_eq "$end" "$(outside_of $proto $in1_silent:5000)" \
			"the mapping that is listed"
		answer_flow $proto
		flow_lives $proto
	done
	assert_mappings 3
	assert_eq 1 "$(sessions proto dccp)" "DCCP sessions"
	assert_eq 1 "$(sessions proto sctp state established)" "SCTP sessions"
}

test_the_mapping_is_the_same_towards_every_destination() {
	local proto first
	masquerade
	for proto in udplite dccp sctp; do
		open_flow $proto
		first=$end
		open_flow $proto $in1_silent:5000 $out1_silent:7001
		assert_eq "$first" "$end" "outside end of $proto, other port"
		open_flow $proto $in1_silent:5000 203.0.113.12:7000
		assert_eq "$first" "$end" "outside end of $proto, other address"
	done
}

test_each_protocol_has_ports_of_its_own() {
	local proto
	masquerade ports 40000-40000
	for proto in udplite dccp sctp; do
		open_flow $proto
		assert_eq 203.0.113.1:40000 "$end" "outside end of $proto"
		words opening $proto
		inject in2 $proto $in2_silent:5000 to $out1_silent:7000 "${word[@]}"
		see_nothing out1 "$proto 203.0.113.1:* to $out1_silent:7000 *"
	done
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_eq 203.0.113.1:40000 "$outside" "outside end of udp"
	assert_counter refuse_ports 3
}

test_anybody_may_send_unless_filtering_forbids_it() {
	local proto
	masquerade
	for proto in udplite dccp sctp; do
		open_flow $proto
		words opening $proto
		inject out2 $proto $out2_silent:9000 to "$end" "${word[@]}" data hi
		see in1 "$proto $out2_silent:9000 to $in1_silent:5000 * data hi"
	done
	nat flush
	masquerade filtering adf
	for proto in udplite dccp sctp; do
		open_flow $proto
		words opening $proto
		inject out2 $proto $out2_silent:9000 to "$end" "${word[@]}" data no
		see_nothing in1 "$proto * data no"
		inject out1 $proto $out1_silent:9000 to "$end" "${word[@]}" data yes
		see in1 "$proto $out1_silent:9000 to $in1_silent:5000 * data yes"
	done
	assert_counter drop_filtered 3
}

test_two_hosts_reach_one_server_from_one_port() {
	local proto first
	masquerade
	for proto in udplite dccp sctp; do
		open_flow $proto
		first=$end
		words opening $proto
		inject in2 $proto $in2_silent:5000 to $out1_silent:7000 \
			"${word[@]}" data two
		see out1 "$proto 203.0.113.1:* to $out1_silent:7000 * data two"
		assert_ne "$first" "$src" "outside ends of $proto"
	done
}

test_hairpin_packets_come_from_the_outside_end() {
	local proto
	masquerade
	for proto in udplite dccp sctp; do
		open_flow $proto
		words opening $proto
		inject in2 $proto $in2_silent:6000 to "$end" "${word[@]}" data pin
		see in1 "$proto 203.0.113.1:* to $in1_silent:5000 * data pin"
		words answering $proto
		inject in1 $proto $in1_silent:5000 to "$src" "${word[@]}" data nip
		see in2 "$proto $end to $in2_silent:6000 * data nip"
	done
}

test_static_mappings_lead_inside() {
	local proto
	masquerade
	for proto in udplite dccp sctp; do
		nat map add $proto 203.0.113.1:8000 to $in1_silent:80
		nat map add $proto dev wan:8001 to $in2_silent:80
		words opening $proto
		inject out1 $proto $out1_silent:7000 to 203.0.113.1:8000 \
			"${word[@]}" data in
		see in1 "$proto $out1_silent:7000 to $in1_silent:80 * data in"
		words answering $proto
		inject in1 $proto $in1_silent:80 to $out1_silent:7000 \
			"${word[@]}" data out
		see out1 "$proto 203.0.113.1:8000 to $out1_silent:7000 * data out"
		words opening $proto
		inject out1 $proto $out1_silent:7000 to 203.0.113.1:8001 \
			"${word[@]}" data in
		see in2 "$proto $out1_silent:7000 to $in2_silent:80 * data in"
	done
}

test_whole_addresses_are_exchanged() {
	local proto
	nat map add 198.51.100.2 to $in1_silent
	for proto in udplite dccp sctp; do
		words going $proto
		inject in1 $proto $in1_silent:5000 to $out1_silent:7000 \
			"${word[@]}" data out
		see out1 "$proto 198.51.100.2:5000 to $out1_silent:7000 * data out"
		inject out1 $proto $out1_silent:7000 to 198.51.100.2:5000 \
			"${word[@]}" data in
		see in1 "$proto $out1_silent:7000 to $in1_silent:5000 * data in"
	done
	assert_counter sessions 0
}

test_errors_about_flows_go_back() {
	local proto
	masquerade
	for proto in udplite dccp sctp; do
		open_flow $proto
		must icmp-error out1 203.0.113.11 3/4 mtu 1300 quote 8 about out1
		see in1 "icmp 203.0.113.11 to $in1_silent 3/4 mtu 1300 * quotes $proto $in1_silent:5000 to $out1_silent:7000*"
		must icmp-error out1 203.0.113.11 3/3 about out1
		see in1 "icmp 203.0.113.11 to $in1_silent 3/3 * quotes $proto $in1_silent:5000 to $out1_silent:7000*"
		answer_flow $proto
		must icmp-error in1 $in1_silent 3/3 about in1
		see out1 "icmp 203.0.113.1 to $out1_silent 3/3 * quotes $proto $out1_silent:7000 to $end *"
		flow_lives $proto
	done
}

test_fragments_are_put_together_and_translated() {
	local proto
	masquerade
	for proto in udplite dccp sctp; do
		words opening $proto
		must fragment in1 800 1,0 $proto $in1_silent:5000 to \
			$out1_silent:7000 "${word[@]}" data @1200
		see out1 "$proto 203.0.113.1:* to $out1_silent:7000 * frag 0+800,more *"
		end=$src
		see out1 'ip 203.0.113.1 to * frag 800+* data *'
		words answering $proto
		must fragment out1 800 1,0 $proto $out1_silent:7000 to "$end" \
			"${word[@]}" data @1200
		see in1 "$proto $out1_silent:7000 to $in1_silent:5000 * frag 0+800,more *"
		see in1 "ip $out1_silent to $in1_silent * frag 800+* data *"
	done
}

test_a_wrong_checksum_stays_wrong() {
	local proto
	must allow checksums
	masquerade
	for proto in udplite dccp sctp; do
		open_flow $proto
		words opening $proto
		inject in1 $proto $in1_silent:5000 to $out1_silent:7000 \
			"${word[@]}" badsum data bad
		see out1 "$proto 203.0.113.1:* to $out1_silent:7000 * BAD-SUM data bad"
	done
}

test_packets_that_open_nothing_are_dropped() {
	local proto type
	masquerade
	for type in data-packet ack close reset sync response; do
		inject in1 dccp $in1_silent:5000 to $out1_silent:7000 $type
	done
	for type in data-chunk sack abort shutdown init-ack cookie-echo; do
		inject in1 sctp $in1_silent:5000 to $out1_silent:7000 $type
	done
	see_nothing out1 '[ds]ccp *'
	see_nothing out1 'sctp *'
	assert_counter drop_no_session 12
	assert_mappings 0
}

test_packets_with_cut_or_impossible_headers_do_not_leave() {
	masquerade
	inject in1 udplite $in1_silent:5000 to $out1_silent:7000 cut 7
	inject in1 udplite $in1_silent:5000 to $out1_silent:7000 nocsum data x
	inject in1 udplite $in1_silent:5000 to $out1_silent:7000 coverage 7 data x
	inject in1 udplite $in1_silent:5000 to $out1_silent:7000 coverage 99 data x
	inject in1 dccp $in1_silent:5000 to $out1_silent:7000 request cut 11
	inject in1 dccp $in1_silent:5000 to $out1_silent:7000 request cut 23
	inject in1 sctp $in1_silent:5000 to $out1_silent:7000 init cut 11
	see_nothing out1 "* to $out1_silent:7000 *"
	assert_counter drop_malformed 7
	assert_mappings 0
}

### UDP-Lite

test_udplite_is_translated_with_any_coverage() {
	local coverage
	masquerade
	for coverage in 0 8 20 108; do
		inject in1 udplite $in1_silent:5000 to $out1_silent:7000 \
			coverage $coverage data @100
		see out1 "udplite 203.0.113.1:* to $out1_silent:7000 coverage $coverage * data @100"
	done
}

test_udplite_mappings_expire_like_those_of_udp() {
	local start
	masquerade
	setting udp_timeout 2
	open_flow udplite
	start=$(now_ms)
	assert_happens_after 2 "$start" no_mappings_listed
}

### DCCP

test_dccp_checksums_of_part_of_a_packet_stay_right() {
	local coverage
	masquerade
	for coverage in 0 1 2 15; do
		inject in1 dccp $in1_silent:5000 to $out1_silent:7000 request \
			coverage $coverage service 1178023779 data @100
		see out1 "dccp 203.0.113.1:* to $out1_silent:7000 request coverage $coverage service 1178023779 * data @100"
	done
}

test_dccp_opens_from_both_sides() {
	local type
	masquerade
	# RFC 5596: the inside listens, the outside requests.
	inject in1 dccp $in1_silent:5000 to $out1_silent:7000 listen
	see out1 "dccp 203.0.113.1:* to $out1_silent:7000 listen *"
	end=$src
	assert_eq 1 "$(sessions state init)" "sessions that open"
	inject out1 dccp $out1_silent:7000 to "$end" request
	see in1 "dccp $out1_silent:7000 to $in1_silent:5000 request *"
	assert_eq 1 "$(sessions state established)" "sessions that are open"
	for type in response dataack closereq reset; do
		inject in1 dccp $in1_silent:5000 to $out1_silent:7000 $type
		see out1 "dccp $end to $out1_silent:7000 $type *"
	done
	for type in ack data-packet sync syncack close; do
		inject out1 dccp $out1_silent:7000 to "$end" $type
		see in1 "dccp $out1_silent:7000 to $in1_silent:5000 $type *"
	done
}

test_dccp_requests_that_nobody_expects_are_not_answered() {
	masquerade
	inject out1 dccp $out1_silent:7000 to 203.0.113.1:5000 listen
	inject out1 dccp $out1_silent:7000 to 203.0.113.1:5000 sync
	see_nothing out1 'icmp *'
	see_nothing out1 'dccp *'
	assert_counter drop_unsolicited_syn 2
}

test_dccp_sessions_expire_by_their_state() {
	local start
	masquerade
	assert_eq '7440 240' "$(setting_of dccp_established_timeout) $(setting_of dccp_transitory_timeout)" "defaults"
	setting dccp_established_timeout 6 dccp_transitory_timeout 2
	open_flow dccp
	start=$(now_ms)
	assert_happens_after 2 "$start" no_mappings_listed
	open_flow dccp
	answer_flow dccp
	start=$(now_ms)
	assert_happens_after 6 "$start" no_mappings_listed
	open_flow dccp
	answer_flow dccp
	inject in1 dccp $in1_silent:5000 to $out1_silent:7000 close
	start=$(now_ms)
	assert_eq 1 "$(sessions state trans)" "sessions that close"
	assert_happens_after 2 "$start" no_mappings_listed
}

### SCTP

test_sctp_crcs_are_right_whatever_the_length() {
	local len
	masquerade
	for len in 0 1 2 3 4 500 508 512 513 1000 1448; do
		inject in1 sctp $in1_silent:5000 to $out1_silent:7000 init \
			tag 305419896 data @$len
		see out1 "sctp 203.0.113.1:* to $out1_silent:7000 init tag 305419896 *"
	done
}

test_sctp_crcs_are_right_in_errors_that_quote_all() {
	local number end
	masquerade
	# One port of some may be the one that the host has.
	for number in 1 2 3; do
		inject in1 sctp $in1_silent:500$number to $out1_silent:7000 init data hello
		see out1 "sctp 203.0.113.1:* to $out1_silent:7000 init *"
		end=$src
		must icmp-error out1 $out1_silent 3/3 about out1
		see in1 "icmp $out1_silent to $in1_silent 3/3 * quotes sctp $in1_silent:500$number to * sum good data hello"
		inject out1 sctp $out1_silent:7000 to "$end" init-ack data hello
		see in1 "sctp $out1_silent:7000 to $in1_silent:500$number init-ack *"
		must icmp-error in1 $in1_silent 3/3 about in1
		see out1 "icmp 203.0.113.1 to $out1_silent 3/3 * quotes sctp $out1_silent:7000 to * sum good data hello"
	done
}

test_sctp_sessions_expire_by_their_state() {
	local start
	masquerade
	assert_eq '7440 240' "$(setting_of sctp_established_timeout) $(setting_of sctp_transitory_timeout)" "defaults"
	setting sctp_established_timeout 6 sctp_transitory_timeout 2
	open_flow sctp
	start=$(now_ms)
	assert_happens_after 2 "$start" no_mappings_listed
	open_flow sctp
	answer_flow sctp
	start=$(now_ms)
	assert_happens_after 6 "$start" no_mappings_listed
	open_flow sctp
	answer_flow sctp
	inject in1 sctp $in1_silent:5000 to $out1_silent:7000 shutdown
	assert_eq 1 "$(sessions state in-fin)" "sessions that close"
	inject out1 sctp $out1_silent:7000 to "$end" shutdown-ack
	start=$(now_ms)
	assert_eq 1 "$(sessions state closing)" "sessions that close"
	assert_happens_after 2 "$start" no_mappings_listed
}

test_sctp_abort_shortens_the_time_and_data_makes_it_long_again() {
	masquerade
	open_flow sctp
	answer_flow sctp
	inject out1 sctp $out1_silent:7000 to "$end" abort
	see in1 "sctp $out1_silent:7000 to $in1_silent:5000 abort *"
	assert_eq 1 "$(sessions state trans)" "sessions that an abort ended"
	flow_lives sctp
	assert_eq 1 "$(sessions state established)" "sessions that are open"
}

test_sctp_state_that_was_lost_is_not_made_up() {
	masquerade
	open_flow sctp
	answer_flow sctp
	nat map flush >"$work/flushed"
	words going sctp
	inject in1 sctp $in1_silent:5000 to $out1_silent:7000 "${word[@]}" data lost
	see_nothing out1 'sctp * data lost'
	see_nothing in1 "sctp * abort *"
	open_flow sctp
	flow_lives sctp
}

run_tests "$@"
