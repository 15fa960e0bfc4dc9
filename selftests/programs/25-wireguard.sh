#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# WireGuard tunnels through the gateway, with roaming at either end.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

rebuild_for_each=1

# Every host has 10.9.0.NUMBER in its tunnel.
tunnel() { # HOST NUMBER PORT
	modprobe wireguard 2>/dev/null
	[ -e "$work/key-$1" ] || (umask 077 && wg genkey >"$work/key-$1")
	wg pubkey <"$work/key-$1" >"$work/pub-$1"
	ip -n "$1" link add tunnel type wireguard || bail "no WireGuard"
	in_space "$1" wg set tunnel private-key "$work/key-$1" listen-port "$3"
	ip_batch "$1" <<-END
		addr add 10.9.0.$2/24 dev tunnel
		link set tunnel up
	END
}

knows() { # HOST PEER NUMBER [ENDPOINT [KEEPALIVE]]
	local words=()
	[ -z "${4-}" ] || words+=(endpoint "$4")
	[ -z "${5-}" ] || words+=(persistent-keepalive "$5")
	in_space "$1" wg set tunnel peer "$(<"$work/pub-$2")" \
		allowed-ips "10.9.0.$3/32" "${words[@]}"
}

# Where a host last heard its peer.
endpoint() { # HOST PEER
	in_space "$1" wg show tunnel endpoints |
		sed -n "s|^$(<"$work/pub-$2")[[:space:]]*||p"
}

reaches() { # HOST NUMBER
	in_space "$1" ping -q -c 1 -W 1 "10.9.0.$2" >"$work/ping" 2>&1
}

assert_reaches() { # HOST NUMBER
	wait_until 20 reaches "$@" || fail "$1 does not reach 10.9.0.$2"
}

# in1 and in2 at the same port with a server at out1.
two_clients() {
	tunnel out1 1 51820
	tunnel in1 2 51820
	tunnel in2 3 51820
	knows out1 in1 2
	knows out1 in2 3
	knows in1 out1 1 203.0.113.11:51820 "${1-}"
	knows in2 out1 1 203.0.113.11:51820 "${1-}"
}

test_two_hosts_at_one_port_have_a_tunnel_each() {
	masquerade
	two_clients
	assert_reaches in1 1
	assert_reaches in2 1
	assert_like '203.0.113.1:*' "$(endpoint out1 in1)" "in1 seen by out1"
	assert_like '203.0.113.1:*' "$(endpoint out1 in2)" "in2 seen by out1"
	assert_ne "$(endpoint out1 in1)" "$(endpoint out1 in2)" "ports seen by out1"
	client in1 ping -q -c 3 -s 1392 10.9.0.1
	client in1 ping -q -c 3 -s 4000 10.9.0.1
	assert_mappings 2 proto udp
}

test_tcp_runs_through_a_tunnel() {
	masquerade
	two_clients
	assert_reaches in1 1
	listen l out1 10.9.0.1:80
	connect c in1 10.9.0.2:0 10.9.0.1:80
	accept s l
	stream c s 500000
	stream s c 500000
}

test_the_server_calls_when_the_tunnel_was_quiet() {
	masquerade
	setting udp_timeout 4
	two_clients 1
	assert_reaches in1 1
	pause 8000
	assert_reaches out1 2
	assert_mappings 2 proto udp
}

test_a_client_roams_when_its_mapping_is_new() {
	local before
	masquerade
	two_clients
	assert_reaches in1 1
	before=$(endpoint out1 in1)
	nat map flush >"$work/flushed"
	assert_reaches in1 1
	assert_ne "$before" "$(endpoint out1 in1)" "in1 seen by out1"
	assert_reaches out1 2
}

test_a_client_roams_when_the_gateway_s_address_changes() {
	masquerade
	two_clients
	assert_reaches in1 1
	ip -n gw addr add 203.0.113.7/24 dev wan
	ip -n gw addr del 203.0.113.1/24 dev wan
	ip -n gw addr replace 203.0.113.7/24 dev wan
	assert_reaches in1 1
	assert_like '203.0.113.7:*' "$(endpoint out1 in1)" "in1 seen by out1"
	assert_reaches out1 2
}

test_a_server_roams() {
	masquerade
	two_clients
	assert_reaches in1 1
	# The same keys at another host, which calls the client by its last end.
	tunnel out2 1 51820
	cp "$work/key-out1" "$work/key-out2"
	in_space out2 wg set tunnel private-key "$work/key-out1"
	knows out2 in1 2 "$(endpoint out1 in1)"
	ip -n out1 link del tunnel
	assert_reaches out2 2
	assert_eq 203.0.113.21:51820 "$(endpoint in1 out1)" "server seen by in1"
	assert_reaches in1 1
}

test_a_server_inside_is_reached_through_a_port_forward() {
	masquerade
	nat map add udp dev wan:51820 to 192.168.0.2:51820
	tunnel in1 1 51820
	tunnel out1 2 40000
	tunnel in2 3 40000
	knows in1 out1 2
	knows in1 in2 3
	knows out1 in1 1 203.0.113.1:51820
	knows in2 in1 1 203.0.113.1:51820
	assert_reaches out1 1
	assert_reaches in2 1
	assert_like '203.0.113.1:*' "$(endpoint in1 in2)" "in2 seen by in1"
}

run_tests "$@"
