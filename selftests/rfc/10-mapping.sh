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
	udp other out1 203.0.113.11:7009
	greet b other 203.0.113.11:7009
	udp a in1 192.168.0.2:5000
	servers
	greet_everyone a
	assert_ends 1 "in1's socket"
	must burst in1 udp $in1_silent 5000 $out1_silent:2000+10000
	look_at_ports "udp 203.0.113.1:* to $out1_silent:*"
	assert_eq "10000 1" "$packets $sources" \
		"packets and sources of one inside end with 10000 destinations"
}

# 5382/REQ-1
test_a_tcp_end_looks_the_same_to_every_destination() {
	local remote name
	masquerade
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
	inject in2 icmp 192.168.0.3 to 203.0.113.11 8/0 id 7 seq 1
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

run_tests "$@"
