#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The module and its namespaces come and go, with state and under traffic.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# Each test leaves the module in another state.
rebuild_for_each=1

unload() {
	rmmod knat || fail "the module does not unload"
	[ ! -d /sys/module/knat ] || fail "the module is still there"
	! grep -q '^knat' /proc/slabinfo || fail "caches stay: $(grep ^knat /proc/slabinfo)"
}

# Rules of all kinds, dynamic and static mappings, sessions, a strict pool.
fill() {
	nat pool add p addr 198.51.100.0/28 mapping apdm filtering apdf
	nat rule add oif wan src $in2_silent/32 pool p
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	nat map add tcp dev wan:9000-9009 to 192.168.0.2:9000-9009
	nat map add 198.51.100.128/26 to 192.168.0.128/26
	must burst in1 udp $in1_silent 5000+200 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+200 $out1_silent:80
	must burst in2 udp $in2_silent 5000+20 $out1_silent:7000+5
	must burst in2 tcp $in2_silent 5000+20 $out1_silent:80+5
	assert_mappings 603
}

gateway_is_gone() {
	! ip -n net link show wan >/dev/null 2>&1
}

test_the_module_unloads_with_rules_and_flows_in_place() {
	fill
	unload
	load_module
	assert_eq 0 "$(nat rule list | wc -l)" "rules of a fresh module"
	assert_mappings 0
}

test_what_was_saved_brings_no_flow_back() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	must burst in1 udp $in1_silent 5000+20 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+20 $out1_silent:80
	assert_mappings 41
	nat save >"$work/saved"
	unload
	load_module
	nat apply "$work/saved"
	assert_eq "1 1" "$(nat rule list | wc -l) $(mappings)" "rules and mappings of what was saved"
	assert_eq 0 "$(sessions)" sessions
}

test_packets_pass_untranslated_once_the_module_is_gone() {
	must allow addresses
	fill
	unload
	ip -n out1 route add 192.168.0.0/24 via 203.0.113.1
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_eq 192.168.0.2:5000 "$outside" "source that out1 sees"
}

test_the_module_unloads_under_traffic() {
	local round
	must allow addresses
	for round in 1 2 3; do
		masquerade
		ask_on burst in1 udp $in1_silent $((5000 + round * 1000))+1000 \
			$out1_silent:7000
		unload
		listen_in burst
		ask_on burst in1 tcp $in1_silent 5000+300 $out1_silent:80
		load_module
		masquerade
		listen_in burst
		unload
		load_module
	done
}

test_rules_come_and_go_under_traffic() {
	must allow addresses
	ask_on burst in1 udp $in1_silent 5000+3000 $out1_silent:7000
	for _ in {1..10}; do
		masquerade
		nat map add udp 203.0.113.1:8000 to 192.168.0.2:80
		nat flush
	done
	listen_in burst
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "source that out1 sees"
}

test_twenty_loads_and_unloads_leave_nothing_behind() {
	for _ in {1..20}; do
		masquerade
		must burst in1 udp $in1_silent 5000+20 $out1_silent:7000
		unload
		load_module
	done
}

test_the_module_does_not_unload_into_an_open_list() {
	local line count=1 dump
	masquerade
	must burst in1 udp $in1_silent 5000+5000 $out1_silent:7000
	exec {dump}< <("$NATCTL" -n gw map list 2>/dev/null)
	read -r line <&"$dump" || fail "the list is empty"
	rmmod knat 2>/dev/null
	while read -r line <&"$dump"; do ((++count)); done
	exec {dump}<&-
	assert_between 1 5000 $count "lines of the list"
	[ ! -d /sys/module/knat ] || wait_until 5 rmmod knat 2>/dev/null ||
		fail "the module does not unload after the list"
}

test_a_namespace_goes_with_everything_in_it() {
	fill
	ip netns del gw
	wait_until 20 gateway_is_gone || fail "the namespace stays"
	ip netns add gw
	assert_eq "0 0 0" "$(nat pool list | wc -l) $(nat rule list | wc -l) $(mappings)" "what a new one of the name has"
	unload
}

test_a_namespace_goes_under_traffic() {
	# Its rules go before its devices do.
	must allow addresses
	masquerade
	ask_on burst in1 udp $in1_silent 5000+3000 $out1_silent:7000
	ip netns del gw
	listen_in burst
	wait_until 20 gateway_is_gone || fail "the namespace stays"
	unload
}

test_a_namespace_goes_during_a_list() {
	local line dump
	masquerade
	must burst in1 udp $in1_silent 5000+5000 $out1_silent:7000
	exec {dump}< <("$NATCTL" -n gw map list 2>/dev/null)
	read -r line <&"$dump" || fail "the list is empty"
	ip netns del gw
	while read -r line <&"$dump"; do :; done
	exec {dump}<&-
	wait_until 20 gateway_is_gone || fail "the namespace stays"
}

test_many_namespaces_come_and_go() {
	local n
	for n in {1..10}; do
		ip_batch <<-END
			netns add many$n
			link add wan netns many$n type veth peer name x$n netns net
		END
		ip_batch "many$n" <<-END
			link set wan up
			addr add 198.18.$n.1/24 dev wan
		END
		"$NATCTL" -n many$n rule add oif wan masquerade ||
			fail "rule add in namespace $n"
		"$NATCTL" -n many$n map add tcp dev wan:80 to 10.0.0.1:80 ||
			fail "map add in namespace $n"
	done
	for n in {1..10}; do ip netns del many$n; done
	for n in {1..10}; do
		wait_until 20 port_is_gone x$n || fail "namespace $n stays"
	done
	unload
}

port_is_gone() { # DEVICE
	! ip -n net link show "$1" >/dev/null 2>&1
}

# Whether a fragment without the others passes the gateway.
lone_fragment_passes() {
	must clear
	inject in1 ip $in1_silent to $out1_silent proto 17 frag 1480 data @100
	! ask none out1 "ip $in1_silent to $out1_silent proto 17 *"
}

test_a_namespace_without_rules_collects_no_fragments() {
	must allow addresses
	lone_fragment_passes || fail "fragments are collected without rules"
	masquerade
	! lone_fragment_passes || fail "a lone fragment passes a rule"
	nat flush
	lone_fragment_passes || fail "fragments are collected after a flush"
}

test_without_the_module_natctl_says_so() {
	local message status
	unload
	message=$("$NATCTL" -n gw rule list 2>&1)
	status=$?
	assert_ne 0 $status "exit status"
	assert_like '*knat*' "$message" "message"
	[[ $message != *$'\n'* ]] || fail "not one sentence: $message"
}

run_tests "$@"
