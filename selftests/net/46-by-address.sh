#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Protocols without ports, of which one inside host at a time has a remote
# address: GRE (RFC 2890), IPIP, a number without a name. AH.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

protocols=(gre 'ip 4' 'ip 253')

# A packet of "gre" or "ip NUMBER" from a host.
send_by_address() { # PROTOCOL HOST FROM TO TEXT
	if [ "$1" = gre ]; then
		inject "$2" gre "$3" to "$4" data "$5"
	else
		inject "$2" ip "$3" to "$4" proto "${1#* }" data "$5"
	fi
}

# How the probe says it, as a glob.
line() { # PROTOCOL FROM TO TEXT
	if [ "$1" = gre ]; then
		printf 'gre %s to %s * data %s' "${@:2}"
	else
		printf 'ip %s to %s proto %s * data %s' "$2" "$3" "${1#* }" "$4"
	fi
}

out_from() { # PROTOCOL HOST FROM OUTSIDE-HOST TO
	send_by_address "$1" "$2" "$3" "$5" hello
	see "$4" "$(line "$1" 203.0.113.1 "$5" hello)"
}

refused_from() { # PROTOCOL HOST FROM OUTSIDE-HOST TO
	send_by_address "$1" "$2" "$3" "$5" not-you
	see_nothing "$4" "$(line "$1" '*' "$5" not-you)"
}

back_to() { # PROTOCOL OUTSIDE-HOST FROM HOST TO
	send_by_address "$1" "$2" "$3" 203.0.113.1 back
	see "$4" "$(line "$1" "$3" "$5" back)"
}

test_packets_pass_both_ways_by_address() {
	local protocol
	masquerade
	for protocol in "${protocols[@]}"; do
		out_from "$protocol" in1 $in1_silent out1 $out1_silent
		back_to "$protocol" out1 $out1_silent in1 $in1_silent
	done
	assert_mappings 3
	assert_eq 3 "$(sessions)" "sessions listed"
	assert_eq 203.0.113.1 "$(outside_of gre $in1_silent)" \
		"the mapping that is listed"
}

test_a_second_host_is_refused_and_not_swapped_in() {
	local protocol
	masquerade
	for protocol in "${protocols[@]}"; do
		out_from "$protocol" in1 $in1_silent out1 $out1_silent
		refused_from "$protocol" in2 $in2_silent out1 $out1_silent
		back_to "$protocol" out1 $out1_silent in1 $in1_silent
		out_from "$protocol" in1 $in1_silent out1 $out1_silent
	done
	assert_counter refuse_remote 3
	assert_mappings 3
}

test_a_second_host_has_it_with_another_remote_address() {
	local protocol
	masquerade
	for protocol in "${protocols[@]}"; do
		out_from "$protocol" in1 $in1_silent out1 $out1_silent
		out_from "$protocol" in2 $in2_silent out2 $out2_silent
		back_to "$protocol" out2 $out2_silent in2 $in2_silent
		back_to "$protocol" out1 $out1_silent in1 $in1_silent
	done
	assert_counter refuse_remote 0
}

test_a_second_host_has_it_behind_another_outside_address() {
	nat pool add two addr 198.51.100.4-198.51.100.5 pairing arbitrary
	nat rule add oif wan src $in1_silent pool two
	nat rule add oif wan src $in2_silent masquerade
	send_by_address gre in1 $in1_silent $out1_silent first
	see out1 "gre 198.51.100.* to $out1_silent * data first"
	send_by_address gre in2 $in2_silent $out1_silent second
	see out1 "gre 203.0.113.1 to $out1_silent * data second"
	send_by_address gre out1 $out1_silent 203.0.113.1 back
	see in2 "gre $out1_silent to $in2_silent * data back"
}

test_a_remote_address_that_was_not_spoken_to_reaches_nobody() {
	local protocol
	nat pool add cgn addr 198.51.100.4
	nat rule add oif wan pool cgn
	for protocol in "${protocols[@]}"; do
		send_by_address "$protocol" in1 $in1_silent $out1_silent hello
		see out1 "$(line "$protocol" 198.51.100.4 $out1_silent hello)"
		send_by_address "$protocol" out2 $out2_silent 198.51.100.4 hey
		see_nothing in1 "* data hey"
	done
	assert_counter drop_no_mapping 3
}

