#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The verbs of lib.sh for the NAT of nftables and nf_conntrack.

nft_add() { # CHAIN RULE
	in_space gw nft -f - <<-END || bail "nft refuses: $*"
		add table ip nat
		add chain ip nat prerouting { type nat hook prerouting priority dstnat; }
		add chain ip nat output { type nat hook output priority -100; }
		add chain ip nat postrouting { type nat hook postrouting priority srcnat; }
		add rule ip nat $1 ${*:2}
	END
}

# Words about ports, as nftables says them, in $to and $flag
nft_options() { # [POOL OPTIONS]
	to=
	flag=
	while [ $# -gt 0 ]; do
		case "$1 $2" in
		ports\ *) to=:$2 ;;
		'alloc preserve' | 'mapping apdm' | 'filtering apdf') ;;
		'alloc random') flag=fully-random ;;
		*) not_offered ;;
		esac
		shift 2
	done
}

masquerade() { # [POOL OPTIONS]
	local to flag
	nft_options "$@"
	if [ -z "$to" ]; then
		nft_add postrouting "oifname wan masquerade $flag"
	else
		nft_add postrouting "oifname wan meta l4proto { tcp, udp } masquerade to $to $flag"
		nft_add postrouting "oifname wan masquerade"
	fi
}

pool() { # RANGES [POOL OPTIONS]
	local to flag range=$1
	[[ $range != *,* ]] || not_offered
	nft_options "${@:2}"
	if [ -z "$to" ]; then
		nft_add postrouting "oifname wan snat to $range $flag"
	else
		nft_add postrouting "oifname wan meta l4proto { tcp, udp } snat to $range$to $flag"
		nft_add postrouting "oifname wan snat to $range"
	fi
}

forward() { # PROTO OUT:PORT IN:PORT
	nft_add prerouting "ip daddr ${2%:*} $1 dport ${2#*:} dnat to $3"
}

one_to_one() { # OUT IN
	if [[ $1 == */* ]]; then
		nft_add prerouting "dnat ip prefix to ip daddr map { $1 : $2 }"
		nft_add postrouting "oifname wan snat ip prefix to ip saddr map { $2 : $1 }"
	else
		nft_add prerouting "ip daddr $1 dnat to $2"
		nft_add postrouting "oifname wan ip saddr $2 snat to $1"
	fi
}

exempt() { # PREFIX|'' [PROTO PORT[-PORT]]
	nft_add postrouting "${1:+ip daddr $1} ${2:+$2 dport $3} accept"
}

# The conntrack settings that stand for one of knat's
nft_settings() { # NAME
	local timeout=net.netfilter.nf_conntrack
	case $1 in
	udp_timeout) echo ${timeout}_udp_timeout ${timeout}_udp_timeout_stream ;;
	icmp_timeout) echo ${timeout}_icmp_timeout ;;
	tcp_established_timeout) echo ${timeout}_tcp_timeout_established ;;
	tcp_opening_timeout)
		echo ${timeout}_tcp_timeout_syn_sent ${timeout}_tcp_timeout_syn_recv
		;;
	tcp_closing_timeout)
		echo ${timeout}_tcp_timeout_fin_wait ${timeout}_tcp_timeout_close_wait \
			${timeout}_tcp_timeout_last_ack ${timeout}_tcp_timeout_time_wait
		;;
	tcp_reset_timeout) echo ${timeout}_tcp_timeout_close ;;
	*) return 1 ;;
	esac
}

setting() { # NAME VALUE...
	local names name
	while [ $# -gt 0 ]; do
		# It always does.
		if [ "$1 $2" = 'udp_inbound_refresh 1' ]; then
			shift 2
			continue
		fi
		names=$(nft_settings "$1") || not_offered
		for name in $names; do
			in_space gw sysctl -qw "$name=$2" || fail "sysctl $name"
		done
		shift 2
	done
}

# The lowest, where there are several
setting_of() { # NAME
	local names
	names=$(nft_settings "$1") || not_offered
	in_space gw sysctl -n $names | sort -n | head -n 1
}

nat() {
	not_offered
}

refused() {
	not_offered
}

# Connections are what there is; the list leaves out those whose time is up.
mappings() {
	in_space gw conntrack -L 2>/dev/null | wc -l
}

sessions() {
	mappings
}

no_mappings() {
	[ "$(mappings)" = 0 ]
}

no_mappings_listed() {
	no_mappings
}

assert_state() { :; }
assert_counter() { :; }
assert_mappings() { :; }

show_state() {
	echo 'conntrack -L:'
	in_space gw conntrack -L 2>/dev/null | head -n 9
}

load_module() {
	modprobe -a nf_conntrack nf_nat nft_chain_nat nft_masq
}

remember_fresh() {
	local name
	for name in udp_timeout icmp_timeout tcp_established_timeout \
		tcp_opening_timeout tcp_closing_timeout tcp_reset_timeout; do
		nft_settings $name | in_space gw xargs sysctl
	done >"$work/fresh"
}

be_fresh() {
	in_space gw nft flush ruleset
	in_space gw conntrack -F 2>/dev/null
	in_space gw sysctl -q -p "$work/fresh"
}
