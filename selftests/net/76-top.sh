#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# natctl top: on terminals of several kinds and sizes, which tmux plays, and
# as a snapshot.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# Each terminal is of a server of its own: the one before may be about to end.
server=0

term() {
	tmux -S "$work/tmux$server" -f /dev/null "$@"
}

# A terminal of a kind and a size with natctl top in it; when that ends, the
# terminal shows how.
start_top() { # KIND COLUMNS ROWS [WORD...]
	local kind=$1 columns=$2 rows=$3
	shift 3
	term kill-server 2>/dev/null
	((++server))
	term new-session -d -x "$columns" -y "$rows" \
		"stty cols $columns rows $rows
		 TERM=$kind '$NATCTL' -n gw top $*
		 echo \"ended \$?\" \$(stty -a | grep -o ' .\?echo ')
		 sleep 1000" || fail "no terminal"
}

screen() {
	term capture-pane -p
}

shows() { # EXTENDED-REGEX
	grep -Eq -e "$1" <<<"$(screen)"
}

# The screen must come to show a line.
await() { # EXTENDED-REGEX
	wait_until 30 shows "$1" || fail "no line $1 on the screen:
$(screen)"
}

press() { # KEY...
	term send-keys "$@"
}

# What top leaves is a terminal that can be used.
end_with() { # KEY
	press "$1"
	await '^ended 0 echo'
}

traffic() {
	nat pool add office addr 198.51.100.1 limit 10
	nat rule add oif wan src 192.168.0.0/24 pool office
	nat rule add oif wan masquerade ports 2000-2009
	must burst in1 udp $in1_silent 5000+10 $out1_silent:7000
	must burst in2 udp $in2_silent 5000+4 $out1_silent:7000
	must burst in3 tcp $in3_silent 5000+5 $out1_silent:80
}

test_a_screen_shows_figures_and_both_lists() {
	traffic
	start_top screen 80 24 interval 1
	await '^natctl top  every 1 s  by mappings$'
	await '^mappings 19 of [0-9]+  sessions 5 of [0-9]+  subscribers 3$'
	await '^new/s: mappings 0  sessions 0   packets/s: out 0  in 0'
	await '^198.51.100.1 +office +2 +14 +65535   0.0% \[# +\]$'
	await '^203.0.113.1 +masquerade +1 +5 +10  50.0% \[#######  +\]$'
	await "^$in1_silent +office +198.51.100.1 +10 +\\+0 100.0% +0$"
	await "^$in3_silent +masquerade +203.0.113.1 +5 +\\+0 +0$"
	assert_eq 24 "$(screen | wc -l)" "lines of the screen"
	assert_like 'q:quit *' "$(screen | tail -n 1)" "the keys"
	end_with q
}

test_a_format_that_is_named_is_that_of_a_snapshot() {
	traffic
	start_top screen 80 24 -o text interval 1
	await '^ended 0 echo'
	shows '^198.51.100.1 +office +2 +14 +65535' || fail "no list:
$(screen)"
}

test_what_comes_is_seen() {
	traffic
	start_top screen 80 24 interval 1
	await '^refused/s 0  \(0 in all\)$'
	must burst in1 udp $in1_silent 6000+3 $out1_silent:7000
	await '^refused/s [0-9.]+: subscriber [0-9.]+  \(3 in all\)$'
	shows "^$in1_silent .* 100.0% +3$" || fail "no refusals: $(screen)"
	must burst in2 udp $in2_silent 6000+3 $out1_silent:7000
	await '^mappings 22 of'
	await '^refused/s 0  \(3 in all\)$'
	end_with q
}

keys_in_last_line() {
	[[ $(screen | tail -n 1) == 'q:quit '* ]]
}

shown_twice() {
	[ "$(screen | grep -c '^natctl top')" -gt 1 ]
}

# The addresses of the list of inside hosts, from top to bottom
order() {
	screen | sed -n '/^INSIDE/,$s/^\(192[0-9.]*\) .*/\1/p' | xargs
}

in_order() { # ADDR...
	[ "$(order)" = "$*" ]
}

await_order() { # ADDR...
	wait_until 30 in_order "$@" || fail "another order than $*:
$(screen)"
}

test_keys_change_the_order() {
	traffic
	start_top screen 80 24 interval 3600
	await_order $in1_silent $in3_silent $in2_silent
	press a
	await '  by address$'
	await_order $in1_silent $in2_silent $in3_silent
	press r
	await '  by address, reversed$'
	await_order $in3_silent $in2_silent $in1_silent
	press m
	await '  by mappings, reversed$'
	await_order $in2_silent $in3_silent $in1_silent
	press r u
	await '  by use$'
	await_order $in1_silent $in2_silent $in3_silent
	press c
	await '  by change$'
	press - -
	await 'every 3598 s'
	press +
	await 'every 3599 s'
	end_with q
}

test_long_lists_are_scrolled() {
	local i
	masquerade
	for ((i = 1; i <= 30; i++)); do
		ip -n gw route replace "10.0.$i.0/24" via 192.168.0.2
		must burst in1 udp 10.0.$i.1 5000+1 $out1_silent:7000
	done
	start_top screen 80 24 sort address
	await '^10.0.1.1 '
	press j j
	await '^10.0.25.1 '
	! shows '^10.0.1.1 ' || fail "it is not scrolled"
	press j j j
	await '^10.0.30.1 '
	press k k k k k
	await '^10.0.1.1 '
	end_with q
}

test_only_a_pool_or_a_prefix() {
	traffic
	start_top screen 100 24 pool office host $in2_silent
	await "by mappings  pool office  host $in2_silent/32"
	await_order $in2_silent
	end_with q
	start_top screen 100 24 host 192.168.1.0/24
	await_order $in3_silent
	end_with q
}

