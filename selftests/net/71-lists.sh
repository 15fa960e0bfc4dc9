#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Lists: complete, in order, and good for typing back.
# timeout: 300

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# A list without what stands after "#".
plain_list() { # OBJECT
	nat "$1" list | sed 's/ *#.*//'
}

# What is listed, after a flush and typed back after "add", is listed again.
assert_types_back() {
	local object
	for object in pool rule map; do
		plain_list $object >"$work/$object.before"
		sed "s/^/$object add /" "$work/$object.before"
	done >"$work/batch"
	nat flush
	"$NATCTL" -n gw -b "$work/batch" || fail "batch: $(<"$work/batch")"
	for object in pool rule map; do
		assert_eq "$(<"$work/$object.before")" \
			"$(plain_list $object)" "natctl $object list"
	done
}

test_pools_and_rules_can_be_typed_back() {
	nat pool add p addr 198.51.100.0/28
	nat pool add q addr 198.51.100.17-198.51.100.20,198.51.100.32 \
		ports 2000-3000 mapping adm filtering apdf alloc preserve \
		pairing arbitrary limit 99 hairpin off mss-clamp 1300
	nat pool add r addr 198.51.100.64 alloc sequential mss-clamp pmtu
	nat rule add prio 5 oif wan src 192.168.0.0/24 dst 192.0.2.0/24 \
		proto udp pool q
	nat rule add oif wan src 192.168.1.0/24 exempt
	nat rule add oif wan proto tcp masquerade ports 5000-6000 \
		mapping apdm filtering adf hairpin off
	nat rule add oif wan masquerade
	nat rule add oif lan2 masquerade limit 7 mss-clamp 1000
	assert_eq 3 "$(nat pool list | wc -l)" "pools"
	assert_eq 5 "$(nat rule list | wc -l)" "rules"
	assert_types_back
}

test_one_pool_in_a_batch_is_for_one_command() {
	nat pool add p addr 198.51.100.1
	nat pool add q addr 198.51.100.2
	printf 'pool list p\nsave\n' | "$NATCTL" -n gw -b - >"$work/list"
	assert_eq 'p p q' "$(sed -n 's/^pool add //; s/^\([pq]\) .*/\1/p' "$work/list" | xargs)" \
		"pools listed and saved"
}

test_static_mappings_can_be_typed_back() {
	nat pool add p addr 198.51.100.0/28
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	nat map add udp 203.0.113.1:9000-9010 to 192.168.0.3:7000-7010 \
		label games
	nat map add tcp dev wan:443 to 192.168.0.3:8443
	nat map add udp 198.51.100.3:53 to 192.168.0.3
	nat map add 198.51.100.99 to 192.168.0.9 label printer
	nat map add 192.0.2.0/28 to 10.0.0.0/28
	assert_mappings 6
	assert_types_back
}

test_dynamic_mappings_can_be_typed_back() {
	masquerade
	must burst in1 udp $in1_silent 5000+10 $out1_silent:7000
	must burst in2 tcp $in2_silent 5000+10 $out1_silent:80
	assert_mappings 20
	assert_types_back
	assert_mappings 20 static
}

test_settings_can_be_typed_back() {
	local name value
	setting udp_timeout 77 port_rest 3
	nat config list | sed 's/^/config set /' >"$work/batch"
	setting udp_timeout 5 port_rest 5
	"$NATCTL" -n gw -b "$work/batch" || fail "batch: $(<"$work/batch")"
	while read -r name value _; do
		case $name in
		udp_timeout) assert_eq 77 "$value" udp_timeout ;;
		port_rest) assert_eq 3 "$value" port_rest ;;
		esac
	done < <(nat config list)
}

test_rules_are_listed_in_the_order_in_which_they_hold() {
	nat rule add prio 300 oif wan src 10.3.0.0/16 exempt
	nat rule add prio 20 oif wan src 10.2.0.0/16 exempt
	nat rule add oif wan src 10.4.0.0/16 exempt
	nat rule add prio 20 oif wan src 10.1.0.0/16 exempt
	assert_eq '10.2. 10.1. 10.4. 10.3. ' \
		"$(nat rule list | grep -o '10\.[0-9]\.' | tr '\n' ' ')" "order"
}

test_statics_come_first_and_dynamic_mappings_sorted() {
	masquerade
	must burst in1 udp $in1_silent 5000+30 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+30 $out1_silent:80
	nat map add udp 203.0.113.1:9 to 192.168.0.2:9
	nat map add udp 203.0.113.1:8 to 192.168.0.2:8
	nat map list >"$work/list"
	assert_eq "203.0.113.1:9 203.0.113.1:8 " \
		"$(awk 'NR < 3 { printf "%s ", $2 }' "$work/list")" \
		"the first lines"
	tail -n +3 "$work/list" | assert_sorted 60
}

