#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Namespaces are apart from each other, and who may configure which.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# A second gateway on the outside link, gw2, with host in4 behind it: the
# inside addresses are those of gw.
build_more() {
	ip_batch <<-END
		netns add gw2
		netns add in4
		link add eth0 netns in4 type veth peer name lan netns gw2
		link add wan netns gw2 type veth peer name gw2 netns net
	END
	ip -n net link set gw2 master wire up
	in_space gw2 sysctl -qw net.ipv4.ip_forward=1
	ip_batch gw2 <<-END
		link set lan up
		link set wan up
		addr add 192.168.0.1/24 dev lan
		addr add 203.0.113.31/24 dev wan
	END
	host in4 192.168.0.2/24 192.168.0.1
	capture_host in4
}

nat2() {
	"$NATCTL" -n gw2 "$@" || fail "natctl -n gw2 $*: exit status $?"
}

# natctl as nobody; its message and exit status.
as_nobody() { # PREFIX... -- WORDS...
	local prefix=()
	while [ "$1" != -- ]; do
		prefix+=("$1")
		shift
	done
	shift
	message=$("${prefix[@]}" setpriv --reuid 65534 --regid 65534 \
		--clear-groups "$@" 2>&1)
	status=$?
}

test_the_configuration_of_one_namespace_is_not_the_other_s() {
	masquerade
	nat pool add p addr 198.51.100.1
	assert_eq 0 "$(nat2 rule list | wc -l)" "rules of gw2"
	assert_eq 0 "$(nat2 pool list | wc -l)" "pools of gw2"
	nat2 pool add p addr 198.51.100.1
	nat2 rule add oif wan masquerade
	nat flush
	assert_eq 1 "$(nat2 rule list | wc -l)" "rules of gw2"
	nat2 flush
}

test_the_same_inside_end_has_a_mapping_in_each_namespace() {
	masquerade
	nat2 rule add oif wan masquerade
	udp a in1 192.168.0.2:5000
	udp b in4 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	first=$outside
	greet b s 203.0.113.11:7000
	assert_like '203.0.113.31:*' "$outside" "source of in4"
	answer s b "$outside" 203.0.113.11:7000
	answer s a "$first" 203.0.113.11:7000
	assert_mappings 1
	nat flush
	answer s b "$outside" 203.0.113.11:7000
	nat2 flush
}

test_hosts_behind_two_gateways_talk() {
	masquerade
	nat2 rule add oif wan masquerade
	udp a in1 192.168.0.2:5000
	udp b in4 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	enda=$outside
	greet b s 203.0.113.11:7000
	endb=$outside
	greet a b "$endb"
	assert_eq "$enda" "$outside" "source that in4 sees"
	answer b a "$enda" "$endb"
	nat2 flush
}

test_settings_are_those_of_the_namespace() {
	setting udp_timeout 77
	assert_eq 77 "$(setting_of udp_timeout)" "udp_timeout of gw"
	assert_like '*udp_timeout * 300 *' "$(nat2 config list)" \
		"settings of gw2"
}

test_counters_are_those_of_the_namespace() {
	nat2 stats reset
	masquerade
	must burst in1 udp $in1_silent 5000+5 $out1_silent:7000
	assert_counter out_translated 5
	[[ ! $(nat2 stats) =~ out_translated\ +[1-9] ]] ||
		fail "gw2 counts: $(nat2 stats)"
}

test_limits_are_those_of_the_namespace() {
	setting max_mappings 2
	masquerade
	nat2 rule add oif wan masquerade
	must burst in1 udp $in1_silent 5000+5 $out1_silent:7000
	must burst in4 udp 192.168.0.2 5000+5 $out1_silent:7000
	assert_mappings 2
	assert_eq 5 "$(nat2 map list | wc -l)" "mappings of gw2"
	nat2 flush
}

test_a_user_without_capabilities_is_refused() {
	masquerade
	for words in 'rule list' 'rule add oif wan exempt' 'flush' 'stats' \
		'map list' 'config set udp_timeout 1'; do
		# shellcheck disable=SC2086
		as_nobody nsenter --net=/run/netns/gw -- "$NATCTL" $words
		assert_eq 2 $status "exit status of natctl $words ($message)"
		assert_like 'Error: *ermi*' "$message" \
			"message of natctl $words"
	done
	assert_eq 1 "$(nat rule list | wc -l)" "rules"
}

# What "rights" says and its exit status: of all requests and groups that there are
rights() { # HOW PREFIX... -- WORDS...
	local how=$1 prefix=()
	shift
	while [ "$1" != -- ]; do
		prefix+=("$1")
		shift
	done
	message=$("${prefix[@]}" "$selftests/spec/rights" "$how" "${@:2}" 2>&1)
	status=$?
	diag "rights $how: $(tail -n 1 <<<"$message")"
}

assert_rights() { # STATUS WHAT
	assert_eq "$1" "$status" "exit status of rights for $2 ($message)"
	# Each of them at least once, with or without a list
	assert_between $(($(grep -c uns-admin-perm "$yaml") +
		$(sed '1,/^mcast-groups/d' "$yaml" | grep -c name:))) 1000 \
		"$(tail -n 1 <<<"$message")" "requests and groups tried for $2"
}

yaml=$selftests/../module/uapi/knat.yaml
in_gw=(nsenter --net=/run/netns/gw)
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# What is there, but for how old it is
all_but_ages() {
	everything_listed | sed -E 's/(idle|expires in) [0-9]+s//g'
}

