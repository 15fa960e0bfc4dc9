#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# UDP-Lite (RFC 3828) and SCTP (RFC 9260).

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=../lib-sctp.sh
. "$(dirname "$0")/../lib-sctp.sh"

# From in1's port 5000 to out1's port 7000; leaves the outside end in $end.
opens() { # PROTO WORDS...
	inject in1 "$1" $in1_silent:5000 to $out1_silent:7000 "${@:2}" data hello
	see out1 "$1 203.0.113.1:* to $out1_silent:7000 * data hello"
	end=$src
}

### UDP-Lite

# 3828/S3.1-1
test_the_coverage_stays_and_the_checksum_follows() {
	local coverage
	masquerade
	for coverage in 0 8 20 108; do
		inject in1 udplite $in1_silent:5000 to $out1_silent:7000 coverage $coverage data @100
		see out1 "udplite 203.0.113.1:* to $out1_silent:7000 coverage $coverage * data @100"
		inject out1 udplite $out1_silent:7000 to "$src" coverage $coverage data @101
		see in1 "udplite $out1_silent:7000 to $in1_silent:5000 coverage $coverage * data @101"
	done
}

# 3828/S3.1-2
test_a_udplite_checksum_of_zero_is_sent_as_all_ones() {
	one_to_one 198.51.100.2 $in1_silent
	inject in1 udplite $in1_silent:5000 to $out1_silent:7000 zerosrc 198.51.100.2:5000
	assert_ne ffff "$sum" "checksum before"
	see out1 "udplite 198.51.100.2:5000 to $out1_silent:7000 * onescsum *"
}

# 3828/NAT-1
test_udplite_is_treated_like_udp() {
	local first start
	setting udp_timeout 4
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	opens udplite
	first=$end
	inject in1 udplite $in1_silent:5000 to $out2_silent:7001 data hello
	see out2 "udplite $first to $out2_silent:7001 * data hello"
	inject out2 udplite $out2_silent:9000 to "$first" data anybody
	see in1 "udplite $out2_silent:9000 to $in1_silent:5000 * data anybody"
	inject in2 udplite $in2_silent:6000 to "$first" data hairpin
	start=$(now_ms)
	see in1 "udplite 203.0.113.1:* to $in1_silent:5000 * data hairpin"
	assert_happens_after 4 "$start" no_mappings_listed
}

### SCTP

# Two messages of 32,768 bytes
all_heard() {
	(($(sctp_bytes "$work/sctp") >= 2 * 32768))
}

# Under the line with the names of the columns
no_associations() { # HOST
	[ "$(in_space "$1" cat /proc/net/sctp/assocs | wc -l)" -le 1 ]
}

# 9260/S3.3.2-1
test_an_association_opens_carries_data_and_ends() {
	local server
	modprobe sctp 2>/dev/null
	masquerade
	in_space out1 stdbuf -oL sctp_test -H 203.0.113.11 -P 5100 -l >"$work/sctp" 2>&1 &
	server=$!
	wait_until 20 grep -q 'Receiving packets' "$work/sctp" || fail "no server: $(<"$work/sctp")"
	in_space in1 timeout 60 sctp_test -H 192.168.0.2 -P 6100 -h 203.0.113.11 -p 5100 \
		-s -c 4 -x 2 -o 1 >"$work/client" 2>&1 || fail "client: $(tail -n 3 "$work/client")"
	wait_until 20 all_heard || fail "messages are missing"
	kill $server
	# What is left of it would send during the next tests.
	wait_until 20 no_associations in1 || fail "the association does not end"
}

# 9260/S6.8-1
test_the_crc_follows_and_a_wrong_one_stays_wrong() {
	local len
	must allow checksums
	masquerade
	opens sctp init
	for len in 0 1 2 3 4 500 512 1000 1448; do
		inject in1 sctp $in1_silent:5000 to $out1_silent:7000 init tag 305419896 data @$len
		see out1 "sctp $end to $out1_silent:7000 init tag 305419896 *"
		[[ $packet != *BAD* ]] || fail "the CRC is wrong: $packet"
	done
	inject in1 sctp $in1_silent:5000 to $out1_silent:7000 init badsum data bad
	see out1 "sctp $end to $out1_silent:7000 init * BAD-SUM data bad"
}

