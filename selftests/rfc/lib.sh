#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the conformance tests share. A test stands behind a comment that names
# the rows of rows.tsv that it shows, and runs twice: with NAT=knat and with
# NAT=nft, the masquerading of nftables. It sets the gateway up with the verbs
# below, which both have as far as they go, and looks at the packets and
# sockets of the hosts. What nftables has no words for is "not offered": such
# a test ends there.

# shellcheck disable=SC2034	# variables that test files use

# shellcheck source=../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=../lib-tcp.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib-tcp.sh"

NAT=${NAT:-knat}
NOT_OFFERED=77

# Ends the test that runs.
not_offered() {
	exit $NOT_OFFERED
}

report() { # STATUS NUMBER NAME MILLISECONDS
	case $1 in
	0) echo "ok $2 - $3 # $4 ms" ;;
	"$NOT_OFFERED") echo "ok $2 - $3 # SKIP not offered" ;;
	*) echo "not ok $2 - $3"; return 1 ;;
	esac
}

with_knat() {
	[ "$NAT" = knat ]
}

### Verbs of both

# With CGN=1 it is a gateway for subscribers: a pool, of the same address, with a limit for each (RFC 6888 REQ-1).
if [ -n "${CGN-}" ]; then
	masquerade() { # [POOL OPTIONS]
		local address
		read -r _ _ _ address _ < <(ip -n gw -o -4 addr show dev wan)
		[[ " $* " == *' limit '* ]] || set -- "$@" limit 50000
		nat pool add cgn addr "${address%/*}" "$@"
		nat rule add oif wan pool cgn
	}
fi

# A rule that translates to an address of a pool named p
pool() { # RANGES [OPTIONS]
	nat pool add p addr "$@"
	nat rule add oif wan pool p
}

forward() { # PROTO OUT:PORT IN:PORT
	nat map add "$1" "$2" to "$3"
}

one_to_one() { # OUT IN
	nat map add "$1" to "$2"
}

# Leaves alone what goes there; to be said before other rules.
exempt() { # PREFIX|'' [PROTO PORT[-PORT]]
	nat rule add prio 1 oif wan ${1:+dst "$1"} ${2:+proto "$2" dport "$3"} exempt
}

### Looking

# The outside ends seen so far, of which there must be so many different ones
ends=()

assert_ends() { # NUMBER WHAT
	local -A set=()
	local end
	for end in "${ends[@]}"; do set[$end]=1; done
	assert_eq "$1" "${#set[@]}" "different outside ends of $2: ${ends[*]}"
}

# What "ports" says about packets at out1: $packets $sources $lowest $highest
# $ascending (ports above the one before) $common (the commonest step, how
# often).
look_at_ports() { # [GLOB]
	must ports out1 "${1:-udp 203.0.113.1:*}"
	read -r _ packets _ sources _ _ _ lowest _ highest _ ascending _ \
		common <<<"$answer"
}

# A UDP packet from in1's silent address to out1's; leaves its outside end in
# $end.
send_udp() { # WORDS...
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 "$@"
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 *"
	end=$src
}

# An answer to it, which must arrive, or must not
reply_udp() {
	inject out1 udp $out1_silent:7000 to "$end" data back
	see in1 "udp $out1_silent:7000 to $in1_silent:5000 * data back"
}

reply_udp_in_vain() {
	must clear in1
	inject out1 udp $out1_silent:7000 to "$end" data late
	see_nothing in1 'udp *'
}

# The same for an echo request with id 77; its outside id is in $id.
send_ping() { # WORDS...
	inject in1 icmp $in1_silent to $out1_silent 8/0 id 77 seq 1 "$@"
	see out1 "icmp 203.0.113.1 to $out1_silent 8/0 *"
	id=$(field id)
}

reply_ping() {
	inject out1 icmp $out1_silent to 203.0.113.1 0/0 id "$id" seq 1
	see in1 "icmp $out1_silent to $in1_silent 0/0 id 77 *"
}

reply_ping_in_vain() {
	must clear in1
	inject out1 icmp $out1_silent to 203.0.113.1 0/0 id "$id" seq 1
	see_nothing in1 'icmp *'
}

### nftables

if [ "$NAT" = nft ]; then
	# shellcheck source=nft.sh
	. "$(dirname "${BASH_SOURCE[0]}")/nft.sh"
fi
