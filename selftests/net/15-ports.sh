#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Port allocation, and what happens when something has run out.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# What "ports" says about UDP packets at out1: $packets $sources $lowest
# $highest $ascending (ports above the one before) $common (the commonest
# step, how often).
look_at_ports() { # [GLOB]
	must ports out1 "${1:-udp 203.0.113.1:*}"
	read -r _ packets _ sources _ _ _ lowest _ highest _ ascending _ \
		common <<<"$answer"
}

test_random_ports_cover_the_range_and_follow_no_step() {
	masquerade
	must burst in1 udp $in1_silent 5000+2000 $out1_silent:7000
	look_at_ports
	assert_eq "2000 2000" "$packets $sources" "packets and sources at out1"
	assert_between 1024 3000 "$lowest" "lowest port"
	assert_between 63000 65535 "$highest" "highest port"
	assert_between 850 1150 "$ascending" "ports higher than the one before"
	assert_between 1 8 "$common" "occurrences of the commonest step"
}

test_random_ports_of_tcp_and_ping_follow_no_step() {
	masquerade
	must burst in1 tcp $in1_silent 5000+1000 $out1_silent:80
	look_at_ports 'tcp 203.0.113.1:*'
	assert_eq "1000 1000" "$packets $sources" "packets and sources at out1"
	assert_between 400 600 "$ascending" "ports higher than the one before"
	must burst in1 icmp $in1_silent 5000+1000 $out1_silent:0
	look_at_ports 'icmp 203.0.113.1 *'
	assert_eq "1000 1000" "$packets $sources" "packets and sources at out1"
	assert_between 400 600 "$ascending" "ids higher than the one before"
}

test_random_ports_differ_from_one_run_to_the_next() {
	local first
	masquerade
	must burst in1 udp $in1_silent 5000+3 $out1_silent:7000
	first=$(nat map list | awk '{ print $2 }')
	nat flush
	masquerade
	must burst in1 udp $in1_silent 5000+3 $out1_silent:7000
	assert_ne "$first" "$(nat map list | awk '{ print $2 }')" "outside ends"
}

test_preserve_keeps_a_port_that_is_free() {
	masquerade alloc preserve
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_eq 203.0.113.1:5000 "$outside" "first host's end"
	greet b s 203.0.113.11:7000
	assert_ne 203.0.113.1:5000 "$outside" "second host's end"
	answer s b "$outside" 203.0.113.11:7000
}

test_preserve_keeps_many_ports_and_replaces_them_at_random() {
	masquerade alloc preserve
	must burst in1 udp $in1_silent 5000+500 $out1_silent:7000
	look_at_ports
	assert_eq "5000 5499" "$lowest $highest" "ports of the first host"
	must clear
	must burst in2 udp $in2_silent 5000+500 $out1_silent:7000
	look_at_ports
	assert_eq 500 "$sources" "sources of the second host"
	assert_between 170 330 "$ascending" "ports higher than the one before"
}

test_preserve_keeps_to_the_range_of_the_pool() {
	masquerade alloc preserve ports 20000-29999
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_between 20000 29999 "${outside#*:}" "port"
}

test_sequential_ports_follow_each_other() {
	masquerade alloc sequential ports 30000-30999
	must burst in1 udp $in1_silent 5000+100 $out1_silent:7000
	look_at_ports
	assert_eq 100 "$sources" "sources at out1"
	assert_eq 99 "$((highest - lowest))" "highest less lowest port"
	assert_eq 99 "$ascending" "ports higher than the one before"
}

# Fills a range to the last port, and then some.
fill() { # ALLOC
	masquerade ports 2000-2499 alloc "$1"
	must burst in1 udp $in1_silent 2100+600 $out1_silent:7000
	look_at_ports
	assert_eq "500 500" "$packets $sources" "packets and sources at out1"
	assert_eq "2000 2499" "$lowest $highest" "lowest and highest port"
	assert_counter refuse_ports 100
	assert_mappings 500
}