test_every_request_and_group_is_refused_without_the_capability() {
	one_of_each
	before=$(all_but_ages)
	rights refused "${in_gw[@]}" "${nobody[@]}" --
	assert_rights 0 "a user"
	rights refused "${in_gw[@]}" setpriv --bounding-set -net_admin --inh-caps -net_admin --
	assert_rights 0 "root without CAP_NET_ADMIN"
	rights refused "${in_gw[@]}" "${nobody[@]}" unshare --user --map-root-user --
	assert_rights 0 "root of a user namespace"
	rights refused "${in_gw[@]}" unshare --user --map-root-user --
	assert_rights 0 "root of a user namespace that root has made"
	assert_eq "$before" "$(all_but_ages)" "state afterwards"
}

test_no_request_or_group_is_refused_to_who_owns_the_namespace() {
	rights allowed nsenter --net=/run/netns/gw2 --
	assert_rights 0 "root"
	rights allowed "${nobody[@]}" unshare --user --map-root-user --net --
	assert_rights 0 "root of a user namespace with its own network"
}

# One of each kind of object, with what would be known again
one_of_each() {
	nat pool add secretpool addr 198.51.100.7
	nat rule add oif wan src 192.168.0.0/25 pool secretpool
	nat rule add oif wan masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80 label secretlabel
	nat map add 198.51.100.9 to 192.168.0.9 label secretlabel
	with_fastpath lan2
	must burst in1 udp $in1_silent 5000+5 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+5 $out1_silent:80
}

test_nothing_of_a_namespace_is_seen_from_another() {
	local marks=(secretpool secretlabel 198.51.100.7 198.51.100.9
		192.168.0.9 203.0.113.1 "$in1_silent" "$out1_silent")
	one_of_each
	rights hidden nsenter --net=/run/netns/gw2 -- "${marks[@]}"
	assert_eq 0 $status "exit status of rights in gw2 ($message)"
	rights hidden "${nobody[@]}" unshare --user --map-root-user --net -- "${marks[@]}"
	assert_eq 0 $status "exit status of rights in a user namespace ($message)"
	# All of it is there to be seen.
	rights hidden "${in_gw[@]}" -- "${marks[@]}"
	assert_eq 1 $status "exit status of rights in gw ($message)"
	for mark in "${marks[@]}"; do
		assert_like "*$mark is in the answer*" "$message" "answers of gw"
	done
	for list in pool rule map session host fastpath; do
		assert_like "*$list-get: * messages*" "$message" "lists of gw"
	done
}

# Listens to all groups in a namespace until end_events.
begin_events() { # SPACE
	mkfifo "$work/go-$1"
	in_space "$1" "$selftests/spec/rights" events <"$work/go-$1" >"$work/events-$1" 2>&1 &
	eval "exec {go_$1}>\$work/go-$1"
	wait_until 30 grep -q ready "$work/events-$1" || fail "nobody listens: $(<"$work/events-$1")"
}

end_events() { # SPACE
	eval "exec {go_$1}>&-"
	wait_until 30 grep -q '^[0-9]*$' "$work/events-$1" || fail "events of $1: $(<"$work/events-$1")"
}

test_no_event_is_told_in_another_namespace() {
	begin_events gw2
	begin_events gw
	setting max_sessions 2
	one_of_each
	nat flush
	pause 500
	end_events gw
	end_events gw2
	assert_eq 0 "$(tail -n 1 "$work/events-gw2")" "events told in gw2"
	# Mappings and sessions made and gone, and a limit: all that there are but those lost
	assert_like '*commands 23 24 25 26 27*' "$(<"$work/events-gw")" "events told in gw"
}

test_root_of_a_user_namespace_may_not_touch_others() {
	masquerade
	as_nobody nsenter --net=/run/netns/gw -- \
		unshare --user --map-root-user "$NATCTL" flush
	assert_eq 2 $status "exit status ($message)"
	assert_like 'Error: *ermi*' "$message" "message"
	assert_eq 1 "$(nat rule list | wc -l)" "rules"
}

test_root_of_a_user_namespace_may_use_its_own_network() {
	# shellcheck disable=SC2016	# for the inner shell
	as_nobody -- unshare --user --map-root-user --net bash -ec '
		ip link set lo up
		"$0" pool add p addr 198.51.100.0/30
		"$0" rule add oif lo masquerade
		"$0" map add tcp 203.0.113.1:80 to 192.168.0.2:80
		"$0" rule list
		"$0" flush' "$NATCTL"
	assert_eq 0 $status "exit status ($message)"
	assert_like '*oif lo *masquerade*' "$message" "rules"
}

# What packets make the kernel remember is in nobody's cgroup.
test_root_of_a_user_namespace_may_not_raise_the_limits() {
	# shellcheck disable=SC2016	# for the inner shell
	as_nobody -- unshare --user --map-root-user --net bash -c '
		"$0" config list | grep max_
		for limit in max_mappings max_sessions max_resting; do
			"$0" config set $limit 1000
			"$0" config set $limit 65537
		done' "$NATCTL"
	assert_like '*max_mappings 65536*max_sessions 65536*' \
		"$(tr -s ' ' <<<"$message")" "limits by default"
	assert_eq 3 "$(grep -c 'Error: .*CAP_NET_ADMIN' <<<"$message")" \
		"refusals ($message)"
	setting max_mappings 5000000
}

run_tests "$@"
