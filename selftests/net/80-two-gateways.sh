#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two hosts, each behind a gateway of its own, connect directly: they learn
# their outside ends from a server and send to each other's.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# A second gateway on the outside link, gw2, with host in4 behind it. The
# inside addresses are those of gw.
build_more() {
	ip_batch <<-END
		netns add gw2
		netns add in4
		link add eth0 netns in4 type veth peer name lan netns gw2
		link add wan netns gw2 type veth peer name gw2 netns net
	END
	ip -n net link set gw2 master wire up
	in_space gw2 sysctl -qw net.ipv4.ip_forward=1
	ip_batch gw2 <<-END
		link set lan up
		link set wan up
		addr add 192.168.0.1/24 dev lan
		addr add 203.0.113.31/24 dev wan
		route add 192.168.0.54 via 192.168.0.2
	END
	host in4 192.168.0.2/24 192.168.0.1
	capture_host in4
}

both_masquerade() { # OPTIONS
	masquerade "$@"
	"$NATCTL" -n gw2 flush
	"$NATCTL" -n gw2 rule add oif wan masquerade "$@" ||
		fail "rule of gw2"
}

# Sockets a on in1 and b on in4 learn their outside ends $a and $b from out1.
learn() {
	udp a in1 192.168.0.2:5000
	udp b in4 192.168.0.2:5000
	udp s out1 203.0.113.11:3478
	greet a s 203.0.113.11:3478
	a=$outside
	greet b s 203.0.113.11:3478
	b=$outside
}

test_udp_hole_punching_works() {
	both_masquerade
	learn
	greet a b "$b"
	assert_eq "$a" "$outside" "source that in4 sees"
	answer b a "$a" "$b"
}

test_udp_hole_punching_works_under_address_dependent_filtering() {
	both_masquerade filtering adf
	learn
	tell a "$b" lost
	hear_nothing b
	tell b "$a" through
	hear a through
	tell a "$b" through
	hear b through
}

test_udp_hole_punching_works_under_the_strictest_filtering() {
	both_masquerade filtering apdf
	learn
	tell a "$b" lost
	hear_nothing b
	tell b "$a" through
	hear a through
	assert_eq "$b" "$from" "source that in1 sees"
	tell a "$b" through
	hear b through
}

test_keepalives_hold_the_hole_past_the_udp_timeout() {
	both_masquerade filtering apdf
	setting udp_timeout 2
	"$NATCTL" -n gw2 config set udp_timeout 2
	learn
	tell a "$b" lost
	tell b "$a" open
	hear a open
	for _ in 1 2 3 4 5; do
		pause 900
		greet a b "$b"
		assert_eq "$a" "$outside" "source that in4 sees"
		answer b a "$a" "$b"
	done
	"$NATCTL" -n gw2 config set udp_timeout 300
}

test_both_hosts_may_use_the_same_port_preserved() {
	both_masquerade alloc preserve
	learn
	assert_eq 203.0.113.1:5000 "$a" "outside end of in1"
	assert_eq 203.0.113.31:5000 "$b" "outside end of in4"
	greet a b "$b"
	answer b a "$a" "$b"
}

# TCP ends as out1 sees them, from ports that the hosts then use again.
learn_tcp() {
	listen l out1 203.0.113.11:80
	connect ca in1 192.168.0.2:6000 203.0.113.11:80
	accept sa l
	a=$from
	connect cb in4 192.168.0.2:6000 203.0.113.11:80
	accept sb l
	b=$from
}

tcp_opens() {
	learn_tcp
	must start x in1 192.168.0.2:6000 "$b"
	must start y in4 192.168.0.2:6000 "$a"
	must finish x
	must finish y
	stream x y 20000
	stream y x 20000
}

test_a_listener_behind_a_mapping_is_reached_directly() {
	both_masquerade
	learn_tcp
	listen lb in4 192.168.0.2:6000
	connect x in1 192.168.0.2:6000 "$b"
	accept y lb
	assert_eq "$a" "$from" "peer that in4 sees"
	stream x y 20000
	stream y x 20000
}

test_tcp_simultaneous_open_works_under_address_dependent_filtering() {
	both_masquerade filtering adf
	tcp_opens
}

test_tcp_simultaneous_open_works_under_the_strictest_filtering() {
	both_masquerade filtering apdf
	tcp_opens
}

test_scripted_simultaneous_open_crosses_in_the_middle() {
	both_masquerade alloc preserve
	inside=$in1_silent:5000
	other=192.168.0.54:6000
	a=203.0.113.1:5000
	b=203.0.113.31:6000
	inject in1 tcp $inside to $b S seq 100
	inject in4 tcp $other to $a S seq 200
	see in1 "tcp $b to $inside S *"
	inject in1 tcp $inside to $b SA seq 100 ack 201
	see in4 "tcp $a to $other SA *"
	inject in4 tcp $other to $a SA seq 200 ack 101
	see in1 "tcp $b to $inside SA *"
	inject in1 tcp $inside to $b PA seq 101 ack 201 data hi
	see in4 "tcp $a to $other PA * data hi"
}

test_a_refused_early_syn_does_not_spoil_the_later_one() {
	both_masquerade filtering apdf
	learn_tcp
	must start x in1 192.168.0.2:6000 "$b"
	must settle
	see_nothing in1 'tcp * R*'
	must start y in4 192.168.0.2:6000 "$a"
	must finish y
	must finish x
	stream x y 1000
}

run_tests "$@"
