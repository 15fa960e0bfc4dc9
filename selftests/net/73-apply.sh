#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natctl save and natctl apply: the difference, all or nothing.
# timeout: 600

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# What is applied says which devices have the fast path.
FASTPATH=

file=$work/conf

write() { # LINE...
	printf '%s\n' "$@" >"$file"
}

saved() {
	nat save
}

apply() { # LINE...
	write "$@"
	nat apply "$file"
}

# The configuration and the mappings, without times.
all_there() {
	everything_listed | sed 's/ idle .*//; s/ expires .*//'
}

# What --dry-run says of these lines, which changes nothing.
would() { # LINE...
	local before
	before=$(all_there)
	write "$@"
	nat apply "$file" --dry-run
	assert_eq "$before" "$(all_there)" "state after a dry run"
}

# The file must be refused with this status and one sentence, and nothing
# change.
apply_fails() { # STATUS GLOB
	local message status before
	before=$(all_there)
	message=$("$NATCTL" -n gw apply "$file" 2>&1)
	status=$?
	assert_eq "$1" $status "exit status ($message)"
	assert_like "$2" "${message%%$'\n'*}" "message"
	assert_eq "$before" "$(all_there)" "state after what was refused"
}

configure_all() {
	nat pool add office addr 198.51.100.8-198.51.100.14 limit 500
	nat pool add dmz addr 198.51.100.32/28,198.51.100.64 mapping adm \
		filtering apdf hairpin off mss-clamp 1300 ports 2000-3000
	nat rule add prio 50 oif wan dst 192.0.2.0/24 exempt
	nat rule add oif wan src 192.168.1.0/24 pool dmz
	nat rule add oif wan src 192.168.0.0/24 proto udp pool office
	nat rule add oif wan masquerade alloc preserve
	nat map add tcp dev wan:8000 to 192.168.0.2:80 label 'web "1"'
	nat map add udp 203.0.113.1:9000-9009 to 192.168.0.3:7000-7009
	nat map add gre 203.0.113.1 to 192.168.0.3
	nat map add 192.0.2.16/28 to 192.168.0.16/28
	nat fastpath add dev wan,lan
	nat config set udp_timeout 77 max_mappings 1000
}

test_a_fresh_namespace_saves_nothing() {
	assert_eq '' "$(saved | grep -v '^#')" "what is saved"
}

test_what_is_saved_is_applied() {
	local before
	configure_all
	before=$(saved)
	assert_eq 14 "$(grep -vc '^#' <<<"$before")" "lines saved"
	nat flush
	nat config set udp_timeout 5 max_mappings 2000 icmp_timeout 9
	printf '%s\n' "$before" >"$file"
	nat apply "$file"
	assert_eq "$before" "$(saved)" "what is saved then"
	assert_eq '' "$(nat apply "$file" --dry-run)" "difference left"
}

test_the_order_of_what_was_added_does_not_show() {
	local before
	nat fastpath add dev wan,lan
	nat pool add b addr 198.51.100.2
	nat pool add a addr 198.51.100.1
	nat map add udp 203.0.113.1:5 to 192.168.0.3
	nat map add udp 203.0.113.1:7 to 192.168.0.2
	before=$(saved)
	nat flush
	nat map add udp 203.0.113.1:7 to 192.168.0.2
	nat map add udp 203.0.113.1:5 to 192.168.0.3
	nat pool add a addr 198.51.100.1
	nat pool add b addr 198.51.100.2
	nat fastpath add dev lan
	nat fastpath add dev wan
	assert_eq "$before" "$(saved)" "what is saved"
}

test_settings_that_are_not_in_the_file_go_back_to_the_default() {
	local limit
	limit=$(setting_of max_mappings)
	setting max_mappings 77 udp_timeout 5 tcp_syn_answer 0
	assert_eq 'config set icmp_timeout 61' \
		"$(would 'config set icmp_timeout 61' |
			sed -n 's/^natctl \(.*icmp.*\)/\1/p')" "difference"
	apply 'config set icmp_timeout 61'
	assert_eq "$limit" "$(setting_of max_mappings)" max_mappings
	assert_eq 300 "$(setting_of udp_timeout)" udp_timeout
	assert_eq 1 "$(setting_of tcp_syn_answer)" tcp_syn_answer
	assert_eq 61 "$(setting_of icmp_timeout)" icmp_timeout
	apply ''
	assert_eq '' "$(saved | grep -v '^#')" "what is saved"
}

