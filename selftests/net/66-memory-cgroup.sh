#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What is configured is in the memory cgroup of who configures it: it can be seen there, and the limit of the cgroup is
# one for knat too.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

group=/sys/fs/cgroup/knat-selftest
pools=$work/pools statics=$work/statics
mib=$((1 << 20))

# 48 pools of 4096 addresses and 30,000 forwards: a short and a long request, of which the kernel makes some MiB each
files() {
	local i
	for ((i = 0; i < 48; i++)); do
		echo "pool add p$i addr 10.$((100 + i)).0.0/20"
	done >"$pools"
	for ((i = 0; i < 30000; i++)); do
		echo "map add tcp 10.99.0.$((1 + i / 3000)):$((1000 + i % 3000)) to 192.168.0.2:$((1000 + i % 3000))"
	done >"$statics"
}

# What the kernel says of a limit that is reached is asked for; see selftests/vm/log-check.
build_more() {
	files
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
	rmdir "$group" 2>/dev/null
	mkdir -p "$group"
	echo "knat-faults: allocations may fail" >/dev/kmsg
}

unbuild_more() {
	echo "knat-faults: no allocation is to fail" >/dev/kmsg
	rmdir "$group" 2>/dev/null
}

limit_is() { # BYTES|max
	[ -e "$group/memory.max" ] || skip "no memory cgroups"
	echo "$1" >"$group/memory.max" || fail "the limit cannot be set"
}

# natctl in the cgroup; its output is in $output.
confined() { # WORDS...
	# shellcheck disable=SC2016
	output=$(bash -c 'echo $$ >"$1/cgroup.procs" && exec "${@:2}"' bash "$group" "$NATCTL" -n gw "$@" 2>&1)
}

charged() {
	cat "$group/memory.current"
}

# What was given back may be counted a moment longer.
charged_less_than() { # BYTES
	(($(charged) < $1))
}

limit_met() {
	awk '$1 == "max" { print $2 }' "$group/memory.events"
}

# The configuration and the mappings, without times
state() {
	everything_listed | sed 's/ idle .*//'
}

made() {
	{ nat pool list; nat map list static; } | grep -cE ' addr 10\.|^tcp +10\.99\.'
}

begin_flow() {
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	answer s a "$outside" 203.0.113.11:7000
}

flow_goes_on() {
	local before=$outside
	greet a s 203.0.113.11:7000
	assert_eq "$before" "$outside" "outside end of the flow"
	answer s a "$outside" 203.0.113.11:7000
}

# A flow and a forward, and the file $work/conf that has them and what FILE has. $before is the state.
prepare() { # FILE
	limit_is max
	begin_flow
	nat map add udp 203.0.113.1:53 to 192.168.0.3
	{ cat "$1"; nat save; } >"$work/conf"
	before=$(state)
}

nothing_was_made() { # MET-BEFORE
	assert_eq "$before" "$(state)" "state after what there was no memory for"
	(($(limit_met) > $1)) || fail "the limit of the cgroup was not met"
	flow_goes_on
	wait_until 20 charged_less_than $mib || fail "the cgroup is charged with $(charged) for nothing"
}

# With so little memory the request is refused, or who makes it is killed, and nothing is changed; with enough it is done,
# and what the cgroup is charged with goes again with what was configured.
is_charged() { # FILE LIMIT CHARGE
	local before met status turn
	prepare "$1"
	limit_is "$2"
	for turn in 1 2 3; do
		met=$(limit_met)
		confined apply "$work/conf"
		status=$?
		diag "with $(($2 / mib)) MiB, turn $turn: exit status $status $output"
		case $status in
		2)	assert_like '*Error: *memory*' "$output" "what natctl says of memory that is not to be had" ;;
		137)	;;
		*)	fail "exit status of natctl with little memory: $status ($output)" ;;
		esac
		nothing_was_made "$met"
	done

	limit_is max
	confined apply "$work/conf" || fail "natctl apply with enough memory: $output"
	diag "charged: $(charged)"
	assert_between "$3" $((16 * $3)) "$(charged)" "bytes that the cgroup is charged with"
	assert_eq "$(wc -l <"$1")" "$(made)" "pools and forwards that were made"
	flow_goes_on
	nat flush
	wait_until 20 charged_less_than $mib || fail "the cgroup is charged with $(charged) after a flush"
}

test_pools_are_charged_and_limited() {
	is_charged "$pools" $((6 * mib)) $((8 * mib))
}

# Then nobody is killed, and the kernel has to say no itself.
test_who_may_not_be_killed_is_refused() {
	local before met status
	prepare "$pools"
	limit_is $((6 * mib))
	met=$(limit_met)
	echo -1000 >/proc/self/oom_score_adj
	confined apply "$work/conf"
	status=$?
	assert_eq 2 $status "exit status ($output)"
	assert_like '*Error: *memory*' "$output" "what natctl says of memory that is not to be had"
	nothing_was_made "$met"
}

test_static_mappings_are_charged_and_limited() {
	is_charged "$statics" $((16 * mib)) $((4 * mib))
}

run_tests "$@"
