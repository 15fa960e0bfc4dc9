#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Hairpinning once more, with br_netfilter, as Docker and others load it: what
# comes in through a bridge has been through PREROUTING before ip_rcv() has it.
# And what a bridge passes on is left alone.

build_more() {
	[ -d /proc/sys/net/bridge ] || modprobe br_netfilter ||
		bail "there is no br_netfilter"
	bridges_call_netfilter 1
}

unbuild_more() {
	rmmod br_netfilter 2>/dev/null || true
}

test_what_goes_by_on_a_bridge_is_left_alone() {
	nat rule add oif lan masquerade
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:6000
	greet a b 192.168.0.3:6000
	assert_eq 192.168.0.2:5000 "$outside" "source that the neighbour sees"
	answer b a 192.168.0.2:5000 192.168.0.3:6000
	udp c in3 192.168.1.2:5000
	greet c b 192.168.0.3:6000
	assert_like '192.168.0.1:*' "$outside" "source of what is routed there"
}

test_fragments_go_by_on_a_bridge() {
	masquerade
	udp a in1 192.168.0.2:5000 nodf
	udp b in2 192.168.0.3:6000
	tell a 192.168.0.3:6000 @4000
	hear b @4000
	assert_eq 192.168.0.2:5000 "$from" "source that the neighbour sees"
}

# shellcheck source=43-hairpin.sh
. "$(dirname "$0")/43-hairpin.sh"
