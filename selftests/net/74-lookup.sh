#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natctl lookup: what would become of a packet is what becomes of it, and
# asking changes nothing.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# All that could have changed.
all_there() {
	{
		everything_listed
		nat session list | sort
		nat stats
	} | sed 's/ idle .*//'
}

# The answer must match GLOBS, each in a line of its own, and nothing change.
lookup() { # "WORDS" GLOB...
	local answer line before glob
	before=$(all_there)
	# shellcheck disable=SC2086
	answer=$(nat lookup $1)
	assert_eq "$before" "$(all_there)" "state after lookup $1"
	for glob in "${@:2}"; do
		while IFS= read -r line; do
			# shellcheck disable=SC2053
			[[ $line == $glob ]] && continue 2
		done <<<"$answer"
		fail "lookup $1: no line like $glob in:
$answer"
	done
}

test_without_rules_all_goes_on() {
	lookup "udp 192.168.0.2:5000 203.0.113.11:7000" 'pass*' \
		'reason   there are no rules'
}

test_a_new_flow_gets_a_mapping() {
	masquerade
	lookup "udp $in1_silent:5000 $out1_silent:7000" \
		"translate  udp 203.0.113.1:\* > $out1_silent:7000 oif wan" \
		'mapping  a new one' 'rule     prio 100*oif wan*masquerade*' \
		'counter  out_translated:*'
	lookup "tcp $in1_silent:5000 $out1_silent:80 oif wan" \
		'session  a new one' 'mapping  a new one'
	assert_mappings 0
}

test_a_mapping_that_is_there_is_told() {
	local outside
	masquerade
	must burst in1 udp $in1_silent 5000+1 $out1_silent:7000
	outside=$(outside_of udp $in1_silent:5000)
	lookup "udp $in1_silent:5000 $out2_silent:9" \
		"translate  udp $outside > $out2_silent:9 oif wan" \
		"mapping  udp *$outside *to $in1_silent:5000*"
	lookup "udp $out2_silent:9 $outside" \
		"translate  udp $out2_silent:9 > $in1_silent:5000 iif wan" \
		'counter  in_translated:*' 'mapping  udp *'
	lookup "udp $out2_silent:9 $outside iif wan" 'translate*'
}

test_a_session_that_is_there_is_told() {
	local outside
	masquerade
	must burst in1 tcp $in1_silent 5000+1 $out1_silent:80
	outside=$(outside_of tcp $in1_silent:5000)
	lookup "tcp $in1_silent:5000 $out1_silent:80" \
		"translate  tcp $outside > $out1_silent:80*" \
		"session  tcp *in $in1_silent:5000*state init"
	lookup "tcp $out1_silent:80 $outside" \
		"translate  tcp $out1_silent:80 > $in1_silent:5000*" \
		"session  tcp *"
}

test_rules_that_leave_alone_are_told() {
	nat rule add prio 5 oif wan dst 203.0.113.11 exempt
	nat rule add oif wan src 192.168.0.0/24 masquerade
	lookup "udp 192.168.0.2:5 203.0.113.11:5" 'pass*' \
		'rule     prio 5 *exempt' 'counter  pass_exempt:*'
	lookup "udp 192.168.1.2:5 203.0.113.21:5" 'pass*' \
		'counter  pass_no_rule:*'
	lookup "udp 192.168.0.2:5 192.168.1.2:5" 'pass oif lan2' \
		'reason   no rule is for this device'
	lookup "udp 192.168.0.2:5 192.0.2.2:5" 'pass' \
		'reason   there is no route to the destination'
	lookup "udp 192.168.0.2:5 192.168.0.1:5" 'pass*' \
		'reason   it ends here: *an address of this machine'
}

test_a_filter_that_drops_is_told() {
	local outside
	masquerade filtering apdf
	must burst in1 udp $in1_silent 5000+1 $out1_silent:7000
	outside=$(outside_of udp $in1_silent:5000)
	lookup "udp $out1_silent:7000 $outside" 'translate*'
	lookup "udp $out2_silent:7000 $outside" 'drop*' \
		'counter  drop_filtered:*' 'mapping  udp *'
}

test_limits_are_told() {
	nat pool add p addr 198.51.100.1 limit 2
	nat rule add oif wan pool p
	must burst in1 udp $in1_silent 5000+2 $out1_silent:7000
	lookup "udp $in1_silent:5002 $out1_silent:7000" 'drop*' \
		'counter  refuse_subscriber:*' 'rule *pool p'
	lookup "udp $in1_silent:5001 $out1_silent:7000" 'translate*'
	lookup "udp $in2_silent:5002 $out1_silent:7000" \
		'translate  udp 198.51.100.1:\**'
	setting max_mappings 2
	lookup "udp $in2_silent:5002 $out1_silent:7000" 'drop*' \
		'counter  refuse_mappings:*'
	setting max_sessions 1 max_mappings 100
	must burst in2 tcp $in2_silent 5000+1 $out1_silent:80
	lookup "tcp $in2_silent:5000 $out2_silent:80" 'drop*' \
		'counter  refuse_sessions:*'
}