test_what_is_unchanged_keeps_its_mappings_and_sessions() {
	local before
	apply 'pool add p addr 198.51.100.1 limit 100' \
		'rule add oif wan src 192.168.0.0/24 pool p' \
		'rule add oif wan src 192.168.1.0/24 masquerade' \
		'rule add prio 6 oif wan src 10.0.0.0/8 proto udp dport 53 exempt' \
		'map add tcp 203.0.113.1:8000 to 192.168.0.2:80' \
		'map add tcp 203.0.113.1:8001 to 192.168.0.3:81'
	must burst in1 udp $in1_silent 5000+5 $out1_silent:7000
	must burst in3 tcp $in3_silent 5000+5 $out1_silent:80
	listen l in1 192.168.0.2:80
	connect c out1 203.0.113.11:0 203.0.113.1:8000
	accept s l
	assert_mappings 10 dynamic
	before=$(nat map list dynamic | awk '{ print $1, $2, $4 }')
	apply 'config set icmp_timeout 5' \
		'pool add q addr 198.51.100.7' \
		'pool add p addr 198.51.100.1,198.51.100.2 limit 50 sessions 60 rate 70 session-rate 80' \
		'rule add prio 6 oif wan src 10.0.0.0/8 proto udp dport 53-54 exempt' \
		'rule add prio 7 oif wan src 10.0.0.0/8 exempt' \
		'rule add oif wan src 192.168.0.0/24 pool p' \
		'rule add oif wan src 10.1.0.0/16 pool q' \
		'rule add oif wan src 192.168.1.0/24 masquerade filtering apdf' \
		'map add tcp 203.0.113.1:8000 to 192.168.0.2:80' \
		'map add tcp 203.0.113.1:8001 to 192.168.0.3:82' \
		'map add tcp 203.0.113.1:8002 to 192.168.0.3:81'
	assert_eq "$before" \
		"$(nat map list dynamic | awk '{ print $1, $2, $4 }')" \
		"dynamic mappings"
	stream c s 1000
	stream s c 1000
	assert_eq "$(nat rule list | sed 's/ *#.*//; s/  */ /g')" \
		'prio 6 oif wan src 10.0.0.0/8 proto udp dport 53-54 exempt
prio 7 oif wan src 10.0.0.0/8 exempt
prio 100 oif wan src 192.168.0.0/24 pool p
prio 100 oif wan src 10.1.0.0/16 pool q
prio 100 oif wan src 192.168.1.0/24 masquerade filtering apdf' rules
}

test_a_mapping_with_another_label_or_lifetime_keeps_its_sessions() {
	apply 'map add tcp 203.0.113.1:8000 to 192.168.0.2:80'
	listen l in1 192.168.0.2:80
	connect c out1 203.0.113.11:0 203.0.113.1:8000
	accept s l
	assert_eq 'natctl map set tcp 203.0.113.1:8000 lifetime 900 label "web \"1\""' \
		"$(would 'map add tcp 203.0.113.1:8000 to 192.168.0.2:80 lifetime 900 label "web \"1\""')" \
		"commands"
	nat apply "$file"
	assert_like '*to 192.168.0.2:80 lifetime 900 label "web ?"1?"" *sessions 1*' \
		"$(nat map list)" "mapping"
	stream c s 1000
	apply 'map add tcp 203.0.113.1:8000 to 192.168.0.2:80 lifetime 800'
	assert_like '*to 192.168.0.2:80 lifetime 800 *sessions 1*' \
		"$(nat map list)" "mapping"
	stream s c 1000
	assert_eq '' "$(nat apply "$file" --dry-run)" "difference left"
	write 'map add tcp 203.0.113.1:8000 to 192.168.0.2:80 label x' \
		'rule add oif wan pool nowhere'
	apply_fails 2 "$file:2: Error: *no pool*"
	apply 'map add tcp 203.0.113.1:8000 to 192.168.0.3:80 label x'
	assert_eq 0 "$(sessions)" "sessions of a mapping to another host"
}

test_what_is_not_in_the_file_goes_with_its_mappings() {
	configure_all
	must burst in1 udp $in1_silent 5000+5 $out1_silent:7000
	must burst in2 tcp $in2_silent 5000+5 $out1_silent:80
	assert_mappings 10 dynamic
	apply 'rule add oif wan masquerade alloc preserve'
	assert_mappings 5 dynamic
	assert_mappings 0 static
	assert_eq 0 "$(nat pool list | wc -l)" pools
}