test_random_allocation_finds_every_free_port() { fill random; }
test_preserving_allocation_finds_every_free_port() { fill preserve; }
test_sequential_allocation_finds_every_free_port() { fill sequential; }

test_each_protocol_has_its_own_ports() {
	masquerade ports 2000-2009
	must burst in1 udp $in1_silent 5000+10 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+10 $out1_silent:80
	must burst in1 icmp $in1_silent 5000+10 $out1_silent:0
	look_at_ports '*'
	assert_eq 30 "$packets" "packets at out1"
	assert_mappings 30
	assert_counter refuse_ports 0
}

test_flows_that_exist_go_on_when_ports_have_run_out() {
	masquerade ports 2000-2049
	must burst in1 udp $in1_silent 5000+50 $out1_silent:7000
	must burst in2 udp $in2_silent 5000+20 $out1_silent:7000
	look_at_ports
	assert_eq 50 "$packets" "packets at out1"
	must answer out1 out1
	assert_eq 50 "$answer" "answers sent"
	seen in1 "udp $out1_silent:7000 to $in1_silent:*"
	assert_eq 50 "$answer" "answers that arrived"
	must clear
	must burst in1 udp $in1_silent 5000+50 $out1_silent:7001
	look_at_ports
	assert_eq "50 50" "$packets $sources" "packets and sources at out1"
	assert_counter refuse_ports 20
}

test_a_refused_flow_does_not_leave_untranslated() {
	masquerade ports 2000-2000
	must burst in1 udp $in1_silent 5000+2 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+2 $out1_silent:80
	must burst in1 icmp $in1_silent 5000+2 $out1_silent:0
	see_nothing out1 '* 192.168.*'
	seen out1 '*'
	assert_eq 3 "$answer" "packets at out1"
	assert_counter refuse_ports 3
}

test_a_freed_port_rests_before_another_host_gets_it() {
	setting udp_timeout 1 port_rest 4
	masquerade ports 2000-2000
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	wait_until 12 no_mappings || fail "the mapping does not expire"
	start=$(now_ms)
	must burst in2 udp $in2_silent 5000 $out1_silent:7000
	look_at_ports
	assert_eq 1 "$packets" "packets at out1 while the port rests"
	wait_until 15 in2_gets_a_port || fail "the port rests for ever"
	assert_between 2000 $((6500 + 4 * slowest)) $(($(now_ms) - start)) \
		"milliseconds of rest"
}

in2_gets_a_port() {
	must burst in2 udp $in2_silent 5000 $out1_silent:7000
	look_at_ports
	[ "$packets" = 2 ]
}

test_without_rest_a_freed_port_serves_at_once() {
	setting udp_timeout 1 port_rest 0
	masquerade ports 2000-2000
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	wait_until 12 no_mappings || fail "the mapping does not expire"
	wait_until 3 in2_gets_a_port || fail "the port is not free"
}

test_deleting_a_mapping_by_hand_frees_its_port() {
	setting port_rest 0
	masquerade ports 2000-2000
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	nat map del udp 203.0.113.1:2000
	wait_until 3 in2_gets_a_port || fail "the port is not free"
}

# Whoever flushes back to back keeps the port of no mapping that has gone.
test_ports_come_free_while_somebody_flushes() {
	local i flusher
	setting port_rest 0
	masquerade ports 2000-2099
	yes 'map flush dynamic' | head -n 5000 >"$work/flushes"
	while :; do "$NATCTL" -n gw -b "$work/flushes" >/dev/null; done &
	flusher=$!
	for ((i = 0; i < 6; i++)); do
		must burst in1 udp $in1_silent $((5000 + 100 * i))+100 $out1_silent:7000
		pause 2200
	done
	kill $flusher
	assert_counter refuse_ports 0
	assert_counter map_created 600
}

