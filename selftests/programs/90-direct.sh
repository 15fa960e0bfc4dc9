#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# Two hosts behind two gateways learn their public ends from a STUN server,
# exchange them through a rendezvous server, and connect directly: by UDP hole
# punching and by TCP simultaneous open (RFC 5128 section 3).

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

rebuild_for_each=1

#     192.168.0.0/24                  203.0.113.0/24
#   in1 .2 --- lan .1  gw   wan .1 ----+
#   in3 .3 ----+                       +-- out1 .11  STUN, rendezvous
#   in2 .2 --- lan .1  gw2  wan .2 ----+
#     192.168.0.0/24
topology() {
	local gateway
	ip -all netns del
	ip_batch <<-END
		netns add in1
		netns add in2
		netns add in3
		netns add gw
		netns add gw2
		netns add net
		netns add out1
		link add eth0 netns in1 type veth peer name port1 netns gw
		link add eth0 netns in3 type veth peer name port3 netns gw
		link add eth0 netns in2 type veth peer name port2 netns gw2
		link add wan netns gw type veth peer name wan1 netns net
		link add wan netns gw2 type veth peer name wan2 netns net
		link add eth0 netns out1 type veth peer name out1 netns net
	END
	ip_batch net <<-END
		link add wire type bridge
		link set wan1 master wire up
		link set wan2 master wire up
		link set out1 master wire up
		link set wire up
	END
	for gateway in gw gw2; do
		in_space "$gateway" sysctl -qw net.ipv4.ip_forward=1
		ip_batch "$gateway" <<-END
			link set lo up
			link add lan type bridge
			link set lan up
			link set wan up
			addr add 192.168.0.1/24 dev lan
		END
	done
	ip -n gw addr add 203.0.113.1/24 dev wan
	ip -n gw2 addr add 203.0.113.2/24 dev wan
	ip -n gw link set port1 master lan up
	ip -n gw link set port3 master lan up
	ip -n gw2 link set port2 master lan up
	host in1 192.168.0.2/24 192.168.0.1
	host in3 192.168.0.3/24 192.168.0.1
	host in2 192.168.0.2/24 192.168.0.1
	host out1 203.0.113.11/24 ''
}

capture_hosts() {
	capture_host in1
	capture_host in2
	# All that leaves the gateways.
	must capture wan1 net wan1 forbid 192.168.0.0/16
	must capture wan2 net wan2 forbid 192.168.0.0/16
}

nat2() {
	"$NATCTL" -n gw2 "$@" || fail "natctl -n gw2 $*: exit status $?"
}

both() { # WORDS OF NATCTL...
	nat "$@"
	nat2 "$@"
}

# As home gateways come: nothing enters that was not asked for.
firewall() {
	local gateway
	for gateway in gw gw2; do
		in_space "$gateway" nft -f - <<-END || fail "nft fails"
			table ip filter {
				chain forward {
					type filter hook forward priority filter; policy drop;
					ct state established,related accept
					iifname "lan" accept
				}
			}
		END
	done
}

# Far enough from each other that requests cross on their way.
distance() {
	local gateway
	for gateway in gw gw2; do
		in_space "$gateway" tc qdisc add dev wan root netem delay 50ms ||
			fail "no netem"
	done
}

servers_outside() {
	serve stun out1 "$PEER" stun-server 203.0.113.11:3478
	serve rendezvous out1 "$PEER" rendezvous 203.0.113.11:4000
	wait_log stun '^ready$'
	wait_log rendezvous '^ready$'
}

start_meeting() { # NAME HOST tcp|udp SECONDS
	serve "$1" "$2" "$PEER" meet -p 5000 -k "$4" "$3" "$1" \
		203.0.113.11:3478 203.0.113.11:4000
	pids[$1]=${servers[-1]}
}

end_meeting() { # NAME OTHER
	wait "${pids[$1]}" || fail "$1 does not meet $2"
	log_has "$1" "^connected: hello from $2" || fail "$1 has not met $2"
	log_has "$1" '^kept for ' || fail "$1 has not stayed with $2"
}

# The public end that the STUN server tells a host.
public_end() { # NAME
	sed -n "s/^$1 is at //p" "$logs/$1" | head -n 1
}

declare -A pids

# alice behind gw and bob behind gw2, who may be checked while they talk.
meet() { # tcp|udp SECONDS [CHECK]
	servers_outside
	start_meeting alice in1 "$1" "$2"
	start_meeting bob in2 "$1" "$2"
	wait_log alice '^connected: '
	wait_log bob '^connected: '
	"${3:-:}"
	end_meeting alice bob
	end_meeting bob alice
	assert_like '203.0.113.1:*' "$(public_end alice)" "end of alice"
	assert_like '203.0.113.2:*' "$(public_end bob)" "end of bob"
}

no_udp_mapping() {
	[ "$(mappings proto udp)" = 0 ] &&
		[ -z "$("$NATCTL" -n gw2 map list proto udp)" ]
}

# Twelve seconds are three of these timeouts.
udp_meeting() {
	both config set udp_timeout 4
	meet udp 12
	assert_eq "$(public_end alice)" "$(outside_of udp 192.168.0.2:5000)" \
		"mapping of alice"
	# Without keep-alives the holes close.
	wait_until 15 no_udp_mapping || fail "a mapping outlives its timeout"
}

test_udp_hole_punching() {
	both rule add oif wan masquerade
	udp_meeting
}

test_udp_hole_punching_with_port_dependent_filtering() {
	both rule add oif wan masquerade filtering apdf
	udp_meeting
}

test_udp_hole_punching_through_stateful_firewalls() {
	both rule add oif wan masquerade
	firewall
	udp_meeting
}

established_at_both() {
	local line
	line=$("$NATCTL" -n gw session list remote "$(public_end bob)")
	assert_like "*$(public_end alice)*established*" "$line" "session at gw"
	line=$("$NATCTL" -n gw2 session list remote "$(public_end alice)")
	assert_like "*$(public_end bob)*established*" "$line" "session at gw2"
}

tcp_meeting() {
	both config set tcp_opening_timeout 3
	meet tcp 12 established_at_both
	assert_eq "$(public_end alice)" "$(outside_of tcp 192.168.0.2:5000)" \
		"mapping of alice"
}

test_tcp_simultaneous_open() {
	both rule add oif wan masquerade
	distance
	tcp_meeting
}

test_tcp_simultaneous_open_with_port_dependent_filtering() {
	both rule add oif wan masquerade filtering apdf
	tcp_meeting
}

test_tcp_simultaneous_open_through_stateful_firewalls() {
	both rule add oif wan masquerade
	firewall
	tcp_meeting
}

# Neither knows that the other one is next to it.
test_udp_hole_punching_behind_one_gateway() {
	masquerade
	servers_outside
	start_meeting alice in1 udp 3
	start_meeting carol in3 udp 3
	end_meeting alice carol
	end_meeting carol alice
	assert_like '203.0.113.1:*' "$(public_end carol)" "end of carol"
}

test_tcp_simultaneous_open_behind_one_gateway() {
	masquerade
	in_space gw tc qdisc add dev lan root netem delay 50ms
	servers_outside
	start_meeting alice in1 tcp 3
	start_meeting carol in3 tcp 3
	end_meeting alice carol
	end_meeting carol alice
}

run_tests "$@"
