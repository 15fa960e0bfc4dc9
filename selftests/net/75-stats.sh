#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Counters for Prometheus, and the list of subscribers.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# Every metric has help, a kind and a value, in this order, and a name of its
# own, which says whether it is a counter.
check_format() {
	awk '
		function wrong(what) { print NR ": " what ": " $0; exit 1 }
		NR % 3 == 1 {
			name = $3
			if (!/^# HELP knat_[a-z_]+ [^ ].*[^ ]$/ || seen[name]++)
				wrong("no help")
		}
		NR % 3 == 2 {
			kind = name ~ /_total$/ ? "counter" : "gauge"
			if ($0 != "# TYPE " name " " kind)
				wrong("no type")
		}
		NR % 3 == 0 && ($1 != name || $0 !~ /^[^ ]+ [0-9]+$/) {
			wrong("no value")
		}
		END { if (NR % 3 || NR < 90) { print NR " lines"; exit 1 } }
	' "$1"
}

test_counters_are_in_the_format_of_prometheus() {
	masquerade
	must burst in1 udp $in1_silent 5000+5 $out1_silent:7000
	nat stats -o prometheus >"$work/metrics"
	check_format "$work/metrics" || fail "the format is wrong"
	grep -qx 'knat_out_translated_total 5' "$work/metrics" ||
		fail "$(grep out_translated "$work/metrics")"
	grep -qx 'knat_mappings 5' "$work/metrics" ||
		fail "$(grep mappings "$work/metrics")"
}

# Those of Prometheus itself have nothing to say about it.
test_prometheus_takes_the_counters() {
	local said
	masquerade
	must burst in1 udp $in1_silent 5000+5 $out1_silent:7000
	nat stats -o prometheus >"$work/metrics"
	said=$(promtool check metrics <"$work/metrics" 2>&1)
	assert_eq "0 " "$? $said" "promtool check metrics"
}

dashboard=$(dirname "$0")/../../docs/grafana/knat.json

# All metrics of the dashboard are there, and it has all reasons.
test_the_dashboard_shows_what_there_is() {
	nat stats -o prometheus | sed -n 's/^\(knat_[a-z_]*\) .*/\1/p' |
		sort >"$work/there"
	jq -r '.panels[].targets[].expr, .templating.list[].query.query?' \
		"$dashboard" | grep -o 'knat_[a-z_]*' | sort -u >"$work/shown"
	assert_between 40 100 "$(wc -l <"$work/shown")" "metrics shown"
	assert_eq '' "$(comm -13 "$work/there" "$work/shown")" \
		"metrics that do not exist"
	assert_eq '' "$(comm -23 "$work/there" "$work/shown" |
		grep -E '^knat_(refuse|drop)_')" "reasons that are not shown"
	# Each panel, and each of its lines, has a name of its own.
	assert_eq '' "$(jq -r '.panels[].id' "$dashboard" | sort | uniq -d)" \
		"numbers of panels"
	assert_eq '' "$(jq -r '.panels[] | .id as $id | .targets[] |
		"\($id) \(.refId)"' "$dashboard" | sort | uniq -d)" "lines"
}

alerts=$(dirname "$0")/../../docs/grafana/alerts.yml

# So do the alarms, and the page has all of them.
test_the_alarms_are_about_what_there_is() {
	local said
	said=$(promtool check rules "$alerts" 2>&1) || fail "promtool: $said"
	nat stats -o prometheus | sed -n 's/^\(knat_[a-z_]*\) .*/\1/p' |
		sort >"$work/there"
	sed -n 's/^ *expr: //p' "$alerts" | sort >"$work/alarms"
	assert_between 8 30 "$(wc -l <"$work/alarms")" "alarms"
	grep -o 'knat_[a-z_]*' "$work/alarms" | sort -u >"$work/asked"
	assert_eq '' "$(comm -13 "$work/there" "$work/asked")" \
		"metrics that do not exist"
	# shellcheck disable=SC2016	# nothing for the shell
	assert_eq "$(<"$work/alarms")" "$(sed -n 's/^| `\([^`]*\)` | .*/\1/p' \
		"$(dirname "$0")/../../docs/monitoring.md" | sort)" \
		"alarms of docs/monitoring.md"
}

# Lines of the list, with blanks between words, in order
hosts() { # [ADDR]
	nat host list "$@" | sed 's/  */ /g'
}

test_hosts_are_listed() {
	nat pool add p addr 198.51.100.1 limit 7
	nat rule add oif wan src 192.168.0.0/24 pool p
	nat rule add oif wan masquerade
	assert_eq '' "$(hosts)" "hosts"
	must burst in1 udp $in1_silent 5000+3 $out1_silent:7000
	must burst in3 tcp $in3_silent 5000+2 $out1_silent:80
	assert_eq "$in1_silent # out 198.51.100.1 mappings 3 of 7 pool p
$in3_silent # out 203.0.113.1 mappings 2" "$(hosts)" "hosts"
	assert_eq "$in3_silent # out 203.0.113.1 mappings 2" \
		"$(hosts $in3_silent)" "one of them"
	nat map flush >/dev/null
	assert_eq '' "$(hosts)" "hosts"
}

test_many_hosts_are_listed() {
	local i
	masquerade
	for ((i = 1; i <= 20; i++)); do
		ip -n gw route replace "10.0.$i.0/24" via 192.168.0.2
		must burst in1 udp 10.0.$i.1 5000+1 $out1_silent:7000
	done
	assert_eq 20 "$(nat host list | sort -u | wc -l)" "hosts"
}

run_tests "$@"
