#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Mapping: which destinations share an outside port (RFC 4787 section 4.1,
# RFC 5382 REQ-1, RFC 5508 REQ-1a).

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# One inside UDP socket and servers at two ports of each of two addresses and
# at another host. $ends are the outside ends that they saw.
ask_everyone() {
	local name remote
	ends=()
	udp a in1 192.168.0.2:5000
	for remote in out1/203.0.113.11:7001 out1/203.0.113.11:7002 \
		out1/203.0.113.12:7001 out1/203.0.113.12:7002 \
		out2/203.0.113.21:7001; do
		name=s${#ends[@]}
		udp "$name" "${remote%/*}" "${remote#*/}"
		greet a "$name" "${remote#*/}"
		ends+=("$outside")
		answer "$name" a "$outside" "${remote#*/}"
	done
}

# The same with TCP connections from one inside port.
connect_everyone() {
	local name remote
	ends=()
	for remote in out1/203.0.113.11:81 out1/203.0.113.11:82 \
		out1/203.0.113.12:81 out1/203.0.113.12:82 \
		out2/203.0.113.21:81; do
		name=s${#ends[@]}
		listen "l$name" "${remote%/*}" "${remote#*/}"
		connect "c$name" in1 192.168.0.2:5000 "${remote#*/}"
		accept "$name" "l$name"
		ends+=("$from")
		stream "c$name" "$name" 100
	done
}

# How many different ends there are among some.
different() {
	local -A set=()
	local end
	for end; do set[$end]=1; done
	printf '%s' "${#set[@]}"
}

assert_independent() {
	assert_eq 1 "$(different "${ends[@]}")" "outside ends of ${ends[*]}"
}

assert_by_address() {
	assert_eq "${ends[0]}" "${ends[1]}" "two ports of the first address"
	assert_eq "${ends[2]}" "${ends[3]}" "two ports of the second address"
	assert_eq 3 "$(different "${ends[@]}")" "outside ends of ${ends[*]}"
}

assert_by_end() {
	assert_eq 5 "$(different "${ends[@]}")" "outside ends of ${ends[*]}"
}

test_udp_mapping_is_the_same_towards_every_destination() {
	masquerade
	ask_everyone
	assert_independent
	assert_mappings 1
}

test_tcp_mapping_is_the_same_towards_every_destination() {
	masquerade
	connect_everyone
	assert_independent
	assert_mappings 1
	assert_eq 5 "$(sessions)" "sessions listed"
}

test_tcp_mapping_stays_for_connections_one_after_the_other() {
	local first
	masquerade
	listen l1 out1 203.0.113.11:81
	listen l2 out2 203.0.113.21:81
	connect c1 in1 192.168.0.2:5000 203.0.113.11:81
	accept s1 l1
	first=$from
	must close s1 reset
	must close c1 reset
	connect c2 in1 192.168.0.2:5000 203.0.113.21:81
	accept s2 l2
	assert_eq "$first" "$from" "outside end of the second connection"
}

test_ping_mapping_is_the_same_towards_every_destination() {
	local remote first=
	masquerade
	for remote in 203.0.113.11 203.0.113.12 203.0.113.21; do
		inject in1 icmp 192.168.0.2 to $remote 8/0 id 7 seq 1 data hello
		see in1 "icmp $remote to 192.168.0.2 0/0 id 7 *"
	done
	see out1 'icmp * to 203.0.113.11 8/0 *'
	first=$(field id)
	see out1 'icmp * to 203.0.113.12 8/0 *'
	assert_eq "$first" "$(field id)" "id at the second address"
	see out2 'icmp * to 203.0.113.21 8/0 *'
	assert_eq "$first" "$(field id)" "id at the second host"
}

test_the_same_holds_for_each_of_many_hosts_that_collide_on_a_port() {
	local host first n
	masquerade
	udp s1 out1 203.0.113.11:7001
	udp s2 out2 203.0.113.21:7001
	for n in 2 3; do
		host=in$((n - 1))
		udp a$n $host 192.168.0.$n:5000
		greet a$n s1 203.0.113.11:7001
		first=$outside
		greet a$n s2 203.0.113.21:7001
		assert_eq "$first" "$outside" "outside end of $host at out2"
	done
}

test_one_mapping_serves_a_thousand_destinations() {
	masquerade
	must burst in1 udp $in1_silent 5000 $out1_silent:2000+1000
	must ports out1 'udp 203.0.113.1:* to *'
	assert_like 'packets 1000 sources 1 *' "$answer" "packets at out1"
	assert_mappings 1
	assert_eq 0 "$(sessions)" "sessions of an independent UDP mapping"
}

test_adm_udp_mapping_follows_the_remote_address() {
	masquerade mapping adm
	ask_everyone
	assert_by_address
}

test_adm_tcp_mapping_follows_the_remote_address() {
	masquerade mapping adm
	connect_everyone
	assert_by_address
}

test_apdm_udp_mapping_follows_the_remote_end() {
	masquerade mapping apdm
	ask_everyone
	assert_by_end
}

test_apdm_tcp_mapping_follows_the_remote_end() {
	masquerade mapping apdm
	connect_everyone
	assert_by_end
}

test_adm_ping_mapping_follows_the_remote_address() {
	local first
	masquerade mapping adm
	inject in1 icmp 192.168.0.2 to 203.0.113.11 8/0 id 7 seq 1
	see in1 'icmp 203.0.113.11 to 192.168.0.2 0/0 id 7 *'
	inject in1 icmp 192.168.0.2 to 203.0.113.21 8/0 id 7 seq 1
	see in1 'icmp 203.0.113.21 to 192.168.0.2 0/0 id 7 *'
	see out1 'icmp 203.0.113.1 to * 8/0 *'
	first=$(field id)
	see out2 'icmp 203.0.113.1 to * 8/0 *'
	assert_ne "$first" "$(field id)" "id at the second host"
}

test_a_pool_can_have_its_own_mapping_behaviour() {
	nat pool add strict addr 198.51.100.1 mapping apdm
	nat rule add prio 1 oif wan src 192.168.0.3/32 pool strict
	masquerade
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:5000
	udp s1 out1 203.0.113.11:7001
	udp s2 out1 203.0.113.11:7002
	greet a s1 203.0.113.11:7001
	ends=("$outside")
	greet a s2 203.0.113.11:7002
	assert_eq "${ends[0]}" "$outside" "in1, masqueraded"
	greet b s1 203.0.113.11:7001
	ends=("$outside")
	greet b s2 203.0.113.11:7002
	assert_ne "${ends[0]}" "$outside" "in2, through the strict pool"
}

run_tests "$@"