test_a_dry_run_prints_commands_that_do_the_same() {
	local want
	configure_all
	nat map add tcp 203.0.113.1:22 to 192.168.0.2:22
	would 'config set udp_timeout 88' \
		'pool add office addr 198.51.100.9-198.51.100.14 hairpin off' \
		'pool add new addr 198.51.100.32' \
		'rule add oif wan masquerade' \
		'rule add oif wan src 192.168.0.0/24 proto udp pool office' \
		'rule add prio 1 oif lan2 pool new' \
		'map add tcp dev wan:8000 to 192.168.0.3:80' \
		'map add 192.0.2.16/28 to 192.168.0.16/28' \
		'map add tcp 203.0.113.1:22 to 192.168.0.2:22 label ssh' \
		'fastpath add dev lan2,wan' \
		>"$work/commands"
	! grep -v '^natctl ' "$work/commands" || fail "not only commands"
	grep -q '^natctl pool set office addr 198.51.100.9-198.51.100.14 hairpin off limit 0$' \
		"$work/commands" || fail "commands: $(<"$work/commands")"
	! grep '192.0.2.16' "$work/commands" || fail "what is unchanged"
	assert_eq $'natctl fastpath del dev lan\nnatctl fastpath add dev lan2' \
		"$(grep fastpath "$work/commands")" "commands of the fast path"
	sed -i 's/^natctl //' "$work/commands"
	saved >"$work/before"
	nat apply "$file"
	want=$(saved)
	nat apply "$work/before"
	assert_eq "$(<"$work/before")" "$(saved)" "what is saved"
	"$NATCTL" -n gw -b "$work/commands" || fail "$(<"$work/commands")"
	assert_eq "$want" "$(saved)" "what the commands do"
}

# The lines of a change of everything: pools, rules and mappings of
# configure_all go, change, move and come.
changed_lines=(
	'config set udp_timeout 88'
	'pool add office addr 198.51.100.9-198.51.100.14 hairpin off'
	'pool add new addr 198.51.100.32'
	'pool add other addr 198.51.100.33,198.51.100.8'
	'rule add prio 50 oif wan dst 192.0.2.0/24 pool new'
	'rule add oif wan masquerade'
	'rule add oif wan src 192.168.0.0/24 proto udp pool office'
	'rule add oif lan2 src 10.0.0.0/8 pool other'
	'map add tcp dev wan:8000 to 192.168.0.3:80'
	'map add udp 203.0.113.1:9000-9009 to 192.168.0.2:7000-7009'
	'map add 192.0.2.16/28 to 192.168.0.32/28'
	'map add sctp 203.0.113.1:5 to 192.168.0.2:5'
	'fastpath add dev lan2,lan'
)

