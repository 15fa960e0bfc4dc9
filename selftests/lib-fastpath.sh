#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Words about flows on the fast path. A test file sources this after lib.sh.

# shellcheck disable=SC2034,SC2154	# variables of lib.sh and of test files

# The far end of the flow
far=203.0.113.11:7000

fast() { # [DEVICES]
	with_fastpath "${1:-lan,lan2,wan}"
}

# A flow that has been there and back, so that all that it needs is known
open_flow() { # [HOST ADDR]
	udp a "${1:-in1}" "${2:-192.168.0.2}:5000"
	udp s out1 $far
	both_ways
	both_ways
}

# A command, after which the counters fast_out and fast_in must be higher by
# so much.
counts_fast() { # OUT IN COMMAND...
	local out in
	out=$(counter fast_out)
	in=$(counter fast_in)
	"${@:3}"
	assert_eq "$1 $2" \
		"$(($(counter fast_out) - out)) $(($(counter fast_in) - in))" \
		"fast packets, out and in, of: ${*:3}"
}

counts_some() { # COMMAND...
	local before
	before=$(counter fast_out)
	"$@"
	(($(counter fast_out) > before))
}

outwards() {
	greet a s $far
}

inwards() {
	answer s a "$outside" $far
}

both_ways() {
	outwards
	inwards
}

### What the files about it have in common

streams_are_fast() { # HOST ADDR SOURCE-AT-OUT1
	local web=${far%:*}:80
	listen l out1 "$web"
	connect c "$1" "$2:0" "$web"
	accept s l
	assert_like "$3:*" "$from" "source that out1 sees"
	stream c s 2000000
	stream s c 2000000
	assert_between 20 1000000 "$(counter fast_out)" "fast_out"
	assert_between 20 1000000 "$(counter fast_in)" "fast_in"
}

first_packet_is_not_fast() { # HOST ADDR
	udp a "$1" "$2:5000"
	udp s out1 $far
	counts_fast 0 0 outwards
	counts_fast 1 0 outwards
}

# The flow that is open: CAPTURE is where its host sees what the gateway says.
oversize_is_refused() { # OUTSIDE-DEVICE CAPTURE GATEWAY ADDR
	ip -n gw link set "$1" mtu 1280
	counts_fast 0 0 tell a $far @1400
	see "$2" "icmp $3 to $4 3/4 mtu 1280 *"
	counts_fast 1 0 outwards
}

ttl_1_ends_here() { # HOST CAPTURE GATEWAY ADDR
	must clear
	counts_fast 0 0 inject "$1" udp "$4:5000" to $far ttl 1 data x
	see "$2" "icmp $3 to $4 11/0 *"
	see_nothing out1 '* data x'
}

# What matches is dropped at this device of the gateway from now on.
drop_by_nft() { # ingress|egress DEVICE MATCH...
	in_space gw nft -f - <<-END || fail "nft"
		table netdev filter {
			chain at-$2 {
				type filter hook $1 device $2 priority 0
				${@:3} drop
			}
		}
	END
}

drop_by_tc() { # ingress|egress DEVICE
	in_space gw tc qdisc add dev "$2" clsact || fail "tc"
	in_space gw tc filter add dev "$2" "$1" protocol ip matchall \
		action drop || fail "tc"
}

# A packet of the flow, which counts as fast or not, but does not arrive
lost_outwards() { # FAST-OUT
	counts_fast "$1" 0 tell a $far x
	hear_nothing s
}

lost_inwards() { # FAST-IN
	counts_fast 0 "$1" tell s "$outside" x
	hear_nothing a
}

module_goes_while_fast() {
	counts_fast 1 1 both_ways
	rmmod knat || fail "the module does not unload"
	load_module
}

# The bytes that a device of the gateway has counted
device_bytes() { # DEVICE rx|tx
	local line take=
	while read -r line; do
		if [ "$take" = yes ]; then
			printf '%s' "${line%% *}"
			return
		fi
		[[ $line != "${2^^}:"* ]] || take=yes
	done < <(ip -n gw -s link show dev "$1")
}
