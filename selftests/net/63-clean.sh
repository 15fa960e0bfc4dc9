#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the kernel tells has neither its own addresses in it nor what was in its memory before. Bytes that were never
# written are seen only where slabs are poisoned, and not cleared: slub_debug=P init_on_alloc=0, as selftests/t/07-poison.t
# boots it.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

if grep -q 'slub_debug=[A-Z]*P' /proc/cmdline && grep -q init_on_alloc=0 /proc/cmdline; then
	diag "slabs are poisoned"
fi

# One of each kind of object, where attributes have all lengths
all_kinds() {
	local i label=
	nat pool add p addr 198.51.100.1,198.51.100.3-198.51.100.4 filtering adf limit 20
	nat pool add longer addr 198.51.100.8/30 mapping apdm
	nat rule add oif wan src 192.168.0.0/25 proto tcp pool p
	nat rule add oif wan dst 203.0.113.0/24 proto icmp pool longer
	nat rule add prio 7 oif wan dst 10.0.0.0/8 exempt
	nat rule add oif wan masquerade limit 10 mss-clamp pmtu
	for i in {1..9}; do
		label+=a
		nat map add tcp "203.0.113.1:$((8000 + i))" to "192.168.0.2:$((80 + i))" label $label
	done
	nat map add udp dev wan:9000-9009 to 192.168.0.3 lifetime 600
	nat map add 198.51.100.16/28 to 192.168.0.16/28 label whole
	with_fastpath lan2
}

traffic() {
	must burst in1 udp "$in1_silent" 5000+20 "$out1_silent":7000
	must burst in1 tcp "$in1_silent" 5000+20 "$out1_silent":80
	must burst in1 icmp "$in1_silent" 5000+5 "$out1_silent":0
	must burst in2 udp "$in2_silent" 5000+5 "$out1_silent":7000
	inject in2 gre "$in2_silent" to "$out1_silent" data hello
}

test_nothing_that_is_told_was_not_meant_to_be() {
	local listener
	all_kinds
	traffic
	mkfifo "$work/go"
	in_space gw "$selftests/spec/rights" clean <"$work/go" >"$work/clean" 2>&1 &
	listener=$!
	exec {go}>"$work/go"
	wait_until 60 grep -q ready "$work/clean" || fail "nobody looks: $(<"$work/clean")"
	nat map flush
	traffic
	nat map del tcp 203.0.113.1:8003
	nat flush
	pause 500
	exec {go}>&-
	wait $listener || fail "$(<"$work/clean")"
	assert_between 200 10000 "$(tail -n 1 "$work/clean")" "messages looked at"
	diag "messages looked at: $(tail -n 1 "$work/clean")"
}

run_tests "$@"
