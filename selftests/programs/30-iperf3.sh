#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# iperf3: large segments stay large through the gateway, in both directions.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

# Too many packets to keep.
capture_hosts() { :; }

# Longer than any frame of these devices, unless it is still to be segmented.
large='greater 3000'

iperf_server() { # HOST
	serve "iperf3-$1" "$1" iperf3 -s
	wait_listening "$1" tcp 5201
}

# The rate that the receiver sees, in Mbit/s.
measure() { # HOST ADDR [OPTION...]
	client "$1" iperf3 -f m -t 2 -c "$2" "${@:3}"
	rate=$(awk '$NF == "receiver" {
		for (i = 1; i < NF; i++)
			if ($i == "Mbits/sec")
				print int($(i - 1))
	}' <<<"$output" | tail -n 1)
	[ -n "$rate" ] || fail "iperf3 says nothing of a receiver:
$output"
	diag "$1 ${*:2}: $rate Mbit/s"
}

# Ends when ten large packets of this kind have passed the gateway's device.
watch_large() { # NAME DEVICE FILTER
	serve "$1" gw tcpdump -n -l -s 64 -c 10 -i "$2" "tcp and $large and $3"
	wait_log "$1" 'listening on'
}

seen_large() { # NAME
	wait_log "$1" '^10 packets captured'
}

test_large_segments_pass_outwards() {
	masquerade
	iperf_server out1
	watch_large wan wan 'src host 203.0.113.1 and dst host 203.0.113.11'
	measure in1 203.0.113.11
	seen_large wan
}

test_large_segments_pass_inwards() {
	masquerade
	iperf_server out1
	watch_large lan lan 'src host 203.0.113.11 and dst host 192.168.0.2'
	measure in1 203.0.113.11 -R
	seen_large lan
}

test_large_segments_pass_a_port_forward() {
	masquerade
	nat map add tcp 203.0.113.1:5201 to 192.168.0.2:5201
	iperf_server in1
	watch_large lan lan 'src host 203.0.113.11 and dst host 192.168.0.2'
	watch_large wan wan 'src host 203.0.113.1 and dst host 203.0.113.11'
	measure out1 203.0.113.1 -B 203.0.113.11
	seen_large lan
	measure out1 203.0.113.1 -B 203.0.113.11 -R
	seen_large wan
}

test_large_segments_pass_between_inside_hosts_by_hairpin() {
	masquerade
	nat map add tcp 203.0.113.1:5201 to 192.168.0.2:5201
	iperf_server in1
	watch_large lan lan 'src host 203.0.113.1 and dst host 192.168.0.2'
	measure in3 203.0.113.1
	seen_large lan
}

# Segments of one packet each would be slower by far. What the machine is busy
# with besides moves these figures, so there are some attempts.
test_translation_is_not_far_slower_than_routing() {
	local routed attempt
	ip -n out1 route add 192.168.0.0/24 via 203.0.113.1
	iperf_server out1
	for attempt in 1 2 3; do
		"$NATCTL" -n gw flush
		measure in1 203.0.113.11
		routed=$rate
		masquerade
		measure in1 203.0.113.11
		((2 * rate < routed)) || break
		diag "attempt $attempt: less than half"
	done
	ip -n out1 route del 192.168.0.0/24
	assert_between $((routed / 2)) 1000000 "$rate" "Mbit/s translated"
}

test_ten_streams_run_in_both_directions_at_once() {
	masquerade
	iperf_server out1
	measure in1 203.0.113.11 -P 10 --bidir
	assert_between 1 1000000 "$rate" "Mbit/s"
}

test_udp_arrives_whole() {
	masquerade
	iperf_server out1
	client in1 iperf3 -u -b 1M -l 1000 -t 2 -c 203.0.113.11
	assert_like '*/* (0%)*receiver*' "$output" "loss outwards"
	client in1 iperf3 -u -b 1M -l 1000 -t 2 -c 203.0.113.11 -R
	assert_like '*/* (0%)*receiver*' "$output" "loss inwards"
}

run_tests "$@"
