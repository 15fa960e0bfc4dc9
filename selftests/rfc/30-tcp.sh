#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# TCP: what passes in which state, unsolicited requests, and how long
# sessions last. Timeouts are set to a few seconds.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

no_sessions() {
	[ "$(sessions)" = 0 ]
}

# The session must be gone SECONDS from now.
idle_out() { # SECONDS
	assert_happens_after $1 "$(now_ms)" no_sessions
}

# 5382/REQ-2
test_every_path_of_the_state_diagram_passes() {
	masquerade
	# Data on the SYN, odd options and flags, urgent data
	sends SEC seq 4294967290 win 1000 mss 1400 tos 8 ttl 33 df data fast-open
	assert_like '* SEC seq 4294967290 ack 0 win 1000 mss 1400 ttl 32 tos 8 df data fast-open' \
		"$packet" "SYN at out1"
	gets SAE seq 300 ack 4294967291 win 4321
	sends A seq 3 ack 301
	sends PAU seq 3 ack 301 data @1000
	assert_like '* PAU seq 3 ack 301 * data @1000' "$packet" "urgent data at out1"
	# A retransmission, a window probe, a keep-alive
	sends PAU seq 3 ack 301 data @1000
	gets A seq 301 ack 1003 win 0
	sends A seq 1002 ack 301 data x
	gets A seq 300 ack 1003
	# Half closed: the other side goes on
	sends FA seq 1003 ack 301
	sends FA seq 1003 ack 301
	gets A seq 301 ack 1004
	gets PA seq 301 ack 1004 data @1400
	sends A seq 1004 ack 1701
	gets FPA seq 1701 ack 1004 data bye
	sends A seq 1004 ack 1705
	gets FPA seq 1701 ack 1004 data bye
	sends A seq 1004 ack 1705
	# The same ends once more, closed by both at once
	sends S seq 90000
	gets SA seq 70000 ack 90001
	sends A seq 90001 ack 70001
	sends FA seq 90001 ack 70001
	gets FA seq 70001 ack 90001
	sends A seq 90002 ack 70002
	gets A seq 70002 ack 90002
}

# 5382/REQ-2
test_connections_from_outside_pass_where_filtering_permits() {
	masquerade
	sends S seq 100
	gets SA seq 300 ack 101
	inject out2 tcp $out2_silent:4444 to "$end" S seq 500 data x
	see in1 "tcp $out2_silent:4444 to $inside S *"
	inject in1 tcp $inside to $out2_silent:4444 SA seq 600 ack 501
	see out2 "tcp $end to $out2_silent:4444 SA *"
	inject out2 tcp $out2_silent:4444 to "$end" A seq 501 ack 601
	see in1 "tcp $out2_silent:4444 to $inside A *"
	inject in1 tcp $inside to $out2_silent:4444 RA seq 601 ack 501
	see out2 "tcp $end to $out2_silent:4444 RA *"
}

simultaneous_open() {
	sends S seq 100
	gets S seq 300
	sends SA seq 100 ack 301
	gets SA seq 300 ack 101
	sends A seq 101 ack 301
	gets A seq 301 ack 101
	sends PA seq 101 ack 301 data hello
	gets PA seq 301 ack 106 data world
}

# 5382/REQ-2a
test_simultaneous_open_works() {
	masquerade
	simultaneous_open
}

# 5382/REQ-2a
test_simultaneous_open_works_under_strict_filtering() {
	masquerade filtering apdf
	simultaneous_open
}

### Unsolicited connection requests

# 5382/REQ-4
test_an_unsolicited_syn_gets_no_answer_for_six_seconds() {
	masquerade
	sends S seq 1
	must clear
	inject out1 tcp $out1_silent:4444 to 203.0.113.1:40000 S seq 1
	pause 3000
	inject out1 tcp $out1_silent:4444 to 203.0.113.1:40000 S seq 1
	pause 2700
	see_nothing out1 '*'
}

# 5382/REQ-4
test_an_unsolicited_syn_to_a_strict_mapping_gets_no_answer_for_six_seconds() {
	masquerade filtering apdf
	sends S seq 1
	must clear
	inject out2 tcp $out2_silent:4444 to "$end" S seq 1
	pause 5700
	see_nothing out2 '*'
	see_nothing in1 '*'
}

# 5382/REQ-4.2
test_an_early_syn_is_forgotten_when_the_inside_opens() {
	masquerade alloc preserve
	must clear
	inject out1 tcp $remote to 203.0.113.1:5000 S seq 300
	pause 3000
	sends S seq 100
	assert_eq 203.0.113.1:5000 "$end" "outside end"
	gets S seq 300
	sends SA seq 100 ack 301
	gets SA seq 300 ack 101
	pause 10000
	see_nothing out1 'icmp *'
	see_nothing out1 'tcp * R*'
	sends PA seq 101 ack 301 data x
}

