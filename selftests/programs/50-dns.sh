#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# dig and dnsmasq: UDP, TCP, fragmented answers, a forwarder on the gateway.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

# An answer to this takes three fragments.
long_text=()
for part in {1..16}; do
	long_text+=("$(printf '%02d%0200d' "$part" 0)")
done

# A name server, alone or before another one.
name_server() { # HOST ADDR [OPTION...]
	serve "dns-$1" "$1" dnsmasq --no-daemon --conf-file=/dev/null --no-hosts \
		--no-resolv --pid-file= --user=root --log-queries=extra \
		--log-facility=- --bind-interfaces --listen-address="$2" \
		"${@:3}"
	wait_listening "$1" udp 53
	wait_listening "$1" tcp 53
}

zone=(--edns-packet-max=4096 --address=/www.example.net/203.0.113.11
	"--txt-record=long.example.net,$(IFS=,; echo "${long_text[*]}")")

look_up() { # HOST SERVER WORDS...
	client "$1" dig +short +tries=2 +time=5 "@$2" "${@:3}"
}

test_a_name_is_looked_up_over_udp() {
	masquerade
	name_server out1 203.0.113.11 "${zone[@]}"
	look_up in1 203.0.113.11 www.example.net
	assert_eq 203.0.113.11 "$output" "address of www.example.net"
	wait_log dns-out1 '203\.0\.113\.1/[0-9]+ query'
}

test_a_name_is_looked_up_over_tcp() {
	masquerade
	name_server out1 203.0.113.11 "${zone[@]}"
	look_up in1 203.0.113.11 +tcp www.example.net
	assert_eq 203.0.113.11 "$output" "address of www.example.net"
}

test_a_long_answer_arrives_in_fragments() {
	masquerade
	name_server out1 203.0.113.11 "${zone[@]}"
	look_up in1 203.0.113.11 +notcp +ignore +bufsize=4096 long.example.net TXT
	assert_eq "$(printf '"%s" ' "${long_text[@]}")" "$output " "text"
}

test_two_hosts_ask_from_the_same_port() {
	masquerade
	name_server out1 203.0.113.11 "${zone[@]}"
	look_up in1 203.0.113.11 -b '192.168.0.2#5353' www.example.net
	assert_eq 203.0.113.11 "$output" "answer at in1"
	look_up in2 203.0.113.11 -b '192.168.0.3#5353' www.example.net
	assert_eq 203.0.113.11 "$output" "answer at in2"
	assert_mappings 2 proto udp
}

test_the_gateway_forwards_names_for_the_inside() {
	masquerade
	name_server out1 203.0.113.11 "${zone[@]}"
	name_server gw 192.168.0.1 --server=203.0.113.11
	look_up in1 192.168.0.1 www.example.net
	assert_eq 203.0.113.11 "$output" "answer of the gateway"
	look_up in2 192.168.0.1 +tcp www.example.net
	assert_eq 203.0.113.11 "$output" "answer of the gateway over TCP"
}

test_a_name_server_inside_serves_the_outside() {
	masquerade
	nat map add udp 203.0.113.1:53 to 192.168.0.3:53
	nat map add tcp 203.0.113.1:53 to 192.168.0.3:53
	name_server in2 192.168.0.3 "${zone[@]}"
	look_up out2 203.0.113.1 www.example.net
	assert_eq 203.0.113.11 "$output" "answer over UDP"
	look_up out2 203.0.113.1 +tcp www.example.net
	assert_eq 203.0.113.11 "$output" "answer over TCP"
	look_up out2 203.0.113.1 +notcp +ignore +bufsize=4096 long.example.net TXT
	assert_eq "$(printf '"%s" ' "${long_text[@]}")" "$output " \
		"answer in fragments"
}

test_a_name_server_on_the_gateway_serves_the_outside() {
	masquerade
	name_server gw 203.0.113.1 "${zone[@]}"
	look_up out2 203.0.113.1 www.example.net
	assert_eq 203.0.113.11 "$output" "answer over UDP"
	look_up out2 203.0.113.1 +tcp www.example.net
	assert_eq 203.0.113.11 "$output" "answer over TCP"
}

run_tests "$@"