test_dependent_mappings_are_told() {
	local outside
	masquerade mapping apdm
	must burst in1 udp $in1_silent 5000+1 $out1_silent:7000
	outside=$(outside_of udp $in1_silent:5000)
	lookup "udp $in1_silent:5000 $out1_silent:7000" \
		"translate  udp $outside > $out1_silent:7000 oif wan"
	lookup "udp $in1_silent:5000 $out1_silent:7001" 'mapping  a new one'
}

test_a_rule_without_an_address_is_told() {
	ip -n gw link add bare up type dummy
	ip -n gw route add 192.0.2.0/24 dev bare
	nat rule add oif bare masquerade
	lookup "udp $in1_silent:5000 192.0.2.2:7000 oif bare" 'drop*' \
		'counter  refuse_no_address:*'
	ip -n gw link del bare
}

test_a_remote_address_that_another_host_has_is_told() {
	masquerade
	inject in1 ip $in1_silent to $out1_silent proto 253 data x
	see out1 "ip 203.0.113.1 to $out1_silent proto 253 *"
	lookup "253 $in1_silent $out1_silent" 'translate*'
	lookup "253 $in2_silent $out1_silent" 'drop*' \
		'counter  refuse_remote:*'
	lookup "253 $in2_silent $out2_silent" 'translate*'
}

test_a_pool_without_a_free_port_is_told() {
	nat pool add p addr 198.51.100.1 ports 2000-2001
	nat rule add oif wan pool p
	must burst in1 udp $in1_silent 5000+2 $out1_silent:7000
	lookup "udp $in2_silent:5000 $out1_silent:7000" 'drop*' \
		'counter  refuse_ports:*'
	lookup "tcp $in2_silent:5000 $out1_silent:7000" 'translate*'
}

test_static_mappings_are_told() {
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80 label web
	nat map add 198.51.100.0/28 to 10.0.0.0/28
	lookup "tcp 203.0.113.11:5 203.0.113.1:8000" \
		'translate  tcp 203.0.113.11:5 > 192.168.0.2:80 iif wan' \
		'mapping  tcp  203.0.113.1:8000 *label "web" # static*' \
		'session  a new one'
	lookup "udp 203.0.113.11:5 198.51.100.3:9" \
		'translate  udp 203.0.113.11:5 > 10.0.0.3:9*' \
		'mapping  one to one'
	lookup "gre 10.0.0.4 203.0.113.11 oif wan" \
		'translate  gre 198.51.100.4 > 203.0.113.11*' \
		'mapping  one to one'
}

test_what_nobody_waits_for_is_told() {
	nat pool add p addr 198.51.100.1
	nat rule add oif wan pool p
	nat rule add oif wan src 10.0.0.0/8 masquerade
	lookup "udp 203.0.113.11:5 198.51.100.1:9" 'drop*' \
		'counter  drop_no_mapping:*'
	lookup "tcp 203.0.113.11:5 203.0.113.1:99" 'drop*' \
		'counter  drop_unsolicited_syn:*' 'answer   later*'
	lookup "icmp 203.0.113.11 203.0.113.1" 'pass*' 'counter  pass_local:*'
}

test_the_limit_that_refuses_is_told() {
	local json
	nat pool add p addr 198.51.100.1 limit 2 sessions 3
	nat pool add q addr 198.51.100.2 filtering adf session-rate 1
	nat rule add oif wan src $in1_silent pool p
	nat rule add oif wan src $in2_silent pool q
	nat rule add oif wan src $in3_silent masquerade filtering adf limit 1
	must burst in1 udp $in1_silent 5000+2 $out1_silent:7000
	lookup "udp $in1_silent:5009 $out1_silent:7000" 'drop*' \
		'counter  refuse_subscriber:*' "limit    limit 2 of $in1_silent"
	json=$(nat -j lookup udp $in1_silent:5009 $out1_silent:7000)
	assert_eq "limit 2 $in1_silent" \
		"$(jq -r '.[0].limits[0] | "\(.name) \(.value) \(.in_addr)"' <<<"$json")" \
		"the limit as JSON"
	must burst in3 udp $in3_silent 5000 $out1_silent:7000+20
	lookup "udp $in3_silent:5000 $out2_silent:9" 'drop*' \
		'counter  refuse_subscriber:*' "limit    sessions 16 of $in3_silent"
	# The second may be over in between.
	wait_until 20 session_rate_refuses ||
		fail "session-rate is not told: $(nat lookup udp $in2_silent:5000 $out2_silent:9)"
	setting max_mappings 3
	lookup "udp 192.168.0.2:9 $out2_silent:9 oif wan" 'pass*'
	nat rule add oif wan src 192.168.0.2 masquerade
	lookup "udp 192.168.0.2:9 $out2_silent:9" 'drop*' \
		'counter  refuse_mappings:*' 'limit    max_mappings 3'
}

