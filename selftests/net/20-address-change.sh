#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The outside address comes, changes and goes.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# Each test leaves the gateway in another shape.
rebuild_for_each=1

# All mappings must be gone within a second, and what a busy machine adds.
assert_mappings_go() {
	local start
	start=$(now_ms)
	wait_until 10 no_mappings || fail "mappings stay: $(nat map list)"
	assert_between 0 $((1000 + 4 * slowest)) $(($(now_ms) - start)) \
		"milliseconds until the mappings were gone"
}

# A UDP flow of in1:5000 with out1, seen from an address.
flow() { # ADDRESS
	greet a s 203.0.113.11:7000
	assert_like "$1:*" "$outside" "source that out1 sees"
	answer s a "$outside" 203.0.113.11:7000
}

open_flow() { # ADDRESS
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	flow "$1"
}

test_a_flow_goes_on_from_the_new_address() {
	masquerade
	open_flow 203.0.113.1
	ip_batch gw <<-END
		addr del 203.0.113.1/24 dev wan
		addr add 203.0.113.5/24 dev wan
	END
	assert_mappings_go
	flow 203.0.113.5
}

test_mappings_of_an_address_that_goes_are_gone_within_a_second() {
	masquerade
	must burst in1 udp $in1_silent 5000+500 $out1_silent:7000
	must burst in1 tcp $in1_silent 5000+100 $out1_silent:80
	assert_mappings 600
	ip -n gw addr del 203.0.113.1/24 dev wan
	assert_mappings_go
	assert_eq 0 "$(sessions)" "sessions listed"
}

# Of two that want one port after a change, the one that had it keeps it.
test_a_forward_of_the_device_finds_its_port_taken_at_the_new_address() {
	nat map add udp dev wan:8000-8001 to 192.168.0.2:5000-5001
	nat map add udp 203.0.113.5:8001 to 192.168.0.3:5001
	udp a in1 192.168.0.2:5001
	udp b in2 192.168.0.3:5001
	udp s out1 203.0.113.11:7000
	greet s a 203.0.113.1:8001
	ip_batch gw <<-END
		addr del 203.0.113.1/24 dev wan
		addr add 203.0.113.5/24 dev wan
	END
	greet s b 203.0.113.5:8001
	answer b s 203.0.113.11:7000 203.0.113.5:8001
	hear_nothing a
	nat map del udp 203.0.113.5:8001
	ip_batch gw <<-END
		addr del 203.0.113.5/24 dev wan
		addr add 203.0.113.6/24 dev wan
	END
	greet s a 203.0.113.6:8001
}

translates_to() { # ADDRESS
	[[ $(nat lookup udp 192.168.0.2:5000 203.0.113.11:7000) == *"$1:"* ]]
}

# Whoever changes addresses does not wait, but the change is seen.
test_an_address_changes_while_somebody_is_configuring() {
	local i old=203.0.113.1 new
	masquerade
	while [ ! -e "$work/enough" ]; do
		nat pool add p addr 10.0.0.0/20
		nat pool del p
	done &
	for ((i = 1; i <= 5; i++)); do
		new=203.0.113.$((100 + i))
		ip -n gw addr del $old/24 dev wan
		ip -n gw addr add $new/24 dev wan
		old=$new
		wait_until 10 translates_to $new || fail "$new is not used"
	done
	touch "$work/enough"
	wait $!
	open_flow $new
}

test_without_an_address_new_flows_are_refused() {
	masquerade
	ip -n gw addr del 203.0.113.1/24 dev wan
	ip -n gw route add 203.0.113.0/24 dev wan
	inject in1 udp $in1_silent:5000 to $out1_silent:7000 data x
	see_nothing out1 '*'
	assert_counter refuse_no_address 1
	ip -n gw addr add 203.0.113.1/24 dev wan
	open_flow 203.0.113.1
}

test_an_address_added_beside_the_first_changes_nothing() {
	masquerade
	open_flow 203.0.113.1
	ends=$outside
	ip -n gw addr add 203.0.113.5/24 dev wan
	ip -n gw addr add 203.0.113.6/25 dev wan
	flow 203.0.113.1
	assert_eq "$ends" "$outside" "outside end"
	ip -n gw addr del 203.0.113.5/24 dev wan
	flow 203.0.113.1
	assert_eq "$ends" "$outside" "outside end"
}

test_the_same_address_given_again_keeps_the_flow() {
	masquerade
	open_flow 203.0.113.1
	ends=$outside
	ip -n gw addr replace 203.0.113.1/24 dev wan valid_lft 3600 \
		preferred_lft 3600
	flow 203.0.113.1
	assert_eq "$ends" "$outside" "outside end"
}