test_terminals_of_any_size_and_kind() {
	local kind size
	traffic
	for kind in vt100 xterm; do
		start_top $kind 80 24
		await '^198.51.100.1 +office'
		await "^$in1_silent "
		assert_like 'q:quit *' "$(screen | tail -n 1)" "keys on $kind"
		end_with q
	done
	for size in '200 60' '20 5' '2 1'; do
		# shellcheck disable=SC2086	# two words
		start_top vt100 $size
		await '^n|^q'
		term resize-window -x 80 -y 24
		end_with q
	done
}

test_a_change_of_size() {
	traffic
	start_top screen 80 24 interval 3600
	await "^$in1_silent "
	term resize-window -x 120 -y 40
	await_order $in1_silent $in3_silent $in2_silent
	wait_until 10 shows 'jk:move' || fail "no keys"
	assert_like 'q:quit *' "$(screen | sed -n 40p)" "keys in the last line"
	term resize-window -x 30 -y 10
	wait_until 10 keys_in_last_line ||
		fail "no keys in the last line: $(screen)"
	end_with q
}

test_a_terminal_that_only_scrolls() {
	local kind
	traffic
	for kind in dumb unknown-to-all ''; do
		start_top "$kind" 80 60 interval 1
		await '^natctl top  every 1 s  by mappings$'
		wait_until 30 shown_twice || fail "only once: $(screen)"
		press q
		end_with Enter
	done
}

test_errors_leave_a_terminal_that_can_be_used() {
	traffic
	start_top screen 80 24 pool nobody
	await '^Error: there is no pool "nobody": natctl pool list shows those that are there$'
	await '^ended 2 echo'
	start_top screen 80 24 interval 1
	await "^$in1_silent "
	# Interrupted
	press C-c
	await '^ended [0-9]+ echo'
}

test_a_snapshot_has_rates() {
	local text top port=5000
	masquerade
	nat top interval 5 >"$work/top" &
	top=$!
	# Something new between the looks, whenever they are
	while kill -0 $top 2>/dev/null; do
		must burst in1 udp $in1_silent $((port++))+1 $out1_silent:7000
		pause 100
	done
	wait $top
	text=$(<"$work/top")
	grep -Eqx 'new/s: mappings (0\.[1-9]|[1-9][0-9.]*)  sessions 0   packets/s: out (0\.[1-9]|[1-9][0-9.]*)  in 0  hairpin 0' \
		<<<"$text" || fail "no rates: $text"
	grep -Eqx "$in1_silent +masquerade +203.0.113.1 +[1-9][0-9]* +\\+[1-9][0-9]* +0" \
		<<<"$text" || fail "no change: $text"
	[[ $text != *$'\e'* && $text != *quit* ]] || fail "$text"
}

test_a_snapshot_is_json() {
	local json
	traffic
	json=$(nat top -o json interval 1)
	assert_eq '[19,5,3,3,true]' "$(jq -c '.[0] | [.mappings, .sessions,
		.subscribers, (.inside | length), (.rates.out_translated == 0)]' \
		<<<"$json")" "figures"
	assert_eq "{\"in_addr\":\"$in1_silent\",\"out_addr\":\"198.51.100.1\",\"pool\":\"office\",\"mappings\":10,\"change\":0,\"limit\":10,\"refused\":0,\"refused_now\":0}" \
		"$(jq -c '.[0].inside[0]' <<<"$json")" "first subscriber"
	assert_eq '{"out_addr":"203.0.113.1","subscribers":1,"mappings":5,"ports":10}' \
		"$(jq -c '.[0].outside[1]' <<<"$json")" "second address"
	assert_eq 1 "$(nat -j top lines 1 interval 1 | jq '.[0].inside | length')" \
		"lines"
}

test_thousands_of_hosts() {
	local json
	ip -n gw route replace 10.0.0.0/8 via 192.168.0.2
	nat pool add cgn addr 198.51.100.0/28
	nat rule add oif wan pool cgn
	must burst in1 udp 10.0.0.1+3000 5000+1 $out1_silent:7000
	must burst in1 udp 10.0.7.7 6000+50 $out1_silent:7000
	json=$(nat top -o json interval 1 lines 3000)
	assert_eq '[3050,3000,3000,3050,16]' "$(jq -c '.[0] | [.mappings,
		(.inside | length), (.inside | map(.in_addr) | unique | length),
		(.outside | map(.mappings) | add), (.outside | length)]' \
		<<<"$json")" "hosts"
	assert_eq '["10.0.7.7",51]' "$(jq -c '.[0].inside[0] |
		[.in_addr, .mappings]' <<<"$json")" "the busiest"
}

test_a_pool_without_pairing_is_one_line() {
	nat pool add any addr 198.51.100.0/30 pairing arbitrary ports 1000-1999
	nat rule add oif wan pool any
	must burst in1 udp $in1_silent 5000+8 $out1_silent:7000
	must burst in2 udp $in2_silent 5000+8 $out1_silent:7000
	assert_like '*
all 4           any                2        16     4000   0.4% *' "$(nat top interval 1)" "the pool"
}

test_wrong_words() {
	local words
	for words in 'interval 0' 'interval x' 'sort x' 'pool' 'lines -1' \
		'host 1.2.3' '-o xml' 'nonsense' 'interval 1 interval 2'; do
		# shellcheck disable=SC2086	# words
		"$NATCTL" -n gw top $words >"$work/out" 2>"$work/err"
		assert_eq 1 $? "status of top $words"
		assert_like 'Error: *' "$(head -n 1 "$work/err")" "top $words"
	done
}

run_tests "$@"
