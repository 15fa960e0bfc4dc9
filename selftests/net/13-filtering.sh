#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Filtering: who may answer to a mapping (RFC 4787 section 5, RFC 5382 REQ-3),
# for each mapping behaviour.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# in1 has sent to 203.0.113.11:7001 alone; who else gets through? The letters
# in $who stand for the same end, another port of that address, another
# address of that host, another host.
who_reaches_udp() {
	local name
	who=
	udp a in1 192.168.0.2:5000
	udp same out1 203.0.113.11:7001
	udp port out1 203.0.113.11:7002
	udp address out1 203.0.113.12:7001
	udp host out2 203.0.113.21:7001
	greet a same 203.0.113.11:7001
	for name in same port address host; do
		tell $name "$outside" "from-$name"
		ask quiet a && continue
		assert_like "* from-$name" "$answer" "what in1 received"
		who+=${name:0:1}
	done
}

# The same with connection requests to in1's port, but for the first letter.
who_reaches_tcp() {
	local name host end
	who=
	listen inside in1 192.168.0.2:5000
	listen l out1 203.0.113.11:81
	connect c in1 192.168.0.2:5000 203.0.113.11:81
	accept x l
	while read -r name host end; do
		must start "$name" "$host" "$end" "$from"
		ask none in1 "tcp $end to 192.168.0.2:5000 S *" ||
			who+=${name:0:1}
	done <<-END
		port out1 203.0.113.11:82
		address out1 203.0.113.12:81
		host out2 203.0.113.21:81
	END
}

# The outside ends that one inside end has towards two ports of an address and
# another address: the same letter stands for the same end.
declare -A mapped=([eim]=aaa [adm]=aab [apdm]=abc)

