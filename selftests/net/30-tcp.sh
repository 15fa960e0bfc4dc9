#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# TCP states, and what passes in each (RFC 5382, RFC 7857 section 2).

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../lib-tcp.sh
. "$(dirname "$0")/../lib-tcp.sh"

test_a_connection_opens_carries_data_and_closes() {
	masquerade
	establish
	assert_state established
	sends PA seq 101 ack 301 data hello
	gets A seq 301 ack 106
	gets PA seq 301 ack 106 data world
	sends A seq 106 ack 306
	sends FA seq 106 ack 306
	assert_state in-fin
	gets A seq 306 ack 107
	gets FA seq 306 ack 107
	assert_state closing
	sends A seq 107 ack 307
}

test_segments_pass_with_everything_but_address_and_port_unchanged() {
	masquerade
	sends S seq 4294967295 win 1234 mss 1452 tos 8 ttl 33 df
	assert_like "* S seq 4294967295 ack 0 win 1234 mss 1452 ttl 32 tos 8 df" \
		"$packet" "segment at out1"
	gets SA seq 300 ack 0 win 4321
	sends PAU seq 0 ack 301 data @100
	gets FPA seq 301 ack 100 data @3
	sends A seq 100 ack 305
}

test_an_unanswered_syn_is_in_state_init() {
	masquerade
	sends S seq 100
	assert_state init
	sends S seq 100
	assert_eq 1 "$(sessions)" "sessions"
}

test_a_retransmitted_fin_passes_after_the_close() {
	masquerade
	establish
	sends FA seq 101 ack 301
	gets FA seq 301 ack 102
	sends A seq 102 ack 302
	gets FA seq 301 ack 102
	sends A seq 102 ack 302
}

test_both_sides_may_close_at_once() {
	masquerade
	establish
	sends FA seq 101 ack 301
	gets FA seq 301 ack 101
	sends A seq 102 ack 302
	gets A seq 302 ack 102
	assert_state closing
}

test_a_reset_out_of_the_window_changes_nothing() {
	masquerade
	establish
	inject out1 tcp $remote to "$end" R seq 2000000000
	must settle
	assert_state established
}

# The receiver ignores it, so it is still a connection.
test_a_segment_with_a_wrong_checksum_changes_no_state() {
	local flags
	must allow checksums
	masquerade
	establish
	for flags in R FA S; do
		gets $flags seq 301 ack 101 badsum
		assert_like '* BAD-SUM*' "$packet" "$flags at in1"
		sends $flags seq 101 ack 301 badsum
		assert_like '* BAD-SUM*' "$packet" "$flags at out1"
		assert_state established
	done
	gets R seq 301
	assert_state trans
}

test_a_reset_answering_a_syn_passes() {
	masquerade
	sends S seq 100
	gets RA seq 0 ack 101
	assert_state trans
}

test_a_new_connection_may_follow_on_the_same_ports() {
	masquerade
	establish
	first=$end
	sends FA seq 101 ack 301
	gets FA seq 301 ack 102
	sends A seq 102 ack 302
	sends S seq 9000
	assert_eq "$first" "$end" "outside end of the new connection"
	assert_state init
	gets SA seq 7000 ack 9001
	sends A seq 9001 ack 7001
	assert_state established
}

test_a_new_connection_may_follow_a_reset() {
	masquerade
	establish
	gets R seq 301
	sends S seq 9000
	assert_state init
	gets SA seq 7000 ack 9001
	sends A seq 9001 ack 7001
	assert_state established
}

test_segments_without_a_connection_do_not_leave() {
	local flags
	masquerade
	for flags in A PA FA R RA SA F -; do
		sends_in_vain $flags seq 100 ack 300
	done
	assert_counter drop_no_session 8
	assert_mappings 0
}

test_a_syn_that_also_says_fin_or_rst_opens_nothing() {
	masquerade
	sends_in_vain SF seq 100
	sends_in_vain SR seq 100
	assert_mappings 0
	assert_eq 0 "$(sessions)" "sessions"
}

