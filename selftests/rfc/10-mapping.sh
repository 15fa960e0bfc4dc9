#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# Mapping: which outside end an inside end has.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Servers s0 to s4 at two ports of two addresses, and at another host
remotes=(203.0.113.11:7001 203.0.113.11:7002 203.0.113.12:7001
	203.0.113.12:7002 203.0.113.21:7001)

servers() {
	local n
	for n in 0 1 2 3; do udp s$n out1 ${remotes[n]}; done
	udp s4 out2 ${remotes[4]}
}

# A socket greets all of them; $ends are the ends that they saw.
greet_everyone() { # SOCKET
	local n
	ends=()
	for n in "${!remotes[@]}"; do
		greet $1 s$n ${remotes[n]}
		answer s$n $1 $outside ${remotes[n]}
		ends+=("$outside")
	done
}

# 4787/REQ-1 3022/S3.1-1
test_a_udp_end_looks_the_same_to_every_destination() {
	masquerade
	udp b in2 192.168.0.3:5000
	servers
	greet b s2 ${remotes[2]}
	udp a in1 192.168.0.2:5000
	greet_everyone a
	assert_ends 1 "in1's socket, although in2 uses the port too"
	must burst in1 udp $in1_silent 5000 $out1_silent:2000+10000
	look_at_ports "udp 203.0.113.1:* to $out1_silent:*"
	assert_eq "10000 1" "$packets $sources" \
		"packets and sources of one inside end with 10000 destinations"
}