test_a_subscriber_stops_at_its_limit_and_others_do_not() {
	masquerade limit 10
	must burst in1 udp $in1_silent 5000+15 $out1_silent:7000
	look_at_ports
	assert_eq 10 "$packets" "packets of the first host"
	must burst in2 udp $in2_silent 5000+10 $out1_silent:7000
	look_at_ports
	assert_eq 20 "$packets" "packets of both hosts"
	assert_counter refuse_subscriber 5
}

test_the_limit_of_a_subscriber_counts_all_protocols() {
	masquerade limit 10
	must burst in1 udp $in1_silent 5000+5 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+5 $out1_silent:80
	must burst in1 icmp $in1_silent 5000+5 $out1_silent:0
	assert_mappings 10
	assert_counter refuse_subscriber 5
}

test_a_subscriber_opens_so_many_mappings_in_a_second_and_others_their_own() {
	masquerade rate 10
	must burst in1 udp $in1_silent 5000+10 $out1_silent:7000
	assert_mappings 10
	assert_counter refuse_rate 0
	pause 1100
	must burst in1 udp $in1_silent 6000+200 $out1_silent:7000
	must burst in2 udp $in2_silent 5000+10 $out1_silent:7000
	assert_mappings 10 in $in2_silent
	assert_between 20 90 "$(mappings in $in1_silent)" "mappings of the first host"
	assert_eq $((210 - $(mappings in $in1_silent))) "$(counter refuse_rate)" "flows refused"
	# What is there goes on.
	must clear
	must burst in1 udp $in1_silent 5000+10 $out1_silent:7000
	look_at_ports
	assert_eq 10 "$packets" "packets of the flows that exist"
	assert_like '*refused *' "$(nat host list $in1_silent)" "the host in the list"
}

# A refused session leaves no mapping whose port would rest.
test_a_subscriber_opens_so_many_sessions_in_a_second() {
	nat pool add p addr 198.51.100.1 filtering adf session-rate 10
	nat rule add oif wan pool p
	must burst in1 tcp $in1_silent 5000+200 $out1_silent:80
	assert_between 10 90 "$(sessions)" sessions
	assert_mappings "$(sessions)"
	assert_eq $((200 - $(sessions))) "$(counter refuse_rate)" "flows refused"
	nat pool set p session-rate 0
	nat map flush >/dev/null
	must burst in1 tcp $in1_silent 5000+200 $out1_silent:80
	assert_eq 200 "$(sessions)" "sessions without a limit"
}

# As a second may be over before the question is asked, it is asked again.
told_in_advance() { # ADDR:PORT
	must burst in1 tcp $in1_silent 5000 $out1_silent:$((remote += 2))+2
	[[ $(nat lookup tcp "$1" $out1_silent:80) == *refuse_rate:* ]]
}

test_what_the_rate_refuses_is_told_in_advance() {
	local remote=1000
	nat pool add p addr 198.51.100.1 filtering adf session-rate 1
	nat rule add oif wan pool p
	wait_until 10 told_in_advance $in1_silent:5000 || fail "of a session, with a mapping"
	wait_until 10 told_in_advance $in1_silent:6000 || fail "of a session, without a mapping"
	nat pool set p session-rate 0 rate 1
	nat map flush >/dev/null
	wait_until 10 told_in_advance_of_mappings || fail "of a mapping"
	assert_like 'translate  tcp *' "$(nat lookup tcp $in2_silent:5000 $out1_silent:80)" "what is told of another host"
}

told_in_advance_of_mappings() {
	must burst in1 udp $in1_silent $((remote += 2))+2 $out1_silent:7000
	[[ $(nat lookup udp $in1_silent:999 $out1_silent:80) == *refuse_rate:* ]]
}