test_an_unsolicited_syn_to_the_shared_address_gets_no_answer() {
	masquerade
	must clear
	inject out1 tcp $remote to 203.0.113.1:40000 S seq 1
	inject out1 tcp $remote to 203.0.113.1:50001 S seq 1
	pause 500
	see_nothing out1 '*'
	assert_counter drop_unsolicited_syn 2
}

# RFC 5382 REQ-4: not before 6 s, and then one error for all its repetitions.
test_an_unsolicited_syn_is_answered_after_six_seconds() {
	local start
	masquerade
	must clear
	start=$(now_ms)
	inject out1 tcp $remote to 203.0.113.1:40000 S seq 77
	pause 1000
	inject out1 tcp $remote to 203.0.113.1:40000 S seq 77
	pause 4500
	see_nothing out1 '*'
	wait_until 4 answered || fail "there is no answer"
	assert_between 6000 $((8000 + slowest)) $(($(now_ms) - start)) "ms until the answer"
	see out1 "icmp 203.0.113.1 to * 3/3 * quotes tcp $remote to 203.0.113.1:40000 S seq 77 *"
	pause 2000
	see_nothing out1 'icmp *'
	assert_counter syn_answered 1
}

answered() {
	seen out1 'icmp *'
	[ "$answer" != 0 ]
}

test_an_unsolicited_syn_is_answered_as_late_as_set() {
	local start
	masquerade
	setting tcp_syn_hold 9
	must clear
	start=$(now_ms)
	inject out1 tcp $remote to 203.0.113.1:40000 S seq 77
	wait_until 14 answered || fail "there is no answer"
	assert_between 9000 $((11000 + slowest)) $(($(now_ms) - start)) "ms until the answer"
}

test_a_syn_that_the_pool_filters_is_answered_after_six_seconds() {
	masquerade filtering apdf
	must burst in1 tcp $in1_silent 5000 $out2_silent:80
	inject out1 tcp $remote to "$(outside_of tcp $in1_silent:5000)" S seq 77
	wait_until 9 answered || fail "there is no answer"
	see out1 "icmp 203.0.113.1 to * 3/3 *"
	assert_counter drop_filtered 1
}

test_a_syn_for_a_pool_address_is_answered_after_six_seconds() {
	nat pool add p addr 198.51.100.1
	nat rule add oif wan pool p
	inject out1 tcp $remote to 198.51.100.1:40000 S seq 77
	wait_until 9 answered || fail "there is no answer"
	see out1 "icmp * 3/3 * quotes tcp $remote to 198.51.100.1:40000 S *"
}

test_a_syn_that_came_too_early_is_forgotten_when_the_inside_opens() {
	masquerade alloc preserve
	inject out1 tcp $remote to "203.0.113.1:${inside#*:}" S seq 300
	pause 2000
	sends S seq 100
	assert_eq "203.0.113.1:${inside#*:}" "$end" "outside end"
	gets S seq 300
	sends SA seq 100 ack 301
	gets SA seq 300 ack 101
	pause 6500
	see_nothing out1 'icmp *'
	assert_counter syn_answered 0
}

test_an_unsolicited_syn_is_never_answered_where_so_set() {
	masquerade
	setting tcp_syn_answer 0
	must clear
	inject out1 tcp $remote to 203.0.113.1:40000 S seq 1
	pause 8500
	see_nothing out1 '*'
	assert_counter syn_answered 0
}

test_a_flood_of_unsolicited_syns_is_answered_in_part() {
	local start spans
	masquerade
	start=$(now_ms)
	must burst out1 tcp $out1_silent 1024+2000 203.0.113.1:40000
	# 256 wait at a time; a slow machine has time for more than one turn.
	spans=$((1 + ($(now_ms) - start) / 6000))
	wait_until 9 answered || fail "there is no answer"
	pause 2500
	assert_counter drop_unsolicited_syn 2000
	assert_between 1 $((256 * spans)) "$(counter syn_answered)" "answers"
}