test_when_the_time_is_over_another_host_may() {
	local start
	masquerade
	assert_eq 600 "$(setting_of other_timeout)" "default"
	setting other_timeout 2
	out_from gre in1 $in1_silent out1 $out1_silent
	back_to gre out1 $out1_silent in1 $in1_silent
	start=$(now_ms)
	assert_happens_after 2 "$start" no_mappings_listed
	out_from gre in2 $in2_silent out1 $out1_silent
	back_to gre out1 $out1_silent in2 $in2_silent
}

test_packets_of_either_side_keep_the_session() {
	masquerade
	setting other_timeout 5
	out_from gre in1 $in1_silent out1 $out1_silent
	for _ in 1 2 3 4; do
		pause 1800
		back_to gre out1 $out1_silent in1 $in1_silent
	done
	for _ in 1 2 3 4; do
		pause 1600
		out_from gre in1 $in1_silent out1 $out1_silent
	done
	assert_counter session_created 1
}

test_static_mappings_let_remote_addresses_begin() {
	local protocol words
	masquerade
	for words in 'gre' '4' '253'; do
		nat map add "$words" 203.0.113.1 to $in1_silent
	done
	for protocol in "${protocols[@]}"; do
		back_to "$protocol" out1 $out1_silent in1 $in1_silent
		out_from "$protocol" in1 $in1_silent out2 $out2_silent
		# Whoever has it with a remote address keeps it.
		out_from "$protocol" in2 $in2_silent out1 203.0.113.12
		back_to "$protocol" out1 203.0.113.12 in2 $in2_silent
		back_to "$protocol" out1 $out1_silent in1 $in1_silent
	done
	assert_mappings 3 static
	nat map del gre 203.0.113.1
	nat map del 4 203.0.113.1
	assert_mappings 1 static
}

test_static_mappings_of_a_device_follow_its_address() {
	nat map add gre dev wan to $in1_silent
	back_to gre out1 $out1_silent in1 $in1_silent
	out_from gre in1 $in1_silent out1 $out1_silent
	assert_like "gre *dev wan*to $in1_silent*" \
		"$("$NATCTL" -n gw map list)" "the line that is listed"
	nat map del gre dev wan
	assert_mappings 0
}

test_wrong_static_mappings_are_refused() {
	refused '*port*' map add gre 203.0.113.1:80 to 192.168.0.2:80
	refused '*whole addresses*' map add 51 203.0.113.1 to 192.168.0.2
	nat map add gre 203.0.113.1 to 192.168.0.2
	refused '*already*' map add gre 203.0.113.1 to 192.168.0.3
}

test_errors_about_packets_go_back() {
	local protocol
	masquerade
	for protocol in "${protocols[@]}"; do
		out_from "$protocol" in1 $in1_silent out1 $out1_silent
		must icmp-error out1 203.0.113.12 3/4 mtu 1300 about out1
		see in1 "icmp 203.0.113.12 to $in1_silent 3/4 mtu 1300 * quotes ${protocol% *} $in1_silent to $out1_silent *"
		back_to "$protocol" out1 $out1_silent in1 $in1_silent
		must icmp-error in1 $in1_silent 3/2 about in1
		see out1 "icmp 203.0.113.1 to $out1_silent 3/2 * quotes ${protocol% *} $out1_silent to 203.0.113.1 *"
	done
	assert_counter drop_icmp_error 0
}

test_long_packets_are_fragmented_and_put_together() {
	masquerade
	must fragment in1 800 1,0 ip $in1_silent to $out1_silent proto 253 \
		data @1200
	see out1 "ip 203.0.113.1 to $out1_silent proto 253 * frag 0+800,more *"
	see out1 "ip 203.0.113.1 to $out1_silent proto 253 * frag 800+400 *"
	must fragment out1 800 1,0 ip $out1_silent to 203.0.113.1 proto 253 \
		data @1200
	see in1 "ip $out1_silent to $in1_silent proto 253 * frag 0+800,more *"
	see in1 "ip $out1_silent to $in1_silent proto 253 * frag 800+400 *"
}

