#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# Tunnels of the kernel that have no ports: GRE, with and without a key, and IPIP.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

rebuild_for_each=1

# One end of a tunnel, with 10.9.0.NUMBER in it.
tunnel() { # HOST KIND LOCAL REMOTE NUMBER [OPTION...]
	modprobe -a ip_gre ipip 2>/dev/null
	ip -n "$1" link add tunnel type "$2" local "$3" remote "$4" "${@:6}" ||
		bail "no $2 tunnels"
	ip_batch "$1" <<-END
		addr add 10.9.0.$5/24 dev tunnel
		link set tunnel up
	END
}

reaches() { # HOST NUMBER [PING-OPTION...]
	in_space "$1" ping -q -c 1 -W 1 "${@:3}" "10.9.0.$2" >"$work/ping" 2>&1
}

assert_reaches() { # HOST NUMBER [PING-OPTION...]
	wait_until 20 reaches "$@" || fail "$1 does not reach 10.9.0.$2"
}

carries() { # KIND [OPTION...]
	masquerade
	tunnel out1 "$1" 203.0.113.11 203.0.113.1 1 "${@:2}"
	tunnel in1 "$1" 192.168.0.2 203.0.113.11 2 "${@:2}"
	assert_reaches in1 1
	assert_reaches out1 2
	assert_reaches in1 1 -s 3000
	listen l out1 10.9.0.1:80
	connect c in1 10.9.0.2:0 10.9.0.1:80
	accept s l
	stream c s 200000
	stream s c 200000
}

test_a_gre_tunnel_carries_pings_and_tcp() {
	carries gre
	assert_mappings 1 proto gre
}

test_a_gre_tunnel_with_a_key_and_checksums_carries_them() {
	carries gre key 7 csum
}

test_an_ipip_tunnel_carries_them() {
	carries ipip
	assert_mappings 1 proto 4
}

test_a_second_host_has_no_tunnel_to_the_same_end_but_to_another() {
	masquerade
	tunnel out1 gre 203.0.113.11 203.0.113.1 1
	tunnel in1 gre 192.168.0.2 203.0.113.11 2
	assert_reaches in1 1
	tunnel in2 gre 192.168.0.3 203.0.113.11 3
	! reaches in2 1 || fail "in2 shares the tunnel of in1"
	assert_reaches in1 1
	assert_between 1 9 "$(counter refuse_remote)" "refuse_remote"
	ip -n in2 link del tunnel
	tunnel out2 gre 203.0.113.21 203.0.113.1 4
	tunnel in2 gre 192.168.0.3 203.0.113.21 3
	assert_reaches in2 4
	assert_reaches in1 1
}

test_the_outside_begins_where_the_protocol_is_mapped() {
	nat map add gre dev wan to 192.168.0.2
	tunnel in1 gre 192.168.0.2 203.0.113.11 2
	tunnel out1 gre 203.0.113.11 203.0.113.1 1
	assert_reaches out1 2
	assert_reaches in1 1
}

test_the_gateway_s_own_tunnel_works_beside_those_of_the_inside() {
	masquerade
	tunnel gw gre 203.0.113.1 203.0.113.21 1
	tunnel out2 gre 203.0.113.21 203.0.113.1 2
	assert_reaches gw 2
	assert_reaches out2 1
	tunnel out1 gre 203.0.113.11 203.0.113.1 3
	tunnel in1 gre 192.168.0.2 203.0.113.11 4
	assert_reaches in1 3
	assert_reaches out2 1
}

run_tests "$@"
