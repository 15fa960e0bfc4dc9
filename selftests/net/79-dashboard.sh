#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# docs/grafana/knat.json and alerts.yml over a gateway at work: its counters go
# the way that an operator's go, through a file, the node exporter and
# Prometheus.
#
# With ROUNDS=N there is traffic for N seconds, and what the panels show of that
# time stays in $RESULTS/panels, to be drawn.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# It has the fast path by itself.
FASTPATH=

here=$(dirname "$0")/..
url=http://127.0.0.1:9090

# What knat-prometheus.service does, once a second
write_counters() {
	while sleep 1; do
		"$NATCTL" -n gw stats -o prometheus >"$work/prom/knat.prom.new" &&
			mv "$work/prom/knat.prom.new" "$work/prom/knat.prom"
	done
}

start_prometheus() {
	mkdir -p "$work/prom" "$work/tsdb"
	cat >"$work/prometheus.yml" <<-END
		global:
		  scrape_interval: 1s
		  scrape_timeout: 1s
		  evaluation_interval: 1s
		rule_files: [ "$(realpath "$here/../docs/grafana/alerts.yml")" ]
		scrape_configs:
		  - job_name: node
		    static_configs: [ { targets: [ "127.0.0.1:9100" ] } ]
	END
	write_counters &
	programs=$!
	in_space gw prometheus-node-exporter --collector.disable-defaults \
		--collector.textfile --collector.textfile.directory="$work/prom" \
		--web.listen-address=127.0.0.1:9100 >"$work/exporter.log" 2>&1 &
	programs+=" $!"
	in_space gw prometheus --config.file="$work/prometheus.yml" \
		--storage.tsdb.path="$work/tsdb" --log.level=warn \
		--web.listen-address=127.0.0.1:9090 >"$work/prometheus.log" 2>&1 &
	programs+=" $!"
	# shellcheck disable=SC2064	# those of now
	trap "kill $programs 2>/dev/null; wait" EXIT
}

# Rates need two readings.
has_rates() {
	in_space gw curl -fsG "$url/api/v1/query" --data-urlencode \
		'query=rate(knat_map_created_total[10s])' 2>/dev/null |
		jq -e '.data.result | length == 1' >/dev/null
}

# A little of everything: new flows, answers, connections, hairpin packets,
# what is refused and dropped.
traffic() { # ROUND
	ask burst in1 udp $in1_silent $((5000 + $1 * 16))+$((4 + $1 / 30 % 4 * 4)) $out1_silent:7000
	ask burst in2 udp $in2_silent 6000+12 $out1_silent:7000
	ask burst in1 tcp $in1_silent $((20000 + $1 * 3))+3 $out1_silent:80
	inject out1 udp 203.0.113.11:9 to "198.51.100.1:$((9000 + $1))"
	tell a 203.0.113.11:7000 "hello-$1"
	hear s "hello-$1"
	tell s "$outside" "answer-$1"
	hear a "answer-$1"
	tell b "$outside" "hairpin-$1"
	hear a "hairpin-$1"
}

# Of the lines of a panel, the last value of one
shown() { # TITLE LEGEND
	awk -F '\t' -v title="$1" -v legend="127.0.0.1:9100${2:+ }$2" \
		'$1 == title && $2 == legend { sub(/.* /, "", $3); print $3 }' "$work/panels"
}

above_zero() { # TITLE LEGEND
	awk -v seen="$(shown "$@")" 'BEGIN { exit !(seen > 0) }' ||
		fail "$1, $2: $(shown "$@")"
}

alarms() {
	in_space gw curl -fs "$url/api/v1/rules" |
		jq -r '.data.groups[].rules[] | "\(.name) \(.health) \(.state)"'
}

alarm_is() { # ALARM STATE
	alarms | grep -qx "$1 ok $2"
}

# Those of a host at its limit and of old counters, in their time, no others
assert_alarms() {
	assert_eq '' "$(alarms | grep -v ' ok ')" "alarms that cannot be told"
	assert_eq "KnatHostAtLimit ok firing" \
		"$(alarms | grep -v ' inactive$')" "alarms"
	# The writer is the first of the programs.
	kill "${programs%% *}"
	touch -d '-2 minutes' "$work/prom/knat.prom"
	wait_until 60 alarm_is KnatCountersOld firing ||
		fail "alarms: $(alarms)"
	rm "$work/prom/knat.prom"
	wait_until 60 alarm_is KnatCountersOld inactive ||
		fail "alarms: $(alarms)"
	wait_until 60 alarm_is KnatNoCounters pending ||
		fail "alarms: $(alarms)"
}

test_each_panel_has_data_of_a_gateway_at_work() {
	local round outside limit=10
	# A picture wants mappings that come and go.
	if [ -n "${ROUNDS-}" ]; then
		limit=500
		setting udp_timeout 60
	fi
	nat pool add other addr 198.51.100.1
	nat rule add prio 50 oif wan src 192.168.1.0/24 pool other
	masquerade limit $limit
	nat fastpath add dev lan,wan
	start_prometheus
	udp a in1 192.168.0.2:4000
	udp b in2 192.168.0.3:4000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	wait_until 120 has_rates || {
		diag "$(tail -n 5 "$work/exporter.log" "$work/prometheus.log")"
		fail "Prometheus has read nothing"
	}
	for ((round = 1; round <= ${ROUNDS:-12}; round++)); do
		traffic $round
		pause 1000
	done
	in_space gw "$here/dashboard" "$url" "$here/../docs/grafana/knat.json" \
		${ROUNDS:+$ROUNDS} >"$work/panels" || fail "a panel has no data"
	if [ -n "${ROUNDS-}" ]; then
		cp "$work/panels" "$RESULTS/panels"
		return
	fi
	assert_between "$(grep -c '"expr"' "$here/../docs/grafana/knat.json")" 200 "$(wc -l <"$work/panels")" \
		"lines of the panels"
	assert_eq "$(counter mappings)" "$(shown Mappings '')" "mappings"
	above_zero "Packets translated a second" out
	above_zero "Packets translated a second" in
	above_zero "Packets translated a second" hairpin
	above_zero "Of these, by the fast path" out
	above_zero "New flows refused a second, by reason" subscriber
	above_zero "Packets dropped a second, by reason" no_mapping
	assert_alarms
}

run_tests "$@"
