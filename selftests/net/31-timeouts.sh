#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Timeouts of UDP and ICMP mappings, and the defaults of all settings.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

open_flow() {
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	started=$(now_ms)
}

# The mapping must end this long after $started, and what natctl needs to
# look.
assert_ends_after() { # SECONDS
	assert_happens_after $1 "$started" no_mappings_listed
	wait_until 3 no_mappings || fail "the mapping is not listed, but stays"
}

test_defaults_are_those_of_the_rfcs() {
	local name
	assert_eq "udp_timeout 300
udp_inbound_refresh 1
icmp_timeout 60
tcp_established_timeout 7440
tcp_opening_timeout 240
tcp_closing_timeout 240
tcp_reset_timeout 240
dccp_established_timeout 7440
dccp_transitory_timeout 240
sctp_established_timeout 7440
sctp_transitory_timeout 240
esp_answer_timeout 10
other_timeout 600
pptp 0
tcp_syn_hold 6
tcp_syn_answer 1
refusal_icmp 1
port_rest 120" "$(nat config list | awk '!/^max_/ { print $1, $2 }')" "all settings"
	# These go by the memory of the machine.
	for name in max_resting max_mappings max_sessions; do
		assert_between 10000 1000000000 "$(setting_of $name)" $name
	done
	assert_eq 3 "$(nat config list | grep -c ^max_)" "settings that do"
}

# Each is set to the lowest value and shown; netlink and text are of one list.
test_every_setting_can_be_set_and_seen() {
	local name value set=0
	while read -r name value _; do
		case $name in
		max_*) value=$((value - 1)) ;;
		tcp_syn_hold) value=7 ;;
		*_timeout) value=$((value + 1)) ;;
		port_rest) value=0 ;;
		refusal_icmp) value=2 ;;
		*) value=$((1 - value)) ;;
		esac
		setting "$name" $value
		assert_eq $value "$(setting_of "$name")" "$name"
		((set += 1))
	done < <(nat config list)
	assert_eq 21 $set "settings"
}

test_an_idle_udp_mapping_ends_on_time() {
	setting udp_timeout 3
	masquerade
	open_flow
	assert_ends_after 3
	tell s "$outside" late
	hear_nothing a
	assert_counter map_expired 1
}

test_outbound_packets_keep_a_udp_mapping_alive() {
	local first n
	setting udp_timeout 5 udp_inbound_refresh 0
	masquerade
	open_flow
	first=$outside
	for n in 1 2 3 4; do
		pause 2000
		greet a s 203.0.113.11:7000
		assert_eq "$first" "$outside" "outside end after $n refreshes"
	done
	started=$(now_ms)
	assert_ends_after 5
}

test_inbound_packets_keep_a_udp_mapping_alive_when_told() {
	local n
	setting udp_timeout 3 udp_inbound_refresh 1
	masquerade
	open_flow
	for n in 1 2 3 4; do
		pause 1600
		answer s a "$outside" 203.0.113.11:7000
	done
	started=$(now_ms)
	assert_ends_after 3
}

test_inbound_packets_do_not_keep_a_udp_mapping_alive_when_told_not_to() {
	setting udp_timeout 3 udp_inbound_refresh 0
	masquerade
	open_flow
	pause 1600
	answer s a "$outside" 203.0.113.11:7000
	pause 900
	answer s a "$outside" 203.0.113.11:7000
	assert_ends_after 3
}

test_filtered_packets_do_not_keep_a_udp_mapping_alive() {
	local n
	setting udp_timeout 3 udp_inbound_refresh 1
	masquerade filtering adf
	open_flow
	for n in 1 2 3; do
		pause 800
		inject out2 udp $out2_silent:9 to "$outside" data x
	done
	assert_ends_after 3
}

test_an_idle_ping_mapping_ends_on_time() {
	setting icmp_timeout 2
	masquerade
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 7 seq 1
	started=$(now_ms)
	see out1 'icmp 203.0.113.1 to * 8/0 *'
	assert_ends_after 2
	inject out1 icmp $out1_silent to 203.0.113.1 0/0 id "$(field id)" seq 1
	see_nothing in1 'icmp *'
}

test_a_late_ping_reply_passes_within_the_timeout() {
	setting icmp_timeout 4
	masquerade
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 7 seq 1
	see out1 'icmp 203.0.113.1 to * 8/0 *'
	pause 3000
	inject out1 icmp $out1_silent to 203.0.113.1 0/0 id "$(field id)" seq 1
	see in1 "icmp $out1_silent to $in1_silent 0/0 id 7 *"
}

test_a_changed_timeout_holds_for_mappings_that_exist() {
	masquerade
	open_flow
	setting udp_timeout 2
	assert_ends_after 2
}

test_a_longer_timeout_holds_for_mappings_that_exist() {
	setting udp_timeout 2
	masquerade
	open_flow
	setting udp_timeout 60
	pause 4500
	assert_mappings 1
	answer s a "$outside" 203.0.113.11:7000
}

test_the_timeout_of_udp_is_not_that_of_ping() {
	setting icmp_timeout 1
	masquerade
	open_flow
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 7 seq 1
	assert_mappings 2
	pause 3500
	assert_mappings 1
	answer s a "$outside" 203.0.113.11:7000
}

test_sessions_of_adm_mappings_end_with_the_udp_timeout() {
	setting udp_timeout 2
	masquerade mapping adm filtering adf
	open_flow
	assert_ends_after 2
	assert_eq 0 "$(sessions)" "sessions"
}

test_a_permission_ends_although_the_mapping_lives() {
	setting udp_timeout 2
	masquerade filtering adf
	open_flow
	udp t out2 203.0.113.21:7000
	for _ in 1 2 3 4; do
		pause 1300
		greet a t 203.0.113.21:7000
	done
	answer t a "$outside" 203.0.113.21:7000
	tell s "$outside" too-late
	hear_nothing a
}

test_a_thousand_mappings_end_on_time() {
	setting udp_timeout 2
	masquerade
	must burst in1 udp $in1_silent 5000+1000 $out1_silent:7000
	started=$(now_ms)
	assert_ends_after 2
	assert_counter map_expired 1000
}

test_a_flow_that_expired_gets_a_new_mapping() {
	setting udp_timeout 1
	masquerade
	open_flow
	assert_ends_after 1
	greet a s 203.0.113.11:7000
	answer s a "$outside" 203.0.113.11:7000
}

run_tests "$@"
