#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The machine beneath: processors that work at the same time, that go and come, a
# clock that is set, devices that are renamed.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

cpu1=/sys/devices/system/cpu/cpu1/online

build_more() {
	(($(nproc) >= 2)) || bail "this needs a machine with two processors"
}

unbuild_more() {
	[ ! -e $cpu1 ] || echo 1 >$cpu1
}

# Those of a user-mode kernel stay.
processors_come_and_go() {
	[ -e $cpu1 ] || skip "processors of this kernel neither go nor come"
}

# Runs the probe, and with it what its packets set off, there.
on_cpu() { # NUMBERS
	taskset -acp "$1" "$PROBE_PROCESS_PID" >/dev/null || bail "no taskset"
}

# Seconds by a clock that nobody sets
boot_clock() {
	local now
	read -r now _ </proc/uptime
	seconds=${now%.*}
}

flow() {
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
}

# The first packets of the same flows, from each processor at the same time
burst_on_both() { # PROTO ADDR PORT+COUNT
	local cpu jobs=()
	for cpu in 0 1; do
		echo "burst in1 $1 $2 $3 $out1_silent:7000" |
			taskset -c $cpu "$PROBE" >"$work/burst-$cpu" &
		jobs+=($!)
	done
	wait "${jobs[@]}"
	for cpu in 0 1; do
		assert_like 'ok *' "$(<"$work/burst-$cpu")" "burst of processor $cpu"
	done
}

no_subscribers() {
	[ "$(counter subscribers)" = 0 ]
}

test_two_processors_that_open_the_same_flows_open_them_once() {
	local proto
	setting port_rest 0
	masquerade ports 2000-3099 limit 4000
	for proto in udp tcp icmp; do
		burst_on_both $proto $in1_silent 5000+1000
		assert_eq 1000 "$(mappings proto $proto)" "mappings of $proto"
		must ports out1 "$proto 203.0.113.1*"
		assert_like 'packets 2000 sources 1000 *' "$answer" "$proto at out1"
	done
	assert_counter map_created 3000
	assert_eq 1000 "$(sessions)" "sessions"
	assert_like "*\"mappings\":3000,*" "$(nat -j host list | tr -d ' ')" \
		"what the host has"
	# None of its ports is lost, and neither is its host's number.
	nat map flush >"$work/flushed"
	wait_until 5 no_mappings || fail "mappings stay"
	wait_until 5 no_subscribers || fail "a subscriber stays"
	must burst in2 udp $in2_silent 5000+1100 $out1_silent:7000
	assert_mappings 1100
	assert_counter refuse_ports 0
}

test_a_mapping_of_a_processor_that_went_away_ends_on_time() {
	local start
	processors_come_and_go
	setting udp_timeout 3
	masquerade
	on_cpu 1
	flow
	start=$(now_ms)
	on_cpu 0
	echo 0 >$cpu1
	assert_happens_after 3 "$start" no_mappings_listed
	on_cpu 0-1
	echo 1 >$cpu1
	assert_counter map_created 1
	assert_counter map_expired 1
}

test_a_mapping_lives_on_while_processors_come_and_go() {
	local first turn
	processors_come_and_go
	masquerade
	on_cpu 1
	flow
	first=$outside
	on_cpu 0
	for turn in 1 2 3 4; do
		echo 0 >$cpu1
		greet a s 203.0.113.11:7000
		assert_eq "$first" "$outside" "outside end without the processor, turn $turn"
		answer s a "$first" 203.0.113.11:7000
		echo 1 >$cpu1
		greet a s 203.0.113.11:7000
		assert_eq "$first" "$outside" "outside end with it"
	done
	on_cpu 0-1
	assert_counter out_translated 9
	assert_counter in_translated 4
}

test_setting_the_clock_changes_no_lifetime() {
	local first start
	setting udp_timeout 12
	masquerade
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5353 lifetime 12
	flow
	first=$outside
	boot_clock
	start=$seconds
	date -s '+2 days' >/dev/null
	assert_like '*idle [0-5]s expires in *([7-9]|1[0-2])s' "$(nat map list in 192.168.0.2:5000)" "the mapping"
	greet a s 203.0.113.11:7000
	assert_eq "$first" "$outside" "outside end after a step of the clock"
	date -s '-4 days' >/dev/null
	greet a s 203.0.113.11:7000
	assert_eq "$first" "$outside" "outside end after a step back"
	ask pause 2000
	assert_eq 2 "$(nat map list | wc -l)" "mappings before their time"
	date -s '+2 days' >/dev/null
	wait_until 24 no_mappings_listed || fail "they do not end"
	boot_clock
	assert_between 12 30 $((seconds - start)) "seconds until they ended"
}

test_a_rule_stays_with_the_name_when_a_device_is_renamed() {
	masquerade
	flow
	ip -n gw link set wan down
	ip -n gw link set wan name uplink
	ip -n gw link set uplink up
	assert_like '*oif wan*' "$(nat rule list)" "the rule"
	wait_until 5 no_mappings_listed || fail "a mapping is left of a device that is gone"
	ip -n gw link set uplink down
	ip -n gw link set uplink name wan
	ip -n gw link set wan up
	greet a s 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "outside end when the name is back"
}

run_tests "$@"
