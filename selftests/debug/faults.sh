#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory that is not to be had: each allocation of the module fails once in turn, in every request and where
# mappings and sessions are made. On kernels with fault injection.
# timeout: 900

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../lib-faults.sh
. "$(dirname "$0")/../lib-faults.sh"

build_more() {
	let_fail
	within_module
	# What a namespace has when it was configured once.
	nat rule add oif wan masquerade
	nat flush
}

# The configuration, mappings and sessions, without what changes by itself
state() {
	{
		everything_listed
		"$NATCTL" -n gw session list | sort
	} | sed 's/ idle .*//; s/ expires .*//'
}

# The words are refused while an allocation fails, whichever, and nothing changes; without they do what they do at
# last. UNDO takes that back, so that it can be tried again.
each_fails() { # UNDO WORDS...
	local undo=$1 before after status nth count=0 start
	shift
	before=$(state)
	nat "$@" >/dev/null
	after=$(state)
	[ -z "$undo" ] || eval "$undo"
	assert_eq "$before" "$(state)" "state after natctl $* and $undo"
	for ((nth = 1; ; nth++)); do
		start=$(failed)
		failing "$nth" "$NATCTL" -n gw "$@"
		status=$?
		if [ "$(failed)" = "$start" ]; then
			assert_eq 0 "$status" "exit status of natctl $* without a failure ($output)"
			break
		fi
		((count++))
		if [ "$status" = 0 ]; then
			# There was another way.
			assert_eq "$after" "$(state)" "state after natctl $*, allocation $nth failed"
			[ -z "$undo" ] || eval "$undo"
		else
			assert_like '*Error: *' "$output" "message of natctl $*, allocation $nth failed"
			assert_eq "$before" "$(state)" "state after natctl $* was refused, allocation $nth failed"
		fi
		((nth < 500)) || fail "natctl $*: no end of allocations"
	done
	assert_eq "$after" "$(state)" "state after natctl $* in the end"
	[ -z "$undo" ] || eval "$undo"
	((count > 0)) || fail "natctl $*: no allocation was made to fail"
	diag "natctl $*: $count allocations"
}

test_requests_about_pools() {
	each_fails 'nat pool del p' pool add p addr 198.51.100.0/30,198.51.100.8
	nat pool add p addr 198.51.100.0/30
	each_fails 'nat pool set p addr 198.51.100.0/30 limit 0' \
		pool set p addr 198.51.100.2-198.51.100.5 limit 5
	each_fails 'nat pool add p addr 198.51.100.0/30' pool del p
}

test_requests_about_rules() {
	nat pool add p addr 198.51.100.0/30
	each_fails 'nat rule del oif wan masquerade' rule add oif wan masquerade filtering adf
	each_fails 'nat rule del oif wan dst 192.0.2.0/24 pool p' rule add oif wan dst 192.0.2.0/24 pool p
	nat rule add oif wan masquerade
	each_fails 'nat rule add oif wan masquerade' rule del oif wan masquerade
}

# By what is applied: it keeps its mappings, and its place or its settings change.
test_requests_about_rules_that_move() {
	nat pool add p addr 198.51.100.0/30
	nat rule add prio 10 oif wan src 192.168.0.0/24 pool p
	nat rule add prio 20 oif wan masquerade
	nat save >"$work/before"
	sed 's/prio 10 /prio 30 /; s/masquerade/masquerade filtering apdf/' "$work/before" >"$work/conf"
	! diff -q "$work/before" "$work/conf" >/dev/null || fail "nothing is to move"
	# shellcheck disable=SC2016
	each_fails 'nat apply "$work/before"' apply "$work/conf"
	# The request itself is then read without a failure.
	within knat_apply_rule_add
	# shellcheck disable=SC2016
	each_fails 'nat apply "$work/before"' apply "$work/conf"
}

# Some take no memory but that of the request.
test_requests_about_settings() {
	within genl_rcv_msg
	each_fails 'nat config set udp_timeout 300 max_mappings '"$(setting_of max_mappings)" \
		config set udp_timeout 77 max_mappings 1000
}

