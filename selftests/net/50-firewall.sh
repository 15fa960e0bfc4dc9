#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A default-drop firewall with connection tracking on the same gateway: it
# sees inside addresses both ways, and "established,related" works.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# Filter rules and conntrack see little of what takes the fast path.
FASTPATH=

nft_firewall() {
	in_space gw nft -f - <<-END || fail "nft"
		table ip firewall {
			chain forward {
				type filter hook forward priority 0; policy drop;
				ct state established,related accept
				ct state invalid counter drop
				iifname { lan, lan2 } oifname wan accept
				iifname wan ip daddr 192.168.0.3 tcp dport 80 accept
				iifname wan ip daddr 192.168.0.3 udp dport 5353 accept
				iifname { lan, lan2 } oifname { lan, lan2 } accept
			}
			chain input {
				type filter hook input priority 0; policy drop;
				ct state established,related accept
				iifname lan accept
				icmp type echo-request accept
				tcp dport 22 accept
			}
		}
	END
}

iptables_firewall() { # iptables-nft|iptables-legacy
	in_space gw bash -e <<-END || fail "$1"
		$1 -P FORWARD DROP
		$1 -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
		$1 -A FORWARD -i lan+ -o wan -j ACCEPT
		$1 -A FORWARD -i wan -d 192.168.0.3 -p tcp --dport 80 -j ACCEPT
		$1 -A FORWARD -i wan -d 192.168.0.3 -p udp --dport 5353 -j ACCEPT
		$1 -A FORWARD -i lan+ -o lan+ -j ACCEPT
		$1 -P INPUT DROP
		$1 -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
		$1 -A INPUT -i lan -j ACCEPT
		$1 -A INPUT -p icmp -j ACCEPT
		$1 -A INPUT -p tcp --dport 22 -j ACCEPT
	END
}

rebuild_for_each=1

logged() { # TEXT
	dmesg | grep -qF "$1"
}

outbound_flows_pass() {
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "source that out1 sees"
	answer s a "$outside" 203.0.113.11:7000
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:0 203.0.113.11:80
	accept t l
	stream c t 100000
	stream t c 100000
	must shut c
	must eof t
	inject in1 icmp 192.168.0.2 to 203.0.113.11 8/0 id 7 seq 1
	see in1 'icmp 203.0.113.11 to 192.168.0.2 0/0 id 7 *'
}

# EIF lets a stranger through knat; the firewall must be the one that drops.
strangers_are_dropped() {
	udp x in1 192.168.0.2:5001
	udp r out1 203.0.113.11:7001
	greet x r 203.0.113.11:7001
	inject out2 udp $out2_silent:9 to "$outside" data x
	see_nothing in1 "udp $out2_silent:*"
}

forwards_pass() {
	nat map add tcp 203.0.113.1:8000 to 192.168.0.3:80
	nat map add udp 203.0.113.1:8000 to 192.168.0.3:5353
	nat map add tcp 203.0.113.1:8001 to 192.168.0.3:81
	listen f in2 192.168.0.3:80
	connect d out1 203.0.113.11:0 203.0.113.1:8000
	accept e f
	assert_like '203.0.113.11:*' "$from" "peer that in2 sees"
	stream d e 100000
	stream e d 100000
	udp i in2 192.168.0.3:5353
	udp o out1 203.0.113.11:4444
	greet o i 203.0.113.1:8000
	answer i o 203.0.113.11:4444 203.0.113.1:8000
	inject out1 tcp $out1_silent:9 to 203.0.113.1:8001 S
	see_nothing in2 'tcp * to 192.168.0.3:81 *'
}

errors_pass() {
	udp p in1 192.168.0.2:5002 to 203.0.113.11:9999
	tell p - hello
	must error p
	assert_like '3/3 from 203.0.113.11 about 203.0.113.11:9999 *' \
		"$answer" "error at in1"
	udp q in1 192.168.0.2:5003 to $out1_silent:7000
	tell q - hello
	see out1 "udp 203.0.113.1:* to $out1_silent:7000 *"
	must icmp-error out1 203.0.113.12 3/1 about out1
	must error q
	assert_like "3/1 from 203.0.113.12 about $out1_silent:7000 *" \
		"$answer" "error of a router at in1"
	nat map add udp 203.0.113.1:8002 to 192.168.0.3:5353
	must close i
	udp w out1 203.0.113.11:4445 to 203.0.113.1:8002
	tell w - hello
	must error w
	assert_like '3/3 from 203.0.113.1 about 203.0.113.1:8002 *' \
		"$answer" "error at out1"
}

hairpin_passes() {
	udp h in2 192.168.0.3:6000
	udp k in1 192.168.0.2:6000
	greet h s 203.0.113.11:7000
	hend=$outside
	greet k s 203.0.113.11:7000
	kend=$outside
	greet k h "$hend"
	assert_eq "$kend" "$outside" "source that in2 sees"
	answer h k "$kend" "$hend"
	connect m in1 192.168.0.2:0 203.0.113.1:8000
	accept n f
	assert_like '203.0.113.1:*' "$from" "peer that in2 sees"
	stream m n 100000
	stream n m 100000
}

