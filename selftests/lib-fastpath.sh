#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Words about flows on the fast path. A test file sources this after lib.sh.

# shellcheck disable=SC2034,SC2154	# variables of lib.sh and of test files

# The far end of the flow
far=203.0.113.11:7000

fast() { # [DEVICES]
	[ -n "${FASTPATH-}" ] || nat fastpath add dev "${1:-lan,lan2,wan}"
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

mac_of() { # HOST [DEVICE]
	local link
	link=$(ip -n "$1" -o link show "${2:-eth0}")
	link=${link#*link/ether }
	printf '%s' "${link%% *}"
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
