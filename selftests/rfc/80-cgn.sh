#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# A carrier-grade NAT: a pool with a limit for each subscriber.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# A second gateway on the outside link, with a host whose address in1 has too
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
	END
	host in4 192.168.0.2/24 192.168.0.1
	capture_host in4
}

cgn() { # [OPTIONS]
	pool 198.51.100.0/28 limit 50 "$@"
}

# The first packet to a destination; $end is its outside end.
opens() { # PROTO WORDS...
	local source=$in1_silent:5000 to=$out1_silent:7000
	[ $1 != icmp ] || source=$in1_silent to=$out1_silent
	inject in1 $1 $source to $to "${@:2}"
	see out1 "$1 198.51.100.* to $to *"
	end=$src
}

# 6888/REQ-1a
test_udp_is_endpoint_independent_in_a_cgn() {
	local first
	setting udp_timeout 4
	cgn
	opens udp
	first=$end
	inject in1 udp $in1_silent:5000 to $out2_silent:7001
	see out2 "udp $first to $out2_silent:7001 *"
	inject out2 udp $out2_silent:9 to $first data stranger
	see in1 "udp $out2_silent:9 to $in1_silent:5000 * data stranger"
	# Hairpinning
	inject in2 udp $in2_silent:6000 to $first data pin
	see in1 "udp 198.51.100.*:* to $in1_silent:5000 * data pin"
	inject in1 udp $in1_silent:5000 to $src data back
	see in2 "udp $first to $in2_silent:6000 * data back"
	# Refreshing and errors
	for _ in 1 2 3; do
		pause 2000
		opens udp
		assert_eq $first $end "outside end"
		must icmp-error out1 203.0.113.99 3/1 about out1
		see in1 "icmp 203.0.113.99 to $in1_silent 3/1 * quotes udp $in1_silent:5000 to $out1_silent:7000 *"
	done
	must fragment in1 1000 2,0,1 udp $in1_silent:5000 to $out1_silent:7000 data @2500
	see out1 "udp $first to $out1_silent:7000 * frag 0+*"
	must burst in1 udp $in1_silent 6000+100 $out1_silent:7000
	must clear
	opens udp
	assert_eq $first $end "outside end at the limit"
}

# 6888/REQ-1b
test_tcp_is_endpoint_independent_in_a_cgn() {
	cgn
	opens tcp S seq 100
	first=$end
	inject out1 tcp $out1_silent:7000 to $first S seq 300
	see in1 "tcp $out1_silent:7000 to $in1_silent:5000 S *"
	inject in1 tcp $in1_silent:5000 to $out1_silent:7000 SA seq 100 ack 301
	see out1 "tcp $first to $out1_silent:7000 SA *"
	inject in1 tcp $in1_silent:5000 to $out2_silent:81 S seq 500
	see out2 "tcp $first to $out2_silent:81 S *"
	inject out2 tcp $out2_silent:9 to $first S seq 7
	see in1 "tcp $out2_silent:9 to $in1_silent:5000 S *"
	inject in2 tcp $in2_silent:6000 to $first S seq 9
	see in1 "tcp 198.51.100.*:* to $in1_silent:5000 S seq 9 *"
	must clear
	inject out1 tcp $out1_silent:4444 to 198.51.100.7:40000 S seq 1
	must burst in1 tcp $in1_silent 6000+100 $out2_silent:80
	must icmp-error out2 203.0.113.99 3/1 about out2
	see in1 "icmp 203.0.113.99 to $in1_silent 3/1 *"
	pause 4500
	see_nothing out1 '*'
	inject in1 tcp $in1_silent:5000 to $out1_silent:7000 A seq 101 ack 301
	see out1 "tcp $first to $out1_silent:7000 A *"
}

# 6888/REQ-1c
test_icmp_is_translated_in_a_cgn() {
	cgn
	opens icmp 8/0 id 77 seq 1
	id=$(field id)
	address=$src
	inject in1 icmp $in1_silent to $out2_silent 8/0 id 77 seq 2
	see out2 "icmp $address to $out2_silent 8/0 id $id seq 2 *"
	inject out1 icmp $out1_silent to $address 0/0 id $id seq 1
	see in1 "icmp $out1_silent to $in1_silent 0/0 id 77 seq 1 *"
	must icmp-error out1 203.0.113.99 11/0 about out1
	see in1 "icmp 203.0.113.99 to $in1_silent 11/0 * quotes icmp $in1_silent to $out1_silent 8/0 id 77 *"
	must burst in1 icmp $in1_silent 100+60 $out1_silent:0
	see in1 "icmp 192.168.0.1 to $in1_silent 3/1 * quotes icmp $in1_silent *"
}

# 6888/REQ-1d
test_dccp_is_endpoint_independent_in_a_cgn() {
	cgn
	opens dccp request
	first=$end
	inject in1 dccp $in1_silent:5000 to $out2_silent:7000 request
	see out2 "dccp $first to $out2_silent:7000 *"
	inject out2 dccp $out2_silent:9 to $first request
	see in1 "dccp $out2_silent:9 to $in1_silent:5000 *"
	inject in2 dccp $in2_silent:6000 to $first request
	see in1 "dccp 198.51.100.*:* to $in1_silent:5000 *"
}

# 6888/REQ-2.3
test_equal_inside_addresses_are_different_subscribers() {
	nat pool add p addr 198.51.100.1
	nat rule add oif wan pool p
	"$NATCTL" -n gw2 rule add oif wan masquerade || fail "gw2"
	udp a in1 192.168.0.2:5000
	udp b in4 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	first=$outside
	assert_like '198.51.100.1:*' "$first" "source of in1"
	greet b s 203.0.113.11:7000
	assert_like '203.0.113.31:*' "$outside" "source of in4"
	answer s b "$outside" 203.0.113.11:7000
	answer s a "$first" 203.0.113.11:7000
	"$NATCTL" -n gw2 flush
}

# One flow too many; was its refusal told?
refusal_told() {
	must burst in1 udp $in1_silent 6000 $out1_silent:7000
	grep -q "limit .*in $in1_silent .*limit subscriber" "$work/told"
}

# 6888/REQ-11c
test_refusals_are_told_to_who_listens() {
	cgn
	must burst in1 udp $in1_silent 5000+50 $out1_silent:7000
	"$NATCTL" -n gw monitor limits >"$work/told" &
	# shellcheck disable=SC2064	# this one
	trap "kill $!" EXIT
	wait_until 15 refusal_told || fail "nothing was told: $(cat "$work/told")"
	pause 3000
	must burst in1 udp $in1_silent 6000+500 $out1_silent:7000
	pause 2000
	assert_between 1 12 "$(wc -l <"$work/told")" "lines about more than 500 refusals"
}

# 6888/REQ-10
test_the_nat_is_managed_by_netlink_and_json() {
	local word
	cgn
	must burst in1 udp $in1_silent 5000+60 $out1_silent:7000
	for word in 'pool list' 'rule list' 'map list' 'session list' stats 'config show'; do
		nat -j $word | python3 -c 'import json, sys; assert isinstance(json.load(sys.stdin), list)' ||
			fail "natctl -j $word is no array"
	done
	assert_eq 10 "$(counter refuse_subscriber)" "refusals counted"
	assert_eq 50 "$(mappings in $in1_silent)" "mappings listed"
	setting udp_timeout 77
	assert_eq 77 "$(setting_of udp_timeout)" "the setting as listed"
}

run_tests "$@"
