#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Where packets go is up to the routes: by mark, by rule, in a VRF, into IPsec.
# Translation before and after the route look-up must not lead them elsewhere.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# Each test leaves the gateway in another shape.
rebuild_for_each=1

# A second way to the host far, which the router isp leads to as well.
second_uplink() {
	build_isp
	ip_batch <<-END
		link add wan2 netns gw type veth peer name gw2 netns isp
	END
	ip_batch gw <<-END
		link set wan2 up
		addr add 100.64.2.1/24 dev wan2
		route add default via 100.64.2.254 table 2
		rule add fwmark 2 table 2
	END
	ip_batch isp <<-END
		link set gw2 up
		addr add 100.64.2.254/24 dev gw2
	END
	# Answers come in by the way that the mark led out by.
	in_space gw sysctl -qw net.ipv4.conf.wan2.rp_filter=2
	nat rule add oif wan masquerade
	nat rule add oif wan2 masquerade
}

# Packets that match go by wan2.
mark() { # MATCH...
	in_space gw nft -f - <<-END || fail "nft"
		table ip marks {
			chain prerouting {
				type filter hook prerouting priority mangle;
				$* meta mark set 2
			}
		}
	END
}

# An exchange of a UDP socket with one on far, seen from an address.
exchange() { # NAME ADDRESS
	greet "$1" f 192.0.2.2:7000
	assert_like "$2:*" "$outside" "source that far sees"
	answer f "$1" "$outside" 192.0.2.2:7000
}

test_a_mark_chooses_the_uplink() {
	second_uplink
	mark ip saddr 192.168.0.3
	udp f far 192.0.2.2:7000
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:5000
	exchange a 203.0.113.1
	exchange b 100.64.2.1
	listen l far 192.0.2.2:80
	connect c in2 192.168.0.3:0 192.0.2.2:80
	accept s l
	assert_like '100.64.2.1:*' "$from" "peer that far sees"
	stream c s 100000
	stream s c 100000
	client_pings in1
	client_pings in2
}

client_pings() { # HOST
	in_space "$1" ping -q -c 1 -W 3 192.0.2.2 >"$work/ping" ||
		fail "$1 does not reach far: $(<"$work/ping")"
}

test_one_inside_end_has_an_outside_end_on_each_uplink() {
	local first
	second_uplink
	mark ip daddr 192.0.2.2 udp dport 7001
	udp f far 192.0.2.2:7000
	udp g far 192.0.2.2:7001
	udp a in1 192.168.0.2:5000
	exchange a 203.0.113.1
	first=$outside
	greet a g 192.0.2.2:7001
	assert_like '100.64.2.1:*' "$outside" "source by the second uplink"
	answer g a "$outside" 192.0.2.2:7001
	exchange a 203.0.113.1
	assert_eq "$first" "$outside" "source by the first uplink"
}

# The look-up is for the inside address, which is there already.
test_a_rule_about_inside_addresses_leads_what_comes_in() {
	second_uplink
	ip_batch gw <<-END
		rule add to 192.168.0.99 iif wan table 3
		route add 192.168.0.99 via 192.168.0.3 table 3
	END
	nat map add udp 203.0.113.1:8000 to 192.168.0.99:5353
	inject out1 udp $out1_silent:7000 to 203.0.113.1:8000 data hello
	see in2 "udp $out1_silent:7000 to 192.168.0.99:5353 * data hello"
}

in_a_vrf() {
	modprobe vrf 2>/dev/null
	ip_batch gw <<-END || bail "no VRF"
		link add red type vrf table 10
		link set red up
		link set wan master red
		link set lan master red
		link set lan2 master red
	END
	# Routes that are not of a device's address went with the move.
	ip_batch gw <<-END
		route replace $in1_silent via 192.168.0.2 vrf red
		route replace $out1_silent via 203.0.113.11 vrf red
	END
}

test_all_devices_may_be_of_a_vrf() {
	in_a_vrf
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.3:80
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "source that out1 sees"
	answer s a "$outside" 203.0.113.11:7000
	listen l in2 192.168.0.3:80
	connect c out1 203.0.113.11:0 203.0.113.1:8000
	accept t l
	stream c t 100000
	stream t c 100000
	# By hairpin
	connect d in1 192.168.0.2:0 203.0.113.1:8000
	accept u l
	assert_like '203.0.113.1:*' "$from" "peer that in2 sees"
	stream d u 100000
	# The gateway's own address answers, and quotes what was sent.
	in_space out1 ping -q -c 1 -W 3 203.0.113.1 >"$work/ping" ||
		fail "the gateway does not answer: $(<"$work/ping")"
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 ttl 1 data hello
	see in1 "icmp 192.168.0.1 to $in1_silent 11/0 * quotes udp $in1_silent:5000 to $out1_silent:7000 *"
}

# A tunnel of the gateway itself, from its outside address, for the network behind
# it; keys by hand. What is for the tunnel is exempt, as with any NAT.
half() { # HOST in|out|fwd FROM TO SPI FROM-NET TO-NET
	local keys='auth sha256 0x000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f enc aes 0x000102030405060708090a0b0c0d0e0f'
	[ "$2" = fwd ] || ip -n "$1" xfrm state add src "$3" dst "$4" \
		proto esp spi "$5" mode tunnel $keys || fail "xfrm state"
	ip -n "$1" xfrm policy add src "$6" dst "$7" dir "$2" \
		tmpl src "$3" dst "$4" proto esp mode tunnel || fail "xfrm policy"
}

test_a_tunnel_of_the_gateway_works_beside_the_translation() {
	local inside=192.168.0.0/24 far=10.9.0.0/24
	modprobe -a esp4 xfrm_user xfrm_algo authenc 2>/dev/null
	nat rule add prio 1 oif wan dst $far exempt
	masquerade
	ip -n out1 addr add 10.9.0.1/24 dev lo
	ip -n gw route add $far via 203.0.113.11
	half gw out 203.0.113.1 203.0.113.11 0xc0000001 $inside $far
	half gw in 203.0.113.11 203.0.113.1 0xc0000002 $far $inside
	half gw fwd 203.0.113.11 203.0.113.1 0xc0000002 $far $inside
	half out1 in 203.0.113.1 203.0.113.11 0xc0000001 $inside $far
	half out1 out 203.0.113.11 203.0.113.1 0xc0000002 $far $inside
	ip -n out1 route add $inside via 203.0.113.1 src 10.9.0.1
	must uncapture out1
	must capture out1 out1 eth0
	udp a in1 192.168.0.2:5000
	udp s out1 10.9.0.1:7000
	greet a s 10.9.0.1:7000
	assert_eq 192.168.0.2:5000 "$outside" "source that the far end sees"
	answer s a "$outside" 10.9.0.1:7000
	see out1 'esp 203.0.113.1 to 203.0.113.11 spi 0xc0000001 *'
	listen l out1 10.9.0.1:80
	connect c in1 192.168.0.2:0 10.9.0.1:80
	accept t l
	stream c t 100000
	stream t c 100000
	# What is not for the tunnel is translated as ever.
	udp r out1 203.0.113.11:7000
	greet a r 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "source outside the tunnel"
	answer r a "$outside" 203.0.113.11:7000
}

run_tests "$@"
