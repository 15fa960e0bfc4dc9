#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# Ports: which one a mapping gets, how long it rests, and who gets how many.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# One UDP packet from an end; its outside port is in $port.
port_for() { # HOST ADDR:PORT [REMOTE-PORT]
	inject $1 udp $2 to $out1_silent:${3:-7000}
	see out1 "udp 203.0.113.1:* to $out1_silent:${3:-7000} *"
	port=${src#*:}
}

# 4787/REQ-3a
test_ports_stay_in_their_class() {
	local inside n
	masquerade
	for inside in 123 512 1023 1024 40000 65535; do
		for n in {1..8}; do
			port_for in2 192.168.0.$((100 + n)):$inside
			if ((inside < 1024)); then
				assert_between 1 1023 $port "outside port for $inside of host $n"
			else
				assert_between 1024 65535 $port "outside port for $inside of host $n"
			fi
		done
	done
}

# The parity of inside and outside ports, with collisions
check_parity() { # [OPTIONS]
	local inside n
	masquerade parity keep "$@"
	for inside in 5004 5005 40000 40001; do
		for n in {1..8}; do
			port_for in2 192.168.0.$((100 + n)):$inside
			assert_eq $((inside % 2)) $((port % 2)) \
				"parity of $port for $inside of host $n"
		done
	done
}

# 4787/REQ-4 7857/S8-2
test_parity_stays_where_asked_for() {
	check_parity
}

# 4787/REQ-4 7857/S8-2
test_parity_stays_where_ports_are_preserved_and_collide() {
	check_parity alloc preserve
}

# 7857/S8-1
test_parity_is_not_kept_by_default() {
	local n other=0
	masquerade
	for n in {1..40}; do
		port_for in1 $in1_silent:$((5000 + 2 * n))
		((port % 2 == 0)) || ((other += 1))
	done
	assert_between 5 35 $other "of 40 even ports that became odd"
}

# 7857/S9-3 6056/S4-3
test_ports_of_one_parity_are_random() {
	masquerade parity keep
	for start in 5000 5001; do
		must clear
		for n in {0..299}; do
			inject in1 udp $in1_silent:$((start + 2 * n)) to $out1_silent:7000
		done
		look_at_ports
		assert_eq "300 300" "$packets $sources" "packets and sources"
		assert_between 110 190 $ascending "ports higher than the one before"
		assert_between 1 6 $common "occurrences of the commonest step"
		assert_between 1024 6000 $lowest "lowest port"
		assert_between 60000 65535 $highest "highest port"
	done
}

# 4787/S4.2.3-1 6056/S4-4
test_a_pair_of_ports_stays_a_pair_where_asked_for() {
	local n rtp
	masquerade parity pairs
	for n in {1..20}; do
		port_for in1 $in1_silent:$((5000 + 2 * n))
		rtp=$port
		must burst in2 udp $in2_silent $((6000 + 10 * n))+5 $out1_silent:7001
		port_for in1 $in1_silent:$((5001 + 2 * n))
		assert_eq $((rtp + 1)) $port "port beside $rtp"
		assert_eq 0 $((rtp % 2)) "parity of $rtp"
	done
}

# 4787/S4.2.1-1
test_port_zero_does_no_harm() {
	masquerade ports 2000-2009
	for _ in {1..30}; do
		inject in1 udp $in1_silent:0 to $out1_silent:7000 data x
	done
	see_nothing out1 '* 192.168.*'
	must clear
	must burst in2 udp $in2_silent 5000+9 $out1_silent:7000
	look_at_ports
	assert_eq 9 $packets "packets of others: port 0 uses one port at most"
}

# 7857/S9-1 6056/S3.2-1 6056/S3.3-1 6056/S4-1 6888/REQ-15
test_ports_are_spread_and_cannot_be_guessed() {
	local proto
	masquerade
	must burst in1 udp $in1_silent 2000+10000 $out1_silent:7000
	look_at_ports
	assert_eq "10000 10000" "$packets $sources" "packets and sources"
	assert_between 1024 1100 $lowest "lowest port"
	assert_between 65450 65535 $highest "highest port"
	assert_between 4750 5250 $ascending "ports higher than the one before"
	assert_between 1 12 $common "occurrences of the commonest step"
	! with_knat || assert_uniform
	for proto in tcp icmp; do
		must clear
		must burst in1 $proto $in1_silent 5000+2000 $out1_silent:80
		look_at_ports "$proto 203.0.113.1*"
		assert_eq "2000 2000" "$packets $sources" "$proto packets and sources"
		assert_between 850 1150 $ascending "$proto ports higher than the one before"
		assert_between 1 8 $common "occurrences of the commonest step of $proto"
	done
}

# Are the outside ports spread evenly over 16 parts of the range from 1024?
# Chi-square stays below 55 but for once in some 400000 runs.
assert_uniform() {
	local chi
	chi=$("$NATCTL" -n gw map list | awk '
		$1 == "udp" { split($2, end, ":"); n[int((end[2] - 1024) / 4032)]++; all++ }
		END {
			for (i = 0; i < 16; i++) chi += (n[i] - all / 16) ^ 2 / (all / 16)
			printf "%d", chi
		}')
	assert_between 0 55 $chi "chi-square of the outside ports"
}

# 7857/S9-1 6056/S4-1
test_ports_differ_from_one_run_to_the_next() {
	local run
	for run in 1 2 3; do
		masquerade alloc random
		port_for in1 $in1_silent:5000
		ends+=("$port")
		port_for in1 $in1_silent:5001
		ends+=("$port")
		be_fresh
	done
	assert_ends 6 "two ports in three runs"
}

# 7857/S9-2 6056/S4-2
test_a_preserved_port_is_replaced_at_random() {
	masquerade alloc preserve
	must burst in1 udp $in1_silent 5000+500 $out1_silent:7000
	look_at_ports
	assert_eq "500 5000 5499" "$sources $lowest $highest" "ports of the first host"
	must clear
	port_for in1 $in1_silent:6000
	assert_eq 6000 $port "a free port"
	must clear
	must burst in2 udp $in2_silent 5000+500 $out1_silent:7000
	look_at_ports
	assert_eq 500 "$sources" "sources of the second host"
	assert_between 190 310 "$ascending" "ports higher than the one before"
	assert_between 1 6 $common "occurrences of the commonest step"
}

gets_a_port() { # TAG
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 data $1
	seen out1 "udp * data $1"
	[ "$answer" != 0 ]
}

# 6056/S3.3-2
test_ports_between_many_taken_ones_are_chosen_evenly() {
	local n run hits=0
	setting port_rest 0
	masquerade ports 2000-2099
	# 60 of 100 ports are taken, in runs
	for n in {2000..2029} {2040..2069}; do
		forward udp 203.0.113.1:$n 192.168.0.200:$n
	done
	for run in {1..200}; do
		# What was freed is there again within a second.
		wait_until 10 gets_a_port $run || fail "no port in run $run"
		see out1 "udp * data $run"
		port=${src#*:}
		# The ports just behind a run, which a search would prefer
		((port != 2030 && port != 2070)) || ((hits += 1))
		nat map del udp 203.0.113.1:$port
	done
	# 10 of 200 on average; a search would hit them 124 times
	assert_between 0 30 $hits "of 200 ports next to a run of taken ones"
}

# 6888/REQ-13
test_every_port_can_be_used() {
	local alloc
	for alloc in random preserve sequential; do
		masquerade ports 2000-2499 alloc $alloc
		must clear
		must burst in1 udp $in1_silent 2100+600 $out1_silent:7000
		look_at_ports
		assert_eq "500 500" "$packets $sources" "packets and sources with alloc $alloc"
		must burst in1 tcp $in1_silent 2100+600 $out1_silent:80
		look_at_ports "tcp 203.0.113.1:*"
		assert_eq "500 500" "$packets $sources" "the same for TCP"
		be_fresh
	done
}

### Rest

# 6888/REQ-8 6888/REQ-8a 6888/REQ-8c
test_a_freed_port_rests_before_another_gets_it() {
	local start
	assert_between 120 999999999 "$(setting_of port_rest)" "default of the rest"
	setting udp_timeout 1 port_rest 4
	masquerade ports 2000-2000
	must burst in1 udp $in1_silent 5000 $out1_silent:7000
	wait_until 12 no_mappings || fail "the mapping does not expire"
	start=$(now_ms)
	must burst in2 udp $in2_silent 5000 $out1_silent:7000
	look_at_ports
	assert_eq 1 "$packets" "packets at out1 while the port rests"
	wait_until 15 in2_gets_a_port || fail "the port rests for ever"
	assert_between 2000 $((6500 + 4 * slowest)) $(($(now_ms) - start)) \
		"milliseconds of rest"
}

in2_gets_a_port() {
	must burst in2 udp $in2_silent 5000 $out1_silent:7000
	look_at_ports
	[ "$packets" = 2 ]
}

# 6888/REQ-8a
test_a_port_of_a_closed_connection_rests_too() {
	setting tcp_reset_timeout 1 tcp_opening_timeout 1 port_rest 600
	masquerade ports 2000-2000
	sends S seq 1
	gets RA seq 0 ack 2
	wait_until 12 no_mappings || fail "the mapping does not expire"
	inject in2 tcp $in2_silent:5000 to $remote S
	see_nothing out1 "tcp 203.0.113.1:* S seq 0 *"
	gets_in_vain A seq 1 ack 2
}

# 6888/REQ-8.5
test_the_rest_and_the_number_of_resting_ports_are_settings() {
	setting udp_timeout 1 port_rest 600 max_resting 10
	masquerade ports 2000-2029
	must burst in1 udp $in1_silent 5000+30 $out1_silent:7000
	wait_until 12 no_mappings || fail "the mappings do not expire"
	wait_until 5 twenty_ports_are_free || fail "more ports rest than may"
	must clear
	must burst in2 udp $in2_silent 7000+5 $out1_silent:7000
	see_nothing out1 'udp *'
	setting port_rest 1
}

twenty_ports_are_free() {
	must clear
	must burst in2 udp $in2_silent 6000+20 $out1_silent:7000
	seen out1 'udp *'
	[ "$answer" = 20 ]
}

# 6888/REQ-8.6
test_ports_rest_after_the_loss_of_all_state() {
	masquerade ports 2000-2000
	port_for in1 $in1_silent:5000
	nat flush
	masquerade ports 2000-2000
	must clear
	inject in2 udp $in2_silent:5000 to $out1_silent:7000
	see_nothing out1 'udp *'
}

### Shares

# 6888/REQ-4 6888/REQ-4a
test_a_subscriber_has_so_many_ports_as_set() {
	nat pool add p addr 198.51.100.1 limit 100
	nat rule add oif wan pool p
	must burst in1 udp $in1_silent 5000+120 $out1_silent:7000
	seen out1 'udp 198.51.100.1:*'
	assert_eq 100 "$answer" "mappings of the first host"
	must burst in2 udp $in2_silent 5000+100 $out1_silent:7000
	seen out1 'udp 198.51.100.1:*'
	assert_eq 200 "$answer" "mappings of both hosts"
	nat pool set p limit 110
	must clear
	must burst in1 udp $in1_silent 6000+120 $out1_silent:7000
	seen out1 'udp 198.51.100.1:*'
	assert_eq 10 "$answer" "more after the limit was raised"
	nat pool set p limit 5
	must clear
	must burst in1 udp $in1_silent 5000+100 $out1_silent:7001
	seen out1 "udp 198.51.100.1:* to $out1_silent:7001 *"
	assert_eq 100 "$answer" "that go on after it was lowered"
}

# 6888/REQ-4b
test_limits_may_differ_by_protocol() {
	nat rule add prio 1 oif wan proto tcp masquerade limit 50
	nat rule add prio 2 oif wan proto udp masquerade limit 100
	nat rule add prio 3 oif wan proto icmp masquerade limit 5
	must burst in1 tcp $in1_silent 5000+120 $out1_silent:80
	must burst in1 udp $in1_silent 5000+120 $out1_silent:7000
	must burst in1 icmp $in1_silent 5000+120 $out1_silent:0
	seen out1 "tcp 203.0.113.1:* to $out1_silent:80 *"
	assert_eq 50 "$answer" "TCP mappings"
	seen out1 "udp 203.0.113.1:* to $out1_silent:7000 *"
	assert_eq 100 "$answer" "UDP mappings"
	seen out1 "icmp 203.0.113.1 to *"
	assert_eq 5 "$answer" "ICMP mappings"
}

# 6888/REQ-4c
test_the_rate_of_new_mappings_can_be_limited() {
	masquerade rate 100
	first_seconds udp 100 burst in1 udp $in1_silent 5000+3000 $out1_silent:7000
	# Another host goes on.
	must clear
	inject in2 udp $in2_silent:5000 to $out1_silent:7000
	see out1 'udp 203.0.113.1:* *'
}

# So many packets of a burst come through: as many as the limit in each second that it took, of which the first and the
# last are not whole.
first_seconds() { # PROTO LIMIT COMMAND...
	local start took
	start=$(now_ms)
	must "${@:3}"
	took=$((($(now_ms) - start) / 1000))
	seen out1 "$1 203.0.113.1:*"
	assert_between "$2" $(($2 * (took + 1))) "$answer" "packets of a burst of 3000 in $took s"
	assert_ne 3000 "$answer" "packets of a burst of 3000"
}

# 6888/REQ-5 6888/REQ-5a
test_sessions_of_a_subscriber_can_be_limited() {
	masquerade filtering adf limit 10
	must burst in1 tcp $in1_silent 5000 $out1_silent:2000+500
	seen out1 "tcp 203.0.113.1:*"
	assert_eq 160 "$answer" "sessions of one mapping"
}

# 6888/REQ-5 6888/REQ-5a
test_sessions_of_a_subscriber_can_be_limited_by_themselves() {
	masquerade filtering adf sessions 30
	must burst in1 tcp $in1_silent 5000 $out1_silent:2000+100
	must burst in1 tcp $in1_silent 5001+5 $out1_silent:80
	seen out1 "tcp 203.0.113.1:*"
	assert_eq 30 "$answer" "sessions of one host"
	inject in2 tcp $in2_silent:5000 to $out1_silent:80 S
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 S *"
}

# 6888/REQ-5b
test_the_rate_of_new_sessions_can_be_limited() {
	masquerade filtering adf session-rate 100
	first_seconds tcp 100 burst in1 tcp $in1_silent 5000 $out1_silent:2000+3000
	must clear
	inject in2 tcp $in2_silent:5000 to $out1_silent:80 S
	see out1 "tcp 203.0.113.1:* to $out1_silent:80 S *"
}

# 7857/S3-1 7857/S3-2
test_a_port_never_serves_two_hosts_even_towards_two_destinations() {
	masquerade ports 2000-2000
	inject in1 udp $in1_silent:5000 to $out1_silent:7000
	see out1 'udp 203.0.113.1:2000 *'
	must clear
	inject in2 udp $in2_silent:5000 to $out1_silent:7000
	inject in2 udp $in2_silent:5000 to $out2_silent:7000
	see_nothing out1 'udp *'
	see_nothing out2 'udp *'
}

run_tests "$@"
