#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory that is not to be had when the module is loaded and when a namespace begins: each allocation fails once in
# turn, and nothing is left of what was half made. On kernels with fault injection.
# timeout: 600

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../lib-faults.sh
. "$(dirname "$0")/../lib-faults.sh"

# The module comes and goes.
rebuild_for_each=1

build_more() {
	let_fail
	within_module
}

unload() {
	rmmod knat || fail "the module does not unload"
	[ ! -d /sys/module/knat ] || fail "the module is still there"
	! grep -q '^knat' /proc/slabinfo || fail "caches stay: $(grep ^knat /proc/slabinfo)"
}

# What is asked for within this function when the module is loaded
loads_fail_within() { # FUNCTION...
	local nth start status count=0
	within "$@"
	for ((nth = 1; nth < 500; nth++)); do
		start=$(failed)
		failing "$nth" insmod "$KNAT_KO"
		status=$?
		[ "$(failed)" != "$start" ] || break
		((count++))
		if [ "$status" = 0 ]; then
			unload
			continue
		fi
		[ ! -d /sys/module/knat ] || fail "allocation $nth within $1 failed: the module is there"
		! grep -q '^knat' /proc/slabinfo || fail "allocation $nth within $1 failed: caches stay"
	done
	assert_eq 0 "$status" "exit status of insmod when nothing fails within $1 ($output)"
	((count > 0)) || fail "no allocation within $1 was made to fail"
	diag "$1: $count allocations"
	unload
}

test_the_module_is_loaded() {
	unload
	loads_fail_within alloc_workqueue_noprof alloc_workqueue
	loads_fail_within register_pernet_subsys
	loads_fail_within genl_register_family
	load_module
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
}

test_a_namespace_begins() {
	local nth start status count=0 refused=0
	for ((nth = 1; nth < 500; nth++)); do
		start=$(failed)
		failing "$nth" ip netns add other
		status=$?
		# Where the allocator has another way, there is a namespace.
		[ "$status" != 0 ] || "$NATCTL" -n other rule list >/dev/null ||
			fail "allocation $nth failed: nothing is to be had from the namespace"
		ip netns del other 2>/dev/null
		[ "$(failed)" != "$start" ] || break
		((count++))
		((refused += status != 0))
	done
	assert_eq 0 "$status" "exit status of ip netns add when nothing fails ($output)"
	((count > 3 && refused > 0)) || fail "of $count allocations that failed $refused were needed"
	diag "$count allocations, $refused of them needed"
}

# Nor has the allocator another way.
test_a_namespace_cannot_begin() {
	local name
	for name in knat_map_tables_init knat_session_tables_init knat_addr_table_init; do
		within "$name"
		fault probability 100
		! ip netns add other 2>/dev/null || fail "a namespace began without memory for $name"
		fault probability 0
		ip netns del other 2>/dev/null
	done
	ip netns add other || fail "ip netns add"
	ip netns del other
}

test_a_namespace_cannot_be_configured() {
	local name
	ip netns add other || fail "ip netns add"
	for name in knat_frags_init knat_net_start knat_pool_new knat_rule_new; do
		within "$name"
		fault probability 100
		! "$NATCTL" -n other rule add oif lo masquerade 2>/dev/null ||
			fail "there is a rule without memory for $name"
		fault probability 0
		assert_eq '' "$("$NATCTL" -n other rule list)" "rules without memory for $name"
	done
	"$NATCTL" -n other rule add oif lo masquerade || fail "natctl rule add"
	ip netns del other
}

# What it has besides is made with the first rule.
test_a_namespace_is_configured() {
	local nth start status count=0
	for ((nth = 1; nth < 500; nth++)); do
		ip netns add other || fail "ip netns add"
		start=$(failed)
		failing "$nth" "$NATCTL" -n other rule add oif lo masquerade
		status=$?
		if [ "$(failed)" != "$start" ] && [ "$status" != 0 ]; then
			assert_eq '' "$("$NATCTL" -n other rule list)" \
				"rules when allocation $nth failed"
		fi
		ip netns del other
		[ "$(failed)" != "$start" ] || break
		((count++))
	done
	assert_eq 0 "$status" "exit status of natctl when nothing fails ($output)"
	((count > 5)) || fail "only $count allocations were made to fail"
	diag "$count allocations"
}

run_tests "$@"
