#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# PPTP (RFC 2637), packet by packet between silent addresses.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=../lib-pptp.sh
. "$(dirname "$0")/../lib-pptp.sh"

# What a control connection begins with
start() { # HOST
	control "$1"
	out "$1" 1 pptp 1
	back "$1" 2 pptp 2
}

start_call() { # HOST ID SERVER-ID
	start "$1"
	ask_call "$1" "$2"
	take_call "$1" "$2" "$3"
}

# 2637/NAT-1
test_a_client_reaches_a_server() {
	masquerade
	setting pptp 1
	start_call in1 5 9
	carries in1 5 9
}

# 2637/NAT-2
test_clients_with_one_call_id_reach_one_server() {
	masquerade
	setting pptp 1
	start_call in1 5 9
	start_call in2 5 10
	assert_ne "${told[in1]}" "${told[in2]}" "ids outside"
	carries in1 5 9
	carries in2 5 10
	carries in1 5 9
}

# 2637/NAT-3
test_call_ids_of_every_message_are_translated() {
	local id
	masquerade
	setting pptp 1
	start_call in1 5 9
	id=${told[in1]}
	back in1 11:5 pptp "11:$id"
	back in1 14:5 pptp "14:$id"
	out in1 15:9 pptp 15:9
	out in1 "12:$id" pptp 12:5
	back in1 13:9 pptp 13:9
	# The other way round: it rings at the server.
	back in1 9:20 pptp 9:20
	out in1 '10:*:20' pptp 10:6:20
	id=$(field pptp)
	id=${id#10:}
	id=${id%:20}
	back in1 15:6 pptp "15:$id"
	out in1 11:20 pptp 11:20
}

# 2637/NAT-3
test_call_ids_of_a_pac_inside_are_translated() {
	local id
	masquerade
	setting pptp 1
	start in1
	out in1 '9:*' pptp 9:7
	id=$(field pptp)
	id=${id#9:}
	back in1 10:21:7 pptp "10:21:$id"
	out in1 11:21 pptp 11:21
	back in1 15:7 pptp "15:$id"
	out in1 "13:$id" pptp 13:7
}

# 2637/NAT-4
test_a_call_outlives_the_echo_interval_and_ends_when_it_is_cleared() {
	masquerade
	setting pptp 1
	start_call in1 5 9
	carries in1 5 9
	pause 65000
	carries_in in1 5
	carries_out in1 9
	out in1 "12:${told[in1]}" pptp 12:5
	back in1 13:9 pptp 13:9
	carries_nothing in1 9
}

# 2637/NAT-4
test_calls_end_when_the_connection_is_stopped() {
	masquerade
	setting pptp 1
	start_call in1 5 9
	carries in1 5 9
	out in1 3 pptp 3
	back in1 4 pptp 4
	wait_until 10 is_told_nothing in1 5 || fail "the call goes on"
}

# What has no call any more may come in by address, with the id as it is.
is_told_nothing() { # HOST ID
	must clear
	inject out1 gre $out1_silent to 203.0.113.1 call "${told[$1]}" data late
	ask none "$1" "gre * call $2 * data late"
}

# 2637/NAT-5
test_messages_are_left_alone_by_default() {
	masquerade
	start in1
	out in1 7:5 pptp 7:5
	back in1 8:9:5 pptp 8:9:5
	out in1 12:5 pptp 12:5
}

# 2637/NAT-6
test_an_inside_server_is_reached_by_a_port_forward() {
	local in=$in1_silent:1723 remote=$out1_silent:6000 at=203.0.113.1:1723
	masquerade
	forward tcp $at $in
	setting pptp 1
	inject out1 tcp $remote to $at S seq 100
	see in1 "tcp $remote to $in S *"
	inject in1 tcp $in to $remote SA seq 300 ack 101
	see out1 "tcp $at to $remote SA *"
	inject out1 tcp $remote to $at A seq 101 ack 301
	see in1 "tcp $remote to $in A *"
	inject out1 tcp $remote to $at PA seq 101 ack 301 pptp 1
	see in1 "tcp $remote to $in PA * pptp 1"
	inject in1 tcp $in to $remote PA seq 301 ack 257 pptp 2
	see out1 "tcp $at to $remote PA * pptp 2"
	inject out1 tcp $remote to $at PA seq 257 ack 457 pptp 7:5
	see in1 "tcp $remote to $in PA * pptp 7:5"
	inject in1 tcp $in to $remote PA seq 457 ack 425 pptp 8:9:5
	see out1 "tcp $at to $remote PA * pptp 8:*:5"
	told[in1]=$(field pptp)
	told[in1]=${told[in1]#8:}
	told[in1]=${told[in1]%:5}
	carries in1 9 5
}

# 2637/NAT-7
test_spoiled_messages_pass_and_spoil_nothing() {
	masquerade
	setting pptp 1
	start_call in1 5 9
	out in1 rest:300 pptp rest:300
	out in1 'rest:*' pptp 7:6 slice 3+165
	out in1 '15:9(20)' pptp 15:9 slice 0+20
	back in1 'rest:4,5' pptp 15:9,5 slice 20+20
	out in1 'rest:15' pptp 12:5 slice 0+15
	carries in1 5 9
	ask_call in1 6
	take_call in1 6 10
	carries in1 6 10
}

run_tests "$@"