test_requests_about_everything() {
	nat pool add p addr 198.51.100.0/30
	nat rule add oif wan src 192.168.0.0/24 pool p
	nat rule add oif wan masquerade
	nat map add tcp dev wan:8000-8010 to 192.168.0.2:80-90
	nat save >"$work/before"
	within genl_rcv_msg
	# shellcheck disable=SC2016
	each_fails 'nat apply "$work/before"' flush
}

test_requests_about_static_mappings_of_a_device() {
	nat map add tcp dev wan:8000-8010 to 192.168.0.2:80-90
	within genl_rcv_msg
	each_fails 'nat map add tcp dev wan:8000-8010 to 192.168.0.2:80-90' map del tcp dev wan:8000-8010
}

# The same one again, with the outside port that it had
one_mapping() {
	wait_until 5 nobody_left || fail "a port is not free again"
	must burst in1 udp "$in1_silent" 5000+1 "$out1_silent:7000"
}

test_requests_about_dynamic_mappings() {
	setting port_rest 0
	masquerade ports 2000-2000 filtering apdf
	one_mapping
	assert_eq 1 "$(sessions)" sessions
	within genl_rcv_msg
	each_fails one_mapping map flush dynamic
	each_fails one_mapping map flush in 192.168.0.52 proto udp
	each_fails one_mapping map flush
	each_fails one_mapping map del udp 203.0.113.1:2000
}

test_requests_about_static_mappings() {
	each_fails 'nat map del tcp dev wan:8000-8010' map add tcp dev wan:8000-8010 to 192.168.0.2:80-90
	each_fails 'nat map del udp 198.51.100.1:53' map add udp 198.51.100.1:53 to 192.168.0.2 label name
	each_fails 'nat map del 198.51.100.16/28' map add 198.51.100.16/28 to 192.168.0.16/28
	nat map add udp 198.51.100.1:53 to 192.168.0.2
	each_fails 'nat map add udp 198.51.100.1:53 to 192.168.0.2' map del udp 198.51.100.1:53
	each_fails 'nat map set udp 198.51.100.1:53 label ""' map set udp 198.51.100.1:53 label name
	each_fails 'nat map del tcp 198.51.100.1:80' map add tcp 198.51.100.1:80 to 192.168.0.2 lifetime 1000
	nat map add tcp 198.51.100.1:80 to 192.168.0.2 lifetime 1000
	each_fails 'nat map set tcp 198.51.100.1:80 lifetime 1000' map set tcp 198.51.100.1:80 lifetime 2000
	nat map del tcp 198.51.100.1:80
	each_fails 'nat map add udp 198.51.100.1:53 to 192.168.0.2' map flush static
}

test_many_changes_at_once() {
	nat pool add old addr 198.51.100.1
	nat rule add oif wan src 192.168.0.0/24 pool old
	nat rule add oif wan masquerade
	nat map add udp 203.0.113.1:1000-1003 to 192.168.0.2:1000-1003
	nat map add 198.51.100.32/28 to 192.168.0.32/28
	nat save >"$work/before"
	cat >"$work/conf" <<-END
		config set udp_timeout 77
		pool add new addr 198.51.100.1,198.51.100.3
		rule add oif wan src 192.168.0.0/24 pool new
		rule add prio 50 oif wan masquerade filtering apdf
		map add udp 203.0.113.1:1000-1005 to 192.168.0.3:1000-1005
		map add 198.51.100.32/27 to 192.168.0.32/27
	END
	# shellcheck disable=SC2016
	each_fails 'nat apply "$work/before"' apply "$work/conf"
	each_fails '' apply "$work/conf" --dry-run
}

test_requests_about_the_fast_path() {
	"$NATCTL" -n gw fastpath del dev wan,lan,lan2 2>/dev/null
	each_fails 'nat fastpath del dev wan,lan' fastpath add dev wan,lan
	nat fastpath add dev wan,lan
	each_fails 'nat fastpath add dev wan,lan' fastpath del dev wan,lan
}

# What only tells changes nothing, and says so when it cannot.
test_questions() {
	masquerade
	must burst in1 udp "$in1_silent" 5000+20 "$out1_silent:7000"
	must burst in1 tcp "$in1_silent" 5000+20 "$out1_silent:80"
	each_fails '' session list
	each_fails '' lookup udp 192.168.0.2:5000 "$out1_silent:53"
	each_fails '' stats
	each_fails '' config list
	each_fails '' host list
	each_fails '' session count
	assert_mappings 40 dynamic
}