# 9260/S6.8-2
test_a_mapped_address_leaves_the_crc_alone() {
	one_to_one 198.51.100.2 $in1_silent
	inject in1 sctp $in1_silent:5000 to $out1_silent:7000 init tag 7 data @100
	see out1 "sctp 198.51.100.2:5000 to $out1_silent:7000 init tag 7 * data @100"
	inject out1 sctp $out1_silent:7000 to 198.51.100.2:5000 init-ack tag 8 data @99
	see in1 "sctp $out1_silent:7000 to $in1_silent:5000 init-ack tag 8 * data @99"
}

# The address is none of the gateway, whose own SCTP would answer.
associate() {
	pool 198.51.100.7
	inject in1 sctp $in1_silent:5000 to $out1_silent:7000 init data hello
	see out1 "sctp 198.51.100.7:* to $out1_silent:7000 init * data hello"
	end=$src
	inject out1 sctp $out1_silent:7000 to "$end" init-ack data well
	see in1 "sctp $out1_silent:7000 to $in1_silent:5000 init-ack * data well"
}

# 9260/S8.4-1
test_after_a_loss_of_state_nothing_is_forged_or_crossed() {
	associate
	be_fresh
	pool 198.51.100.7
	must clear
	inject in1 sctp $in1_silent:5000 to $out1_silent:7000 data-chunk data lost
	inject in2 sctp $in2_silent:5000 to $out1_silent:7000 data-chunk data lost
	inject out1 sctp $out1_silent:7000 to "$end" data-chunk data lost
	see_nothing in1 'sctp *'
	see_nothing in2 'sctp *'
	see_nothing out1 'sctp * abort *'
	be_fresh
	associate
}

# 9260/NAT-1
test_an_association_lasts_as_set_and_by_default_two_hours() {
	local start
	assert_between 7440 999999999 "$(setting_of sctp_established_timeout)" \
		"default of the timeout"
	setting sctp_transitory_timeout 1 sctp_established_timeout 6
	masquerade
	opens sctp init
	inject out1 sctp $out1_silent:7000 to "$end" init-ack
	see in1 'sctp * init-ack *'
	pause 4000
	inject out1 sctp $out1_silent:7000 to "$end" data-chunk data idle
	start=$(now_ms)
	see in1 'sctp * data idle'
	assert_happens_after 6 "$start" no_mappings_listed
}

# 9260/NAT-2
test_addresses_in_chunks_stay() {
	masquerade
	# What the chunk says is the probe's payload.
	inject in1 sctp $in1_silent:5000 to $out1_silent:7000 init data 192.168.0.52
	see out1 "sctp 203.0.113.1:* to $out1_silent:7000 init * data 192.168.0.52"
}

# 9260/NAT-3
test_errors_that_quote_sctp_are_translated() {
	masquerade
	opens sctp init
	must icmp-error out1 203.0.113.11 3/2 quote 8 about out1
	see in1 "icmp 203.0.113.11 to $in1_silent 3/2 * quotes sctp $in1_silent:5000 to $out1_silent:7000*"
	must icmp-error out1 203.0.113.11 3/4 mtu 1300 quote 8 about out1
	see in1 "icmp 203.0.113.11 to $in1_silent 3/4 mtu 1300 * quotes sctp $in1_silent:5000 to $out1_silent:7000*"
}

# 9260/NAT-4
test_sctp_is_treated_like_tcp() {
	local first
	masquerade
	opens sctp init
	first=$end
	inject in1 sctp $in1_silent:5000 to $out2_silent:7001 init data hello
	see out2 "sctp $first to $out2_silent:7001 init * data hello"
	inject in2 sctp $in2_silent:5000 to $out1_silent:7000 init data other
	see out1 "sctp * init * data other"
	assert_ne "$first" "$src" "outside ends of two hosts"
	inject out2 sctp $out2_silent:9000 to "$first" init data anybody
	see in1 "sctp $out2_silent:9000 to $in1_silent:5000 init * data anybody"
	inject in2 sctp $in2_silent:6000 to "$first" init data hairpin
	see in1 "sctp 203.0.113.1:* to $in1_silent:5000 init * data hairpin"
}

run_tests "$@"
