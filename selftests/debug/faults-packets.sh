#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory that is not to be had while packets pass: to copy one that others see as well, for the table to grow, for
# routes of the fast path, for events. On kernels with fault injection.
# timeout: 600

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../lib-faults.sh
. "$(dirname "$0")/../lib-faults.sh"
# shellcheck source=../lib-pptp.sh
. "$(dirname "$0")/../lib-pptp.sh"

build_more() {
	let_fail
	within_module
	# Who listens to a device shares its packets: what is to be changed must be copied first.
	must capture tap-wan gw wan both
	must capture tap-lan gw lan both
	must capture tap-lan2 gw lan2 both
}

# The packet that the words send does not arrive for want of memory, and is counted as $why.
lost() { # HOST GLOB WORDS...
	local before why=${why:-drop_memory}
	trap no_faults EXIT
	before=$(counter "$why")
	must clear
	fault probability 100
	must "${@:3}"
	see_nothing "$1" "$2"
	fault probability 0
	assert_eq $((before + 1)) "$(counter "$why")" "counter $why after: ${*:3}"
}

# A flow of a protocol with ports is opened; then it loses a packet from the outside, and goes on. What the stack forwards
# it has copied itself by the time that it leaves.
copies_fail() { # PROTO OPENING ANSWERING GOING, words each
	local opening answering going out mapped
	out=("$1" "$in1_silent:5000" to "$out1_silent:7000")
	read -ra opening <<<"$2"
	read -ra answering <<<"$3"
	read -ra going <<<"$4"
	inject in1 "${out[@]}" "${opening[@]}" data hello
	see out1 "$1 203.0.113.1:* to $out1_silent:7000 * data hello"
	mapped=$src
	inject out1 "$1" "$out1_silent:7000" to "$mapped" "${answering[@]}" data well
	see in1 "$1 $out1_silent:7000 to $in1_silent:5000 * data well"
	lost in1 "$1 *" packet out1 "$1" "$out1_silent:7000" to "$mapped" "${going[@]}" data lost
	inject in1 "${out[@]}" "${going[@]}" data more
	see out1 "$1 $mapped to $out1_silent:7000 * data more"
	inject out1 "$1" "$out1_silent:7000" to "$mapped" "${going[@]}" data back
	see in1 "$1 $out1_silent:7000 to $in1_silent:5000 * data back"
}

test_packets_with_ports_that_cannot_be_copied() {
	masquerade
	copies_fail udp '' '' ''
	copies_fail tcp 'S seq 100' 'SA seq 300 ack 101' 'A seq 101 ack 301'
	copies_fail udplite 'coverage 0' 'coverage 0' 'coverage 0'
	copies_fail dccp request response data-packet
	copies_fail sctp init init-ack data-chunk
}

test_pings_that_cannot_be_copied() {
	local id
	masquerade
	inject in1 icmp "$in1_silent" to "$out1_silent" 8/0 id 77 seq 1
	see out1 "icmp 203.0.113.1 to $out1_silent 8/0 *"
	id=$(field id)
	lost in1 'icmp *' packet out1 icmp "$out1_silent" to 203.0.113.1 0/0 id "$id" seq 1
	inject out1 icmp "$out1_silent" to 203.0.113.1 0/0 id "$id" seq 1
	see in1 "icmp $out1_silent to $in1_silent 0/0 *"
}

test_errors_that_cannot_be_copied() {
	masquerade
	inject in1 udp "$in1_silent:5000" to "$out1_silent:7000"
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 *"
	lost in1 'icmp *' icmp-error out1 "$out1_silent" 3/3 about out1
}

test_the_first_segment_of_a_connection_that_cannot_be_changed() {
	masquerade mss-clamp 1000
	inject in1 tcp "$in1_silent:5000" to "$out1_silent:80" S seq 100 mss 1460
	see out1 'tcp * S * mss 1000*'
	lost in1 'tcp *' packet out1 tcp "$out1_silent:80" to "$src" SA seq 300 ack 101 mss 1460
	inject out1 tcp "$out1_silent:80" to "$src" SA seq 300 ack 101 mss 1460
	see in1 'tcp * SA * mss 1000*'
}

test_packets_of_whole_addresses_that_cannot_be_copied() {
	nat map add 198.51.100.52 to "$in1_silent"
	inject in1 udp "$in1_silent:5000" to "$out1_silent:7000"
	see out1 "udp 198.51.100.52:5000 to $out1_silent:7000 *"
	lost in1 'udp *' packet out1 udp "$out1_silent:7000" to 198.51.100.52:5000
	lost in1 'ip *' packet out1 ip "$out1_silent" to 198.51.100.52 proto 253 data x
}