session_rate_refuses() {
	must burst in2 udp $in2_silent 5000 $out1_silent:7000+2
	nat lookup udp $in2_silent:5000 $out2_silent:9 |
		grep -qx "limit    session-rate 1 of $in2_silent"
}

test_hairpins_are_told() {
	masquerade
	nat map add udp 203.0.113.1:9000 to 192.168.0.3:7000
	lookup "udp $in1_silent:5000 203.0.113.1:9000" \
		'translate  udp 203.0.113.1:* > 192.168.0.3:7000 iif lan' \
		'counter  hairpin:*'
}

test_packets_that_no_host_sends_are_told() {
	masquerade
	lookup "udp 169.254.0.1:5 203.0.113.11:5 iif lan oif wan" 'drop*' \
		'counter  drop_martian_source:*'
	lookup "udp 192.168.0.2:5 224.0.0.5:5 oif wan" 'drop*' \
		'counter  drop_martian_destination:*'
}

test_protocols_are_known() {
	local proto
	masquerade
	for proto in udplite sctp dccp; do
		lookup "$proto 192.168.0.2:5 203.0.113.11:5" 'translate*' \
			'mapping  a new one'
	done
	lookup "gre 192.168.0.2 203.0.113.11" 'translate  gre 203.0.113.1 >*'
	lookup "icmp 192.168.0.2 203.0.113.11" 'translate*'
	lookup "icmp 192.168.0.2:77 203.0.113.11" 'translate*'
	lookup "51 192.168.0.2 203.0.113.11" 'drop*' 'counter  drop_ah:*'
	refused '*SPI*' lookup esp 192.168.0.2 203.0.113.11
	refused '*no device*' lookup gre 192.168.0.2 203.0.113.11 oif nowhere
}

test_limits_hold_for_mappings_by_remote_end_that_are_there() {
	nat pool add p addr 198.51.100.1 mapping adm sessions 2
	nat rule add oif wan pool p
	must burst in1 udp $in1_silent 5000 $out1_silent:7000+2
	lookup "udp $in1_silent:5000 $out1_silent:7009" 'drop*' 'counter  refuse_subscriber:*' \
		'limit *' "mapping *to $in1_silent:5000 *"
	inject in1 udp $in1_silent:5000 to $out1_silent:7009
	assert_counter refuse_subscriber 1
}

### What is foreseen is what happens

hosts=(in1 in2 in3 out1 out2)
declare -A host_of=([$in1_silent]=in1 [$in2_silent]=in2 [$in3_silent]=in3
	[$out1_silent]=out1 [$out2_silent]=out2 [192.168.1.2]=in3 [203.0.113.21]=out2)

# Each inside host has a way of its own. What is answered later, or expires, would be counted with another packet.
set_ways_out() {
	nat pool add adf addr 198.51.100.2 filtering adf limit 4
	nat pool add apdf addr 198.51.100.3 filtering apdf ports 2000-2002 hairpin off
	nat rule add prio 1 oif wan dst 203.0.113.21 exempt
	nat rule add prio 2 oif wan src $in1_silent masquerade alloc preserve
	nat rule add prio 3 oif wan src $in2_silent pool adf
	nat rule add prio 4 oif wan src $in3_silent pool apdf
	nat map add tcp 203.0.113.1:8000 to $in2_silent:80
	nat map add udp 203.0.113.1:8000 to $in2_silent:5353
	setting tcp_syn_answer 0 udp_timeout 86400 tcp_opening_timeout 86400
	# Two ways leave the inside source as it is.
	must allow addresses
}

# One of these words, in $one
any() { # WORD...
	one=${*:RANDOM % $# + 1:1}
}

# By protocol, the ends that packets have left with
declare -A ends
any_outside_end() {
	any known known known known static nobody
	case $one in
	nobody)	any "203.0.113.1:$((9000 + RANDOM % 9))" 198.51.100.2:9 198.51.100.3:9 ;;
	static)	one=203.0.113.1:8000 ;;
	*)	# shellcheck disable=SC2086
		any ${ends[$proto]:-203.0.113.1:8000} ;;
	esac
}

