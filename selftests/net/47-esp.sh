#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ESP behind a shared address: the SPI of the answer is learnt from the first
# one that comes (RFC 3715 section 2.1).

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

esp_out() { # HOST FROM TO SPI
	inject "$1" esp "$2" to "$3" spi "$4" data sent
	see "out${out:-1}" "esp 203.0.113.1 to $3 spi $4 * data sent"
}

esp_held() { # HOST FROM TO SPI
	inject "$1" esp "$2" to "$3" spi "$4" data held
	see_nothing out1 "* data held"
}

esp_in() { # FROM SPI HOST TO
	inject out1 esp "$1" to 203.0.113.1 spi "$2" data back
	see "$3" "esp $1 to $4 spi $2 * data back"
}

esp_nobody() { # FROM SPI
	inject out1 esp "$1" to 203.0.113.1 spi "$2" data lost
	see_nothing in1 "* data lost"
	see_nothing in2 "* data lost"
}

test_the_answer_is_learnt() {
	masquerade
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	assert_eq 1 "$(sessions proto esp state init)" "sessions that wait"
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	assert_eq 1 "$(sessions proto esp state established)" \
		"sessions that have their answer"
	assert_eq 2 "$(sessions proto esp)" "sessions listed"
	assert_mappings 1 proto esp
	assert_like 'esp *in 192.168.0.52 *out 203.0.113.1 *remote 203.0.113.61 *' \
		"$("$NATCTL" -n gw session list state established)" "its line"
}

test_hosts_that_take_turns_have_one_remote_address() {
	masquerade
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_out in2 $in2_silent $out1_silent 0xc0000002
	esp_in $out1_silent 0xc1000002 in2 $in2_silent
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_out in2 $in2_silent $out1_silent 0xc0000002
	esp_in $out1_silent 0xc1000002 in2 $in2_silent
}

test_while_one_host_waits_another_is_held_back() {
	local start
	masquerade
	assert_eq 10 "$(setting_of esp_answer_timeout)" "default"
	setting esp_answer_timeout 3
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	start=$(now_ms)
	esp_held in2 $in2_silent $out1_silent 0xc0000002
	assert_counter refuse_esp 1
	# Another remote address is another matter.
	out=2 esp_out in2 $in2_silent $out2_silent 0xc0000002
	wait_until 10 esp_let_through ||
		fail "in2 is held back for longer than esp_answer_timeout"
	assert_between 2500 9000 $(($(now_ms) - start)) "milliseconds until then"
	esp_in $out1_silent 0xc1000002 in2 $in2_silent
}

esp_let_through() {
	inject in2 esp $in2_silent to $out1_silent spi 0xc0000002 data let
	! ask none out1 'esp * data let'
}

test_a_new_spi_is_learnt_beside_the_old_one() {
	masquerade
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_out in1 $in1_silent $out1_silent 0xc0000003
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_in $out1_silent 0xc1000003 in1 $in1_silent
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_out in1 $in1_silent $out1_silent 0xc0000001
}

test_what_nobody_waits_for_reaches_nobody() {
	masquerade
	esp_nobody $out1_silent 0xc1000001
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_nobody $out2_silent 0xc1000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_nobody $out2_silent 0xc1000009
}

# Either end may be the first to use new keys.
test_the_only_host_may_be_sent_a_new_spi_first() {
	masquerade
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_in $out1_silent 0xc1000002 in1 $in1_silent
	esp_out in1 $in1_silent $out1_silent 0xc0000002
	assert_eq 2 "$(sessions proto esp state established)" \
		"sessions that have their answer"
	# It waits for nothing, so nobody is held back.
	esp_out in2 $in2_silent $out1_silent 0xc0000008
	esp_in $out1_silent 0xc1000008 in2 $in2_silent
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_in $out1_silent 0xc1000002 in1 $in1_silent
}

test_of_two_hosts_none_is_sent_a_new_spi_first() {
	masquerade
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_out in2 $in2_silent $out1_silent 0xc0000002
	esp_in $out1_silent 0xc1000002 in2 $in2_silent
	esp_nobody $out1_silent 0xc1000009
	esp_out in1 $in1_silent $out1_silent 0xc0000003
	esp_in $out1_silent 0xc1000003 in1 $in1_silent
	esp_nobody $out1_silent 0xc1000009
}

test_of_two_hosts_the_one_that_stays_is_the_only_one() {
	local n
	masquerade
	setting other_timeout 5
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_out in2 $in2_silent $out1_silent 0xc0000002
	esp_in $out1_silent 0xc1000002 in2 $in2_silent
	for n in 1 2 3 4 5; do
		pause 1800
		esp_out in1 $in1_silent $out1_silent 0xc0000001
	done
	esp_nobody $out1_silent 0xc1000002
	esp_out in1 $in1_silent $out1_silent 0xc0000003
	esp_in $out1_silent 0xc1000003 in1 $in1_silent
	esp_in $out1_silent 0xc1000004 in1 $in1_silent
}

test_spis_that_nobody_waits_for_have_one_place() {
	local n start before
	masquerade
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_in $out1_silent 0xc1000100 in1 $in1_silent
	start=$(now_ms)
	before=$(counter session_created)
	for n in {101..150}; do
		inject out1 esp $out1_silent to 203.0.113.1 spi 0xc1000$n \
			data forged
	done
	must settle
	# The place is given away when it was silent for two seconds.
	assert_between 0 $((($(now_ms) - start) / 1900)) \
		$(($(counter session_created) - before)) "sessions made"
	pause 2500
	esp_in $out1_silent 0xc1000200 in1 $in1_silent
	assert_eq 3 "$(sessions proto esp)" "sessions listed"
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
}