test_limits_hold() {
	masquerade limit 2
	out_from gre in1 $in1_silent out1 $out1_silent
	out_from 'ip 4' in1 $in1_silent out1 $out1_silent
	refused_from 'ip 253' in1 $in1_silent out1 $out1_silent
	assert_counter refuse_subscriber 1
	out_from gre in1 $in1_silent out2 $out2_silent
}

test_with_arbitrary_pairing_the_address_that_is_left_is_found() {
	local n
	nat pool add p addr 198.51.100.1-198.51.100.2 pairing arbitrary
	nat rule add oif wan pool p
	for ((n = 0; n < 12; n++)); do
		send_by_address gre in1 $in1_silent $out1_silent first
		see out1 "gre 198.51.100.* to $out1_silent * data first"
		send_by_address gre in2 $in2_silent $out1_silent second
		see out1 "gre 198.51.100.* to $out1_silent * data second"
		refused_from gre in3 $in3_silent out1 $out1_silent
		nat map flush >/dev/null
	done
	assert_counter map_created 24
}

# There are 255 ids on an address for all but ESP and GRE.
test_who_is_refused_takes_no_id_and_nothing_of_its_rate() {
	local n
	masquerade rate 2 session-rate 2
	out_from 'ip 253' in1 $in1_silent out1 $out1_silent
	for ((n = 0; n < 260; n++)); do
		send_by_address 'ip 253' in2 $in2_silent $out1_silent again
	done
	must settle
	assert_counter refuse_remote 260
	assert_counter refuse_rate 0
	out_from 'ip 253' in2 $in2_silent out2 $out2_silent
	assert_counter map_created 2
}

test_dependent_mapping_and_filtering_do_no_harm() {
	local mode protocol
	for mode in adm apdm; do
		masquerade mapping $mode filtering "${mode/m/f}"
		for protocol in "${protocols[@]}"; do
			out_from "$protocol" in1 $in1_silent out1 $out1_silent
			out_from "$protocol" in1 $in1_silent out2 $out2_silent
			back_to "$protocol" out1 $out1_silent in1 $in1_silent
			back_to "$protocol" out2 $out2_silent in1 $in1_silent
			refused_from "$protocol" in2 $in2_silent out1 $out1_silent
		done
		nat flush
	done
}

test_the_gateway_keeps_its_own_tunnels() {
	# The kernel's own GRE would take what no tunnel wants, and say nothing.
	rmmod pptp ip6_gre ip_gre gre 2>/dev/null
	[ ! -d /sys/module/ip_gre ] || skip "the kernel's own GRE stays"
	masquerade
	send_by_address gre gw 203.0.113.1 $out1_silent ours
	see out1 "gre 203.0.113.1 to $out1_silent * data ours"
	send_by_address gre out1 $out1_silent 203.0.113.1 mine
	# Nothing on the gateway wants it, which the gateway says itself.
	see out1 'icmp 203.0.113.1 to * 3/2 *'
	see_nothing in1 '* data mine'
	assert_mappings 0
}

test_ah_is_dropped_and_counted_but_for_whole_addresses() {
	masquerade
	inject in1 ip $in1_silent to $out1_silent proto 51 data @24
	see_nothing out1 'ip *'
	assert_counter drop_ah 1
	nat flush
	nat map add 198.51.100.2 to $in1_silent
	inject in1 ip $in1_silent to $out1_silent proto 51 data @24
	see out1 "ip 198.51.100.2 to $out1_silent proto 51 *"
	inject out1 ip $out1_silent to 198.51.100.2 proto 51 data @24
	see in1 "ip $out1_silent to $in1_silent proto 51 *"
}

test_sessions_and_mappings_are_filtered_by_protocol() {
	masquerade
	out_from gre in1 $in1_silent out1 $out1_silent
	out_from 'ip 4' in1 $in1_silent out1 $out1_silent
	out_from 'ip 253' in1 $in1_silent out1 $out1_silent
	assert_mappings 1 proto gre
	assert_mappings 1 proto 4
	assert_mappings 0 proto 5
	assert_mappings 3 in $in1_silent
	assert_eq 1 "$(sessions proto gre)" "sessions of gre"
	assert_eq 1 "$(sessions proto 253)" "sessions of 253"
	nat session del proto 4 >"$work/removed"
	assert_eq 2 "$(sessions)" "sessions left"
	back_to gre out1 $out1_silent in1 $in1_silent
}

run_tests "$@"