# 5382/REQ-1
test_a_tcp_end_looks_the_same_to_every_destination() {
	local remote name
	masquerade
	listen other out1 203.0.113.12:81
	connect o1 in2 192.168.0.3:5000 203.0.113.12:81
	accept o2 other
	must close other
	for remote in out1/203.0.113.11:81 out1/203.0.113.11:82 \
		out1/203.0.113.12:81 out2/203.0.113.21:81; do
		name=s${#ends[@]}
		listen l$name ${remote%/*} ${remote#*/}
		connect c$name in1 192.168.0.2:5000 ${remote#*/}
		accept $name l$name
		ends+=("$from")
		stream c$name $name 1000
		stream $name c$name 1000
	done
	assert_ends 1 "connections at once"
	must close cs0
	must close s0
	listen last out2 203.0.113.21:83
	connect c in1 192.168.0.2:5000 203.0.113.21:83
	accept s last
	ends+=("$from")
	assert_ends 1 "a connection after one that was closed"
}

# 5508/REQ-1a
test_a_ping_id_looks_the_same_to_every_destination() {
	local remote
	masquerade
	inject in2 icmp 192.168.0.3 to 203.0.113.12 8/0 id 7 seq 1
	see in2 'icmp * 0/0 id 7 *'
	for remote in out1/203.0.113.11 out1/203.0.113.12 out2/203.0.113.21; do
		inject in1 icmp 192.168.0.2 to ${remote#*/} 8/0 id 7 seq ${#ends[@]} data x
		see ${remote%/*} "icmp 203.0.113.1 to ${remote#*/} 8/0 * data x"
		ends+=("$(field id)")
		see in1 "icmp ${remote#*/} to 192.168.0.2 0/0 id 7 *"
	done
	assert_ends 1 "one inside id"
}

# 4787/REQ-3
test_two_udp_ends_never_share_an_outside_end() {
	local first end
	masquerade
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:5000
	servers
	greet a s0 ${remotes[0]}
	first=$outside
	greet b s4 ${remotes[4]}
	assert_ne "$first" "$outside" "ends of two hosts towards different destinations"
	greet_everyone a
	first=("${ends[@]}")
	greet_everyone b
	for end in "${ends[@]}"; do
		[[ " ${first[*]} " != *" $end "* ]] ||
			fail "both hosts have $end: ${first[*]}, ${ends[*]}"
	done
}

# 5382/REQ-7
test_two_connections_never_share_an_outside_end() {
	masquerade
	listen l out1 203.0.113.11:80
	connect c1 in1 192.168.0.2:5000 203.0.113.11:80
	accept s1 l
	ends+=("$from")
	connect c2 in2 192.168.0.3:5000 203.0.113.11:80
	accept s2 l
	ends+=("$from")
	assert_ends 2 "two connections to one server"
	stream c1 s1 5000
	stream s2 c2 5000
	stream c2 s2 5000
	stream s1 c1 5000
}

# What a new host that uses source port 5000 gets: one end for two
# destinations, and a stranger may send to it.
assert_verdict() { # HOST ADDR WHEN
	inject $1 udp $2:5000 to $out1_silent:7000
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 *"
	end=$src
	inject $1 udp $2:5000 to $out2_silent:7000
	see out2 "udp 203.0.113.1:* to $out2_silent:7000 *"
	assert_eq "$end" "$src" "end of $2 at another destination $3"
	inject out2 udp $out2_silent:9 to "$end" data x
	see $1 "udp $out2_silent:9 to $2:5000 *"
}

# 4787/REQ-11
test_behaviour_is_the_same_for_every_host_and_under_load() {
	masquerade ports 2000-2099 alloc preserve
	must patience 2000
	assert_verdict in1 $in1_silent "first host"
	assert_verdict in2 $in2_silent "second host"
	assert_verdict in3 $in3_silent "third host"
	must burst in2 udp 192.168.0.100+87 5000 $out1_silent:7000
	must clear
	assert_verdict in1 192.168.0.2 "at 90 % of the ports"
	must burst in2 udp 192.168.0.100+87 5001 $out1_silent:7000
	must clear
	assert_verdict in1 192.168.0.2 "at 100 % of the ports"
	assert_verdict in2 $in2_silent "at 100 % of the ports"
	assert_verdict in3 $in3_silent "at 100 % of the ports"
}

# 7857/S5-1 7857/S5-2 7857/S5-3
test_a_mapping_is_of_one_protocol() {
	masquerade alloc random
	sends S seq 1
	tcp=$end
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 *"
	udp=$src
	inject out2 udp $out2_silent:9 to "$udp" data x
	see in1 "udp $out2_silent:9 to $inside *"
	if [ "$tcp" != "$udp" ]; then
		inject out2 udp $out2_silent:9 to "$tcp" data y
		see_nothing in1 "* data y"
	fi
	assert_ne "$tcp" "$udp" "ends of TCP and UDP from one port"
}

### Address mapping (Basic NAT) and port mapping of RFC 3022

# 3022/S2.1-1 3022/S4.1-5
test_a_mapped_address_is_the_same_for_every_flow_and_keeps_ports() {
	one_to_one 198.51.100.2 $in1_silent
	for remote in out1/$out1_silent out2/$out2_silent; do
		inject in1 udp $in1_silent:5000 to ${remote#*/}:7000
		see ${remote%/*} "udp 198.51.100.2:5000 to ${remote#*/}:7000 *"
		inject in1 tcp $in1_silent:5001 to ${remote#*/}:80 S
		see ${remote%/*} "tcp 198.51.100.2:5001 to ${remote#*/}:80 S *"
		inject in1 icmp $in1_silent to ${remote#*/} 8/0 id 321 seq 9 data hi
		see ${remote%/*} "icmp 198.51.100.2 to ${remote#*/} 8/0 id 321 seq 9 * data hi"
		inject ${remote%/*} icmp ${remote#*/} to 198.51.100.2 0/0 id 321 seq 9 data hi
		see in1 "icmp ${remote#*/} to $in1_silent 0/0 id 321 seq 9 * data hi"
	done
}

# 3022/S2.1-2 7857/S12-1
test_a_statically_mapped_address_is_reached_from_outside_and_used_outwards() {
	one_to_one 198.51.100.2 192.168.0.2
	inject out1 icmp 203.0.113.11 to 198.51.100.2 8/0 id 9 seq 1 data first
	see in1 'icmp 203.0.113.11 to 192.168.0.2 8/0 id 9 *'
	see out1 'icmp 198.51.100.2 to 203.0.113.11 0/0 id 9 seq 1 * data first'
	listen l in1 192.168.0.2:80
	connect c out1 203.0.113.11:0 198.51.100.2:80
	accept s l
	stream c s 1000
	stream s c 1000
	udp a in1 192.168.0.2:5353
	udp u out2 203.0.113.21:7000
	greet u a 198.51.100.2:5353
	answer a u 203.0.113.21:7000 198.51.100.2:5353
	greet a u 203.0.113.21:7000
	assert_eq 198.51.100.2:5353 "$outside" "source of the host's own flow"
}

# 3022/S2.1-3
test_with_all_addresses_bound_another_host_gets_none() {
	one_to_one 198.51.100.2 $in1_silent
	one_to_one 198.51.100.3 $in2_silent
	refused '*' map add 198.51.100.2 to $in3_silent
	refused '*' map add 198.51.100.3 to $in3_silent
	inject in1 udp $in1_silent:5000 to $out1_silent:7000
	see out1 "udp 198.51.100.2:5000 *"
	inject in2 udp $in2_silent:5000 to $out1_silent:7000
	see out1 "udp 198.51.100.3:5000 *"
	inject out1 udp $out1_silent:7000 to 198.51.100.3:5000
	see in2 'udp *'
	see_nothing in3 '*'
}

# 3022/S5.4-1
test_hosts_beyond_the_mapped_addresses_share_one_with_ports() {
	one_to_one 198.51.100.2 $in1_silent
	pool 198.51.100.9
	inject in1 udp $in1_silent:5000 to $out1_silent:7000
	see out1 "udp 198.51.100.2:5000 *"
	must burst in2 udp $in2_silent 5000+20 $out1_silent:7000
	must burst in3 udp $in3_silent 5000+20 $out1_silent:7000
	look_at_ports "udp 198.51.100.9:*"
	assert_eq "40 40" "$packets $sources" "packets and sources of the others"
}

# 3022/S2.2-1
test_a_hundred_inside_ends_share_one_address() {
	local proto remote
	masquerade
	for proto in udp tcp icmp; do
		remote=$out1_silent:80
		must clear
		must burst in1 $proto $in1_silent 5000+34 $remote
		must burst in2 $proto $in2_silent 5000+33 $remote
		must burst in3 $proto $in3_silent 5000+33 $remote
		look_at_ports "$proto 203.0.113.1*"
		assert_eq "100 100" "$packets $sources" "$proto packets and sources"
	done
	must clear
	must burst in1 udp $in1_silent 6000+34 $out1_silent:7000
	must burst in2 udp $in2_silent 6000+33 $out1_silent:7000
	must burst in3 udp $in3_silent 6000+33 $out1_silent:7000
	must answer out1 out1
	seen in1 "udp $out1_silent:7000 to $in1_silent:60*"
	assert_eq 34 "$answer" "answers at in1"
	seen in2 "udp $out1_silent:7000 to $in2_silent:60*"
	assert_eq 33 "$answer" "answers at in2"
	seen in3 "udp $out1_silent:7000 to $in3_silent:60*"
	assert_eq 33 "$answer" "answers at in3"
}

# 3022/S2.2-2
test_a_service_port_is_forwarded() {
	masquerade
	forward tcp 203.0.113.1:8080 192.168.0.2:80
	listen l in1 192.168.0.2:80
	connect c out1 203.0.113.11:4444 203.0.113.1:8080
	accept s l
	assert_eq 203.0.113.11:4444 "$from" "peer that in1 sees"
	see in1 'tcp 203.0.113.11:4444 to 192.168.0.2:80 S *'
	see out1 'tcp 203.0.113.1:8080 to 203.0.113.11:4444 SA *'
	stream c s 1000
	stream s c 1000
}

# 3022/S2.2-3
test_two_hosts_ping_with_one_id() {
	masquerade
	inject in1 icmp 192.168.0.2 to 203.0.113.11 8/0 id 77 seq 1 data one
	see out1 'icmp 203.0.113.1 to * 8/0 * data one'
	ends+=("$(field id)")
	inject in2 icmp 192.168.0.3 to 203.0.113.11 8/0 id 77 seq 1 data two
	see out1 'icmp 203.0.113.1 to * 8/0 * data two'
	ends+=("$(field id)")
	assert_ends 2 "two hosts with one id"
	see in1 'icmp 203.0.113.11 to 192.168.0.2 0/0 id 77 seq 1 * data one'
	see in2 'icmp 203.0.113.11 to 192.168.0.3 0/0 id 77 seq 1 * data two'
	see_nothing in1 '* data two'
	see_nothing in2 '* data one'
}

# 3022/S2.2-5 6056/S3.2-2
test_the_gateway_s_own_ports_are_never_handed_out() {
	masquerade ports 2000-2199 alloc random
	listen l gw 203.0.113.1:2003
	listen server out1 203.0.113.11:80
	connect own gw 203.0.113.1:2005 203.0.113.11:80
	accept far server
	udp g gw 203.0.113.1:2007
	must burst in1 tcp $in1_silent 5000+300 $out1_silent:80
	see_nothing out1 "tcp 203.0.113.1:2003 to $out1_silent:80 *"
	see_nothing out1 "tcp 203.0.113.1:2005 to $out1_silent:80 *"
	look_at_ports "tcp 203.0.113.1:* to $out1_silent:80 *"
	assert_eq 198 "$sources" "all others are handed out"
	must burst in1 udp $in1_silent 5000+300 $out1_silent:7000
	see_nothing out1 "udp 203.0.113.1:2007 *"
	look_at_ports "udp 203.0.113.1:* to $out1_silent:7000 *"
	assert_eq 199 "$sources" "all others are handed out"
	connect ssh out1 203.0.113.11:0 203.0.113.1:2003
	accept t l
	stream ssh t 1000
	stream own far 1000
	stream far own 1000
	udp c out1 203.0.113.11:4444
	greet c g 203.0.113.1:2007
	answer g c 203.0.113.11:4444 203.0.113.1:2007
}

# 3022/S2.2-6
test_nothing_leaves_with_an_inside_source() {
	local proto cut
	masquerade
	must allow addresses
	for proto in 0 4 41 47 50 51 89 94 103 112 132 253; do
		inject in1 ip $in1_silent to $out1_silent proto $proto data @40
		inject in1 ip $in1_silent to $out1_silent proto $proto frag 0,more data @40
		inject in1 ip $in1_silent to $out1_silent proto $proto frag 64 data @40
	done
	for cut in 1 4 7 12 19; do
		inject in1 tcp $in1_silent:5000 to $out1_silent:80 S cut $cut
		inject in1 udp $in1_silent:5000 to $out1_silent:7000 data @40 cut $cut
		inject in1 icmp $in1_silent to $out1_silent 8/0 id 3 data @40 cut $cut
	done
	for proto in SF SR SFR FPU - SFRPAU A RA; do
		inject in1 tcp $in1_silent:5000 to $out1_silent:80 $proto
	done
	for type in 0/0 3/3 4/0 5/1 9/0 10/0 11/0 12/0 14/0 15/0 16/0 17/0 18/0 30/0 \
		37/0 40/0 253/0; do
		inject in1 icmp $in1_silent to $out1_silent $type
	done
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 opts 01010101 data x
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 opts 07070400 data x
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 opts 83070400 data x
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 frag 1480 data @40
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 badsum data x
	must allow checksums
	see_nothing out1 '* 192.168.*'
}

# 3022/S3.3-1
test_a_binding_ends_after_its_flows() {
	setting udp_timeout 1
	masquerade
	send_udp
	wait_until 12 no_mappings || fail "the mapping stays"
	reply_udp_in_vain
}

# 3022/S5.1-1
test_an_address_is_not_inside_and_outside_at_once() {
	nat pool add p addr 198.51.100.1
	nat map add 198.51.100.64/26 to 192.168.0.0/26
	refused '*' pool add q addr 198.51.100.65
	refused '*' map add 192.0.2.2 to 192.168.0.2
	refused '*' rule add oif wan src 198.51.100.0/24 pool p
}

# 3022/S6.2-1
test_the_gateway_answers_arp_for_its_outside_addresses() {
	local address
	pool 203.0.113.50
	one_to_one 203.0.113.51 192.168.0.2
	for address in 203.0.113.50 203.0.113.51; do
		ip -n out1 neigh flush to $address
		inject out1 icmp 203.0.113.11 to $address 8/0 id 4 seq 1
		wait_until 5 arp_answered $address ||
			fail "no answer to ARP for $address: $(ip -n out1 neigh show $address)"
	done
	see in1 'icmp 203.0.113.11 to 192.168.0.2 8/0 id 4 *'
}

arp_answered() { # ADDRESS
	[[ $(ip -n out1 neigh show $1) == *lladdr* ]]
}

### Carrier-grade NAT: pairing, pools, exemptions

# Counts of packets at out1 that match a glob, for each of these addresses
addresses_seen() { # GLOB ADDRESS...
	local glob=$1 address
	shift
	used=()
	for address; do
		seen out1 "* $address$glob"
		[ "$answer" = 0 ] || used+=("$address/$answer")
	done
}

four="198.51.100.0 198.51.100.1 198.51.100.2 198.51.100.3"

# 4787/REQ-2 6888/REQ-2 7857/S4-3
test_all_flows_of_a_host_share_one_outside_address() {
	local n all=()
	pool 198.51.100.0/30
	for n in {1..16}; do
		must clear
		must burst in1 udp 192.168.0.$((100 + n)) 5000+20 $out1_silent:7000
		must burst in1 udp 192.168.0.$((100 + n)) 5000+5 $out1_silent:9000+4
		must burst in1 tcp 192.168.0.$((100 + n)) 5000+20 $out1_silent:80
		must burst in1 icmp 192.168.0.$((100 + n)) 5000+20 $out1_silent:0
		addresses_seen '*' $four
		assert_eq 1 "${#used[@]}" "addresses of host $n: ${used[*]}"
		assert_eq 80 "${used[0]#*/}" "packets of host $n"
		all+=("${used[0]%/*}")
	done
	ends=("${all[@]}")
	((${#all[@]} == 16)) || fail "hosts"
	[ "$(printf '%s\n' "${all[@]}" | sort -u | wc -l)" -gt 1 ] ||
		fail "all hosts have ${all[0]}"
	must clear
	udp a in1 192.168.0.2:0
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	ends=("${outside%:*}")
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:0 203.0.113.11:80
	accept t l
	ends+=("${from%:*}")
	udp u out2 203.0.113.21:7000
	greet a u 203.0.113.21:7000
	ends+=("${outside%:*}")
	assert_ends 1 "a host's sockets"
}

# 7857/S4-1 7857/S4-2
test_a_full_paired_address_refuses_rather_than_lends_another() {
	nat pool add p addr 198.51.100.0/30 ports 2000-2009
	nat rule add oif wan pool p
	must burst in1 udp $in1_silent 5000+20 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+20 $out1_silent:80
	addresses_seen ':* to *:7000 *' $four
	assert_eq 1 "${#used[@]}" "addresses of UDP: ${used[*]}"
	assert_eq 10 "${used[0]#*/}" "flows of UDP"
	local address=${used[0]%/*}
	addresses_seen ':* to *:80 *' $four
	assert_eq "$address/10" "${used[*]}" "addresses and flows of TCP"
	see in1 'icmp 192.168.0.1 to * 3/1 *'
}

# 6888/REQ-2.2
test_pairing_may_differ_by_rule() {
	nat pool add p addr 198.51.100.0/30
	nat pool add q addr 198.51.100.4/30 pairing arbitrary
	nat rule add prio 1 oif wan proto udp dport 53 pool q
	nat rule add oif wan pool p
	must burst in1 udp $in1_silent 5000+60 $out1_silent:53
	must burst in1 udp $in1_silent 5000+60 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+60 $out1_silent:53
	addresses_seen '*' $four
	assert_eq 1 "${#used[@]}" "addresses of all but DNS: ${used[*]}"
	addresses_seen '*' 198.51.100.4 198.51.100.5 198.51.100.6 198.51.100.7
	assert_between 2 4 "${#used[@]}" "addresses of DNS: ${used[*]}"
}

# 6888/REQ-3
test_pools_of_any_size_work() {
	local range
	for range in 198.51.100.1 198.51.100.1-198.51.100.3 198.51.100.0/24 10.64.0.0/20 10.64.0.0/16; do
		nat pool add p addr $range
		nat rule add oif wan pool p
		must clear
		inject in1 udp $in1_silent:5000 to $out1_silent:7000
		see out1 "udp *:* to $out1_silent:7000 *"
		[[ $src != 192.168.* ]] || fail "untranslated with $range"
		nat flush
	done
}

# 6888/REQ-3.2
test_ranges_that_do_not_touch_are_all_used() {
	pool 198.51.100.1-198.51.100.3,198.51.100.9,198.51.100.64/30 pairing arbitrary
	must burst in1 udp $in1_silent 5000+400 $out1_silent:7000
	addresses_seen ':* to *:7000 *' 198.51.100.1 198.51.100.2 198.51.100.3 \
		198.51.100.9 198.51.100.64 198.51.100.65 198.51.100.66 198.51.100.67
	assert_eq 8 "${#used[@]}" "addresses used: ${used[*]}"
	seen out1 "* to $out1_silent:7000 *"
	assert_eq 400 "$answer" "packets in all"
}

# 6888/REQ-6
test_translation_can_be_off_for_some_destinations() {
	exempt $out2_silent
	masquerade
	must allow addresses
	ip -n out2 route add 192.168.0.0/24 via 203.0.113.1
	inject in1 udp $in1_silent:5000 to $out2_silent:7000 data plain
	see out2 "udp $in1_silent:5000 to $out2_silent:7000 * data plain"
	inject out2 udp $out2_silent:7000 to $in1_silent:5000 data back
	see in1 "udp $out2_silent:7000 to $in1_silent:5000 * data back"
	inject in1 tcp $in1_silent:5000 to $out2_silent:80 S
	see out2 "tcp $in1_silent:5000 to $out2_silent:80 S *"
	ip -n out2 route del 192.168.0.0/24 via 203.0.113.1
	send_udp
	reply_udp
}

# 6888/REQ-6
test_translation_can_be_off_for_some_ports() {
	exempt '' tcp 80
	exempt $out2_silent udp 4000-4009
	masquerade
	must allow addresses
	ip -n out1 route add 192.168.0.0/24 via 203.0.113.1
	ip -n out2 route add 192.168.0.0/24 via 203.0.113.1
	inject in1 tcp $in1_silent:5000 to $out1_silent:80 S seq 100
	see out1 "tcp $in1_silent:5000 to $out1_silent:80 S *"
	inject out1 tcp $out1_silent:80 to $in1_silent:5000 SA seq 300 ack 101
	see in1 "tcp $out1_silent:80 to $in1_silent:5000 SA *"
	inject in1 udp $in1_silent:5000 to $out2_silent:4009 data plain
	see out2 "udp $in1_silent:5000 to $out2_silent:4009 * data plain"
	inject out2 udp $out2_silent:4009 to $in1_silent:5000 data back
	see in1 "udp $out2_silent:4009 to $in1_silent:5000 * data back"
	ip -n out1 route del 192.168.0.0/24 via 203.0.113.1
	ip -n out2 route del 192.168.0.0/24 via 203.0.113.1
	# Another port, another protocol, another destination, all of the same inside ends
	inject in1 tcp $in1_silent:5000 to $out1_silent:81 S
	see out1 "tcp 203.0.113.1:* to $out1_silent:81 S *"
	inject in1 udp $in1_silent:5000 to $out2_silent:4010
	see out2 "udp 203.0.113.1:* to $out2_silent:4010 *"
	inject in1 udp $in1_silent:5000 to $out1_silent:4009
	see out1 "udp 203.0.113.1:* to $out1_silent:4009 *"
	send_udp
	reply_udp
}

run_tests "$@"