# A mapping at $outside; then its subscriber has so many sessions for a second.
open_with_session_rate() { # RATE
	nat pool add p addr 198.51.100.1 session-rate "$1"
	nat rule add oif wan pool p
	must burst in1 tcp $in1_silent 5000 $out1_silent:80
	read -r _ outside _ < <(nat map list in $in1_silent:5000)
	pause 1100
}

test_the_outside_has_three_quarters_of_the_sessions_of_a_second() {
	open_with_session_rate 8
	must burst out1 tcp $out1_silent 2000+8 "$outside"
	assert_between 7 8 "$(sessions)" "sessions with those from the outside"
	assert_between 1 2 "$(counter refuse_rate)" "those refused"
	must burst in1 tcp $in1_silent 5000 $out1_silent:81+2
	assert_between 9 10 "$(sessions)" "sessions with those from the inside"
}

test_the_outside_has_one_of_two_sessions_of_a_second() {
	open_with_session_rate 2
	must burst out1 tcp $out1_silent 2000+2 "$outside"
	must burst in1 tcp $in1_silent 5000 $out1_silent:81
	assert_eq 3 "$(sessions)" "sessions"
	assert_counter refuse_rate 1
}

test_sessions_of_a_subscriber_have_a_limit_of_their_own() {
	masquerade filtering adf limit 2 sessions 5
	must burst in1 udp $in1_silent 5000 $out1_silent:7000+50
	assert_eq 5 "$(sessions)" sessions
	assert_counter refuse_subscriber 45
}

test_the_limit_of_a_subscriber_can_change() {
	nat pool add p addr 198.51.100.1 limit 5
	nat rule add oif wan pool p
	must burst in1 udp $in1_silent 5000+8 $out1_silent:7000
	assert_mappings 5
	nat pool set p limit 7
	must burst in1 udp $in1_silent 5000+8 $out1_silent:7000
	assert_mappings 7
	nat pool set p limit 2
	must clear
	must burst in1 udp $in1_silent 5000+8 $out1_silent:7000
	look_at_ports 'udp 198.51.100.1:*'
	assert_eq 7 "$packets" "packets of the flows that exist"
}

test_a_mapping_that_expires_makes_room_under_the_limit() {
	setting udp_timeout 1
	masquerade limit 3
	must burst in1 udp $in1_silent 5000+4 $out1_silent:7000
	assert_counter refuse_subscriber 1
	wait_until 12 no_mappings || fail "the mappings do not expire"
	must burst in1 udp $in1_silent 6000+3 $out1_silent:7000
	assert_mappings 3
	assert_counter refuse_subscriber 1
}

test_max_mappings_refuses_new_flows_and_spares_old_ones() {
	setting max_mappings 20
	masquerade
	must burst in1 udp $in1_silent 5000+30 $out1_silent:7000
	look_at_ports
	assert_eq 20 "$packets" "packets at out1"
	assert_counter refuse_mappings 10
	must answer out1 out1
	seen in1 "udp $out1_silent:7000 to $in1_silent:*"
	assert_eq 20 "$answer" "answers that arrived"
	setting max_mappings 25
	must burst in2 udp $in2_silent 5000+10 $out1_silent:7000
	assert_mappings 25
}

test_max_sessions_refuses_new_connections_and_spares_old_ones() {
	setting max_sessions 1
	masquerade
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:5000 203.0.113.11:80
	accept s l
	inject in1 tcp $in1_silent:5001 to $out1_silent:80 S
	see_nothing out1 "tcp * to $out1_silent:80 *"
	assert_counter refuse_sessions 1
	stream c s 10000
	udp a in1 192.168.0.2:5000
	udp r out1 203.0.113.11:7000
	greet a r 203.0.113.11:7000
}

test_a_connection_that_is_refused_takes_no_port() {
	setting max_sessions 1
	masquerade ports 2000-2001
	must burst in1 tcp $in1_silent 5000+20 $out1_silent:80
	assert_counter refuse_sessions 19
	setting max_sessions 2
	must burst in2 tcp $in2_silent 5000 $out1_silent:80
	assert_counter refuse_ports 0
	assert_mappings 2
}

