#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Events: what natctl monitor tells of mappings, sessions and limits, and of
# what it could not tell.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../lib-tcp.sh
. "$(dirname "$0")/../lib-tcp.sh"

# A second gateway with rules of its own.
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

# Somebody listens to generic netlink, protocol 16, in gw.
listening() {
	local proto groups
	while read -r _ proto _ groups _; do
		[[ $proto != 16 || $groups =~ ^0+$ ]] || return 0
	done < <(in_space gw cat /proc/net/netlink)
	return 1
}

# natctl monitor with these words in the background; its lines go to a file.
monitor() { # [-j] WORDS...
	local options=()
	[ "$1" != -j ] || { options=(-j); shift; }
	"$NATCTL" -n gw "${options[@]}" monitor "$@" \
		>"$work/events" 2>"$work/warnings" &
	monitor=$!
	# Each test is a shell of its own.
	trap 'kill $monitor 2>/dev/null' EXIT
	wait_until 10 listening || fail "natctl monitor does not listen"
}

told() { # GLOB
	local line
	while IFS= read -r line; do
		# shellcheck disable=SC2053	# a glob it is
		[[ $line == $1 ]] && return
	done <"$work/events"
	return 1
}

assert_told() { # GLOB...
	local glob
	for glob in "$@"; do
		wait_until 10 told "$glob" || fail "not told: $glob
$(tail -n 9 "$work/events" "$work/warnings")"
	done
}

lines_told() { # GREP-PATTERN
	grep -c -- "$1" "$work/events"
}

enough_told() { # NUMBER GREP-PATTERN
	(($(lines_told "$2") >= $1))
}

is_gone() { # PID
	! kill -0 "$1" 2>/dev/null
}

# Ends the monitor as a user would; what it has printed is whole.
hang_up() { # [SIGNAL]
	local status
	kill -"${1:-TERM}" $monitor
	wait $monitor
	status=$?
	assert_eq 0 $status "exit status of natctl monitor"
	assert_eq '' "$(cat "$work/warnings")" "what natctl monitor warns of"
}

test_a_mapping_is_told_when_it_begins_and_when_it_expires() {
	setting udp_timeout 1
	masquerade
	monitor mappings
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_told "20??-??-??T??:??:??.??????Z map new *udp *$outside *to 192.168.0.2:5000 *# dynamic" \
		"* map gone *udp *$outside *to 192.168.0.2:5000 *# dynamic expired"
	assert_eq 2 "$(wc -l <"$work/events")" "lines"
	hang_up
}

test_a_mapping_that_is_deleted_is_told_as_removed() {
	masquerade
	monitor mappings
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	nat map del udp "$outside"
	assert_told "* map gone *udp *$outside *# dynamic removed"
	hang_up INT
}

test_static_mappings_are_told_as_they_were_configured() {
	monitor mappings
	nat map add tcp 203.0.113.1:8000-8010 to 192.168.0.2:9000-9010 \
		label 'web server'
	assert_told '* map new *tcp *203.0.113.1:8000-8010 *to 192.168.0.2:9000-9010 label "web server" *# static'
	nat map add udp dev wan:53 to 192.168.0.3:53
	assert_told '* map new *udp *dev wan:53 *to 192.168.0.3:53 *# static on 203.0.113.1'
	nat map add 198.51.100.0/24 to 192.168.9.0/24
	assert_told '* map new *198.51.100.0/24 *to 192.168.9.0/24 *# static'
	nat map del tcp 203.0.113.1:8000-8010
	assert_told '* map gone *tcp *203.0.113.1:8000-8010 * label "web server" *# static removed'
	nat flush
	assert_told '* map gone *udp *dev wan:53 *# static* removed' \
		'* map gone *198.51.100.0/24 *# static removed'
	assert_eq 6 "$(wc -l <"$work/events")" "lines"
	hang_up
}

test_a_forwarded_port_is_deleted_while_it_is_used() {
	nat map add tcp 203.0.113.1:8000-8003 to 192.168.0.2:80-83
	monitor all
	listen l in1 192.168.0.2:81
	connect c out1 203.0.113.11:0 203.0.113.1:8001
	accept s l
	assert_told '* session new *tcp *'
	nat map del tcp 203.0.113.1:8000-8003
	assert_told '* session gone *tcp *in 192.168.0.2:81 *# removed' \
		'* map gone *tcp *203.0.113.1:8000-8003 *# static removed'
	nat map add tcp 203.0.113.1:8001 to 192.168.0.2:81
	connect c2 out1 203.0.113.11:0 203.0.113.1:8001
	accept s2 l
	nat map flush static >/dev/null
	assert_told '* map gone *tcp *203.0.113.1:8001 *# static removed'
	assert_eq 2 "$(lines_told 'session gone')" "sessions that are gone"
	hang_up
}

