#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is compared: each case is a way for the gateway to forward. Sourced by guest.
#
# case_NAME sets the gateway up for flows of $shape. It says by $answers_to to which address the server answers
# (the first one, where a client has one of its own), or nothing where that cannot be told from outside; and by
# $entries how many entries there are.

# Variables are shared with guest and rig.sh; numbers need no quotes.
# shellcheck disable=SC2034,SC2154,SC2086

broken()
{
	say "$case could not be set up"
	exit 1
}

rules()
{
	inside gateway nft -f - || broken
}

entries_none()
{
	echo 0
}

entries_conntrack()
{
	inside gateway cat /proc/sys/net/netfilter/nf_conntrack_count
}

# knat_has WHAT: how many mappings or sessions, or what else its statistics count
knat_has()
{
	natctl stats | awk -v what="$1" '$1 == what { print $2 }'
}

entries_knat()
{
	knat_has mappings
}

natctl()
{
	inside gateway "$NATCTL" "$@" || broken
}

# All that is known of flows goes.
forget()
{
	case $entries in
	entries_knat)	natctl map flush >/dev/null ;;
	*)		inside gateway conntrack -F >/dev/null 2>&1 ;;
	esac
}

clear_case()
{
	inside gateway nft flush ruleset
	[ ! -e /sys/module/knat ] || rmmod knat
	inside gateway conntrack -F >/dev/null 2>&1 || true
	ip -n server route del 100.64.0.0/16 2>/dev/null || true
	answers_to=$client entries=entries_none
}

# Forwarding below IP: what the rig costs by itself
case_l2fwd()
{
	rules <<-END
		table netdev floor {
			chain a { type filter hook ingress device gc priority 0; fwd to "gs"; }
			chain b { type filter hook ingress device gs priority 0; fwd to "gc"; }
		}
	END
}

case_route()
{
	:
}

case_conntrack()
{
	entries=entries_conntrack
	rules <<-END
		table ip filter {
			chain forward { type filter hook forward priority 0; ct state established,related accept; }
		}
	END
}

# One inside address is masqueraded; many get an outside address each, so that every port can be kept and
# nothing has to be searched.
nft_nat()
{
	local how=masquerade

	answers_to=$wan entries=entries_conntrack
	if [ "$shape" = sockets ]; then
		how="snat ip prefix to ip saddr map { 10.1.0.0/16 : 100.64.0.0/16 }"
		answers_to=100.64.${client#10.1.}
		ip -n server route add 100.64.0.0/16 via $wan
	fi
	rules <<-END
		table ip nat {
			chain post { type nat hook postrouting priority srcnat; oifname "gs" $how; }
		}
	END
}

case_masquerade()
{
	nft_nat
}

case_flowtable()
{
	nft_nat
	rules <<-END
		table ip fast {
			flowtable both { hook ingress priority 0; devices = { gc, gs }; }
			chain forward { type filter hook forward priority 0; ct state established flow add @both; }
		}
	END
}

# knat: ports at random, as it does by default, from pools with twice the ports that it takes; $pool says other options.
case_knat()
{
	local size=26

	entries=entries_knat
	insmod "$KNAT_KO"
	natctl config set udp_timeout 100000 tcp_opening_timeout 100000 port_rest 0 max_mappings 50000000 max_sessions 50000000
	if [ "$shape" = sockets ]; then
		[ "$flow_count" -le 1000000 ] || size=23
		answers_to=
		ip -n server route add 100.64.0.0/16 via $wan
		# shellcheck disable=SC2086	# words
		natctl pool add many addr "100.64.0.0/$size" ${pool:-}
		natctl rule add oif gs pool many
	else
		answers_to=$wan
		natctl rule add oif gs masquerade alloc preserve
	fi
}

case_fastpath()
{
	case_knat
	natctl fastpath add dev gc,gs
}
