#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# Filtering: who may send to a mapping, and payloads that nobody touches.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# in1 has sent to one end only. Who else gets through? The letters of $who
# stand for the same end, another port of that address, another address of
# that host, another host.
who_reaches_udp() {
	local name
	who=
	udp a in1 192.168.0.2:5000
	udp same out1 203.0.113.11:7001
	udp port out1 203.0.113.11:7002
	udp address out1 203.0.113.12:7001
	udp host out2 203.0.113.21:7001
	greet a same 203.0.113.11:7001
	for name in same port address host; do
		tell $name "$outside" "from-$name"
		ask quiet a && continue
		assert_like "* from-$name" "$answer" "what in1 received"
		who+=${name:0:1}
	done
	must close a
	must close same
	must close port
	must close address
	must close host
}

# The same with connection requests to in1's listening port, the first aside
who_reaches_tcp() {
	local name host end
	who=
	listen inside in1 192.168.0.2:5000
	listen l out1 203.0.113.11:81
	connect c in1 192.168.0.2:5000 203.0.113.11:81
	accept x l
	mapped=$from
	while read -r name host end; do
		must start "$name" "$host" "$end" "$mapped"
		ask none in1 "tcp $end to 192.168.0.2:5000 S *" && continue
		must finish "$name"
		accept y inside
		stream "$name" y 1000
		must close y
		who+=${name:0:1}
	done <<-END
		port out1 203.0.113.11:82
		address out1 203.0.113.12:81
		host out2 203.0.113.21:81
	END
}

# 4787/REQ-8 6888/REQ-7
test_by_default_everyone_may_send_to_a_udp_mapping() {
	masquerade
	who_reaches_udp
	assert_eq spah "$who" "who reaches in1"
}

# 5382/REQ-3 6888/REQ-7
test_by_default_everyone_may_connect_to_a_tcp_mapping() {
	masquerade
	who_reaches_tcp
	assert_eq pah "$who" "who can open a connection to in1"
}

# 4787/REQ-8 4787/REQ-8a
test_udp_filtering_is_what_the_administrator_says_eif() {
	masquerade filtering eif
	who_reaches_udp
	assert_eq spah "$who" "who reaches in1 under eif"
}

# 4787/REQ-8 4787/REQ-8a
test_udp_filtering_is_what_the_administrator_says_adf() {
	masquerade filtering adf
	who_reaches_udp
	assert_eq sp "$who" "who reaches in1 under adf"
}

# 4787/REQ-8a
test_udp_filtering_is_what_the_administrator_says_apdf() {
	masquerade filtering apdf
	who_reaches_udp
	assert_eq s "$who" "who reaches in1 under apdf"
}

# 5382/REQ-3 5382/REQ-3a
test_tcp_filtering_is_what_the_administrator_says_eif() {
	masquerade filtering eif
	who_reaches_tcp
	assert_eq pah "$who" "who can connect under eif"
}

# 5382/REQ-3 5382/REQ-3a
test_tcp_filtering_is_what_the_administrator_says_adf() {
	masquerade filtering adf
	who_reaches_tcp
	assert_eq p "$who" "who can connect under adf"
}

# 5382/REQ-3a
test_tcp_filtering_is_what_the_administrator_says_apdf() {
	masquerade filtering apdf
	who_reaches_tcp
	assert_eq '' "$who" "who can connect under apdf"
}

# 5382/REQ-3b
test_filtering_of_tcp_and_of_udp_are_set_apart() {
	nat rule add prio 1 oif wan proto tcp masquerade filtering adf
	nat rule add prio 2 oif wan proto udp masquerade filtering eif
	who_reaches_udp
	assert_eq spah "$who" "who reaches in1 by UDP"
	who_reaches_tcp
	assert_eq p "$who" "who can connect"
}

# 7857/S6-1 7857/S6-2 7857/S6-3
test_filtering_is_of_one_protocol() {
	masquerade
	listen inside in1 192.168.0.2:5000
	listen l out1 203.0.113.11:81
	udp a in1 192.168.0.2:5000
	connect c in1 192.168.0.2:5000 203.0.113.11:81
	accept s l
	inject out1 udp $out1_silent:9 to "$from" data x
	see_nothing in1 'udp *'
	inject out1 udp 203.0.113.11:81 to "$from" data x
	see_nothing in1 'udp *'
	udp u out1 203.0.113.11:7000
	greet a u 203.0.113.11:7000
	[ "$outside" != "$from" ] || return 0
	inject out2 tcp $out2_silent:9 to "$outside" S
	see_nothing in1 "tcp $out2_silent:*"
}

### Payloads: no application layer gateway by default

# 4787/REQ-10 3022/S4.5-1
test_udp_payloads_that_hold_addresses_pass_unchanged() {
	local port
	masquerade
	for port in 53 69 137 161 1719 3478 5060 10080; do
		udp a$port in1 192.168.0.2:$port
		udp s$port out1 203.0.113.11:$port
		tell a$port 203.0.113.11:$port "x@192.168.0.2:$port,203.0.113.1,c0a80002"
		hear s$port "x@192.168.0.2:$port,203.0.113.1,c0a80002"
		tell s$port "$from" "192.168.0.2:$port,203.0.113.1:$port"
		hear a$port "192.168.0.2:$port,203.0.113.1:$port"
	done
}

# 5382/REQ-6
test_tcp_payloads_that_hold_addresses_pass_unchanged() {
	local port text
	masquerade
	for port in 554 1720 1723 5060 6667; do
		remote=$out1_silent:$port
		inside=$in1_silent:$port
		sends S seq 100
		gets SA seq 300 ack 101
		sends A seq 101 ack 301
		text=INVITE:x@192.168.0.2:$port
		sends PA seq 101 ack 301 data $text
		assert_like "* data $text" "$packet" "payload at port $port"
		gets PA seq 301 ack $((101 + ${#text})) data "OK:192.168.0.2:203.0.113.1:$port"
		assert_like "* data OK:192.168.0.2:203.0.113.1:$port" "$packet" "payload from port $port"
	done
}

run_tests "$@"