answered() {
	seen out1 'icmp *'
	[ "$answer" != 0 ]
}

# 5382/REQ-4.3
test_an_unsolicited_syn_is_answered_once_after_six_seconds() {
	local start
	masquerade
	must clear
	start=$(now_ms)
	inject out1 tcp $out1_silent:4444 to 203.0.113.1:40000 S seq 77
	wait_until 12 answered || fail "no answer"
	assert_between 6000 $((8500 + 4 * slowest)) $(($(now_ms) - start)) \
		"milliseconds until the answer"
	see out1 "icmp 203.0.113.1 to $out1_silent 3/3 * quotes tcp $out1_silent:4444 to 203.0.113.1:40000 S seq 77 *"
	pause 2000
	see_nothing out1 '*'
}

# 5382/REQ-4.3
test_a_flood_of_unsolicited_syns_is_answered_in_part() {
	masquerade
	must burst out1 tcp $out1_silent 1024+3000 203.0.113.1:40000
	wait_until 12 answered || fail "no answer"
	pause 3000
	seen out1 'icmp * 3/3 *'
	assert_between 1 512 "$answer" "answers to 3000 requests"
}

# 5382/REQ-4a
test_an_unsolicited_syn_is_never_answered_where_policy_says_so() {
	setting tcp_syn_answer 0
	masquerade
	must clear
	inject out1 tcp $out1_silent:4444 to 203.0.113.1:40000 S seq 1
	pause 12000
	see_nothing out1 '*'
}

# 5382/S4.3-1
test_the_gateway_s_own_listener_answers_at_once() {
	masquerade
	listen l gw 203.0.113.1:40000
	inject out1 tcp $out1_silent:4444 to 203.0.113.1:40000 S seq 1
	see out1 "tcp 203.0.113.1:40000 to $out1_silent:4444 SA *"
	connect c out1 203.0.113.11:0 203.0.113.1:40000
	accept s l
	stream c s 1000
}

### States and timers

# 5382/S5-1
test_a_retransmitted_fin_passes_after_the_close() {
	masquerade
	establish
	sends FA seq 101 ack 301
	gets FA seq 301 ack 102
	sends A seq 102 ack 302
	pause 3000
	gets FA seq 301 ack 102
	sends A seq 102 ack 302
}

# 5382/S5-2
test_a_segment_in_mid_stream_opens_nothing() {
	local flags
	masquerade
	for flags in A PA FA R RA SA; do
		sends_in_vain $flags seq 100 ack 300 data x
	done
	[ "$(sessions)" = 0 ] || fail "there are sessions"
}

# 5382/S5-3
test_an_abandoned_connection_is_told_nothing() {
	setting tcp_established_timeout 1
	masquerade
	establish
	must clear
	wait_until 12 no_sessions || fail "the session stays"
	see_nothing in1 'tcp *'
	see_nothing out1 'tcp *'
}

# 5382/S9-2 7857/S2.2-3
test_forged_segments_change_nothing() {
	local flags
	setting tcp_closing_timeout 1 tcp_reset_timeout 1 tcp_opening_timeout 1
	masquerade
	establish
	for flags in R RA FA S SA; do
		inject out1 tcp $remote to "$end" $flags seq 2000000000 ack 5
	done
	inject out2 tcp $out2_silent:80 to "$end" R seq 301
	inject out2 tcp $out2_silent:80 to "$end" FA seq 301 ack 101
	must settle
	assert_state established
	pause 4000
	gets PA seq 301 ack 101 data alive
	sends A seq 101 ack 306
	assert_state established
}

# 7857/S2-1
test_sessions_follow_the_state_machine() {
	masquerade
	sends S seq 100
	assert_state init
	gets SA seq 300 ack 101
	assert_state established
	sends A seq 101 ack 301
	assert_state established
	sends FA seq 101 ack 301
	assert_state in-fin
	gets FA seq 301 ack 102
	assert_state closing
	nat session del all >/dev/null
	establish
	gets FA seq 301 ack 101
	assert_state out-fin
	sends FA seq 101 ack 302
	assert_state closing
	nat session del all >/dev/null
	establish
	gets RA seq 301 ack 101
	assert_state trans
	sends PA seq 101 ack 301 data x
	assert_state established
}

# 7857/S2-2 7857/S2.1-2 5382/REQ-5a
test_a_syn_alone_has_the_opening_timeout() {
	setting tcp_opening_timeout 3
	masquerade
	sends S seq 100
	idle_out 3
	gets_in_vain SA seq 300 ack 101
}