test_what_is_noted_takes_nothing_of_the_rate() {
	masquerade session-rate 1
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	assert_counter refuse_rate 0
	pause 1100
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	pause 1100
	esp_in $out1_silent 0xc1000002 in1 $in1_silent
}

test_nobody_is_sent_a_new_spi_when_sessions_are_deleted() {
	masquerade
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	assert_like '*2 *' "$(nat session del proto esp)" "what is deleted"
	esp_nobody $out1_silent 0xc1000001
	assert_counter sessions 0
}

test_a_late_answer_is_still_an_answer() {
	masquerade
	setting esp_answer_timeout 1
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	pause 3500
	esp_nobody $out1_silent 0xc1000001
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
}

test_a_host_that_is_never_answered_keeps_no_other_away() {
	masquerade
	setting esp_answer_timeout 1
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	pause 3500
	setting esp_answer_timeout 600
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_out in2 $in2_silent $out1_silent 0xc0000002
	esp_in $out1_silent 0xc1000002 in2 $in2_silent
	assert_counter refuse_esp 0
}

test_packets_of_one_direction_keep_the_other() {
	local n
	masquerade
	setting other_timeout 3
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	for n in 0xc0000001 0xc0000001 0xc0000001 0xc0000001 0xc0000001; do
		pause 1500
		esp_out in1 $in1_silent $out1_silent $n
	done
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	for n in 0xc1000001 0xc1000001 0xc1000001 0xc1000001 0xc1000001; do
		pause 1500
		esp_in $out1_silent $n in1 $in1_silent
	done
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	assert_counter map_created 1
}

test_all_is_gone_when_the_time_is_over() {
	local start
	masquerade
	setting other_timeout 2 esp_answer_timeout 2
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	start=$(now_ms)
	assert_happens_after 2 "$start" no_mappings_listed
	assert_counter sessions 0
	esp_nobody $out1_silent 0xc1000001
}

test_errors_about_packets_go_back() {
	masquerade
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	must icmp-error out1 203.0.113.12 3/4 mtu 1300 quote 8 about out1
	see in1 "icmp 203.0.113.12 to $in1_silent 3/4 mtu 1300 * quotes esp $in1_silent to $out1_silent spi *"
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	must icmp-error in1 $in1_silent 3/4 mtu 1300 quote 8 about in1
	see out1 "icmp 203.0.113.1 to $out1_silent 3/4 mtu 1300 * quotes esp $out1_silent to 203.0.113.1 spi *"
}

test_static_mappings_need_not_learn() {
	nat map add esp 203.0.113.1 to $in1_silent
	masquerade
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_out in1 $in1_silent $out1_silent 0xc0000001
	esp_out in2 $in2_silent $out1_silent 0xc0000002
	esp_in $out1_silent 0xc1000002 in2 $in2_silent
	esp_in $out1_silent 0xc1000001 in1 $in1_silent
	esp_in $out1_silent 0xc1000003 in1 $in1_silent
}

test_whole_addresses_need_not_learn() {
	nat map add 198.51.100.2 to $in1_silent
	inject out1 esp $out1_silent to 198.51.100.2 spi 0xc1000001 data hello
	see in1 "esp $out1_silent to $in1_silent spi 0xc1000001 * data hello"
	inject in1 esp $in1_silent to $out1_silent spi 0xc0000001 data hello
	see out1 "esp 198.51.100.2 to $out1_silent spi 0xc0000001 * data hello"
	assert_counter sessions 0
}

test_reserved_spis_and_cut_packets_are_dropped() {
	masquerade
	inject in1 esp $in1_silent to $out1_silent spi 0 data x
	inject in1 esp $in1_silent to $out1_silent spi 1 data x
	inject in1 esp $in1_silent to $out1_silent spi 255 data x
	inject in1 esp $in1_silent to $out1_silent spi 4096 cut 7
	esp_out in1 $in1_silent $out1_silent 0x1000
	inject out1 esp $out1_silent to 203.0.113.1 spi 1 data x
	see_nothing in1 'esp *'
	assert_counter drop_malformed 5
	esp_in $out1_silent 0x100 in1 $in1_silent
}

test_key_exchange_is_plain_udp() {
	masquerade
	# Two hosts with the same cookies: nothing but ports tells them apart.
	inject in1 udp $in1_silent:500 to $out1_silent:500 data cookiecookie
	see out1 "udp 203.0.113.1:* to $out1_silent:500 * data cookiecookie"
	from=$src
	inject in2 udp $in2_silent:500 to $out1_silent:500 data cookiecookie
	see out1 "udp 203.0.113.1:* to $out1_silent:500 * data cookiecookie"
	assert_ne "$from" "$src" "outside ends of two hosts"
	inject out1 udp $out1_silent:500 to "$from" data cookiecookie
	see in1 "udp $out1_silent:500 to $in1_silent:500 *"
	# RFC 3948: no checksum, and one byte that keeps the mapping.
	inject in1 udp $in1_silent:4500 to $out1_silent:4500 nocsum data @100
	see out1 "udp 203.0.113.1:* to $out1_silent:4500 * nocsum data @100"
	inject out1 udp $out1_silent:4500 to "$src" nocsum data @100
	see in1 "udp $out1_silent:4500 to $in1_silent:4500 * nocsum data @100"
}

run_tests "$@"