test_simultaneous_open_works() {
	masquerade
	sends S seq 100
	gets S seq 300
	sends SA seq 100 ack 301
	gets SA seq 300 ack 101
	sends A seq 101 ack 301
	gets A seq 301 ack 101
	assert_state established
	sends PA seq 101 ack 301 data hello
	gets PA seq 301 ack 106 data world
}

test_simultaneous_open_works_under_apdf() {
	masquerade filtering apdf
	sends S seq 100
	gets S seq 300
	sends SA seq 100 ack 301
	gets SA seq 300 ack 101
	sends A seq 101 ack 301
	gets PA seq 301 ack 101 data world
}

test_a_connection_opened_from_outside_through_a_mapping() {
	masquerade
	sends S seq 100
	gets SA seq 300 ack 101
	inject out2 tcp $out2_silent:4444 to "$end" S seq 500
	see in1 "tcp $out2_silent:4444 to $inside S *"
	assert_eq 2 "$(sessions)" "sessions"
	inject in1 tcp $inside to $out2_silent:4444 SA seq 600 ack 501
	see out2 "tcp $end to $out2_silent:4444 SA *"
	inject out2 tcp $out2_silent:4444 to "$end" A seq 501 ack 601
	see in1 "tcp $out2_silent:4444 to $inside A *"
}

test_segments_from_strangers_to_a_mapping_do_not_arrive() {
	local flags
	masquerade
	establish
	for flags in A PA FA R SA; do
		inject out2 tcp $out2_silent:4444 to "$end" $flags seq 1 ack 1
	done
	see_nothing in1 "tcp $out2_silent:*"
	assert_counter drop_no_session 5
	assert_state established
}

test_a_mapping_goes_with_its_last_session() {
	masquerade
	sends S seq 100
	gets SA seq 300 ack 101
	nat session del remote "$remote" >/dev/null
	wait_until 4 no_mappings || fail "the mapping outlives its sessions"
}

test_a_listed_session_shows_its_ends() {
	masquerade
	establish
	assert_like "tcp*$inside*$end*$remote*" "$(nat session list)" \
		"natctl session list"
	assert_eq "1 session" "$(nat session count)" "natctl session count"
	assert_eq 1 "$(sessions in $in1_silent)" "sessions of the inside address"
	assert_eq 0 "$(sessions in $in2_silent)" "sessions of another address"
	assert_eq 1 "$(sessions remote $remote)" "sessions with the remote end"
	assert_eq 1 "$(sessions state established)" "established sessions"
	assert_eq 0 "$(sessions state init)" "sessions in state init"
}

test_a_session_can_be_deleted() {
	masquerade
	establish
	nat session del remote $remote >/dev/null
	assert_eq 0 "$(sessions)" "sessions"
	gets_in_vain PA seq 301 ack 101 data x
	sends_in_vain PA seq 101 ack 301 data x
}

test_connections_of_real_sockets_pass_simultaneous_open() {
	masquerade alloc preserve
	must start b out1 203.0.113.11:6001 203.0.113.1:6000
	must settle
	must start a in1 192.168.0.2:6000 203.0.113.11:6001
	must finish a
	must finish b
	stream a b 10000
	stream b a 10000
}

test_a_client_s_reset_reaches_the_server() {
	masquerade
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:0 203.0.113.11:80
	accept s l
	must close c reset
	must error s
	assert_eq ECONNRESET "$answer" "error at the server"
}

test_a_refused_connection_is_refused_at_once() {
	masquerade
	ask connect c in1 192.168.0.2:0 203.0.113.11:81 &&
		fail "the connection opens"
	assert_eq ECONNREFUSED "$answer" "error at the client"
}

run_tests "$@"