# 7857/S2-2
test_the_server_s_syn_gives_the_established_timeout() {
	setting tcp_opening_timeout 1
	masquerade
	sends S seq 100
	gets SA seq 300 ack 101
	pause 4000
	sends A seq 101 ack 301
}

# 7857/S2-2
test_the_server_s_syn_without_ack_gives_it_too() {
	setting tcp_opening_timeout 1
	masquerade
	sends S seq 100
	gets S seq 300
	pause 4000
	gets SA seq 300 ack 101
	sends SA seq 100 ack 301
}

# 7857/S2-3
test_a_half_closed_connection_keeps_the_established_timeout() {
	setting tcp_closing_timeout 1 tcp_opening_timeout 1 tcp_reset_timeout 1
	masquerade
	establish
	sends FA seq 101 ack 301
	pause 4000
	gets PA seq 301 ack 102 data @100
	sends A seq 102 ack 401
	pause 4000
	gets PA seq 401 ack 102 data @100
	gets FA seq 501 ack 102
	sends A seq 102 ack 502
	idle_out 1
}

# 7857/S2-4
test_data_after_a_reset_takes_the_connection_back() {
	setting tcp_reset_timeout 2
	masquerade
	establish
	gets R seq 301
	sends PA seq 101 ack 301 data on
	gets PA seq 301 ack 103 data on
	pause 5000
	gets A seq 303 ack 103
	sends A seq 103 ack 303
}

# 7857/S2-5 5382/REQ-5 5382/REQ-5a
test_an_established_connection_ends_after_its_timeout_and_not_before() {
	assert_between 7440 999999999 "$(setting_of tcp_established_timeout)" \
		"default of the established timeout"
	setting tcp_established_timeout 6
	masquerade
	establish
	pause 5000
	gets A seq 301 ack 101
	pause 5000
	sends A seq 101 ack 301
	idle_out 6
	gets_in_vain PA seq 301 ack 101 data late
}

# 5382/REQ-5.2
test_opening_and_closing_connections_last_as_set_and_by_default_four_minutes() {
	assert_between 240 999999999 "$(setting_of tcp_opening_timeout)" \
		"default of the opening timeout"
	assert_between 240 999999999 "$(setting_of tcp_closing_timeout)" \
		"default of the closing timeout"
	setting tcp_opening_timeout 5 tcp_closing_timeout 5
	masquerade
	sends S seq 100
	pause 4000
	gets SA seq 300 ack 101
	sends A seq 101 ack 301
	sends FA seq 101 ack 301
	gets FA seq 301 ack 102
	pause 4000
	sends A seq 102 ack 302
	idle_out 5
}

# 7857/S2.1-1
test_opening_and_closing_have_timeouts_of_their_own() {
	setting tcp_opening_timeout 2 tcp_closing_timeout 5
	masquerade
	sends S seq 100
	idle_out 2
	establish
	sends FA seq 101 ack 301
	gets FA seq 301 ack 102
	idle_out 5
	setting tcp_opening_timeout 5 tcp_closing_timeout 2
	sends S seq 100
	idle_out 5
}

# 7857/S2.1-3
test_defaults_of_the_transitory_timeouts_are_four_minutes() {
	assert_between 240 999999999 "$(setting_of tcp_opening_timeout)" \
		"default of the opening timeout"
	assert_between 240 999999999 "$(setting_of tcp_closing_timeout)" \
		"default of the closing timeout"
}

# 7857/S2.2-1
test_a_reset_passes_from_either_side() {
	masquerade
	establish
	gets R seq 301
	establish
	sends RA seq 101 ack 301
	sends S seq 500
	gets RA seq 0 ack 501
}

# 7857/S2.2-2
test_after_a_reset_the_session_stays_for_four_minutes_if_nothing_follows() {
	assert_between 240 999999999 "$(setting_of tcp_reset_timeout)" \
		"default of the time after a reset"
	setting tcp_reset_timeout 5
	masquerade
	establish
	inject out1 tcp $remote to "$end" R seq 301
	see in1 'tcp * R *'
	pause 3500
	gets PA seq 301 ack 101 data again
	inject out1 tcp $remote to "$end" R seq 306
	see in1 'tcp * R *'
	idle_out 5
}

# 7857/S7-2
test_refused_syns_do_not_prolong_a_mapping() {
	local n
	setting tcp_opening_timeout 4
	masquerade filtering adf
	sends S seq 100
	start=$(now_ms)
	for n in 1 2 3; do
		pause 1000
		inject out2 tcp $out2_silent:44$n to "$end" S seq 1
	done
	see_nothing in1 'tcp *'
	assert_happens_after 4 $start no_sessions
}

run_tests "$@"
