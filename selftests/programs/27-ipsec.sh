#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# IPsec through the gateway: strongSwan, which finds the NAT and puts ESP into
# UDP (RFC 3948), strongSwan that does not find it, with plain ESP, and plain
# ESP with keys set by hand.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

rebuild_for_each=1

# The network behind each end of a tunnel.
net_of() { # HOST
	case $1 in
	in1) echo 10.1.0 ;;
	in2) echo 10.2.0 ;;
	out1) echo 10.9.0 ;;
	esac
}

behind() { # HOST
	ip -n "$1" addr add "$(net_of "$1").1/24" dev lo
}

reaches() { # HOST REMOTE-HOST [PING-OPTION...]
	in_space "$1" ping -q -c 1 -W 1 -I "$(net_of "$1").1" "${@:3}" \
		"$(net_of "$2").1" >"$work/ping" 2>&1
}

assert_reaches() { # HOST REMOTE-HOST [PING-OPTION...]
	wait_until 20 reaches "$@" || fail "$1 does not reach $2: ${*:3}"
}

### strongSwan

swan() { # HOST WORDS...
	in_space "$1" env STRONGSWAN_CONF="$work/$1.strongswan" \
		swanctl "${@:2}" --uri "unix://$work/$1.vici"
}

swan_answers() { # HOST
	swan "$1" --stats >"$work/swanctl" 2>&1
}

# Reads a configuration from standard input.
charon() { # HOST
	rm -f "$work/$1.vici"
	cat >"$work/$1.swanctl"
	cat >"$work/$1.strongswan" <<-END
		charon-systemd {
			load = random nonce aes sha1 sha2 hmac kdf gmp kernel-netlink socket-default vici
			keep_alive = 2s
			plugins {
				vici {
					socket = unix://$work/$1.vici
				}
			}
		}
		swanctl {
			load = nonce
		}
	END
	serve "charon-$1" "$1" env STRONGSWAN_CONF="$work/$1.strongswan" \
		charon-systemd
	wait_until 30 swan_answers "$1" || fail "no charon on $1"
	swan "$1" --load-all --file "$work/$1.swanctl" >"$work/swanctl" 2>&1 ||
		fail "swanctl on $1: $(<"$work/swanctl")"
}

secrets() {
	printf 'secrets {\nike {\nsecret = "a secret of this test"\n}\n}\n'
}

swan_server() {
	behind out1
	charon out1 <<-END
		connections {
			any {
			version = 2
			proposals = aes128-sha256-modp2048
			local {
				auth = psk
				id = server
			}
			remote {
				auth = psk
			}
			children {
				any {
					local_ts = 10.9.0.0/24
					remote_ts = 10.0.0.0/8
					esp_proposals = aes128-sha256
				}
			}
			}
		}
		$(secrets)
	END
}

swan_client() { # HOST [WORDS-OF-THE-CONNECTION]
	behind "$1"
	charon "$1" <<-END
		connections {
			home {
			version = 2
			${2-}
			proposals = aes128-sha256-modp2048
			remote_addrs = 203.0.113.11
			local {
				auth = psk
				id = $1
			}
			remote {
				auth = psk
				id = server
			}
			children {
				home {
					local_ts = $(net_of "$1").0/24
					remote_ts = 10.9.0.0/24
					esp_proposals = aes128-sha256
				}
			}
			}
		}
		$(secrets)
	END
	swan "$1" --initiate --child home --timeout 30 >"$work/swanctl" 2>&1 ||
		fail "no tunnel of $1: $(tail -n 5 "$work/swanctl")"
}

test_strongswan_finds_the_nat_and_two_hosts_have_tunnels() {
	modprobe -a esp4 xfrm_user xfrm_algo authenc 2>/dev/null
	masquerade
	swan_server
	swan_client in1
	swan_client in2
	assert_reaches in1 out1
	assert_reaches in2 out1
	assert_reaches out1 in1
	assert_reaches out1 in2
	assert_reaches in1 out1 -s 1300
	assert_reaches in1 out1 -s 3000
	see out1 'udp 203.0.113.1:* to 203.0.113.11:4500 *'
	see_nothing out1 'esp *'
	# Keys are changed without losing a packet.
	swan in1 --rekey --child home >"$work/swanctl"
	assert_reaches in1 out1
	swan in1 --rekey --ike home >"$work/swanctl"
	assert_reaches out1 in1
}

