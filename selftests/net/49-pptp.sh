#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# PPTP (RFC 2637): call ids in control messages and in GRE of version 1, byte by
# byte between silent addresses. A message is TYPE:ID[:ID], see probe/pptp.c.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../lib-pptp.sh
. "$(dirname "$0")/../lib-pptp.sh"

pptp_on() {
	setting pptp 1
}

no_gre() {
	[ "$(sessions proto gre)" = 0 ]
}

test_it_is_off_by_default() {
	masquerade
	assert_eq 0 "$(setting_of pptp)" "default"
	control in1
	out in1 7:5 pptp 7:5
	back in1 8:9:5 pptp 8:9:5
	inject in1 gre $in1_silent to $out1_silent call 9 data out
	see out1 "gre 203.0.113.1 to $out1_silent call 9 * data out"
	inject out1 gre $out1_silent to 203.0.113.1 call 5 data back
	see in1 "gre $out1_silent to $in1_silent call 5 * data back"
	assert_eq 1 "$(sessions proto gre)" "sessions by address"
}

test_a_call_is_carried_with_another_id() {
	masquerade
	pptp_on
	call in1 5 9
	assert_ne 5 "${told[in1]}" "id outside"
	carries in1 5 9
	assert_eq 2 "$(sessions proto gre state established)" "directions"
	assert_eq 1 "$(sessions proto gre out "203.0.113.1:${told[in1]}")" \
		"session by its outside id"
	assert_like "*192.168.0.52:5 *203.0.113.1:${told[in1]}*$out1_silent*" \
		"$(nat session list proto gre out "203.0.113.1:${told[in1]}")" \
		"the line that is listed"
}

test_hosts_with_the_same_id_reach_one_server() {
	masquerade
	pptp_on
	call in1 0 10
	call in2 0 11
	assert_ne "${told[in1]}" "${told[in2]}" "ids outside"
	carries in1 0 10
	carries in2 0 11
	carries in1 0 10
	assert_counter refuse_remote 0
}

test_one_host_has_several_calls() {
	masquerade
	pptp_on
	call in1 5 9
	carries in1 5 9
	told[first]=${told[in1]}
	ask_call in1 6
	take_call in1 6 10
	carries in1 6 10
	assert_ne "${told[first]}" "${told[in1]}" "ids outside"
	told[in1]=${told[first]}
	carries in1 5 9
}

