#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What natctl import makes of NAT rules of iptables and nftables: the cases of import/, which a test in a virtual
# machine gives to the kernel as well.

here=$(cd "$(dirname "$0")" && pwd)
natctl=${NATCTL:-$here/../natctl}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=0
failed=0

is() { # SEEN WANTED NAME
	tests=$((tests + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $tests - $3"
	else
		printf '# wanted:\n%s\n# seen:\n%s\n' "$2" "$1" | sed 's/^\([^#]\|$\)/#   \1/'
		echo "not ok $tests - $3"
		failed=1
	fi
}

# natctl import, without the lines that say where things are from
import() { # FILE
	"$natctl" import "$@" >"$dir/out" 2>"$dir/err"
	status=$?
	out=$(grep -v '^#' "$dir/out")
	err=$(<"$dir/err")
}

# The case that was read: what comes of it, which sentences, and the exit status.
check_case() {
	local number=0 line expected_status=0

	[ -n "$name" ] || return
	{
		printf '*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n'
		printf '%sCOMMIT\n' "$rules"
	} >"$dir/rules"
	import "$dir/rules"
	is "$out" "${wanted%$'\n'}" "$name"
	# Rules are numbered from 1.
	err=$(sed 's|^[^:]*:\([0-9]*\):|:\1:|' <<<"$err" | awk -F: -v OFS=: '$2 > 4 { $2 -= 4 } { print }')
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		number=$((number + 1))
		expected_status=3
		# shellcheck disable=SC2254	# a glob it is
		case $'\n'$err in
		*$'\n'*$line*) is 1 1 "$name: $line" ;;
		*) is "$err" "$line" "$name: $line" ;;
		esac
	done <<<"$reasons"
	is "$(grep -c . <<<"$err")" $number "$name: nothing else is said"
	is "$status" $expected_status "$name: exit status"
}

name=
while IFS= read -r line; do
	case $line in
	'== '*) check_case; name=${line#== } rules='' wanted='' reasons='' ;;
	'-> '*) wanted+=${line#-> }$'\n' ;;
	'! '*) reasons+=${line#! }$'\n' ;;
	'#'* | '') ;;
	*) rules+=$line$'\n' ;;
	esac
done <"$here/import/iptables.table"
check_case

if "$natctl" import "$here/import/nft.json" 2>&1 | grep -q 'built without jansson'; then
	is "$status" 2 "without jansson, JSON is an error"
else
	# One rule of postrouting, of these statements
	import_rule() { # STATEMENTS [OBJECTS]
		import - <<<"{\"nftables\": [${2:+$2, }{\"chain\": {\"family\": \"ip\", \"table\": \"t\", \"name\": \"c\",
			\"type\": \"nat\", \"hook\": \"postrouting\", \"prio\": 100}}, {\"rule\": {\"family\": \"ip\",
			\"table\": \"t\", \"chain\": \"c\", \"handle\": 1, \"expr\": [$1]}}]}"
	}

	wan='{"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": "wan"}}'
	import_rule "$wan, {\"masquerade\": null}"
	is "$status$out" '0rule add oif wan masquerade alloc preserve' "a rule alone"
	for op in '<' '>=' '&'; do
		import_rule "$wan, {\"match\": {\"op\": \"$op\", \"left\": {\"meta\": {\"key\": \"l4proto\"}},
			\"right\": 6}}, {\"masquerade\": null}"
		is "$status$out" 3 "the comparison $op converts nothing"
		is "${err#*: *: }" "Not converted: there is nothing like the comparison \"$op\"" "and is named"
	done
	for proto in 6 1; do
		import_rule "$wan, {\"match\": {\"op\": \"==\", \"left\": {\"meta\": {\"key\": \"l4proto\"}}, \"right\": $proto}},
			{\"match\": {\"op\": \"==\", \"left\": {\"payload\": {\"protocol\": \"th\", \"field\": \"dport\"}}, \"right\": 80}},
			{\"masquerade\": null}"
		said[proto]="$status$out${err#*: *: }"
	done
	is "${said[6]}" "0rule add oif wan proto tcp dport 80 masquerade alloc preserve" "a port of TCP"
	is "${said[1]}" "3Not converted: it is for some ports of protocols that are not said or have none" "ICMP has none"
	empty='{"set": {"family": "ip", "table": "t", "name": "s", "type": "ipv4_addr", "handle": 2}}'
	for op in == !=; do
		source="{\"match\": {\"op\": \"$op\", \"left\": {\"payload\": {\"protocol\": \"ip\", \"field\": \"saddr\"}}, \"right\":"
		import_rule "$wan, $source \"@s\"}}, {\"masquerade\": null}" "$empty"
		is "$status$out" 3 "$op a set without elements"
		is "${err#*: *: }" 'Not converted: the set "@s" has no elements in the file' "is named"
		import_rule "$wan, $source {\"set\": []}}}, {\"masquerade\": null}"
		is "$status$out" 3 "$op a list without elements"
		is "${err#*: *: }" 'Not converted: it compares with a set that has no elements' "has a sentence"
	done
	one='{"match": {"op": "==", "left": {"concat": [{"meta": {"key": "l4proto"}}, {"meta": {"key": "l4proto"}}]},
		"right": {"set": [{"concat": [6, 6]}]}}}, '
	import_rule "$wan, $one{\"masquerade\": null}"
	is "$status$out" '0rule add oif wan proto tcp masquerade alloc preserve' "a list"
	import_rule "$wan, $(yes "$one" | head -n 180000) {\"masquerade\": null}"
	is "$status$out" 3 "lists that are too many"
	is "${err#*: *: }" "Not converted: there is nothing like one of its matches" "have one sentence"
	import "$here/import/nft.json"
	is "$out" "$(<"$here/import/nft.want")" "what nft prints"
	is "$(sed "s/.*Not converted: //; s|$here.*|RULE|" <<<"$err")" "$(<"$here/import/nft.err")" "what of it is not converted"
	is "$status" 3 "exit status"
	for text in '{' '{}' '[]' '{"nftables": 5}' '{"nftables": []} x'; do
		import - <<<"$text"
		is "$status" 1 "no ruleset: $text"
		is "$(grep -c '^-: Error: ' <<<"$err")" 1 "one sentence: $err"
	done
	import - <<<'{"nftables": []}'
	is "$status$out" 0 "an empty ruleset"
	is "$err" '-: Warning: there are no NAT rules in it: iptables-save may have them' "is said"
	import - <<<'{"nftables": [{"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "forward",
		"prio": 0}}, {"rule": {"family": "ip", "table": "t", "chain": "c", "handle": 1, "expr": [{"accept": null}]}}]}'
	is "$status$out$err" '0-: Warning: there are no NAT rules in it: iptables-save may have them' "rules that filter"