test_a_static_mapping_whose_lifetime_is_over_is_told_as_expired() {
	monitor mappings
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80 lifetime 1
	assert_told '* map new *203.0.113.1:8000 * lifetime 1 *' \
		'* map gone *203.0.113.1:8000 *# static* expired'
	hang_up
}

test_what_is_refused_is_not_told() {
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	monitor mappings
	refused '*' map add tcp 203.0.113.1:8000 to 192.168.0.3:80
	nat map add tcp 203.0.113.1:8001 to 192.168.0.2:81
	assert_told '* map new *203.0.113.1:8001 *'
	assert_eq 1 "$(wc -l <"$work/events")" "lines"
	hang_up
}

test_sessions_are_told_with_their_state() {
	masquerade
	monitor sessions
	establish
	assert_told "* session new *tcp *in $inside *out $end *remote $remote *state init"
	nat session del all >/dev/null
	assert_told "* session gone *tcp *in $inside *out $end *remote $remote *state established *# removed"
	assert_eq 2 "$(wc -l <"$work/events")" "lines"
	hang_up
}

# What knat remembers beside them of who waits for whom is nobody's business.
test_sessions_of_esp_are_told_and_nothing_else() {
	masquerade
	monitor sessions
	inject in1 esp $in1_silent to $out1_silent spi 0xc0000001 data x
	see out1 "esp 203.0.113.1 to $out1_silent *"
	inject out1 esp $out1_silent to 203.0.113.1 spi 0xc1000001 data x
	see in1 "esp $out1_silent to $in1_silent *"
	nat session del all >/dev/null
	wait_until 10 told_lines 4 || fail "told: $(<"$work/events")"
	hang_up
	assert_eq 2 "$(grep -c ' session new *esp ' "$work/events")" "beginnings"
	assert_eq 2 "$(grep -c ' session gone *esp ' "$work/events")" "ends"
	assert_eq 4 "$(wc -l <"$work/events")" "lines"
}

told_lines() { # NUMBER
	(($(wc -l <"$work/events") >= $1))
}

test_a_session_that_expires_is_told_before_its_mapping() {
	setting tcp_opening_timeout 1
	masquerade
	monitor all
	sends S seq 100
	assert_told '* map gone *tcp *# dynamic expired'
	assert_told '* session gone *state init *# expired'
	assert_eq 4 "$(wc -l <"$work/events")" "lines"
	sort "$work/events" | awk '{ print $2, $3 }' >"$work/sorted"
	assert_eq 'map new,session new,session gone,map gone,' \
		"$(tr '\n' , <"$work/sorted")" "events by time"
	hang_up
}

test_limits_that_are_hit_are_told_once_a_second() {
	masquerade limit 2
	monitor limits
	must burst in1 udp $in1_silent 5000+50 $out1_silent:7000
	assert_told "* limit *udp *in $in1_silent *limit subscriber"
	assert_between 1 5 "$(lines_told 'limit subscriber')" "lines"
	assert_counter refuse_subscriber 48
	nat flush
	setting max_mappings 1
	masquerade
	must burst in1 udp $in1_silent 5000+3 $out1_silent:7000
	assert_told "* limit *udp *in $in1_silent *limit mappings"
	nat flush
	setting max_mappings 1000 max_sessions 1
	masquerade ports 2000-2001
	must burst in1 udp $in1_silent 5000+3 $out1_silent:7000
	assert_told "* limit *udp *in $in1_silent *limit ports"
	must burst in1 tcp $in1_silent 5000+2 $out1_silent:7000
	assert_told "* limit *tcp *in $in1_silent *limit sessions"
	hang_up
}

test_namespaces_do_not_hear_of_each_other() {
	masquerade
	"$NATCTL" -n gw2 rule add oif wan masquerade || fail "gw2"
	monitor all
	must burst in4 udp 192.168.0.2 5000+20 $out1_silent:7000
	assert_eq 20 "$("$NATCTL" -n gw2 map list | wc -l)" "mappings of gw2"
	"$NATCTL" -n gw2 flush || fail "gw2"
	must burst in1 udp $in1_silent 5000+1 $out1_silent:7000
	assert_told "* map new *$in1_silent:5000 *"
	assert_eq 1 "$(wc -l <"$work/events")" "lines"
	hang_up
}

test_json_has_one_object_a_line() {
	setting udp_timeout 1
	masquerade filtering apdf
	monitor -j all
	must burst in1 udp $in1_silent 5000+3 $out1_silent:7000
	wait_until 10 told '*"map_gone"*5002*' || fail "no end"
	wait_until 10 enough_told 12 event
	jq -e -s 'length == 12 and
		(map(select(.event == "map_gone" and .reason == "expired" and
			    .kind == "dynamic" and .proto == "udp")) |
		 map(.in_port) | sort == [5000, 5001, 5002]) and
		(map(select(.event == "session_new" and .remote_port == 7000)) |
		 length == 3) and
		all(.time | fromdateiso8601? // (.[:19] + "Z" | fromdateiso8601)
		    | . > 1700000000)' \
		"$work/events" >/dev/null || fail "$(cat "$work/events")"
	hang_up
}