# What is told needs memory, if only for the message.
test_requests_about_lists() {
	local list
	nat pool add p addr 198.51.100.0/30
	nat rule add oif wan src 192.168.0.0/24 pool p
	nat rule add oif wan masquerade
	nat map add udp 203.0.113.1:53 to 192.168.0.2
	with_fastpath lan2
	must burst in1 udp "$in1_silent" 5000+20 "$out1_silent:7000"
	for list in pool rule map fastpath host session config; do
		within genl_rcv_msg
		each_fails '' "$list" list
		# The next message, when the first was read
		within netlink_dump
		[ "$list" = config ] || each_fails '' "$list" list
	done
}

# Either it is done and told how much, or refused and nothing is done.
test_sessions_are_deleted() {
	local nth status
	masquerade
	must burst in1 tcp "$in1_silent" 5000+20 "$out1_silent:80"
	for ((nth = 1; nth < 50; nth++)); do
		assert_eq 20 "$(sessions)" "sessions before allocation $nth fails"
		failing "$nth" "$NATCTL" -n gw session del proto tcp
		status=$?
		# No allocation was left to fail, or there was another way.
		[ "$status" != 0 ] || break
		assert_like '*Error: *' "$output" "message of natctl session del, allocation $nth failed"
	done
	((nth > 1)) || fail "no allocation was made to fail"
	assert_eq "0 0" "$status $(sessions)" "exit status of natctl session del, and sessions"
}

# Either all counters are 0, or it is refused and they are what they were.
test_counters_are_reset() {
	local nth start status before count=0
	masquerade filtering apdf
	# The counters of mappings are to be other than 0 as well.
	must burst in1 udp "$in1_silent" 5000+20 "$out1_silent:7000"
	: >"$work/counted_anew"
	before=$(counted)
	within genl_rcv_msg
	for ((nth = 1; nth < 50; nth++)); do
		start=$(failed)
		failing "$nth" "$NATCTL" -n gw stats reset
		status=$?
		if [ "$status" = 0 ]; then
			assert_eq '' "$(counted)" "counters after a reset, allocation $nth failed"
		else
			assert_like '*Error: *' "$output" "message of natctl stats reset, allocation $nth failed"
			assert_eq "$before" "$(counted)" "counters after a reset was refused, allocation $nth failed"
		fi
		[ "$(failed)" != "$start" ] || break
		((count++))
		[ "$status" != 0 ] || nat map flush >/dev/null
		[ "$status" != 0 ] || must burst in1 udp "$in1_silent" 5000+20 "$out1_silent:7000"
		before=$(counted)
	done
	assert_eq 0 "$status" "exit status of natctl stats reset when nothing fails ($output)"
	assert_eq 20 "$(counter mappings)" "mappings after a reset"
	((count > 0)) || fail "no allocation was made to fail"
	diag "$count allocations"
}

# The counters that are not 0; entries that there are, are not counted anew.
counted() {
	nat stats | awk '$1 !~ /^(mappings|sessions|subscribers)$/ && $2 != 0 { print $1, $2 }'
}

# But static mappings
nothing_left() {
	[ "$(counter mappings) $(counter sessions)" = "$(mappings static) 0" ]
}

# Nor a port that is not free again, which takes until the next second.
nobody_left() {
	[ "$(counter subscribers)" = 0 ]
}

# The gateway's own pings are made on its own account, so that each allocation on their way can be told.
test_a_mapping_and_its_session() {
	local nth start count=0 refused=0 before
	masquerade filtering apdf
	setting port_rest 0
	for ((nth = 1; nth < 50; nth++)); do
		start=$(failed)
		before=$(counter refuse_memory)
		failing "$nth" nsenter --net=/run/netns/gw ping -c 1 -W 1 203.0.113.11
		[ "$(failed)" != "$start" ] || break
		((count++))
		((refused += $(counter refuse_memory) - before))
		nat map flush >/dev/null
		wait_until 5 nothing_left || fail "mappings or sessions are left, allocation $nth failed"
	done
	in_space gw ping -q -c 1 -W 10 203.0.113.11 >/dev/null || fail "no answer when nothing fails"
	assert_between 2 40 "$count" "allocations for a mapping and its session"
	assert_ne 0 "$refused" "flows refused for want of memory"
	diag "$count allocations, $refused refused"
}