test_keep_alives_hold_a_tunnel_open() {
	modprobe -a esp4 xfrm_user xfrm_algo authenc 2>/dev/null
	masquerade
	setting udp_timeout 4
	swan_server
	swan_client in1
	assert_reaches in1 out1
	pause 8000
	assert_reaches out1 in1
}

# What tells the associations of a tunnel from those of another one
spis() { # HOST
	swan "$1" --list-sas | grep -oE '[0-9a-f]{16}_[ir]|^ +(in|out) +[0-9a-f]{8}'
}

# RFC 7296 section 2.23: the NAT may have forgotten all, for instance because it was rebooted.
test_a_tunnel_goes_on_when_all_mappings_are_gone() {
	local before after tunnel
	modprobe -a esp4 xfrm_user xfrm_algo authenc 2>/dev/null
	masquerade
	swan_server
	swan_client in1
	assert_reaches in1 out1
	listen l out1 10.9.0.1:80
	connect c in1 10.1.0.1:0 10.9.0.1:80
	accept s l
	stream c s 10000
	tunnel=$(spis in1)
	assert_like '*_i*_r* in *out *' "$tunnel" "associations"
	before=$(outside_of udp 192.168.0.2:4500)
	assert_like '203.0.113.1:*' "$before" "outside end of the tunnel"
	must clear
	nat map flush
	# One packet in the tunnel is enough.
	in_space in1 ping -q -c 1 -W 1 -I 10.1.0.1 10.9.0.1 >"$work/ping" 2>&1
	after=$(outside_of udp 192.168.0.2:4500)
	assert_like '203.0.113.1:*' "$after" "outside end behind the flush"
	assert_ne "$before" "$after" "outside end behind the flush"
	see out1 "udp $after to 203.0.113.11:4500 *"
	# The server has learnt it, and the tunnel is the one that it was.
	assert_reaches out1 in1
	assert_reaches in1 out1
	stream c s 10000
	stream s c 10000
	see out1 "udp $after to 203.0.113.11:4500 *"
	assert_eq "$after" "$(outside_of udp 192.168.0.2:4500)" "outside end in the end"
	assert_eq "$tunnel" "$(spis in1)" "associations in the end"
}

# strongSwan cannot be told not to look for a NAT: each end sends a hash of the
# addresses that it knows, and compares it with those that the packet came with.
# So this host is told the gateway's address, as one with a whole address of a
# NAT may be, and changes it on its wire to the one that it has. There is
# nothing to be found then, and ESP goes without UDP.
know_outside_address() { # HOST ADDR
	ip -n "$1" addr add 203.0.113.1/32 dev eth0
	in_space "$1" nft -f - <<-END || fail "nft"
		table ip known {
			chain out {
				type filter hook postrouting priority 300
				ip saddr 203.0.113.1 ip saddr set $2
			}
			chain in {
				type filter hook prerouting priority -300
				ip daddr $2 ip daddr set 203.0.113.1
			}
		}
	END
}

test_strongswan_does_not_find_the_nat_and_has_plain_esp() {
	local sas
	modprobe -a esp4 xfrm_user xfrm_algo authenc 2>/dev/null
	masquerade alloc preserve
	know_outside_address in1 192.168.0.2
	swan_server
	swan_client in1 'local_addrs = 203.0.113.1
			mobike = no'
	sas=$(swan in1 --list-sas)
	assert_like '*INSTALLED, TUNNEL, ESP:*' "$sas" "tunnel"
	assert_reaches in1 out1
	assert_reaches out1 in1
	assert_reaches in1 out1 -s 3000
	see out1 'udp 203.0.113.1:500 to 203.0.113.11:500 *'
	see out1 'esp 203.0.113.1 to 203.0.113.11 *'
	see in1 'esp 203.0.113.11 to 192.168.0.2 *'
	see_nothing out1 'udp * to 203.0.113.11:4500 *'
	listen l out1 10.9.0.1:80
	connect c in1 10.1.0.1:0 10.9.0.1:80
	accept s l
	stream c s 100000
	stream s c 100000
	# New keys have new SPIs, and either side may be the first to use them.
	swan in1 --rekey --child home >"$work/swanctl"
	wait_until 20 rekeyed in1 1 || fail "$(swan in1 --list-sas)"
	stream s c 100000
	stream c s 100000
	swan out1 --rekey --child any >"$work/swanctl"
	wait_until 20 rekeyed in1 2 || fail "$(swan in1 --list-sas)"
	stream s c 100000
	stream c s 100000
	swan in1 --rekey --ike home >"$work/swanctl"
	assert_reaches out1 in1
	# And the other way round.
	listen k in1 10.1.0.1:80
	connect d out1 10.9.0.1:0 10.1.0.1:80
	accept e k
	stream d e 100000
}