test_each_mapping_begins_before_it_ends() {
	masquerade
	nat rule add prio 50 oif wan src 192.168.1.0/24 masquerade
	monitor -j mappings
	for _ in 1 2 3; do
		# Not more at a time than are told.
		for port in 1000 1200 1400; do
			must burst in1 udp $in1_silent $port+200 $out1_silent:7000
			must burst in3 udp $in3_silent $port+200 $out1_silent:7000
			pause 20
		done
		nat map flush >/dev/null
	done
	wait_until 20 enough_told 3600 map_gone ||
		fail "$(lines_told map_gone) ends; $(cat "$work/warnings")"
	hang_up
	assert_counter map_created 3600
	awk -F'"' '
		{ key = $0; sub(/.*"kind"/, "", key); sub(/,"reason".*/, "", key); sub(/}.*/, "", key) }
		/"map_new"/ { bad += live[key]++ != 0; begun++ }
		/"map_gone"/ { bad += --live[key] != 0 }
		END { exit bad || begun != 3600 }' "$work/events" ||
		fail "ends without beginnings: $(head -n 5 "$work/events")"
}

test_a_reader_that_has_seen_enough_ends_the_monitor() {
	local pid
	masquerade
	# The shell's own copy of the pipe is closed.
	( exec "$NATCTL" -n gw monitor ) > >(head -n 1 >"$work/first") &
	pid=$!
	wait_until 10 listening || fail "natctl monitor does not listen"
	must burst in1 udp $in1_silent 5000+1 $out1_silent:7000
	wait_until 10 is_gone $pid ||
		fail "natctl monitor goes on"
	wait $pid
	assert_eq 0 $? "exit status of natctl monitor"
	assert_like '* map new *' "$(cat "$work/first")" "first line"
}

# The work item may run on the second CPU alone, and that one is taken: nothing
# is sent before all has happened.
test_what_is_lost_is_counted_to_the_last() {
	local queue=/sys/devices/virtual/workqueue/knat_events
	local mask new lost taken
	(($(nproc) >= 2)) || fail "this needs two CPUs"
	setting max_mappings 100000
	masquerade
	taskset -pc 0 $$ >/dev/null
	taskset -pc 0 "$BASHPID" >/dev/null
	taskset -pc 0 "$PROBE_PROCESS_PID" >/dev/null
	monitor -j mappings
	read -r mask <$queue/cpumask
	echo 2 >$queue/cpumask
	sysctl -qw kernel.sched_rt_runtime_us=-1
	# shellcheck disable=SC2016	# for the inner shell
	taskset -c 1 chrt -f 50 bash -c 'echo >"$0"; while :; do :; done' \
		"$work/taken" &
	taken=$!
	wait_until 10 [ -s "$work/taken" ] || fail "the CPU is not taken"
	must burst in1 udp $in1_silent 1024+3000 $out1_silent:7000
	kill $taken
	wait $taken 2>/dev/null
	sysctl -qw kernel.sched_rt_runtime_us=950000
	echo "$mask" >$queue/cpumask
	assert_told '*"event":"lost"*'
	assert_counter map_created 3000
	# Nothing comes behind what this tells.
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	assert_told '*"map_new"*8000*'
	kill -TERM $monitor
	wait $monitor
	assert_eq 0 $? "exit status of natctl monitor"
	new=$(($(lines_told map_new) - 1))
	lost=$(sed -n 's/.*"group":"mappings","lost":\([0-9]*\).*/\1/p' \
		"$work/events" | paste -sd+ | bc)
	assert_between 1 2999 "$lost" "events lost"
	assert_eq 3000 $((new + lost)) "events told ($new) and lost ($lost)"
	assert_like 'Warning: *events of the group mappings were lost*' \
		"$(cat "$work/warnings")" "warnings"
}

# A sweep waits for its events to get out.
test_a_flush_of_more_than_the_rings_hold_loses_none() {
	setting max_mappings 100000
	masquerade
	must burst in1 udp $in1_silent 1024+5000 $out1_silent:7000
	assert_mappings 5000
	monitor mappings
	nat map flush >/dev/null
	wait_until 30 enough_told 5000 'map gone' ||
		fail "$(lines_told "map gone") lines"
	hang_up
}

test_the_module_goes_while_somebody_listens() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	monitor all
	must burst in1 udp $in1_silent 5000+50 $out1_silent:7000
	rmmod knat || fail "the module cannot be removed"
	insmod "$KNAT_KO" || fail "the module cannot be loaded again"
	masquerade
	must burst in1 udp $in1_silent 6000+5 $out1_silent:7000
	assert_mappings 5
	kill -TERM $monitor
	wait $monitor
}

run_tests "$@"
