#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# The fast path of PPPoE: packets of a PPP device on the device beneath.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../lib-fastpath.sh
. "$(dirname "$0")/../lib-fastpath.sh"

# Tests change routes, addresses and devices of the gateway.
rebuild_for_each=1

modprobe -a pppoe 2>/dev/null

# Two ends of a session: PPP devices "ppp", on DEVICE and on PEER-DEVICE
session() { # DEVICE ADDR PEER-SPACE PEER-DEVICE PEER-ADDR [NUMBER]
	must ppp here gw
	ip -n gw link set "$answer" name ppp
	must ppp there "$3"
	ip -n "$3" link set "$answer" name ppp
	dial "$1" "$3" "$4" "${6:-5}"
	ip_batch gw <<-END
		addr add $2 peer $5 dev ppp
		link set ppp mtu 1492 up
	END
	ip_batch "$3" <<-END
		addr add $5 peer $2 dev ppp
		link set ppp mtu 1492 up
	END
}

dial() { # DEVICE PEER-SPACE PEER-DEVICE NUMBER
	must dial here "$1" "$4" "$(mac_of "$2" "$3")"
	must dial there "$3" "$4" "$(mac_of gw "$1")"
}

# out1 at the other end of a session on wan
outside_ppp() {
	session wan 198.18.7.1 out1 eth0 198.18.7.2
	far=198.18.7.2:7000
	nat rule add oif ppp masquerade
}

# The flow begins anew, from the same port.
reopen_flow() {
	must close a
	must close s
	open_flow
}

# in3 likewise, on lan2
inside_ppp() {
	session lan2 192.168.5.1 in3 eth0 192.168.5.2
	ip -n in3 route replace default via 192.168.5.1
}

open_from_ppp() {
	open_flow in3 192.168.5.2
}

test_packets_of_an_outside_session_are_fast_at_the_device_beneath() {
	local before
	outside_ppp
	fast lan,wan
	open_flow
	reset_counters
	before=$(device_bytes ppp rx)
	counts_fast 1 1 both_ways
	counts_fast 1 1 both_ways
	assert_like '198.18.7.1:*' "$outside" "source that out1 sees"
	assert_counter fast_miss 0
	assert_eq "$before" "$(device_bytes ppp rx)" "bytes that ppp counts"
}

test_packets_of_an_inside_session_are_fast_at_the_device_beneath() {
	inside_ppp
	masquerade
	fast lan2,wan
	open_from_ppp
	counts_fast 1 1 both_ways
}

test_a_session_that_begins_later() {
	nat rule add oif wan masquerade
	fast lan,wan
	open_flow
	outside_ppp
	reopen_flow
	counts_fast 1 1 both_ways
}

test_a_session_in_a_vlan() {
	local space
	for space in gw:wan out1:eth0; do
		ip_batch "${space%:*}" <<-END
			link add link ${space#*:} name v7 type vlan id 7
			link set v7 up
		END
	done
	session v7 198.18.7.1 out1 v7 198.18.7.2
	far=198.18.7.2:7000
	nat rule add oif ppp masquerade
	fast lan,wan
	open_flow
	counts_fast 1 1 both_ways
	nat fastpath add dev v7
	counts_fast 1 1 both_ways
}

test_streams_pass_whole() {
	outside_ppp
	fast lan,wan
	streams_are_fast in1 192.168.0.2 198.18.7.1
}

test_oversize_packets_are_refused_with_the_mtu() {
	outside_ppp
	fast lan,wan
	open_flow
	oversize_is_refused ppp in1 192.168.0.1 192.168.0.2
}

test_a_filter_at_the_ppp_device_holds() {
	outside_ppp
	fast lan,wan
	open_flow
	drop_by_nft ingress ppp udp sport 7000
	lost_inwards 0
}

test_who_captures_at_the_ppp_device_sees_all() {
	outside_ppp
	fast lan,wan
	open_flow
	must capture tap gw ppp both
	counts_fast 1 0 both_ways
	see tap "udp $outside to $far *"
	see tap "udp $far to $outside *"
	must uncapture tap
	counts_fast 1 1 both_ways
}

test_the_ppp_device_may_have_the_fast_path_itself() {
	local before
	outside_ppp
	fast lan,wan
	nat fastpath add dev ppp
	open_flow
	before=$(device_bytes ppp rx)
	counts_fast 1 1 both_ways
	assert_between $((before + 28)) $((before + 100)) \
		"$(device_bytes ppp rx)" "bytes that ppp counts"
}

test_packets_of_another_sender_are_not_of_the_session() {
	outside_ppp
	fast lan,wan
	open_flow
	counts_fast 1 1 both_ways
	# out1 goes on with another hardware address.
	ip_batch out1 <<-END
		link set eth0 down
		link set eth0 address 02:00:00:00:07:02
		link set eth0 up
	END
	must dial there eth0 5 "$(mac_of gw wan)"
	lost_inwards 0
}

test_packets_of_another_session_are_left_alone() {
	outside_ppp
	fast lan,wan
	open_flow
	must dial there eth0 6 "$(mac_of gw wan)"
	lost_inwards 0
}

test_a_session_ends() {
	outside_ppp
	fast lan,wan
	open_flow
	counts_fast 1 1 both_ways
	must hangup here
	# The device that is still there is asked within a second.
	pause 1100
	lost_inwards 0
}

test_the_device_goes_down_and_up_with_another_session() {
	outside_ppp
	fast lan,wan
	open_flow
	counts_fast 1 1 both_ways
	ip -n gw link set ppp down
	lost_inwards 0
	dial wan out1 eth0 1234
	ip -n gw link set ppp up
	reopen_flow
	counts_fast 1 1 both_ways
}

test_the_device_goes_and_another_comes() {
	outside_ppp
	fast lan,wan
	open_flow
	counts_fast 1 1 both_ways
	must forget
	build_again
	outside_ppp
	open_flow
	counts_fast 1 1 both_ways
}

build_again() {
	nat rule del oif ppp masquerade
	capture_hosts
}

test_the_module_goes_with_flows_on_the_fast_path() {
	outside_ppp
	fast lan,wan
	open_flow
	module_goes_while_fast
}

run_tests "$@"