test_the_outside_leaves_sessions_for_the_inside() {
	setting max_sessions 20
	masquerade
	nat map add tcp 203.0.113.1:8000 to $in1_silent:80
	must burst out1 tcp $out1_silent 1000+30 203.0.113.1:8000
	seen in1 "tcp $out1_silent:* to $in1_silent:80 *"
	assert_eq 15 "$answer" "connection requests that came in"
	assert_counter refuse_sessions 15
	must burst in2 tcp $in2_silent 5000+10 $out1_silent:80
	seen out1 "tcp 203.0.113.1:* to $out1_silent:80 *"
	assert_eq 5 "$answer" "connection requests that went out"
}

test_a_subscriber_stops_at_its_sessions_and_others_do_not() {
	masquerade limit 2
	must burst in1 tcp $in1_silent 5000 $out1_silent:1000+40
	seen out1 "tcp 203.0.113.1:*"
	assert_eq 32 "$answer" "connections of the first host"
	assert_counter refuse_subscriber 8
	must burst in2 tcp $in2_silent 5000 $out1_silent:1000+32
	seen out1 "tcp 203.0.113.1:*"
	assert_eq 64 "$answer" "connections of both hosts"
	assert_counter refuse_subscriber 8
	assert_like '*refused 8*' "$(nat host list $in1_silent)" "host"
}

test_a_session_that_ends_makes_room_for_its_subscriber() {
	setting tcp_opening_timeout 1
	masquerade limit 1
	must burst in1 tcp $in1_silent 5000 $out1_silent:1000+20
	assert_counter refuse_subscriber 4
	wait_until 12 no_mappings || fail "the mapping does not expire"
	must burst in1 tcp $in1_silent 5001 $out1_silent:1000+16
	assert_counter refuse_subscriber 4
}

test_the_outside_leaves_sessions_of_a_subscriber_to_it() {
	masquerade limit 1
	must burst in1 tcp $in1_silent 5000 $out1_silent:80
	must burst out2 tcp $out2_silent 1000+30 "$(outside_of tcp $in1_silent:5000)"
	seen in1 "tcp $out2_silent:* to $in1_silent:5000 *"
	assert_eq 11 "$answer" "connection requests that came in"
	must burst in1 tcp $in1_silent 5000 $out1_silent:1000+10
	seen out1 "tcp 203.0.113.1:* to $out1_silent:1*"
	assert_eq 4 "$answer" "connection requests that went out"
}

test_system_ports_stay_below_1024_and_others_above() {
	masquerade
	must burst in1 udp $in1_silent 500+200 $out1_silent:7000
	look_at_ports
	assert_eq 200 "$sources" "sources of system ports at out1"
	assert_between 1 1023 "$highest" "highest of their ports"
	must clear
	must burst in1 udp $in1_silent 2000+2000 $out1_silent:7000
	look_at_ports
	assert_eq 2000 "$sources" "sources of other ports at out1"
	assert_between 1024 3000 "$lowest" "lowest of their ports"
}

test_a_class_that_is_full_borrows_from_the_other() {
	masquerade ports 1014-1033
	must burst in1 udp $in1_silent 500+15 $out1_silent:7000
	look_at_ports
	assert_eq "15 1014" "$sources $lowest" "sources, lowest port"
	must burst in1 udp $in1_silent 2000+10 $out1_silent:7000
	look_at_ports
	assert_eq "20 1014 1033" "$sources $lowest $highest" \
		"sources, lowest and highest port"
	assert_counter refuse_ports 5
}

# Do even and odd inside ports have outside ports of the same kind?
assert_parity() {
	local bad

	bad=$(nat map list | awk '{
		split($2, out, ":"); split($4, in_, ":")
		if (out[2] % 2 != in_[2] % 2) print
	}')
	assert_eq "" "$bad" "mappings that change parity"
}

