#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# natctl import: what comes of rules of iptables and nftables is taken by the
# kernel, and does to packets what the rules did.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# What is imported says which devices have the fast path: none.
FASTPATH=

cases=$(dirname "$0")/../../tools/tests/import

# All that becomes of the cases is configuration that the kernel would take.
check_case() { # NAME CONFIGURATION
	local message
	[ -n "$2" ] || return
	message=$("$NATCTL" -n gw apply - --dry-run <<<"$2" 2>&1 >"$work/out")
	assert_eq 0 $? "status of $1: $message"
	assert_eq "$(grep -c . <<<"$2")" "$(grep -c '^natctl' "$work/out")" \
		"changes of $1"
	checked=$((checked + 1))
}

test_the_kernel_takes_what_comes_of_iptables() {
	local line name='' wanted='' checked=0
	while IFS= read -r line; do
		case $line in
		'== '*)
			check_case "$name" "${wanted%$'\n'}"
			name=${line#== } wanted='' ;;
		'-> '*) wanted+=${line#-> }$'\n' ;;
		esac
	done <"$cases/iptables.table"
	check_case "$name" "${wanted%$'\n'}"
	((checked > 25)) || fail "only $checked cases"
}

# nft and its JSON are those of this machine.
test_the_kernel_takes_what_comes_of_nftables() {
	local checked=0
	in_space gw nft -f "$cases/nft.rules" || fail "nft"
	in_space gw nft -j list ruleset >"$work/nft.json" || fail "nft -j"
	in_space gw nft flush ruleset
	"$NATCTL" import "$work/nft.json" >"$work/conf" 2>"$work/err"
	assert_eq 3 $? "status: $(<"$work/err")"
	assert_eq "$(sort "$cases/nft.want")" \
		"$(grep -v '^#' "$work/conf" | sort)" "configuration"
	check_case nft "$(<"$cases/nft.want")"
}

# What both sides see of flows through the gateway, line by line in $seen
exchange() { # OUTSIDE-ADDR:PORT of the forward
	seen=
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	seen+="udp from $outside"$'\n'
	answer s a "$outside" 203.0.113.11:7000
	must close a
	must close s
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:5001 203.0.113.11:80
	accept p l
	seen+="tcp from $from"$'\n'
	stream c p 10000
	stream p c 10000
	must close c reset
	must close p
	must close l
	[ -n "$1" ] || return
	listen l in1 192.168.0.2:80
	connect c out1 203.0.113.11:6000 "$1"
	accept p l
	seen+="forward from $from at $at"
	stream c p 10000
	stream p c 10000
	must close c reset
	must close p
	must close l
}

# The same flows with the rules that the gateway has, and with what comes of
# them, of the file that lists them
compare_saved() { # EXPECTED FORWARD WHAT
	exchange "$2"
	assert_eq "$1" "$seen" "with $3"
	in_space gw nft flush ruleset
	in_space gw conntrack -F 2>/dev/null
	"$NATCTL" import "$work/saved" >"$work/conf" 2>"$work/err"
	assert_eq 0 $? "status: $(<"$work/err")"
	assert_eq '' "$(<"$work/err")" "standard error"
	nat apply "$work/conf"
	exchange "$2"
	assert_eq "$1" "$seen" "with what comes of $3"
	assert_ne 0 "$(counter out_translated)" "packets that knat translated"
	nat flush
	reset_counters
}

# So with rules of iptables, and with the same rules of nftables
compare() { # EXPECTED FORWARD RULE...
	{
		printf '*nat\n:PREROUTING ACCEPT [0:0]\n'
		printf ':POSTROUTING ACCEPT [0:0]\n'
		printf '%s\n' "${@:3}"
		printf 'COMMIT\n'
	} >"$work/rules"
	in_space gw iptables-nft-restore "$work/rules" || fail "iptables-nft-restore"
	in_space gw iptables-nft-save >"$work/saved"
	compare_saved "$1" "$2" iptables
	in_space gw iptables-restore-translate -f "$work/rules" |
		in_space gw nft -f - || fail "nft"
	in_space gw nft -j list ruleset >"$work/saved"
	compare_saved "$1" "$2" nftables
}

test_a_masquerade_does_the_same() {
	compare 'udp from 203.0.113.1:5000
tcp from 203.0.113.1:5001
' '' '-A POSTROUTING -s 192.168.0.0/24 -o wan -j MASQUERADE'
}

test_an_snat_does_the_same() {
	compare 'udp from 198.51.100.1:5000
tcp from 198.51.100.1:5001
' '' '-A POSTROUTING -s 192.168.0.0/16 -o wan -j SNAT --to-source 198.51.100.1'
}

test_a_dnat_does_the_same() {
	compare 'udp from 203.0.113.1:5000
tcp from 203.0.113.1:5001
forward from 203.0.113.11:6000 at 192.168.0.2:80' 203.0.113.1:8000 \
		'-A PREROUTING -i wan -p tcp -m tcp --dport 8000 -j DNAT --to-destination 192.168.0.2:80' \
		'-A POSTROUTING -o wan -j MASQUERADE'
}

test_whole_addresses_do_the_same() {
	compare 'udp from 198.51.100.7:5000
tcp from 198.51.100.7:5001
forward from 203.0.113.11:6000 at 192.168.0.2:80' 198.51.100.7:80 \
		'-A PREROUTING -d 198.51.100.7/32 -j DNAT --to-destination 192.168.0.2' \
		'-A POSTROUTING -s 192.168.0.2/32 -o wan -j SNAT --to-source 198.51.100.7' \
		'-A POSTROUTING -o wan -j MASQUERADE'
}

run_tests "$@"