services_answer() {
	listen g gw 203.0.113.1:22
	connect y out1 203.0.113.11:0 203.0.113.1:22
	accept z g
	stream y z 1000
	udp u gw 203.0.113.1:5555
	udp v out1 203.0.113.11:5555
	greet u v 203.0.113.11:5555
	answer v u "$outside" 203.0.113.11:5555
}

everything_works() {
	masquerade
	outbound_flows_pass
	strangers_are_dropped
	forwards_pass
	errors_pass
	hairpin_passes
	services_answer
}

test_nftables_with_conntrack_loaded_before_the_rules() {
	nft_firewall
	everything_works
}

test_nftables_with_conntrack_loaded_after_the_rules() {
	masquerade
	udp a in1 192.168.0.2:5555
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	must close a
	must close s
	nat flush
	masquerade
	nft_firewall
	nat rule del oif wan masquerade
	everything_works
}

test_iptables_nft() {
	iptables_firewall iptables-nft
	everything_works
}

test_iptables_legacy() {
	in_space gw iptables-legacy -S >/dev/null 2>&1 ||
		skip "this kernel has no iptables-legacy"
	iptables_firewall iptables-legacy
	everything_works
}

test_conntrack_sees_inside_addresses_in_both_directions() {
	nft_firewall
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	answer s a "$outside" 203.0.113.11:7000
	listed=$(in_space gw conntrack -L -p udp --dport 7000 2>/dev/null)
	assert_like '*src=192.168.0.2 dst=203.0.113.11 sport=5000 dport=7000 src=203.0.113.11 dst=192.168.0.2 sport=7000 dport=5000*' \
		"$listed" "conntrack's view of the flow"
	[[ $listed != *UNREPLIED* ]] || fail "the answer is another flow"
}

test_fragments_pass_a_firewall_with_conntrack() {
	nft_firewall
	masquerade
	udp s out1 203.0.113.11:7000
	must fragment in1 1000 2,0,1 udp 192.168.0.2:5000 to 203.0.113.11:7000 \
		data @2500
	hear s @2500
	udp a in1 192.168.0.2:5000
	must fragment out1 1000 1,2,0 udp 203.0.113.11:7000 to "$from" \
		data @2500
	hear a @2500
}

test_a_notrack_rule_does_not_stop_translation() {
	in_space gw nft -f - <<-END
		table ip firewall {
			chain prerouting {
				type filter hook prerouting priority raw;
				notrack
			}
		}
	END
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	assert_like '203.0.113.1:*' "$outside" "source that out1 sees"
	answer s a "$outside" 203.0.113.11:7000
}

test_an_nft_masquerade_beside_knat_does_not_break_flows() {
	in_space gw nft -f - <<-END
		table ip nat {
			chain postrouting {
				type nat hook postrouting priority srcnat;
				oifname wan masquerade
			}
		}
	END
	masquerade
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	answer s a "$outside" 203.0.113.11:7000
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:0 203.0.113.11:80
	accept t l
	stream c t 10000
	stream t c 10000
	logged 'knat: nf_nat translates' || fail "the log does not tell of nf_nat"
}

test_a_flowtable_on_an_outside_device_is_told_of() {
	in_space gw nft -f - <<-END || fail "nft"
		table ip firewall {
			flowtable fast {
				hook ingress priority 0; devices = { wan, lan2 };
			}
			chain forward {
				type filter hook forward priority 0;
				ct state established flow add @fast
			}
		}
	END
	masquerade
	wait_until 10 logged 'knat: a flowtable on outside device wan' ||
		fail "the log does not tell of the flowtable"
}

test_a_forward_rule_can_log_and_match_the_inside_port() {
	nat map add tcp 203.0.113.1:8000 to 192.168.0.3:80
	in_space gw nft -f - <<-END
		table ip firewall {
			chain forward {
				type filter hook forward priority 0; policy accept;
				iifname wan tcp dport 8000 counter drop
				iifname wan ip daddr 192.168.0.3 tcp dport 80 counter accept
			}
		}
	END
	listen l in2 192.168.0.3:80
	connect c out1 203.0.113.11:0 203.0.113.1:8000
	accept s l
	stream c s 1000
}

test_a_filter_sees_what_goes_by_hairpin() {
	masquerade
	udp a in1 192.168.0.2:5000
	udp b in2 192.168.0.3:6000
	udp s out1 203.0.113.11:7000
	greet b s 203.0.113.11:7000
	greet a b "$outside"
	in_space gw nft -f - <<-END
		table ip firewall {
			chain forward {
				type filter hook forward priority 0; policy accept;
				iifname lan oifname lan ip saddr 192.168.0.2 ip daddr 192.168.0.3 udp dport 6000 drop
			}
		}
	END
	tell a "$(outside_of udp 192.168.0.3:6000)" x
	hear_nothing b
}

run_tests "$@"