test_every_id_of_every_message_is_translated() {
	local id type
	masquerade
	pptp_on
	call in1 5 9
	id=${told[in1]}
	# The client is the PNS: its own id, and what is not its own
	out in1 "12:$id" pptp 12:5
	call in1 5 9
	id=${told[in1]}
	out in1 15:9 pptp 15:9
	back in1 14:5 pptp "14:$id"
	back in1 "11:5" pptp "11:$id"
	# and the other way round
	back in1 9:20 pptp 9:20
	out in1 "10:$id:20" pptp 10:5:20
	out in1 9:* pptp 9:7
	id=$(field pptp)
	id=${id#9:}
	back in1 10:21:7 pptp "10:21:$id"
	out in1 11:21 pptp 11:21
	out in1 14:21 pptp 14:21
	back in1 15:7 pptp "15:$id"
	out in1 "13:$id" pptp 13:7
	back in1 12:21 pptp 12:21
	back in1 13:9 pptp 13:9
	# Those without ids, and ids that nobody has given
	for type in 1 2 5 6; do
		out in1 $type pptp $type
		back in1 $type pptp $type
	done
	out in1 13:777 pptp 13:777
	back in1 15:778 pptp 15:778
	back in1 11:779 pptp 11:779
}

test_retransmissions_are_translated_alike() {
	masquerade
	pptp_on
	call in1 5 9
	told[first]=${told[in1]}
	ask_call in1 5
	assert_eq "${told[first]}" "${told[in1]}" "id of the second time"
	take_call in1 5 9
	carries in1 5 9
	assert_eq 2 "$(sessions proto gre)" "directions"
	out in1 "12:${told[in1]}" pptp 12:5
	back in1 13:9 pptp 13:9
	out in1 "12:${told[in1]}" pptp 12:5
	back in1 13:9 pptp 13:9
	take_call in1 5 9
}

test_several_messages_in_one_segment() {
	masquerade
	pptp_on
	control in1
	out in1 '5,7:*,15:77' pptp 5,7:5,15:77
	told[in1]=$(field pptp)
	told[in1]=${told[in1]#5,7:}
	told[in1]=${told[in1]%,*}
	back in1 6,8:9:5,14:5,5 pptp "6,8:9:${told[in1]},14:${told[in1]},5"
	carries in1 5 9
}

test_a_message_over_two_segments() {
	masquerade
	pptp_on
	control in1
	# The ids are in the first part; another message follows on the rest.
	out in1 '7:*(20)' pptp 7:5 slice 0+20
	told[in1]=$(field pptp)
	told[in1]=${told[in1]#7:}
	told[in1]=${told[in1]%(*}
	out in1 "rest:148,12:${told[in1]}" pptp 7:5,12:5 slice 20+164
	ask_call in1 5
	back in1 '8:9:5(16)' pptp "8:9:${told[in1]}" slice 0+16
	back in1 'rest:16,14:5' pptp "8:9:${told[in1]},14:${told[in1]}" \
		slice 16+56
	carries in1 5 9
	# At an odd place
	out in1 "rest:1,14:9,12:${told[in1]}" pptp rest:1,14:9,12:5
}

test_what_is_no_message_passes_as_it_is() {
	masquerade
	pptp_on
	call in1 5 9
	out in1 'rest:300,7:6' pptp rest:300,7:6
	out in1 '12:*,rest:5' pptp 12:5,rest:5
}

test_a_refused_call_leaves_nothing() {
	masquerade
	pptp_on
	control in1
	ask_call in1 5
	back in1 8:0:5=2 pptp "8:0:${told[in1]}=2"
	carries_nothing_in in1
	# What is up stays up, whatever the id of no call.
	ask_call in1 6
	take_call in1 6 0
	carries in1 6 0
	told[up]=${told[in1]}
	ask_call in1 7
	back in1 8:0:7=2 pptp "8:0:${told[in1]}=2"
	told[in1]=${told[up]}
	carries in1 6 0
}

test_a_call_that_is_cleared_carries_nothing() {
	masquerade
	pptp_on
	call in1 5 9
	carries in1 5 9
	out in1 "12:${told[in1]}" pptp 12:5
	carries_nothing in1 9
	assert_eq 2 "$(sessions proto gre state closing)" "directions"
	back in1 13:9 pptp 13:9
	assert_counter drop_no_session 2
	# The same ids once more
	ask_call in1 5
	take_call in1 5 9
	carries in1 5 9
	back in1 13:9 pptp 13:9
	carries_nothing in1 9
}

test_stop_ends_all_calls() {
	masquerade
	pptp_on
	call in1 5 9
	carries in1 5 9
	out in1 3 pptp 3
	wait_until 10 no_gre || fail "calls outlive the stop of their control connection"
	assert_counter session_expired 2
}

test_calls_live_as_long_as_the_control_connection() {
	masquerade
	pptp_on
	setting tcp_established_timeout 6 other_timeout 1
	call in1 5 9
	for _ in 1 2 3; do
		pause 4000
		out in1 5 pptp 5
	done
	carries in1 5 9
	# The connection says nothing for longer than its time.
	wait_until 20 no_gre || fail "calls outlive their control connection"
}

test_calls_end_with_the_session_of_their_control_connection() {
	masquerade
	pptp_on
	call in1 5 9
	call in2 5 10
	nat session del proto tcp in $in1_silent >"$work/removed"
	wait_until 10 only_in2 || fail "calls outlive their control connection"
	carries in2 5 10
	nat map flush in $in2_silent >"$work/removed"
	assert_eq 0 "$(sessions)" "sessions after a flush"
	carries_nothing_in in2
}

only_in2() {
	[ "$(sessions proto gre)" = "$(sessions proto gre in $in2_silent)" ]
}

test_a_new_control_connection_takes_the_ids_over() {
	masquerade
	pptp_on
	call in1 5 9
	client[in1]=$in1_silent:5001
	# Calls that are in use stay with their connection.
	pause 1500
	call in1 5 9
	carries in1 5 9
	# That of before goes; the call stays.
	nat session del proto tcp in $in1_silent:5000 >"$work/removed"
	pause 4000
	carries in1 5 9
	client[in1]=$in1_silent:5000
}

# A server does not give one id to two calls; who says so for it is not heard.
test_the_id_of_a_call_in_use_is_not_given_to_another() {
	masquerade
	pptp_on
	call in1 66 88
	control in2
	ask_call in2 77
	carries in1 66 88
	must clear
	inject out1 tcp "$server" to "${end[in2]}" PA seq 301 ack 101 \
		pptp "8:88:${told[in2]}"
	see_nothing in2 'tcp * PA *'
	assert_counter refuse_remote 1
	carries in1 66 88
}

test_the_ids_of_others_are_left_alone() {
	masquerade
	pptp_on
	call in1 5 9
	call in2 5 10
	# The server says to in2 what it should say to in1.
	back in2 "14:${told[in1]}" pptp "14:${told[in1]}"
	back in2 13:9 pptp 13:9
	out in2 12:* pptp "12:${told[in1]}"
	assert_eq "12:${told[in1]}" "$(field pptp)" "what in2 has no name for"
	carries in1 5 9
	carries in2 5 10
}

test_a_segment_far_out_of_the_window_ends_nothing() {
	masquerade
	pptp_on
	call in1 5 9
	inject out1 tcp $server to "${end[in1]}" PA seq 900000000 ack 101 pptp 13:9
	see in1 'tcp * pptp 13:9'
	carries in1 5 9
}

test_other_packets_of_gre_go_by_address() {
	masquerade
	pptp_on
	call in1 5 9
	inject in2 gre $in2_silent to $out1_silent data plain
	see out1 "gre 203.0.113.1 to $out1_silent * data plain"
	inject out1 gre $out1_silent to 203.0.113.1 data plain
	see in2 "gre $out1_silent to $in2_silent * data plain"
	# Calls that nobody has told of are for the same host.
	inject in2 gre $in2_silent to $out1_silent call 77 data unknown
	see out1 "gre 203.0.113.1 to $out1_silent call 77 * data unknown"
	inject out1 gre $out1_silent to 203.0.113.1 call 78 data unknown
	[ "${told[in1]}" = 78 ] ||
		see in2 "gre $out1_silent to $in2_silent call 78 * data unknown"
	carries in1 5 9
}

test_a_server_inside_by_a_port_forward() {
	local in=$in1_silent:1723 remote=$out1_silent:6000 id
	masquerade
	pptp_on
	nat map add tcp 203.0.113.1:1723 to $in
	inject out1 tcp $remote to 203.0.113.1:1723 S seq 100
	see in1 "tcp $remote to $in S *"
	inject in1 tcp $in to $remote SA seq 300 ack 101
	see out1 "tcp 203.0.113.1:1723 to $remote SA *"
	inject out1 tcp $remote to 203.0.113.1:1723 A seq 101 ack 301
	see in1 "tcp $remote to $in A *"
	inject out1 tcp $remote to 203.0.113.1:1723 PA seq 101 ack 301 pptp 7:5
	see in1 "tcp $remote to $in PA * pptp 7:5"
	inject in1 tcp $in to $remote PA seq 301 ack 101 pptp 8:9:5
	see out1 "tcp 203.0.113.1:1723 to $remote PA * pptp 8:*:5"
	id=$(field pptp)
	id=${id#8:}
	told[in1]=${id%:5}
	assert_ne 9 "${told[in1]}" "id outside"
	carries in1 9 5
	# It rings.
	inject in1 tcp $in to $remote PA seq 301 ack 101 pptp 9:10
	see out1 "tcp 203.0.113.1:1723 to $remote PA * pptp 9:*"
	id=$(field pptp)
	id=${id#9:}
	inject out1 tcp $remote to 203.0.113.1:1723 PA seq 101 ack 301 \
		pptp 10:6:$id,15:$id
	see in1 "tcp $remote to $in PA * pptp 10:6:10,15:10"
	inject in1 tcp $in to $remote PA seq 301 ack 101 pptp 13:9
	see out1 "tcp 203.0.113.1:1723 to $remote PA * pptp 13:${told[in1]}"
	carries_nothing in1 5
	told[in1]=$id
	carries in1 10 6
	nat map del tcp 203.0.113.1:1723
	assert_eq 0 "$(sessions proto gre)" "calls without the port forward"
}

test_a_client_and_a_server_behind_one_gateway() {
	local at=203.0.113.1 in=$in1_silent:5000 to=$in2_silent:1723 client id
	masquerade
	pptp_on
	nat map add tcp $at:1723 to $to
	inject in1 tcp $in to $at:1723 S seq 100
	see in2 "tcp $at:* to $to S *"
	client=$src
	inject in2 tcp $to to "$client" SA seq 300 ack 101
	see in1 "tcp $at:1723 to $in SA *"
	inject in1 tcp $in to $at:1723 A seq 101 ack 301
	see in2 "tcp $client to $to A *"
	inject in1 tcp $in to $at:1723 PA seq 101 ack 301 pptp 7:5
	see in2 "tcp $client to $to PA * pptp 7:*"
	told[in1]=$(field pptp)
	told[in1]=${told[in1]#7:}
	assert_ne 5 "${told[in1]}" "id of the client"
	inject in2 tcp $to to "$client" PA seq 301 ack 101 		pptp "8:9:${told[in1]}"
	see in1 "tcp $at:1723 to $in PA * pptp 8:*:5"
	id=$(field pptp)
	id=${id#8:}
	told[in2]=${id%:5}
	assert_ne 9 "${told[in2]}" "id of the server"
	inject in1 gre $in1_silent to $at call "${told[in2]}" data ping
	see in2 "gre $at to $in2_silent call 9 * data ping"
	inject in2 gre $in2_silent to $at call "${told[in1]}" data pong
	see in1 "gre $at to $in1_silent call 5 * data pong"
}

test_whole_addresses_keep_their_ids() {
	local out=198.51.100.2 remote=$out1_silent
	nat map add $out to $in1_silent
	pptp_on
	inject in1 tcp "${client[in1]}" to $server S seq 100
	see out1 "tcp $out:5000 to $server S *"
	inject out1 tcp $server to $out:5000 SA seq 300 ack 101
	see in1 "tcp $server to ${client[in1]} SA *"
	inject in1 tcp "${client[in1]}" to $server PA seq 101 ack 301 pptp 7:5
	see out1 "tcp $out:5000 to $server PA * pptp 7:5"
	inject out1 tcp $server to $out:5000 PA seq 301 ack 101 pptp 8:9:5
	see in1 "tcp $server to ${client[in1]} PA * pptp 8:9:5"
	inject in1 gre $in1_silent to $remote call 9 data out
	see out1 "gre $out to $remote call 9 * data out"
	inject out1 gre $remote to $out call 5 data back
	see in1 "gre $remote to $in1_silent call 5 * data back"
}

test_dependent_mapping_and_filtering_do_no_harm() {
	local mode
	for mode in adm apdm; do
		masquerade mapping $mode filtering "${mode/m/f}"
		pptp_on
		call in1 5 9
		call in2 5 10
		carries in1 5 9
		carries in2 5 10
		out in1 3 pptp 3
		wait_until 10 only_in2 || fail "calls outlive the stop"
		nat map flush >"$work/removed"
		assert_eq 0 "$(sessions)" "sessions after a flush"
		nat flush
	done
}

test_rules_that_select_see_the_control_connection() {
	nat pool add p addr 198.51.100.4
	nat rule add oif wan dst 203.0.113.61 proto tcp pool p
	masquerade
	pptp_on
	call in1 5 9
	inject in1 gre $in1_silent to $out1_silent call 9 data out
	see out1 "gre 198.51.100.4 to $out1_silent call 9 * data out"
	inject out1 gre $out1_silent to 198.51.100.4 call "${told[in1]}" data in
	see in1 "gre $out1_silent to $in1_silent call 5 * data in"
}

test_errors_about_packets_go_back() {
	masquerade
	pptp_on
	call in1 5 9
	call in2 5 10
	carries_out in2 10
	must icmp-error out1 203.0.113.12 3/4 mtu 1300 about out1
	see in2 "icmp 203.0.113.12 to $in2_silent 3/4 mtu 1300 * quotes gre $in2_silent to $out1_silent call 10 *"
	carries_in in2 5
	must icmp-error in2 $in2_silent 3/2 about in2
	see out1 "icmp 203.0.113.1 to $out1_silent 3/2 * quotes gre $out1_silent to 203.0.113.1 call ${told[in2]} *"
	assert_counter drop_icmp_error 0
}

test_limits_hold() {
	masquerade limit 2
	pptp_on
	control in1
	ask_call in1 1
	take_call in1 1 11
	ask_call in1 2
	take_call in1 2 12
	must clear
	inject in1 tcp "${client[in1]}" to $server PA seq 101 ack 301 pptp 7:3
	see_nothing out1 'tcp * pptp *'
	assert_counter refuse_subscriber 1
	setting max_sessions 6
	control in2
	must clear
	inject in2 tcp "${client[in2]}" to $server PA seq 101 ack 301 pptp 7:1
	see_nothing out1 'tcp * pptp *'
	assert_counter refuse_sessions 1
	carries in1 2 12
}

test_long_packets_of_a_call_are_put_together() {
	masquerade
	pptp_on
	call in1 5 9
	must fragment out1 800 1,0 gre $out1_silent to 203.0.113.1 \
		call "${told[in1]}" data @1200
	see in1 "gre $out1_silent to $in1_silent call 5 * frag 0+800,more *"
	see in1 "ip $out1_silent to $in1_silent proto 47 * frag 800+*"
}

test_an_id_goes_on_after_the_setting_is_off() {
	masquerade
	pptp_on
	call in1 5 9
	setting pptp 0
	carries in1 5 9
	out in1 "12:${told[in1]}" pptp 12:5
	carries_nothing in1 9
}

run_tests "$@"
