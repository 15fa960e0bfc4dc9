#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# What two NAT probes say of the gateway: stun (RFC 3489) and
# turnutils_natdiscovery (RFC 5780), with a server on two addresses.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

stun_server() {
	serve turnserver out1 turnserver -n -S --log-file=stdout --simple-log \
		--no-tls --no-dtls --no-cli --pidfile="$work/turnserver.pid" \
		-L 203.0.113.11 -L 203.0.113.12
	wait_listening out1 udp 3478
	wait_listening out1 udp 3479
}

stun_client() { # HOST ADDR PORT
	# The exit status is what it found out.
	output=$(in_space "$1" timeout 60 stun 203.0.113.11 -i "$2" -p "$3" 2>&1)
	diag "$1: ${output##*Primary: }"
	assert_like '*Primary: Independent Mapping, Independent Filter, * will hairpin*' \
		"$output" "what stun says at $1"
}

# Each of these runs from the given port: within one run, only the first does.
natdiscovery() { # HOST ADDR PORT
	local probe=(turnutils_natdiscovery -L "$2" -l "$3")
	client "$1" "${probe[@]}" -m 203.0.113.11
	assert_like '*NAT with Endpoint Independent Mapping!*' "$output" \
		"mapping at $1"
	client "$1" "${probe[@]}" -f 203.0.113.11
	assert_like '*NAT with Endpoint Independent Filtering!*' "$output" \
		"filtering at $1"
	client "$1" "${probe[@]}" -H 203.0.113.11
	assert_like '*(maybe a successful hairpinning)*' "$output" \
		"hairpinning at $1"
}

test_stun_finds_independent_mapping_and_filtering_and_hairpinning() {
	masquerade
	stun_server
	stun_client in1 192.168.0.2 5000
}

test_stun_finds_the_same_at_two_hosts_with_the_same_port() {
	masquerade
	stun_server
	stun_client in1 192.168.0.2 5000
	stun_client in2 192.168.0.3 5000
	stun_client in1 192.168.0.2 5000
}

test_natdiscovery_finds_independent_mapping_and_filtering_and_hairpinning() {
	masquerade
	stun_server
	natdiscovery in1 192.168.0.2 5000
}

test_natdiscovery_finds_the_same_at_two_hosts_with_the_same_port() {
	masquerade
	stun_server
	natdiscovery in1 192.168.0.2 5000
	natdiscovery in2 192.168.0.3 5000
	natdiscovery in1 192.168.0.2 5000
}

test_both_probes_find_the_same_behind_a_pool() {
	nat pool add cgn addr 203.0.113.100-203.0.113.103
	nat rule add oif wan pool cgn
	ip -n out1 route add 203.0.113.100/30 via 203.0.113.1
	stun_server
	stun_client in1 192.168.0.2 5000
	natdiscovery in2 192.168.0.3 5000
	ip -n out1 route del 203.0.113.100/30
}

test_both_probes_tell_the_other_behaviours_apart() {
	masquerade mapping adm filtering adf
	stun_server
	client in1 turnutils_natdiscovery -m -f -L 192.168.0.2 -l 5000 203.0.113.11
	assert_like '*NAT with Address Dependent Mapping!*' "$output" "mapping"
	assert_like '*NAT with Address Dependent Filtering!*' "$output" "filtering"
	nat flush
	masquerade mapping apdm filtering apdf
	client in1 turnutils_natdiscovery -m -f -L 192.168.0.2 -l 5001 203.0.113.11
	assert_like '*NAT with Address and Port Dependent Mapping!*' "$output" \
		"mapping"
	assert_like '*NAT with Address and Port Dependent Filtering!*' "$output" \
		"filtering"
	output=$(in_space in1 timeout 60 stun 203.0.113.11 -p 5002 2>&1)
	assert_like '*Dependent Mapping*' "$output" "what stun says"
}

run_tests "$@"
