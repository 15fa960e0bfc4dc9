#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# How long UDP mappings live, and what keeps them alive. The timeout is set to
# a few seconds.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# 4787/REQ-5 4787/REQ-5b
test_a_mapping_lives_as_long_as_set_and_by_default_two_minutes() {
	local start
	assert_between 120 999999999 "$(setting_of udp_timeout)" "default of the timeout"
	setting udp_timeout 6
	masquerade
	start=$(now_ms)
	send_udp
	pause 5000
	reply_udp
	# An answered flow lives no shorter.
	send_udp
	reply_udp
	pause 5000
	reply_udp
	start=$(now_ms)
	send_udp
	assert_happens_after 6 $start no_mappings
	reply_udp_in_vain
}

# 4787/REQ-5a
test_no_destination_port_shortens_the_timeout() {
	local port
	setting udp_timeout 6
	masquerade
	for port in 53 123; do
		inject in1 udp $in1_silent:5000 to $out1_silent:$port
		see out1 "udp 203.0.113.1:* to $out1_silent:$port *"
	done
	end=$src
	pause 4500
	inject out1 udp $out1_silent:53 to "$end" data late
	see in1 "udp $out1_silent:53 to $in1_silent:5000 * data late"
}

# 4787/REQ-5c
test_the_default_is_five_minutes() {
	assert_between 300 999999999 "$(setting_of udp_timeout)" "default of the timeout"
}

# 4787/REQ-6
test_outbound_packets_keep_a_mapping_alive() {
	local first n
	setting udp_timeout 4
	masquerade
	send_udp
	first=$end
	for n in {1..5}; do
		pause 2500
		send_udp
		assert_eq $first $end "outside end after $n refreshes"
	done
	pause 2500
	reply_udp
}

# 4787/REQ-6a
test_inbound_packets_keep_a_mapping_alive_where_so_set() {
	setting udp_timeout 4 udp_inbound_refresh 1
	masquerade
	send_udp
	for _ in {1..4}; do
		pause 2500
		reply_udp
	done
}

# 4787/REQ-6a
test_inbound_packets_do_not_keep_a_mapping_alive_where_so_set() {
	local start
	setting udp_timeout 5 udp_inbound_refresh 0
	masquerade
	start=$(now_ms)
	send_udp
	pause 2000
	reply_udp
	pause 1000
	reply_udp
	assert_happens_after 5 $start no_mappings_listed
	reply_udp_in_vain
}

# 7857/S7-1
test_refused_packets_do_not_keep_a_mapping_alive() {
	local start
	setting udp_timeout 5 udp_inbound_refresh 1
	masquerade filtering adf
	start=$(now_ms)
	send_udp
	for _ in 1 2 3; do
		pause 1200
		inject out2 udp $out2_silent:9 to "$end" data x
	done
	see_nothing in1 'udp *'
	assert_happens_after 5 $start no_mappings_listed
	reply_udp_in_vain
}

# 7857/S7.1-1 7857/S7.1-2
test_answers_that_refuse_do_not_keep_a_mapping_alive() {
	local start n
	setting udp_timeout 5 udp_inbound_refresh 0
	masquerade
	start=$(now_ms)
	send_udp
	for n in 1 2 3; do
		pause 1200
		inject out1 udp $out1_silent:7000 to "$end" data $n
		see in1 "udp * data $n"
		must icmp-error in1 $in1_silent 3/3 about in1
		see out1 'icmp * 3/3 *'
	done
	assert_happens_after 5 $start no_mappings_listed
	reply_udp_in_vain
}

no_sessions_of_first() {
	[ "$(sessions)" = 0 ]
}

# 7857/S7.1-1
test_resets_that_refuse_do_not_keep_a_mapping_alive() {
	local start n
	setting tcp_opening_timeout 5 tcp_reset_timeout 1
	masquerade
	start=$(now_ms)
	sends S seq 1
	for n in 1 2; do
		pause 1200
		inject out2 tcp $out2_silent:44$n to "$end" S seq 5
		see in1 "tcp $out2_silent:44$n to $inside S *"
		inject in1 tcp $inside to $out2_silent:44$n RA seq 0 ack 6
		see out2 "tcp $end to $out2_silent:44$n RA *"
	done
	assert_happens_after 5 $start no_sessions_of_first
	wait_until 3 no_mappings || fail "the mapping stays"
}

# 4787/S13-1
test_mappings_of_a_lease_that_ends_can_be_dropped() {
	masquerade
	send_udp
	must burst in2 udp $in2_silent 5000 $out1_silent:7000
	nat map flush in $in1_silent
	assert_eq 0 "$(mappings in $in1_silent)" "mappings of the host that left"
	assert_eq 1 "$(mappings)" "mappings of others"
	reply_udp_in_vain
}

# 4787/REQ-7
test_equal_numbers_inside_and_outside_are_kept_apart() {
	# The outside device gets an address of the inside network.
	ip -n gw addr add 192.168.0.77/24 dev wan noprefixroute
	ip -n gw addr del 203.0.113.1/24 dev wan
	ip -n gw route replace 203.0.113.0/24 dev wan src 192.168.0.77
	ip -n gw route replace $out1_silent via 203.0.113.11
	ip -n out1 route add 192.168.0.77 dev eth0
	must allow addresses
	masquerade
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_like '192.168.0.77:*' "$outside" "source of in1"
	answer s a $outside 203.0.113.11:7000
	greet b s 203.0.113.11:7000
	assert_like '192.168.0.77:*' "$outside" "source of in2"
	answer s b $outside 203.0.113.11:7000
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:0 203.0.113.11:80
	accept t l
	stream c t 1000
	stream t c 1000
	must close a
	udp c in1 192.168.0.2:6000
	greet c b 192.168.0.3:5000
	assert_eq 192.168.0.2:6000 "$outside" "source among inside hosts"
	build
}

run_tests "$@"