# The sum of counters
total() { # REGEX
	nat stats | awk -v name="^($1)\$" '$1 ~ name { n += $2 } END { print n + 0 }'
}

# Of the entries that were made those are there that have not gone.
entries_add_up() { # SESSIONS
	local name value
	local -A is=()
	while read -r name value _; do is[$name]=$value; done < <(nat stats)
	assert_eq "$((is[map_created] - is[map_expired] - is[map_removed]))" "$(mappings dynamic)" "mappings listed"
	assert_eq "$((is[session_created] - is[session_expired] - is[session_removed]))" "$1" "sessions"
}

all_flushed() {
	nat map flush >/dev/null
	nat session del all >/dev/null
	wait_until 5 nothing_left || fail "mappings or sessions are left after a flush"
	wait_until 5 nobody_left || fail "ports are left after a flush"
}

# From 100 ports to these ends, in turn
flows() { # HOST ADDR "PROTO END [WORDS]"...
	local to
	sent=0
	for to in "${@:3}"; do
		# shellcheck disable=SC2086	# words they are
		set -- "$1" "$2" $to
		must burst "$1" "$3" "$2" 5000+100 "${@:4}"
		((sent += answer))
	done
}

four_in_ten_fail() { # COMMAND...
	fault probability 40
	"$@"
	must settle
	fault probability 0
}

# The same again and again, where four in ten allocations fail: each packet is counted once, as translated or as refused,
# and nothing of the flows stays.
flows_fail() { # COUNTER HOST ADDR "PROTO END [WORDS]"...
	local i before
	trap no_faults EXIT
	for ((i = 0; i < 6; i++)); do
		before=$(total "$1|refuse_.*")
		four_in_ten_fail flows "${@:2}"
		assert_eq $((before + sent)) "$(total "$1|refuse_.*")" "counters $1 and refuse_*"
		entries_add_up "$(sessions)"
		all_flushed
	done
	assert_ne 0 "$(counter refuse_memory)" "flows refused for want of memory"
	before=$(counter "$1")
	flows "${@:2}"
	must settle
	assert_eq $((before + sent)) "$(counter "$1")" "counter $1 when nothing fails"
	all_flushed
}

all_ports_can_be_had() {
	must burst in1 udp "$in1_silent" 5000+100 "$out1_silent:7000"
	must burst in1 tcp "$in1_silent" 5000+100 "$out1_silent:80"
	assert_mappings 100 proto udp
	assert_mappings 100 proto tcp
}

# Of 100 ports none is lost, however flows have failed.
test_flows_from_the_inside() {
	nat pool add p addr 198.51.100.1 ports 2000-2099 filtering apdf
	nat rule add oif wan pool p
	setting port_rest 0
	flows_fail out_translated in1 "$in1_silent" "udp $out1_silent:7000" "tcp $out1_silent:80"
	all_ports_can_be_had
	assert_eq 200 "$(sessions)" sessions
}

# Permissions are entries of their own, which a packet to a new remote address makes. Without memory for one the packet does
# not leave: the answer to it would be dropped.
test_flows_under_address_dependent_filtering() {
	local mapped
	nat pool add p addr 198.51.100.1 ports 2000-2099 filtering adf
	nat rule add oif wan pool p
	setting port_rest 0
	flows_fail out_translated in1 "$in1_silent" "udp $out1_silent:7000" "udp $out2_silent:7000" \
		"tcp $out1_silent:80" "tcp $out2_silent:80"

	must clear
	inject in1 udp "$in1_silent:5000" to "$out1_silent:7000"
	see out1 "udp 198.51.100.1:* to $out1_silent:7000 *"
	mapped=$src
	fault probability 100
	inject in1 udp "$in1_silent:5000" to "$out2_silent:7000"
	see_nothing out2 'udp *'
	fault probability 0
	inject out2 udp "$out2_silent:9000" to "$mapped"
	see_nothing in1 'udp *'
	inject out1 udp "$out1_silent:9000" to "$mapped"
	see in1 "udp $out1_silent:9000 to $in1_silent:5000 *"
	inject in1 udp "$in1_silent:5000" to "$out2_silent:7000"
	see out2 "udp $mapped to $out2_silent:7000 *"
	inject out2 udp "$out2_silent:9000" to "$mapped"
	see in1 "udp $out2_silent:9000 to $in1_silent:5000 *"

	nat map flush >/dev/null
	wait_until 5 nobody_left || fail "a port is left after a flush"
	all_ports_can_be_had
}

