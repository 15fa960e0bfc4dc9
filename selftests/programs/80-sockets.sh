#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# Plain socket programs: who sees whom, for masquerading, a port forward and
# one-to-one mappings.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

echo_server() { # HOST tcp|udp ADDR:PORT
	serve "echo-$1-$2" "$1" "$PEER" echo "$2" "$3"
	wait_log "echo-$1-$2" '^ready$'
}

echoes() { # HOST tcp|udp ADDR:PORT [OPTION...]
	client "$1" "$PEER" ask "${@:4}" "$2" "$3" "hello from $1"
	assert_eq "hello from $1" "$output" "echo of $3"
}

last_client() { # HOST tcp|udp
	sed -n 's/^from //p' "$logs/echo-$1-$2" | tail -n 1
}

outbound() { # tcp|udp
	masquerade
	echo_server out1 "$1" 203.0.113.11:7
	echoes in1 "$1" 203.0.113.11:7
	assert_like '203.0.113.1:*' "$(last_client out1 "$1")" \
		"client that out1 sees"
}

test_a_tcp_server_outside_sees_203_0_113_1() {
	outbound tcp
}

test_a_udp_server_outside_sees_203_0_113_1() {
	outbound udp
}

forwarded() { # tcp|udp
	masquerade
	nat map add "$1" 203.0.113.1:8000 to 192.168.0.2:8000
	echo_server in1 "$1" 192.168.0.2:8000
	echoes out2 "$1" 203.0.113.1:8000 -p 4000
	assert_eq 203.0.113.21:4000 "$(last_client in1 "$1")" \
		"client that in1 sees"
}

test_an_outside_client_reaches_a_forwarded_tcp_server() {
	forwarded tcp
}

test_an_outside_client_reaches_a_forwarded_udp_server() {
	forwarded udp
}

one_to_one() { # tcp|udp
	ip -n gw addr replace 203.0.113.2/24 dev wan
	nat map add 203.0.113.1 to 192.168.0.2
	nat map add 203.0.113.2 to 192.168.0.3

	echo_server out1 "$1" 203.0.113.11:7
	echoes in1 "$1" 203.0.113.11:7 -p 4100
	assert_eq 203.0.113.1:4100 "$(last_client out1 "$1")" "in1 at out1"
	echoes in2 "$1" 203.0.113.11:7 -p 4100
	assert_eq 203.0.113.2:4100 "$(last_client out1 "$1")" "in2 at out1"

	echo_server in1 "$1" 192.168.0.2:9
	echo_server in2 "$1" 192.168.0.3:9
	echoes out2 "$1" 203.0.113.1:9 -p 4200
	assert_eq 203.0.113.21:4200 "$(last_client in1 "$1")" "out2 at in1"
	echoes out2 "$1" 203.0.113.2:9 -p 4200
	assert_eq 203.0.113.21:4200 "$(last_client in2 "$1")" "out2 at in2"

	echoes in1 "$1" 203.0.113.2:9 -p 4300
	assert_eq 203.0.113.1:4300 "$(last_client in2 "$1")" "in1 at in2"
	ip -n gw addr del 203.0.113.2/24 dev wan
}

test_one_to_one_mappings_carry_tcp_in_both_directions() {
	one_to_one tcp
}

test_one_to_one_mappings_carry_udp_in_both_directions() {
	one_to_one udp
}

same_port() { # tcp|udp
	local first second
	masquerade
	echo_server out1 "$1" 203.0.113.11:7
	echoes in1 "$1" 203.0.113.11:7 -p 4400
	first=$(last_client out1 "$1")
	echoes in2 "$1" 203.0.113.11:7 -p 4400
	second=$(last_client out1 "$1")
	assert_like '203.0.113.1:*' "$first" "client in1"
	assert_like '203.0.113.1:*' "$second" "client in2"
	assert_ne "$first" "$second" "clients in1 and in2"
}

test_two_tcp_clients_with_the_same_port_are_told_apart() {
	same_port tcp
}

test_two_udp_clients_with_the_same_port_are_told_apart() {
	same_port udp
}

stun_server() { # HOST ADDR:PORT
	serve "stun-$2" "$1" "$PEER" stun-server "$2"
	wait_log "stun-$2" '^ready$'
}

same_end() { # tcp|udp
	local first
	masquerade
	stun_server out1 203.0.113.11:3478
	stun_server out1 203.0.113.12:3479
	stun_server out2 203.0.113.21:3478
	client in1 "$PEER" stun -p 4500 "$1" 203.0.113.11:3478
	first=$output
	assert_like '203.0.113.1:*' "$first" "public end"
	client in1 "$PEER" stun -p 4500 "$1" 203.0.113.12:3479
	assert_eq "$first" "$output" "public end towards another address"
	client in1 "$PEER" stun -p 4500 "$1" 203.0.113.21:3478
	assert_eq "$first" "$output" "public end towards another host"
}

test_a_tcp_port_has_one_public_end_towards_all_servers() {
	same_end tcp
}

test_a_udp_port_has_one_public_end_towards_all_servers() {
	same_end udp
}

run_tests "$@"
