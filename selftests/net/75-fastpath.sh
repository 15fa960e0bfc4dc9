#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The fast path: what takes it, what does not, and that every change of routes, neighbours, devices, rules,
# mappings and addresses is obeyed by the next packet.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

rebuild_for_each=yes
far=203.0.113.11:7000

fast() {
	masquerade "$@"
	[ -n "${FASTPATH-}" ] || nat fastpath add dev lan,lan2,wan
}

# A flow that has been there and back, so that the next packets are fast ones
open_flow() {
	udp a in1 192.168.0.2:5000
	udp s out1 $far
	greet a s $far
	answer s a "$outside" $far
	greet a s $far
	answer s a "$outside" $far
	nat stats reset
}

# Each way one more, which must take the fast path.
exchange_fast() {
	local out in
	out=$(counter fast_out)
	in=$(counter fast_in)
	greet a s $far
	answer s a "$outside" $far
	assert_eq $((out + 1)) "$(counter fast_out)" "fast_out"
	assert_eq $((in + 1)) "$(counter fast_in)" "fast_in"
}

test_established_udp_is_fast_both_ways() {
	fast
	open_flow
	exchange_fast
	exchange_fast
	assert_counter out_translated 2
	assert_counter in_translated 2
	assert_counter fast_miss 0
}
run_tests "$@"