fi

unknown() { # TEXT ERROR
	import - <<<"$1"
	is "$status$out" 1 "no rules: ${1//$'\n'/ }"
	is "$err" "-: Error: $2" "has one sentence"
}

for text in '' $' \n\n' $'# Generated\n# by nobody'; do
	unknown "$text" "there is nothing in it: what has no rules prints nothing, and nft -j list ruleset or iptables-save may have them"
done
unknown nonsense "this is neither what iptables-save prints nor what nft -j list ruleset prints"
for text in 'table ip nat {' $'# Warning: managed\ntable inet x {\n}'; do
	unknown "$text" "this is what nft prints without -j: give it what nft -j list ruleset prints"
done
unknown $'#!/usr/sbin/nft -f\n\nflush ruleset' \
	"this is a file for nft -f: give it what nft -j list ruleset prints when that is loaded"
for text in '-P PREROUTING ACCEPT' '-N a' '-A POSTROUTING -j MASQUERADE'; do
	unknown "$text" "this is what iptables -S prints: give it what iptables-save prints"
done
unknown 'Chain PREROUTING (policy ACCEPT)' "this is what iptables -L prints: give it what iptables-save prints"
import - </dev/null
is "$status$out" 1 "no input"
none='Warning: there are no NAT rules in it: nft -j list ruleset, or the other of iptables-legacy-save and iptables-nft-save, may have them'
for text in $'*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT' $'*nat\n:a - [0:0]\n-A a -j ACCEPT\nCOMMIT'; do
	import - <<<"$text"
	is "$status$out$err" "0-: $none" "nothing that packets meet: ${text//$'\n'/ }"
done
import <<<$'*nat\nCOMMIT'
is "$status$out$err" "0-: $none" "standard input is the default"
for text in '*nat' $'*nat\n-A POSTROUTING -o wan -j MASQUERADE\n-A POSTROUTI' \
	$'*filter\nCOMMIT\n*nat\n-A POSTROUTING -o wan -j MASQUERADE\n-A x\nCOMMI' \
	$'*nat\n-A POSTROUTING -j LOG\n*filter\nCOMMIT\n'; do
	for end in '' $'\n'; do
		printf '%s' "${text%$'\n'}$end" >"$dir/cut"
		import "$dir/cut"
		line=$(grep -c '' "$dir/cut")
		[[ $text != *LOG* ]] || line=3
		is "$status$(<"$dir/out")" 1 "cut off, nothing is written: ${text//$'\n'/ }"
		is "$err" "$dir/cut:$line: Error: the table \"nat\" is not complete: its line COMMIT is missing" "and said"
	done
done
import - <<<$'*filter\nCOMMIT\n*nat\r\n-A POSTROUTING -o wan -j MASQUERADE\r\nCOMMIT\r'
is "$status$out$err" '0rule add oif wan masquerade alloc preserve' "lines that end as with DOS"
import - <<<$'*nat\nCOMMIT\n-A POSTROUTING -o wan -j MASQUERADE'
is "$status$out$err" '3-:3: Not converted: it is in no table' "a rule behind its table"
import "$dir/nowhere"
is "$status $err" "1 Error: \"$dir/nowhere\" cannot be read: No such file or directory" "no file"
import "$dir"
is "$status $err" "1 Error: \"$dir\" cannot be read: Is a directory" "a directory"
import a b
is "$status" 1 "two files"
import --x
is "$status" 1 "an option"
name="$dir/a
b"
echo '*nat
-A POSTROUTING -o wan -j MASQUERADE
COMMIT' >"$name"
import "$name"
is "$(wc -l <"$dir/out") $(grep -vc '^#' "$dir/out")" '3 1' "the name of the file is in one line"
printf '*nat\n-A POSTROUTING -o wan -j MASQUERADE\0-A x\nCOMMIT\n' >"$dir/zero"
import "$dir/zero"
is "$status$out$err" '0rule add oif wan masquerade alloc preserve' "a byte 0 ends a line, and the rest of it is not read"
# Each address is compared with those of all pools before it.
{
	echo '*nat'
	for ((i = 0; i < 12000; i++)); do
		echo "-A POSTROUTING -s 10.0.$((i >> 8)).$((i & 255)) -o wan -j SNAT --to-source 198.18.$((i >> 8)).$((i & 255))"
	done
	echo COMMIT
} >"$dir/many"
import "$dir/many"
is "$status $(grep -c '^pool' <<<"$out") $(grep -c '^rule' <<<"$out")$err" '0 12000 12000' "many rules"

echo "1..$tests"
exit $failed