# Makes line number I of those one that the kernel refuses.
spoil() { # I
	local lines=("${changed_lines[@]}")
	case ${lines[$1]} in
	pool*' office '*) lines[$1]='pool add office addr 198.51.100.33' ;;
	pool*) lines[$1]=${lines[$1]/198.51.100/192.0.2.16,198.51.100} ;;
	rule*) lines[$1]=${lines[$1]/oif */oif lan pool nowhere} ;;
	map*' dev '*) lines[$1]='map add udp dev wan:9005 to 192.168.0.3:80' ;;
	map*/*) lines[$1]='map add 198.51.100.32/28 to 192.168.0.32/28' ;;
	map*) lines[$1]='map add tcp 203.0.113.1:8000 to 192.168.0.7' ;;
	esac
	write "${lines[@]}"
}

# Something that would be gone if a rule, a pool or a mapping had been removed
# for a moment.
test_a_failure_at_any_step_changes_nothing() {
	local i before
	configure_all
	must burst in1 udp $in1_silent 5000+5 $out1_silent:7000
	must burst in2 tcp $in2_silent 5000+5 $out1_silent:80
	must burst in3 udp $in3_silent 5000+5 $out1_silent:7000
	listen l in1 192.168.0.2:80
	connect c out1 203.0.113.11:0 203.0.113.1:8000
	accept s l
	before=$(nat map list dynamic | awk '{ print $1, $2, $4 }')
	assert_mappings 15 dynamic
	# All but the setting, and the fast path, which has its own test.
	for ((i = 1; i < ${#changed_lines[@]} - 1; i++)); do
		spoil $i
		apply_fails 2 "$file:*: Error: *"
		"$NATCTL" -n gw apply "$file" --dry-run >/dev/null 2>&1 &&
			fail "a dry run of line $((i + 1)) finds nothing"
	done
	assert_eq "$before" \
		"$(nat map list dynamic | awk '{ print $1, $2, $4 }')" \
		"dynamic mappings"
	stream c s 1000
	stream s c 1000
	write "${changed_lines[@]}"
	nat apply "$file"
	assert_eq '' "$(nat apply "$file" --dry-run)" "difference left"
}

test_a_refusal_names_its_line() {
	write '' '# nothing' 'rule add oif wan masquerade' \
		'map add tcp 203.0.113.1:80 to 192.168.0.2' \
		'map add tcp dev wan:80 to 192.168.0.3'
	apply_fails 2 "$file:5: Error: *mapped statically*"
	write 'rule add oif wan masquerade' 'rule add oif lan pool nowhere'
	apply_fails 2 "$file:2: Error: there is no pool*"
	write 'pool add a addr 198.51.100.1' 'pool add b addr 198.51.100.0/29'
	apply_fails 2 "$file:[12]: Error: *in another pool*"
}

test_a_wrong_word_is_known_by_its_line() {
	write 'rule add oif wan masquerade' 'rule add oif wan nonsense'
	apply_fails 1 "$file:2: Error: *nonsense*"
	write 'rule list'
	apply_fails 1 "$file:1: Error: *sets nothing up*"
	write 'rule add oif wan masquerade' 'flush'
	apply_fails 1 "$file:2: Error: *sets nothing up*"
	write 'rule help'
	apply_fails 1 "$file:1: Error: *sets nothing up*"
	write 'rule add oif wan exempt' '' 'rule add oif wan masquerade'
	apply_fails 1 "$file:3: Error: *line 1*"
}

test_files_can_be_included() {
	mkdir -p "$work/d"
	printf 'rule add oif wan masquerade\n' >"$work/d/rules"
	printf '# two\ninclude rules\n' >"$work/d/all"
	apply 'include d/all # with a remark' \
		"map add tcp 203.0.113.1:80 to 192.168.0.2"
	assert_eq 1 "$(nat rule list | wc -l)" rules
	assert_mappings 1 static
	printf '\nrule add oif wan pool nowhere\n' >"$work/d/rules"
	apply_fails 2 "$work/d/rules:2: Error: *no pool*"
	printf '\nrule\nadd\n' >"$work/d/rules"
	apply_fails 1 "$work/d/rules:*: Error: *"
	printf 'include all\n' >"$work/d/rules"
	apply_fails 1 "*rules:1: Error: *by itself*"
	write '' 'include nowhere'
	apply_fails 1 "$file:2: Error: *nowhere*"
}

# The fast packets of a flow that goes out and back twice.
fast_packets() {
	local before
	before=$(($(counter fast_out) + $(counter fast_in)))
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	for _ in 1 2; do
		greet a s 203.0.113.11:7000
		answer s a "$outside" 203.0.113.11:7000
	done
	must close a
	must close s
	echo $(($(counter fast_out) + $(counter fast_in) - before))
}

test_the_fast_path_comes_and_goes_with_the_file() {
	apply 'rule add oif wan masquerade'
	assert_eq 0 "$(fast_packets)" "fast packets"
	apply 'rule add oif wan masquerade' 'fastpath add dev wan,lan'
	assert_ne 0 "$(fast_packets)" "fast packets"
	apply 'rule add oif wan masquerade' 'fastpath add dev lan' \
		'fastpath add dev wan'
	assert_ne 0 "$(fast_packets)" "fast packets of the same configuration"
	would 'rule add oif wan masquerade' >"$work/commands"
	assert_ne 0 "$(fast_packets)" "fast packets after a dry run"
	apply 'rule add oif wan masquerade'
	assert_eq '' "$(nat fastpath list)" "devices"
	assert_eq 0 "$(fast_packets)" "fast packets"
	would 'rule add oif wan masquerade' 'fastpath add dev lan,wan' \
		>"$work/commands"
	assert_eq 0 "$(fast_packets)" "fast packets after a dry run"
	write 'rule add oif wan masquerade' 'fastpath add dev lan,wan' \
		'pool add a addr 198.51.100.1' 'pool add b addr 198.51.100.1'
	apply_fails 2 "$file:*: Error: *in another pool*"
	assert_eq 0 "$(fast_packets)" "fast packets after a failure"
}

# What apply, or a dry run, says on standard error of the file
warned() { # [--dry-run]
	"$NATCTL" -n gw apply "$file" "$@" >/dev/null 2>"$work/warnings" ||
		fail "apply fails"
	cat "$work/warnings"
}

test_devices_that_come_later_are_warned_of() {
	local behind='now: what the line says holds when it comes' option
	write 'rule add oif ppp0 masquerade' 'rule add oif wan exempt' \
		'map add tcp dev ppp0:80 to 192.168.0.2' \
		'fastpath add dev lan,ppp0' 'fastpath add dev ppp1'
	for option in --dry-run ''; do
		assert_eq "$file:1: Warning: there is no device \"ppp0\" $behind
$file:5: Warning: there is no device \"ppp1\" $behind" \
			"$(warned ${option:+"$option"})" "warnings $option"
	done
	assert_eq 3 "$(nat fastpath list | wc -l)" "devices with the fast path"
	assert_like '*dev ppp0*no such device*' "$(nat fastpath list)" "list"
	refused 'there is no device of this name' rule add oif ppp7 masquerade
	refused 'there is no device of this name' fastpath add dev ppp7
	refused 'there is no device of this name' \
		map add tcp dev ppp7:80 to 192.168.0.2
}

test_what_names_a_device_holds_when_it_comes() {
	ip -n gw link set wan down
	ip -n gw link set wan name later
	write 'rule add oif wan masquerade' \
		'map add tcp dev wan:8000 to 192.168.0.2:80' \
		'fastpath add dev lan,wan'
	nat apply "$file" 2>/dev/null
	ip -n gw link set later name wan
	ip -n gw link set wan up
	ip -n gw addr replace 203.0.113.1/24 dev wan
	assert_ne 0 "$(fast_packets)" "fast packets"
	listen l in1 192.168.0.2:80
	connect c out1 203.0.113.11:0 203.0.113.1:8000
	accept s2 l
	assert_eq '' "$(warned)" "warnings then"
}

test_pools_can_exchange_addresses() {
	apply 'pool add a addr 198.51.100.1' 'pool add b addr 198.51.100.2' \
		'rule add oif wan src 192.168.0.0/24 pool a' \
		'rule add oif wan src 192.168.1.0/24 pool b'
	apply 'pool add a addr 198.51.100.2' 'pool add b addr 198.51.100.1' \
		'rule add oif wan src 192.168.0.0/24 pool a' \
		'rule add oif wan src 192.168.1.0/24 pool b'
	must burst in1 udp $in1_silent 5000+1 $out1_silent:7000
	assert_like '198.51.100.2:*' "$(outside_of udp $in1_silent:5000)" \
		"outside end"
}

# Mappings on a thousand ports of ten addresses, with the device or without
many_lines() {
	awk 'BEGIN {
		for (i = 0; i < 10000; i++)
			printf("map add udp %s:%d to 10.%d.%d.%d:%d\n",
			       "198.51.100." 1 + i % 10, 1000 + i / 10,
			       i / 65536, i / 256 % 256, i % 256, 1 + i)
	}'
}

test_ten_thousand_mappings_are_applied_soon() {
	local start took
	many_lines >"$file"
	start=$(now_ms)
	nat apply "$file"
	took=$(($(now_ms) - start))
	diag "applied in $took ms"
	assert_eq 10000 "$(nat map list static | wc -l)" mappings
	assert_between 0 10000 $took "milliseconds for 10000 mappings"
	start=$(now_ms)
	assert_eq '' "$(nat apply "$file" --dry-run)" "difference left"
	diag "compared in $(($(now_ms) - start)) ms"
	start=$(now_ms)
	apply ''
	took=$(($(now_ms) - start))
	diag "removed in $took ms"
	assert_mappings 0
	assert_between 0 10000 $took "milliseconds to remove them"
}

test_ten_thousand_mappings_are_added_one_by_one_soon() {
	local start took
	many_lines >"$file"
	start=$(now_ms)
	nat -b "$file"
	took=$(($(now_ms) - start))
	diag "added in $took ms"
	assert_eq 10000 "$(nat map list static | wc -l)" mappings
	assert_between 0 15000 $took "milliseconds for 10000 mappings"
	start=$(now_ms)
	nat flush
	diag "flushed in $(($(now_ms) - start)) ms"
}

run_tests "$@"