# Reads a list of dynamic mappings: as many lines as said, no outside end
# twice, by address, protocol and port.
assert_sorted() { # LINES
	local verdict
	verdict=$(awk -v want="$1" '
		{
			split($2, end, "[.:]")
			proto = $1 == "icmp" ? 1 : $1 == "tcp" ? 6 : 17
			key = sprintf("%03d%03d%03d%03d %03d %05d", end[1],
				end[2], end[3], end[4], proto, end[5])
			if (key <= last) {
				print "out of order: " $0
				exit
			}
			last = key
		}
		END {
			if (NR != want)
				print NR " lines"
		}')
	assert_eq '' "$verdict" "order and number of $1 listed mappings"
}

test_filters_choose_what_is_listed() {
	nat pool add p addr 198.51.100.1
	nat rule add oif wan src $in2_silent/32 pool p
	masquerade
	nat map add tcp 203.0.113.1:80 to 192.168.0.2:80
	must burst in1 udp $in1_silent 5000+3 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+4 $out1_silent:80
	must burst in2 udp $in2_silent 5000+5 $out1_silent:7000
	assert_mappings 13
	assert_mappings 1 static
	assert_mappings 12 dynamic
	assert_mappings 7 in $in1_silent
	assert_mappings 2 in $in1_silent:5000
	assert_mappings 1 in $in1_silent:5000 proto tcp
	assert_mappings 8 proto udp
	assert_mappings 5 out 198.51.100.1
	assert_mappings 5 pool p
	assert_mappings 0 in 192.168.0.77
	assert_mappings 0 proto icmp
}

test_flush_takes_the_same_filters() {
	masquerade
	nat map add tcp 203.0.113.1:80 to 192.168.0.2:80
	must burst in1 udp $in1_silent 5000+3 $out1_silent:7000
	must burst in2 udp $in2_silent 5000+5 $out1_silent:7000
	nat map flush in $in1_silent >/dev/null
	assert_mappings 6
	nat map flush proto tcp >/dev/null
	assert_mappings 6
	nat map flush static >/dev/null
	assert_mappings 5
}

test_an_outside_end_chooses_what_is_listed_and_flushed() {
	local outside
	masquerade
	must burst in1 udp $in1_silent 5000+5 $out1_silent:7000
	nat map add udp 203.0.113.1:9 to 192.168.0.2:9
	nat map add udp 198.51.100.1:9 to 192.168.0.2:10
	outside=$(outside_of udp $in1_silent:5003)
	assert_like "udp * $in1_silent:5003 *" \
		"$(nat map list dynamic out "$outside" | tr -s ' ')" "mapping"
	assert_mappings 1 dynamic out "$outside"
	nat map flush static out 198.51.100.1 >/dev/null
	assert_mappings 1 static
	assert_mappings 5 dynamic
}

test_json_lists_are_arrays_of_the_same_length() {
	local object
	nat pool add p addr 198.51.100.1
	masquerade
	nat map add tcp 203.0.113.1:80 to 192.168.0.2:80
	must burst in1 tcp $in1_silent 5000+3 $out1_silent:80
	for object in pool:1 rule:1 map:4 session:3; do
		nat -j ${object%:*} list >"$work/json"
		assert_eq ${object#*:} "$(python3 -c '
import json, sys
rows = json.load(open(sys.argv[1]))
print(len(rows) if all(isinstance(row, dict) for row in rows) else "no objects")
' "$work/json")" "objects of natctl -j ${object%:*} list"
	done
}

test_a_filtered_list_of_a_big_table_is_short_and_right() {
	big_table 2 5000
	assert_mappings 1 in 192.168.0.100:12345
	assert_eq 5000 "$(nat map list in 192.168.0.101 | wc -l)" \
		"mappings of one address"
}

# Mappings of COUNT inside addresses with PORTS ports each.
big_table() { # COUNT PORTS
	setting max_mappings 1000000
	nat pool add big addr 198.51.100.0/28
	nat rule add oif wan pool big
	must burst in1 udp "192.168.0.100+$1" "10000+$2" $out1_silent:7000
}

test_a_big_table_lists_whole_sorted_and_in_bounded_memory() {
	local small big
	big_table 1 100
	small=$(/usr/bin/time -f %M "$NATCTL" -n gw map list 2>&1 >/dev/null)
	nat flush
	must clear
	big_table 100 1000
	must ports out1 'udp *'
	assert_like 'packets 100000 sources 100000 *' "$answer" "ends at out1"
	big=$(/usr/bin/time -f %M "$NATCTL" -n gw map list 2>&1 >"$work/list")
	assert_sorted 100000 <"$work/list"
	assert_between 0 $((small + 1024)) "$big" \
		"kB of memory for 100000 mappings ($small kB for 100)"
}

# Flows that a few ports cannot take, from two networks
test_hosts_are_listed_by_address_with_what_they_were_refused() {
	nat pool add p addr 198.51.100.0/28 limit 5
	nat rule add oif wan src 192.168.0.0/24 pool p
	nat rule add oif wan masquerade
	must burst in3 udp $in3_silent 5000+2 $out1_silent:7000
	must burst in1 udp 192.168.0.100+100 5000+3 $out1_silent:7000
	must burst in2 udp 192.168.0.9+2 5000+12 $out1_silent:7000
	nat host list >"$work/hosts"
	assert_eq 103 "$(wc -l <"$work/hosts")" "hosts"
	sort -t. -k1,1n -k2,2n -k3,3n -k4,4n -C "$work/hosts" ||
		fail "not sorted: $(head -n 5 "$work/hosts")"
	assert_eq 103 "$(awk '{ print $1 }' "$work/hosts" | sort -u | wc -l)" \
		"addresses"
	assert_like '192.168.0.9 *mappings 5 of 5 refused 7 pool p' \
		"$(nat host list 192.168.0.9)" "a host at its limit"
	assert_like '192.168.1.52 *mappings 2' "$(nat host list $in3_silent)" \
		"a host of a masquerade rule"
	assert_eq 7,7,0 "$(nat -j host list | python3 -c '
import json, sys
rows = [row["refused"] for row in json.load(sys.stdin)]
print(rows[0], rows[1], sum(rows[2:]), sep=",")')" "refusals"
	assert_counter refuse_subscriber 14
}

# More than one walk of the table finds places for
test_a_big_list_of_hosts_is_whole_and_sorted() {
	local start
	setting max_mappings 1000000
	nat pool add big addr 198.51.100.0/26
	nat rule add oif wan pool big
	ip -n gw route add 10.0.0.0/8 via 192.168.0.2
	must burst in1 udp 10.0.0.1+70000 5000+1 $out1_silent:7000
	start=$(now_ms)
	nat host list | awk '{ print $1 }' >"$work/hosts"
	diag "listed in $(($(now_ms) - start)) ms"
	awk 'BEGIN {
		for (i = 1; i <= 70000; i++)
			print "10." int(i / 65536) "." int(i / 256) % 256 "." i % 256
	}' >"$work/expected"
	cmp -s "$work/expected" "$work/hosts" ||
		fail "$(diff "$work/expected" "$work/hosts" | head -n 5)"
	assert_eq 1 "$(nat host list 10.1.0.77 | wc -l)" "hosts of one address"
}

test_a_list_during_churn_has_no_end_twice() {
	masquerade
	must burst in1 udp $in1_silent 5000+3000 $out1_silent:7000
	ask_on burst in2 udp $in2_silent 5000+3000 $out1_silent:7000
	nat map list in $in1_silent | assert_sorted 3000
	nat map list | awk '{ print $1, $2 }' | sort | uniq -d >"$work/twice"
	listen_in burst
	assert_eq '' "$(<"$work/twice")" "outside ends listed twice"
}

test_sessions_that_live_throughout_are_listed_once() {
	local i
	masquerade
	must burst in1 tcp $in1_silent 5000+1500 $out1_silent:80
	for ((i = 0; i < 5; i++)); do
		must burst in2 tcp $in2_silent 5000+1500 $out1_silent:80
		nat session del in $in2_silent >/dev/null &
		nat session list in $in1_silent >"$work/list"
		wait $!
		assert_eq 1500 "$(awk 'END { print NR }' "$work/list")" \
			"sessions listed"
		assert_eq 1500 \
			"$(sed 's/ *#.*//' "$work/list" | sort -u | awk 'END { print NR }')" \
			"different ones"
	done
}

# Enough of each for some messages, with all that a row can have
many_of_everything() {
	local i
	{
		for ((i = 0; i < 60; i++)); do
			printf 'pool add pool-%d addr 198.51.100.%d,198.51.101.%d\n' \
				$i $i $i
			printf 'rule add oif wan src 10.0.0.%d proto tcp pool pool-%d\n' \
				$i $i
			printf 'rule add oif wan src 10.0.1.%d dst 192.0.2.%d masquerade\n' \
				$i $i
			printf 'map add tcp dev wan:%d-%d to 192.168.0.2:%d-%d label many\n' \
				$((2 * i + 100)) $((2 * i + 101)) \
				$((2 * i + 100)) $((2 * i + 101))
			printf 'map add udp 203.0.113.1:%d to 192.168.0.2 lifetime 9999\n' \
				$((i + 100))
			printf 'map add 192.0.2.%d to 10.0.2.%d label one\n' $i $i
		done
		printf 'fastpath add dev many-%d\n' {1..200}
		printf 'pool add p addr 198.51.102.0/28 limit 200 mapping apdm\n'
		printf 'rule add prio 500 oif wan pool p\n'
	} >"$work/many"
	# It warns of devices that are not there.
	"$NATCTL" -n gw apply "$work/many" 2>"$work/said" ||
		fail "natctl apply: $(<"$work/said")"
	must burst in1 udp 192.168.0.100+100 5000+1 $out1_silent:7000
	must burst in1 tcp 192.168.0.100+100 5000+1 $out1_silent:80
}

test_lists_are_whole_whatever_room_their_reader_has() {
	many_of_everything
	in_space gw "$selftests/spec/lists" pool-get rule-get map-get \
		session-get host-get fastpath-get >"$work/said" ||
		fail "$(<"$work/said")"
	diag "$(<"$work/said") lists"
}

run_tests "$@"