# The next packet of the table, in $proto, $from and $to
any_packet() {
	any udp tcp
	proto=$one
	if ((RANDOM % 3)); then
		any $in1_silent $in2_silent $in3_silent $in1_silent $in2_silent $in3_silent 192.168.1.2
		from=$one:$((5000 + RANDOM % 6))
		any $out1_silent $out2_silent $out1_silent $out2_silent 203.0.113.21
		to=$one:$((7000 + RANDOM % 4))
		((RANDOM % 4)) && return
	else
		any $out1_silent $out2_silent
		from=$one:$((7000 + RANDOM % 4))
	fi
	any_outside_end
	to=$one
}

# What natctl says of the packet: $verdict, $outcome, $named; and the counters before it
declare -A before
foresee() {
	local word rest
	printf 'lookup %s %s %s\nstats\n' "$proto" "$from" "$to" >"$work/question"
	named='' new_map=0 new_session=0
	while read -r word rest; do
		case $word in
		translate | pass | drop) verdict=$word outcome=$rest ;;
		counter) named=${rest%%:*} ;;
		mapping) [ "$rest" != "a new one" ] || new_map=1 ;;
		session) [ "$rest" != "a new one" ] || new_session=1 ;;
		rule | reason | limit | answer) ;;
		*) before[$word]=${rest%% *} ;;
		esac
	done < <("$NATCTL" -n gw -b "$work/question")
}

# The packet, with a text of its own: it must be seen where it was said to go, or nowhere.
send_it() { # TEXT
	local flags=''
	[ "$proto" = udp ] || flags=S
	src=$from dst=$to
	[ "$verdict" != translate ] || read -r _ src _ dst _ <<<"$outcome"
	# shellcheck disable=SC2086
	inject "${host_of[${from%:*}]}" "$proto" "$from" to "$to" $flags data "$1"
	if [ "$verdict" = drop ] || [ "$named" = pass_local ]; then
		for one in "${hosts[@]}"; do see_nothing "$one" "$proto * data $1"; done
	else
		see "${host_of[${dst%:*}]}" "$proto $src to $dst * data $1"
	fi
	[ "$named" != out_translated ] || ends[$proto]+=" $src"
}

# The counter that was named, and no other one of what becomes of packets. Of a
# hairpin, the mapping is told that it meets.
compare_counters() {
	local name value want
	while read -r name value _; do
		want=0
		case $name in
		"$named") want=1 ;;
		map_created) want=$new_map ;;
		session_created) want=$new_session ;;
		*_translated | hairpin | pass_* | refuse_* | drop_*) ;;
		*) continue ;;
		esac
		case $name:$named in
		*_created:hairpin) continue ;;
		# The gateway answers that nobody listens, which is counted on the way out.
		pass_local:pass_local) [[ $from == 192.168.* ]] || want=2 ;;
		esac
		assert_eq $want $((value - before[$name])) "$name, after what was foreseen was $foreseen"
	done < <("$NATCTL" -n gw stats)
}

test_what_is_foreseen_happens() {
	local proto from to one verdict outcome named new_map new_session src dst foreseen i
	local -A came=()
	set_ways_out
	# Any number will do that has all of it come.
	RANDOM=4787
	for ((i = 0; i < 104; i++)); do
		any_packet
		foresee
		foreseen="$proto $from > $to: $verdict $outcome, $named"
		send_it "no-$i"
		compare_counters
		came[$named]=$((${came[$named]-0} + 1))
	done
	for one in {out,in}_translated hairpin pass_{exempt,no_rule,local} drop_{filtered,no_mapping,unsolicited_syn,hairpin} \
		refuse_{ports,subscriber}; do
		assert_between 1 50 "${came[$one]-0}" "packets of the table that are $one"
	done
}

# The port is taken: another one, by chance
test_what_is_left_to_chance_is_told() {
	masquerade alloc preserve
	must burst in1 udp $in1_silent 5000+1 $out1_silent:7000
	lookup "udp $in2_silent:5000 $out1_silent:7000" \
		'translate  udp 203.0.113.1:\* >*'
}

test_json_has_all_of_it() {
	local json
	masquerade
	must burst in1 udp $in1_silent 5000+1 $out1_silent:7000
	json=$("$NATCTL" -n gw -j lookup udp $in1_silent:5000 $out1_silent:7)
	python3 -c '
import json, sys
answer, = json.loads(sys.argv[1])
assert answer["verdict"] == "translate", answer
assert answer["counter"] == "out_translated", answer
assert answer["src_addr"] == "203.0.113.1", answer
assert answer["src_port"] == answer["mapping"]["out_port"], answer
assert answer["mapping"]["kind"] == "dynamic", answer
assert answer["oif"] == "wan", answer
assert answer["new_mapping"] is False, answer
' "$json" || fail "$json"
}

run_tests "$@"