test_hairpin_packets_that_cannot_be_copied() {
	local mapped
	masquerade
	inject in1 udp "$in1_silent:5000" to "$out1_silent:7000"
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 *"
	mapped=$src
	inject in3 udp "$in3_silent:5000" to "$mapped"
	see in1 "udp 203.0.113.1:* to $in1_silent:5000 *"
	lost in1 'udp *' packet in3 udp "$in3_silent:5000" to "$mapped"
	inject in3 udp "$in3_silent:5000" to "$mapped"
	see in1 "udp 203.0.113.1:* to $in1_silent:5000 *"
}

test_calls_of_pptp_that_cannot_be_changed() {
	setting pptp 1
	masquerade
	control in1
	why=refuse_memory lost out1 'tcp *' packet in1 tcp "${client[in1]}" to "$server" PA seq 101 ack 301 pptp 7:66
	ask_call in1 66
	lost in1 'tcp *' packet out1 tcp "$server" to "${end[in1]}" PA seq 301 ack 101 pptp "8:88:${told[in1]}"
	take_call in1 66 88
	carries in1 66 88
	lost in1 'gre *' packet out1 gre "$out1_silent" to 203.0.113.1 call "${told[in1]}" data lost
	carries in1 66 88
}

has_failed_since() { # NUMBER
	(($(failed) > $1))
}

# The chains of the present one grow meanwhile.
test_the_table_cannot_grow() {
	local before
	masquerade
	within table_work
	fault probability 100
	must burst in1 udp "$in1_silent" 1024+4000 "$out1_silent:7000"
	must burst in1 tcp "$in1_silent" 1024+4000 "$out1_silent:80"
	must settle
	assert_mappings 8000
	assert_eq 4000 "$(sessions)" sessions
	before=$(failed)
	wait_until 5 has_failed_since "$before" || fail "it is not tried again"
	fault probability 0
	# Within a second it has grown, and there is nothing left to ask for.
	pause 2500
	before=$(failed)
	fault probability 100
	pause 2500
	fault probability 0
	assert_eq "$before" "$(failed)" "allocations that failed when the tables had grown"
	must burst in1 udp "$in1_silent" 1024+4000 "$out1_silent:7000"
	assert_mappings 8000
}

# Each packet asks for its route then.
test_routes_of_the_fast_path_cannot_be_kept() {
	"$NATCTL" -n gw fastpath del dev wan,lan,lan2 2>/dev/null
	masquerade
	nat fastpath add dev wan,lan
	within knat_fastroute_ask
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	answer s a "$outside" 203.0.113.11:7000
	fault probability 100
	greet a s 203.0.113.11:7000
	answer s a "$outside" 203.0.113.11:7000
	fault probability 0
	assert_ne 0 "$(counter fast_out)" "packets by the fast path, outward"
	assert_ne 0 "$(counter fast_in)" "packets by the fast path, inward"
}

# Somebody listens to generic netlink, protocol 16, in gw.
listening() {
	local proto groups
	while read -r _ proto _ groups _; do
		[[ $proto != 16 || $groups =~ ^0+$ ]] || return 0
	done < <(in_space gw cat /proc/net/netlink)
	return 1
}

monitor() {
	"$NATCTL" -n gw monitor >"$work/events" 2>&1 &
	monitor=$!
	trap 'kill $monitor 2>/dev/null; no_faults' EXIT
	wait_until 10 listening || fail "natctl monitor does not listen"
}

told_of() { # GREP-PATTERN
	grep -q -- "$1" "$work/events"
}

test_events_that_cannot_be_told_are_counted() {
	masquerade
	within knat_nl_event_put
	monitor
	fault probability 100
	must burst in1 udp "$in1_silent" 5000+10 "$out1_silent:7000"
	assert_mappings 10
	wait_until 10 told_of lost || fail "nobody is told of a loss: $(<"$work/events")"
	! told_of 'udp' || fail "an event was told: $(<"$work/events")"
	fault probability 0
	must burst in1 udp "$in1_silent" 6000+1 "$out1_silent:7000"
	wait_until 10 told_of 'udp .*:6000' || fail "the next one is not told of: $(<"$work/events")"
}

test_events_of_static_mappings_that_cannot_be_told_are_counted() {
	within knat_nl_event_static
	monitor
	fault probability 100
	nat map add tcp 203.0.113.1:80 to 192.168.0.2
	fault probability 0
	wait_until 10 told_of lost || fail "nobody is told of a loss: $(<"$work/events")"
	nat map add tcp 203.0.113.1:81 to 192.168.0.2
	wait_until 10 told_of 203.0.113.1:81 || fail "the next one is not told of: $(<"$work/events")"
}

run_tests "$@"