test_a_secondary_address_takes_over_when_promoted() {
	in_space gw sysctl -qw net.ipv4.conf.wan.promote_secondaries=1
	ip -n gw addr add 203.0.113.5/24 dev wan
	masquerade
	open_flow 203.0.113.1
	ip -n gw addr del 203.0.113.1/24 dev wan
	assert_mappings_go
	ip -n gw route replace $out1_silent via 203.0.113.11
	flow 203.0.113.5
}

test_a_device_that_goes_down_drops_its_mappings() {
	masquerade
	open_flow 203.0.113.1
	ip -n gw link set wan down
	assert_mappings_go
	ip -n gw link set wan up
	flow 203.0.113.1
}

test_a_device_without_an_address_gets_one_later() {
	ip -n gw addr flush dev wan
	masquerade
	ip -n gw addr add 203.0.113.9/24 dev wan
	open_flow 203.0.113.9
}

test_a_device_that_is_made_again_is_used_again() {
	masquerade
	open_flow 203.0.113.1
	ip -n gw link del wan
	assert_mappings_go
	assert_eq 1 "$(nat rule list | wc -l)" "rules while there is no device"
	ip_batch <<-END
		link add wan netns gw type veth peer name wan netns net
	END
	ip -n net link set wan master wire up
	ip_batch gw <<-END
		link set wan up
		addr add 203.0.113.7/24 dev wan
	END
	flow 203.0.113.7
}

test_a_rule_follows_the_name_of_the_device() {
	masquerade
	open_flow 203.0.113.1
	ip_batch gw <<-END
		link set wan down
		link set wan name other
		link set other up
	END
	assert_mappings_go
	must allow addresses
	ip -n out1 route add 192.168.0.0/24 via 203.0.113.1
	greet a s 203.0.113.11:7000
	assert_eq 192.168.0.2:5000 "$outside" "source through another name"
	ip_batch gw <<-END
		link set other down
		link set other name wan
		link set wan up
	END
	flow 203.0.113.1
}

test_a_new_device_of_the_old_name_takes_the_rule() {
	masquerade
	open_flow 203.0.113.1
	ip_batch gw <<-END
		link set wan down
		link set wan name old
		link add wan type dummy
		addr add 100.64.9.1/24 dev wan
		link set wan up
	END
	assert_mappings_go
	must capture dummy gw wan both forbid 192.168.0.0/16
	inject in1 udp $in1_silent:5000 to 100.64.9.9:7000 data x
	see dummy 'udp 100.64.9.1:* to 100.64.9.9:7000 *'
	must uncapture dummy
}

test_a_device_that_moves_to_another_namespace_lets_go() {
	masquerade
	open_flow 203.0.113.1
	ip -n gw link set wan netns net name stolen
	assert_mappings_go
	assert_eq 1 "$(nat rule list | wc -l)" "rules"
}

test_a_port_forward_of_a_device_moves_with_the_address() {
	masquerade
	nat map add tcp dev wan:8000 to 192.168.0.2:80
	listen l in1 192.168.0.2:80
	connect c out1 203.0.113.11:0 203.0.113.1:8000
	accept s l
	ip_batch gw <<-END
		addr del 203.0.113.1/24 dev wan
		addr add 203.0.113.5/24 dev wan
	END
	connect d out1 203.0.113.11:0 203.0.113.5:8000
	accept t l
	stream d t 1000
	must clear
	must start e out1 203.0.113.11:0 203.0.113.1:8000
	ask none in1 'tcp * S *' || fail "the old address still forwards"
}

test_a_pool_is_not_touched_by_addresses_of_the_device() {
	nat pool add p addr 198.51.100.1
	nat rule add oif wan pool p
	open_flow 198.51.100.1
	ends=$outside
	ip_batch gw <<-END
		addr del 203.0.113.1/24 dev wan
		addr add 203.0.113.5/24 dev wan
	END
	ip -n out1 route replace 198.51.100.0/24 via 203.0.113.5
	flow 198.51.100.1
	assert_eq "$ends" "$outside" "outside end"
}

test_a_server_sees_new_connections_from_the_new_address() {
	masquerade
	listen l out1 203.0.113.11:80
	connect c in1 192.168.0.2:0 203.0.113.11:80
	accept s l
	ip_batch gw <<-END
		addr del 203.0.113.1/24 dev wan
		addr add 203.0.113.5/24 dev wan
	END
	assert_mappings_go
	connect d in1 192.168.0.2:0 203.0.113.11:80
	accept t l
	assert_like '203.0.113.5:*' "$from" "peer that the server sees"
}

run_tests "$@"