test_parity_stays_where_the_pool_asks_for_it() {
	masquerade parity keep ports 2000-2399
	must burst in1 udp $in1_silent 5000+200 $out1_silent:7000
	must burst in2 tcp $in2_silent 5001+150 $out1_silent:80
	assert_mappings 350
	assert_parity
}

test_the_last_ports_are_given_whatever_their_parity() {
	masquerade parity keep ports 2000-2009
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	must burst in1 udp $in1_silent 5002 $out1_silent:7000
	must burst in1 udp $in1_silent 5004 $out1_silent:7000
	must burst in1 udp $in1_silent 5006 $out1_silent:7000
	must burst in1 udp $in1_silent 5008 $out1_silent:7000
	assert_parity
	must burst in1 udp $in1_silent 5010 $out1_silent:7000
	assert_mappings 6
	assert_counter refuse_ports 0
}

# RTP on an even port, RTCP on the next one
assert_pair() { # EVEN-PORT
	local rtp rtcp

	rtp=$(outside_of udp "$in1_silent:$1")
	rtcp=$(outside_of udp "$in1_silent:$(($1 + 1))")
	assert_eq $((${rtp#*:} + 1)) "${rtcp#*:}" "port beside that of $1"
	assert_eq 0 $((${rtp#*:} % 2)) "parity of the port of $1"
}

test_pairs_get_ports_next_to_each_other() {
	masquerade parity pairs ports 2000-2999
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	must burst in2 udp $in2_silent 6000+200 $out1_silent:7000
	must burst in1 udp $in1_silent 5001 $out1_silent:7001
	assert_pair 5000
	must burst in1 udp $in1_silent 5101 $out1_silent:7001
	must burst in2 udp $in2_silent 6300+100 $out1_silent:7000
	must burst in1 udp $in1_silent 5100 $out1_silent:7000
	assert_pair 5100
	assert_parity
}

test_more_ports_than_may_rest_are_free_at_once() {
	setting udp_timeout 1 port_rest 600 max_resting 10
	masquerade ports 2000-2029
	must burst in1 udp $in1_silent 5000+30 $out1_silent:7000
	wait_until 12 no_mappings || fail "the mappings do not expire"
	wait_until 5 twenty_ports_are_free || fail "ports rest for ever"
	must burst in2 udp $in2_silent 7000+1 $out1_silent:7000
	assert_mappings 20
}

twenty_ports_are_free() {
	must burst in2 udp $in2_silent 6000+20 $out1_silent:7000
	[ "$(mappings)" = 20 ]
}

### The sender of a refused flow

test_a_refused_sender_is_told_that_the_host_is_unreachable() {
	masquerade ports 2000-2000
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	inject in1 udp $in1_silent:5001 to $out1_silent:7000 data hello
	see in1 "icmp 192.168.0.1 to $in1_silent 3/1 * quotes udp $in1_silent:5001 to $out1_silent:7000 * sum good data hello"
	must burst in1 tcp $in1_silent 5000 $out1_silent:80
	inject in1 tcp $in1_silent:5001 to $out1_silent:80 S
	see in1 "icmp 192.168.0.1 to $in1_silent 3/1 * quotes tcp $in1_silent:5001 to $out1_silent:80 *"
}

test_a_refused_sender_is_told_as_set() {
	masquerade limit 1
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	setting refusal_icmp 2
	inject in1 udp $in1_silent:5001 to $out1_silent:7000 data hello
	see in1 "icmp 192.168.0.1 to $in1_silent 3/13 * quotes udp $in1_silent:5001 *"
	must clear
	setting refusal_icmp 0
	inject in1 udp $in1_silent:5002 to $out1_silent:7000 data hello
	pause 300
	see_nothing in1 'icmp *'
	assert_counter refuse_subscriber 2
}

run_tests "$@"