# Through port forwards
test_flows_from_the_outside() {
	local proto
	for proto in tcp sctp dccp; do
		nat map add "$proto" 203.0.113.1:80 to "$in1_silent:80"
	done
	flows_fail in_translated out1 "$out1_silent" "tcp 203.0.113.1:80" "sctp 203.0.113.1:80 init" \
		"dccp 203.0.113.1:80 request"
}

# Hairpin flows have entries of both ends.
test_flows_from_the_inside_to_the_inside() {
	nat pool add p addr 198.51.100.1 ports 2000-2099 filtering apdf
	nat rule add oif wan pool p
	setting port_rest 0
	nat map add tcp 203.0.113.1:80 to "$in1_silent:80"
	nat map add udp 203.0.113.1:53 to "$in1_silent:53"
	flows_fail hairpin in3 "$in3_silent" "tcp 203.0.113.1:80" "udp 203.0.113.1:53"
}

# A packet is translated, or it is not and one more is refused. Those from the outside that nobody is known for are the
# gateway's own.
test_tunnels() {
	local i out in refused
	masquerade
	setting port_rest 0
	trap no_faults EXIT
	for ((i = 0; i < 25; i++)); do
		out=$(counter out_translated) refused=$(total 'refuse_.*')
		four_in_ten_fail inject in1 esp "$in1_silent" to "$out1_silent" spi 0xc0000001 data sent
		[ "$(counter out_translated)" != "$out" ] || [ "$(total 'refuse_.*')" -gt "$refused" ] ||
			fail "a packet from the inside is neither translated nor refused"
		in=$(total 'in_translated|pass_local')
		four_in_ten_fail inject out1 esp "$out1_silent" to 203.0.113.1 spi 0xc1000001 data back
		assert_eq $((in + 1)) "$(total 'in_translated|pass_local')" "packets from the outside, translated or not"
		# A note of who waits is not listed.
		entries_add_up "$(counter sessions)"
		all_flushed
	done
	assert_ne 0 "$(counter refuse_memory)" "flows refused for want of memory"
	assert_ne 0 "$(counter in_translated)" "answers translated"
	must clear
	inject in1 esp "$in1_silent" to "$out1_silent" spi 0xc0000001 data sent
	see out1 "esp 203.0.113.1 to $out1_silent spi 0xc0000001 * data sent"
	inject out1 esp "$out1_silent" to 203.0.113.1 spi 0xc1000001 data back
	see in1 "esp $out1_silent to $in1_silent spi 0xc1000001 * data back"
}

# A new address of the device, for which there is no memory at first, is used as soon as there is. The last test: routes
# go with the addresses.
test_an_address_changes() {
	local nth start count=0 old=203.0.113.1 new
	masquerade
	nat map add tcp dev wan:8000-8003 to 192.168.0.2:80-83
	for ((nth = 1; nth < 50; nth++)); do
		new=203.0.113.$((100 + nth))
		ip -n gw addr del "$old/24" dev wan
		start=$(failed)
		failing "$nth" ip -n gw addr add "$new/24" dev wan || fail "ip addr add: $output"
		wait_until 10 moved_to "$new" || fail "allocation $nth failed: $new is not used"
		old=$new
		[ "$(failed)" != "$start" ] || break
		((count++))
	done
	((count > 0)) || fail "no allocation was made to fail"
	diag "$count allocations"
}

moved_to() { # ADDR
	[[ $(nat lookup udp 192.168.0.3:5000 203.0.113.11:53) == *"$1:"* ]] &&
		[[ $(nat lookup tcp 203.0.113.11:5000 "$1:8001") == *192.168.0.2:81* ]]
}

run_tests "$@"
