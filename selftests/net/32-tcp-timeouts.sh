#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How long TCP sessions last in each state (RFC 5382 REQ-5, RFC 7857 section 2).

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../lib-tcp.sh
. "$(dirname "$0")/../lib-tcp.sh"

no_sessions() {
	[ "$(sessions)" = 0 ]
}

# The session must be gone SECONDS from now, and its mapping with it.
idle_out() { # SECONDS
	assert_happens_after $1 "$(now_ms)" no_sessions
	wait_until 3 no_mappings || fail "the mapping stays after its session"
}

test_an_unanswered_syn_times_out() {
	setting tcp_opening_timeout 2
	masquerade
	sends S seq 100
	idle_out 2
	gets_in_vain SA seq 300 ack 101
	assert_counter session_expired 1
	assert_counter map_expired 1
}

test_an_established_connection_times_out() {
	setting tcp_established_timeout 2
	masquerade
	establish
	idle_out 2
	gets_in_vain PA seq 301 ack 101 data late
	sends_in_vain PA seq 101 ack 301 data late
	assert_counter drop_no_session 1
}

test_an_established_connection_outlives_the_opening_timeout() {
	setting tcp_opening_timeout 1 tcp_closing_timeout 1 tcp_reset_timeout 1
	masquerade
	establish
	pause 3500
	gets PA seq 301 ack 101 data late
	sends A seq 101 ack 305
}

test_the_server_s_syn_establishes_the_connection() {
	setting tcp_opening_timeout 1
	masquerade
	sends S seq 100
	gets SA seq 300 ack 101
	assert_state established
	pause 3500
	sends A seq 101 ack 301
}

test_data_refreshes_the_connection_from_either_side() {
	setting tcp_established_timeout 2
	masquerade
	establish
	for _ in 1 2 3; do
		pause 1200
		gets A seq 301 ack 101
		pause 1200
		sends A seq 101 ack 301
	done
	idle_out 2
}

test_one_fin_keeps_the_established_timeout() {
	setting tcp_closing_timeout 1 tcp_opening_timeout 1
	masquerade
	establish
	sends FA seq 101 ack 301
	assert_state in-fin
	pause 3500
	gets PA seq 301 ack 102 data still-here
	sends A seq 102 ack 311
	gets FA seq 311 ack 102
	assert_state closing
	idle_out 1
}

test_the_server_may_close_first() {
	setting tcp_closing_timeout 1
	masquerade
	establish
	gets FA seq 301 ack 101
	assert_state out-fin
	pause 3000
	sends PA seq 101 ack 302 data more
	sends FA seq 105 ack 302
	assert_state closing
	idle_out 1
}

test_a_reset_from_inside_passes_and_starts_the_reset_timer() {
	setting tcp_reset_timeout 2
	masquerade
	establish
	sends R seq 101
	assert_state trans
	assert_eq 1 "$(sessions)" "sessions after the reset"
	gets PA seq 301 ack 101 data x
	sends R seq 101
	idle_out 2
	gets_in_vain A seq 302 ack 101
}

test_a_reset_from_outside_passes_and_starts_the_reset_timer() {
	setting tcp_reset_timeout 2
	masquerade
	establish
	gets RA seq 301 ack 101
	assert_state trans
	idle_out 2
}

test_data_after_a_reset_takes_the_connection_back() {
	setting tcp_reset_timeout 1
	masquerade
	establish
	gets R seq 301
	assert_state trans
	sends PA seq 101 ack 301 data not-dead
	assert_state established
	pause 3500
	gets A seq 301 ack 109
	sends A seq 109 ack 301
}

run_tests "$@"
