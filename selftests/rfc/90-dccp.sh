#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# DCCP (RFC 5597), packet by packet between silent addresses.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

inside=$in1_silent:5000
remote=$out1_silent:7000

# A packet from the inside, or the outside, that must arrive
out() { # TYPE [WORDS...]
	inject in1 dccp $inside to $remote "$@" data hello
	see out1 "dccp 203.0.113.1:* to $remote $1 * data hello"
	end=$src
}

in_() { # TYPE [WORDS...]
	inject out1 dccp $remote to $end "$@" data back
	see in1 "dccp $remote to $inside $1 * data back"
}

open_dccp() {
	out request
	in_ response
	out ack
}

no_sessions() {
	[ "$(sessions)" = 0 ]
}

# 5597/S3-1
test_port_and_checksum_are_translated() {
	masquerade alloc random
	out request
	assert_ne 203.0.113.1:5000 $end "outside end"
	in_ response
	seen out1 '*BAD*'
	assert_eq 0 "$answer" "bad packets"
}

# 5597/REQ-1
test_a_dccp_end_looks_the_same_to_every_destination() {
	local first to
	masquerade
	inject in2 dccp $in2_silent:5000 to 203.0.113.12:7000 request
	see out1 'dccp * to 203.0.113.12:7000 *'
	out request
	first=$end
	for to in out1/$out1_silent:7001 out1/203.0.113.12:7000 out2/$out2_silent:7000; do
		inject in1 dccp $inside to ${to#*/} request data x
		see ${to%/*} "dccp 203.0.113.1:* to ${to#*/} * data x"
		assert_eq $first $src "outside end at ${to#*/}"
	done
}

# 5597/REQ-2
test_every_valid_sequence_passes() {
	masquerade
	open_dccp
	out data-packet
	in_ dataack
	in_ data-packet
	out ack
	out sync
	in_ syncack
	in_ sync
	out syncack
	in_ closereq
	out close
	in_ reset
	open_dccp
	in_ close
	out reset
	# From outside, where filtering permits
	inject out2 dccp $out2_silent:9 to $end request data x
	see in1 "dccp $out2_silent:9 to $inside request * data x"
	inject in1 dccp $inside to $out2_silent:9 response data y
	see out2 "dccp $end to $out2_silent:9 response * data y"
	inject out2 dccp $out2_silent:9 to $end ack data z
	see in1 "dccp $out2_silent:9 to $inside ack * data z"
}

# 5597/REQ-2.2
test_simultaneous_open_by_listen_works() {
	masquerade filtering apdf
	# The server's Listen opens its own NAT, the client's Request comes back.
	out listen
	in_ request
	out response
	in_ ack
	out data-packet
	# A Listen from outside for a flow that the inside opened
	inside=$in1_silent:5001
	out request
	in_ listen
	out request
	in_ response
	out ack
}

# Who may send a request to a mapping, in the letters of who_reaches_udp
who_reaches_dccp() {
	local name host from
	who=
	out request
	while read -r name host from; do
		inject $host dccp $from to $end request data $name
		ask none in1 "dccp $from to $inside * data $name" || who+=${name:0:1}
	done <<-END
		port out1 $out1_silent:7009
		host out2 $out2_silent:7000
	END
}

# 5597/REQ-3 5597/REQ-3.2
test_filtering_is_endpoint_independent_by_default() {
	masquerade
	who_reaches_dccp
	assert_eq ph "$who" "who reaches in1"
}

# 5597/REQ-3 5597/REQ-3.2
test_filtering_is_by_address_where_so_set() {
	masquerade filtering adf
	who_reaches_dccp
	assert_eq p "$who" "who reaches in1 under adf"
}

# 5597/REQ-3.2
test_filtering_is_by_end_where_so_set() {
	masquerade filtering apdf
	who_reaches_dccp
	assert_eq '' "$who" "who reaches in1 under apdf"
}

# 5597/REQ-3.3
test_filtering_differs_from_that_of_udp_where_so_set() {
	nat rule add prio 1 oif wan proto dccp masquerade filtering adf
	nat rule add prio 2 oif wan proto udp masquerade
	who_reaches_dccp
	assert_eq p "$who" "who reaches in1 by DCCP"
	send_udp
	inject out2 udp $out2_silent:9 to $end data x
	see in1 "udp $out2_silent:9 to $in1_silent:5000 * data x"
}

# 5597/REQ-4
test_an_unsolicited_listen_gets_no_answer_for_six_seconds() {
	masquerade
	out request
	must clear
	inject out1 dccp $remote to 203.0.113.1:40000 listen
	inject out1 dccp $remote to 203.0.113.1:40001 sync
	pause 5700
	see_nothing out1 '*'
	see_nothing in1 '*'
}

# 5597/REQ-4.2
test_an_early_listen_is_forgotten_when_the_inside_opens() {
	masquerade alloc preserve
	must clear
	inject out1 dccp $remote to 203.0.113.1:5000 listen
	pause 3000
	out request
	in_ response
	pause 6000
	see_nothing out1 'icmp *'
	see_nothing out1 'dccp * reset *'
}

icmp_seen() {
	seen out1 'icmp *'
	[ "$answer" != 0 ]
}

# 5597/REQ-4.3
test_an_unsolicited_listen_is_answered_after_six_seconds() {
	masquerade
	must clear
	inject out1 dccp $remote to 203.0.113.1:40000 listen
	pause 5700
	see_nothing out1 'icmp *'
	wait_until 6 icmp_seen || fail "no answer"
	see out1 'icmp 203.0.113.1 to * 3/3 *'
}

# 5597/REQ-5 5597/REQ-5.3
test_an_established_connection_lasts_as_set_and_by_default_124_minutes() {
	with_knat || not_offered
	assert_between 7440 999999999 "$(setting_of tcp_established_timeout)" \
		"default of the established timeout"
	setting tcp_established_timeout 6 tcp_opening_timeout 1 tcp_closing_timeout 1
	masquerade
	open_dccp
	pause 4500
	in_ data-packet
	pause 4500
	out data-packet
	assert_happens_after 6 "$(now_ms)" no_sessions
}

# 5597/REQ-5.2 5597/REQ-5.3
test_a_transitory_connection_lasts_as_set_and_by_default_four_minutes() {
	with_knat || not_offered
	assert_between 240 999999999 "$(setting_of tcp_opening_timeout)" \
		"default of the opening timeout"
	assert_between 240 999999999 "$(setting_of tcp_closing_timeout)" \
		"default of the closing timeout"
	setting tcp_established_timeout 600 tcp_opening_timeout 4 \
		tcp_closing_timeout 4 tcp_reset_timeout 4
	masquerade
	out request
	pause 2500
	in_ response
	out ack
	in_ closereq
	out close
	pause 2500
	in_ reset
	assert_happens_after 4 "$(now_ms)" no_sessions
}

# 5597/REQ-6 5597/REQ-12 5597/REQ-13
test_payload_coverage_and_service_code_stay() {
	local coverage
	masquerade
	for coverage in 0 1 2 15; do
		inject in1 dccp $inside to $remote request coverage $coverage service 1347374674 \
			data x@192.168.0.52:5000,203.0.113.1
		sent=$packet
		see out1 "dccp 203.0.113.1:* to $remote *"
		end=$src
		assert_eq "${sent#* to "$remote" }" "$(as_sent)" "request at out1"
		inject out1 dccp $remote to $end response coverage $coverage service 1347374674 \
			data x@192.168.0.52:5000,203.0.113.1
		sent=$packet
		see in1 "dccp $remote to $inside *"
		assert_eq "${sent#* to "$end" }" "$(as_sent $inside)" "response at in1"
	done
}

# The packet behind its ends, with the TTL that it was sent with
as_sent() {
	local rest=${packet#* to * }
	printf '%s' "${rest/ttl 63/ttl 64}"
}

# 5597/REQ-11
test_checksums_are_right_for_every_coverage() {
	local coverage
	masquerade
	for coverage in 0 1 2 3 8 15; do
		out request coverage $coverage
		in_ response coverage $coverage
		out data-packet coverage $coverage
	done
	see_nothing out1 '*BAD*'
	see_nothing in1 '*BAD*'
}

# 5597/REQ-7
test_two_hosts_never_share_an_outside_end() {
	masquerade
	out request
	inject in2 dccp $in2_silent:5000 to $remote request data two
	see out1 'dccp 203.0.113.1:* * data two'
	assert_ne $end $src "outside end of the second host"
	inject in2 dccp $in2_silent:5000 to $out2_silent:7000 request data three
	see out2 'dccp 203.0.113.1:* * data three'
	assert_ne $end $src "its end towards another destination"
}

# 5597/REQ-8
test_hairpinning_shows_outside_ends() {
	masquerade
	out request
	inject in2 dccp $in2_silent:6000 to $remote request data x
	see out1 'dccp 203.0.113.1:* * data x'
	other=$src
	inject in2 dccp $in2_silent:6000 to $end request data pin
	see in1 "dccp * to $inside request * data pin"
	assert_eq $other $src "source that in1 sees"
	inject in1 dccp $inside to $other response data nip
	see in2 "dccp * to $in2_silent:6000 response * data nip"
	assert_eq $end $src "source that in2 sees"
}

# 5597/REQ-9
test_unreachables_are_translated() {
	masquerade
	out request
	must icmp-error out1 192.0.2.99 3/4 mtu 1300 quote 12 about out1
	see in1 "icmp 192.0.2.99 to $in1_silent 3/4 mtu 1300 * quotes dccp $inside to $remote*"
	must icmp-error out1 $out1_silent 3/3 about out1
	see in1 "icmp $out1_silent to $in1_silent 3/3 * quotes dccp $inside to $remote*"
}

# 5597/REQ-10
test_no_icmp_message_ends_a_connection() {
	local type first
	masquerade
	out request
	first=$end
	for type in 3/0 3/1 3/2 3/3 3/4 3/9 3/13 4/0 5/1 11/0 11/1 12/0; do
		must icmp-error out1 192.0.2.99 $type about out1
	done
	in_ response
	out ack
	for type in 3/0 3/1 3/2 3/3 3/4 3/9 3/13 4/0 5/1 11/0 11/1 12/0; do
		must icmp-error out1 $out1_silent $type about out1
	done
	in_ data-packet
	out data-packet
	assert_eq $first $end "outside end"
}

run_tests "$@"