assert_mapped() { # MAPPING udp|tcp [FLAGS]
	local remote letters=abc ends=
	local -A letter=()
	for remote in $out1_silent:91 $out1_silent:92 $out2_silent:91; do
		inject in1 "$2" $in1_silent:6000 to $remote "${@:3}"
		if [ "${remote%:*}" = $out2_silent ]; then
			see out2 "$2 203.0.113.1:* to $remote *"
		else
			see out1 "$2 203.0.113.1:* to $remote *"
		fi
		[ -n "${letter[$src]-}" ] || letter[$src]=${letters:${#letter[@]}:1}
		ends+=${letter[$src]}
	done
	assert_eq "${mapped[$1]}" "$ends" "outside ends towards three remote ends"
}

check_udp() { # MAPPING FILTERING EXPECTED
	masquerade mapping "$1" filtering "$2"
	who_reaches_udp
	assert_eq "$3" "$who" "who reaches in1"
	assert_counter drop_filtered $((4 - ${#3}))
	assert_mapped "$1" udp
}

check_tcp() { # MAPPING FILTERING EXPECTED
	masquerade mapping "$1" filtering "$2"
	who_reaches_tcp
	assert_eq "$3" "$who" "who can open a connection to in1"
	assert_mapped "$1" tcp S
}

test_eim_eif_udp_lets_everyone_in() { check_udp eim eif spah; }
test_eim_adf_udp_lets_the_same_address_in() { check_udp eim adf sp; }
test_eim_apdf_udp_lets_the_same_end_in() { check_udp eim apdf s; }
test_adm_eif_udp_lets_everyone_in() { check_udp adm eif spah; }
test_adm_adf_udp_lets_the_same_address_in() { check_udp adm adf sp; }
test_adm_apdf_udp_lets_the_same_end_in() { check_udp adm apdf s; }
test_apdm_eif_udp_lets_everyone_in() { check_udp apdm eif spah; }
test_apdm_adf_udp_lets_the_same_address_in() { check_udp apdm adf sp; }
test_apdm_apdf_udp_lets_the_same_end_in() { check_udp apdm apdf s; }

test_eim_eif_tcp_lets_everyone_connect() { check_tcp eim eif pah; }
test_eim_adf_tcp_lets_the_same_address_connect() { check_tcp eim adf p; }
test_eim_apdf_tcp_lets_nobody_else_connect() { check_tcp eim apdf ''; }
test_adm_eif_tcp_lets_everyone_connect() { check_tcp adm eif pah; }
test_adm_adf_tcp_lets_the_same_address_connect() { check_tcp adm adf p; }
test_adm_apdf_tcp_lets_nobody_else_connect() { check_tcp adm apdf ''; }
test_apdm_eif_tcp_lets_everyone_connect() { check_tcp apdm eif pah; }
test_apdm_adf_tcp_lets_the_same_address_connect() { check_tcp apdm adf p; }
test_apdm_apdf_tcp_lets_nobody_else_connect() { check_tcp apdm apdf ''; }

# Echo has no ports: the same host, another address of it, another host.
who_reaches_ping() {
	local name host addr
	who=
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 7 seq 1
	see out1 "icmp 203.0.113.1 to $out1_silent 8/0 *"
	id=$(field id)
	while read -r name host addr; do
		inject "$host" icmp "$addr" to 203.0.113.1 0/0 id "$id" seq 1
		ask none in1 "icmp $addr to $in1_silent 0/0 id 7 *" ||
			who+=${name:0:1}
	done <<-END
		same out1 $out1_silent
		address out1 203.0.113.12
		host out2 $out2_silent
	END
}

check_ping() { # MAPPING FILTERING EXPECTED
	masquerade mapping "$1" filtering "$2"
	who_reaches_ping
	assert_eq "$3" "$who" "whose reply reaches in1"
	assert_counter drop_filtered $((3 - ${#3}))
	# Towards an address that has not sent anything
	inject in1 icmp $in1_silent to 203.0.113.21 8/0 id 7 seq 2
	see out2 "icmp 203.0.113.1 to 203.0.113.21 8/0 *"
	if [ "$1" = eim ]; then
		assert_eq "$id" "$(field id)" "id towards out2"
	else
		assert_ne "$id" "$(field id)" "id towards out2"
	fi
}

test_eim_eif_ping_lets_everyone_reply() { check_ping eim eif sah; }
test_eim_adf_ping_lets_the_same_address_reply() { check_ping eim adf s; }
test_eim_apdf_ping_lets_the_same_address_reply() { check_ping eim apdf s; }
test_adm_eif_ping_lets_everyone_reply() { check_ping adm eif sah; }
test_adm_adf_ping_lets_the_same_address_reply() { check_ping adm adf s; }
test_adm_apdf_ping_lets_the_same_address_reply() { check_ping adm apdf s; }
test_apdm_eif_ping_lets_everyone_reply() { check_ping apdm eif sah; }
test_apdm_adf_ping_lets_the_same_address_reply() { check_ping apdm adf s; }
test_apdm_apdf_ping_lets_the_same_address_reply() { check_ping apdm apdf s; }

test_a_connection_from_outside_to_a_mapping_carries_data() {
	masquerade
	listen inside in1 192.168.0.2:5000
	listen l out1 203.0.113.11:81
	connect c in1 192.168.0.2:5000 203.0.113.11:81
	accept x l
	connect d out2 203.0.113.21:4444 "$from"
	accept y inside
	assert_eq 203.0.113.21:4444 "$from" "peer that in1 sees"
	stream d y 10000
	stream y d 10000
}

test_a_packet_to_an_address_opens_it_under_adf() {
	masquerade filtering adf
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7001
	udp t out2 203.0.113.21:7001
	greet a s 203.0.113.11:7001
	tell t "$outside" early
	hear_nothing a
	greet a t 203.0.113.21:7001
	udp t2 out2 203.0.113.21:7002
	answer t2 a "$outside" 203.0.113.21:7002
}

# Under adf the kernel keeps a permission beside the sessions, under port 0.
test_port_zero_meets_no_permission_under_adf() {
	masquerade filtering adf
	setting tcp_opening_timeout 2 port_rest 0
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S seq 100
	see out1 "tcp * to $out1_silent:80 S *"
	end=$src
	must clear
	inject in1 tcp $in1_silent:5000 to $out1_silent:0 A seq 101 ack 77777
	inject in1 tcp $in1_silent:5000 to $out1_silent:0 SA seq 101 ack 77777
	see_nothing out1 'tcp *'
	inject out1 tcp $out1_silent:0 to "$end" A seq 1 ack 101
	inject out1 tcp $out1_silent:0 to "$end" S seq 1
	see_nothing in1 'tcp *'
	wait_until 15 no_mappings || fail "the mapping stays for ever"
}

test_the_answer_of_another_address_is_dropped_silently() {
	masquerade filtering apdf
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7001
	udp t out2 203.0.113.21:7001
	greet a s 203.0.113.11:7001
	tell t "$outside" stray
	see_nothing out2 'icmp *'
	see_nothing in1 'udp 203.0.113.21:*'
}

test_inbound_udp_to_a_tcp_mapping_is_dropped() {
	masquerade
	listen l out1 203.0.113.11:81
	connect c in1 192.168.0.2:5000 203.0.113.11:81
	accept x l
	inject out1 udp $out1_silent:9 to "$from" data x
	see_nothing in1 'udp *'
}

test_filtering_holds_for_every_host_that_collides_on_a_port() {
	local n
	masquerade filtering adf
	udp s out1 203.0.113.11:7001
	udp t out2 203.0.113.21:7001
	for n in 2 3; do
		udp a$n in$((n - 1)) 192.168.0.$n:5000
		greet a$n s 203.0.113.11:7001
		answer s a$n "$outside" 203.0.113.11:7001
		tell t "$outside" stray
		hear_nothing a$n
	done
}

run_tests "$@"