# The tunnel has been made anew so often, and is the only one.
rekeyed() { # HOST TIMES
	local sas
	sas=$(swan "$1" --list-sas)
	[[ $sas == *"home: #$(($2 + 1)), reqid"*INSTALLED* &&
		$sas != *"home: #$2, reqid"* ]]
}

### By hand

# One direction of a tunnel, at one end of it.
half() { # HOST in|out FROM TO SPI FROM-NET TO-NET
	ip_batch "$1" <<-END
		xfrm state add src $3 dst $4 proto esp spi $5 mode tunnel auth sha256 0x000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f enc aes 0x000102030405060708090a0b0c0d0e0f
		xfrm policy add src $6.0/24 dst $7.0/24 dir $2 tmpl src $3 dst $4 proto esp mode tunnel
	END
}

# The server knows the host by the gateway's address, which is what its packets
# come from.
by_hand() { # HOST ADDR SPI-OUT SPI-IN
	local near far
	near=$(net_of "$1")
	far=$(net_of out1)
	modprobe -a esp4 xfrm_user xfrm_algo authenc 2>/dev/null
	behind "$1"
	half "$1" out "$2" 203.0.113.11 "$3" "$near" "$far"
	half "$1" in 203.0.113.11 "$2" "$4" "$far" "$near"
	half out1 in 203.0.113.1 203.0.113.11 "$3" "$near" "$far"
	half out1 out 203.0.113.11 203.0.113.1 "$4" "$far" "$near"
}

routes() { # HOST REMOTE-HOST
	ip -n "$1" route replace "$(net_of "$2").0/24" dev eth0 \
		via "${3:-192.168.0.1}" src "$(net_of "$1").1" onlink
}

test_plain_esp_of_one_host_passes() {
	masquerade
	behind out1
	by_hand in1 192.168.0.2 0xc0000001 0xc1000001
	routes in1 out1
	routes out1 in1 203.0.113.1
	assert_reaches in1 out1
	assert_reaches out1 in1
	assert_reaches in1 out1 -s 3000
	see out1 'esp 203.0.113.1 to 203.0.113.11 spi 0xc0000001 *'
	assert_eq 1 "$(sessions proto esp state established)" "sessions"
}

test_plain_esp_of_a_second_host_passes_too() {
	masquerade
	behind out1
	by_hand in1 192.168.0.2 0xc0000001 0xc1000001
	routes in1 out1
	routes out1 in1 203.0.113.1
	assert_reaches in1 out1
	by_hand in2 192.168.0.3 0xc0000002 0xc1000002
	# The policies of the server tell the two by the networks behind them.
	routes in2 out1
	routes out1 in2 203.0.113.1
	pin_server in1 0xc1000001 1
	pin_server in2 0xc1000002 2
	assert_reaches in2 out1
	assert_reaches in1 out1
	assert_reaches out1 in2
	assert_reaches out1 in1
}

# Two states between the same addresses: the policy says which by a number.
pin_server() { # HOST SPI REQID
	local near
	near=$(net_of "$1")
	ip_batch out1 <<-END
		xfrm state del src 203.0.113.11 dst 203.0.113.1 proto esp spi $2
		xfrm state add src 203.0.113.11 dst 203.0.113.1 proto esp spi $2 reqid $3 mode tunnel auth sha256 0x000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f enc aes 0x000102030405060708090a0b0c0d0e0f
		xfrm policy update src 10.9.0.0/24 dst $near.0/24 dir out tmpl src 203.0.113.11 dst 203.0.113.1 proto esp reqid $3 mode tunnel
	END
}

run_tests "$@"
