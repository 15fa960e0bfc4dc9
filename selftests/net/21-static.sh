#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Static mappings: port forwards, ranges, one to one, prefixes.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

build_more() {
	ip -n gw addr add 203.0.113.2/32 dev wan
}

test_a_tcp_port_is_forwarded() {
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	reaches 203.0.113.1:8000 in1 192.168.0.2:80
}

test_a_udp_port_is_forwarded_and_the_answer_comes_from_it() {
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5353
	udp s in1 192.168.0.2:5353
	udp c out1 203.0.113.11:4444
	greet c s 203.0.113.1:8000
	assert_eq 203.0.113.11:4444 "$outside" "source that in1 sees"
	answer s c 203.0.113.11:4444 203.0.113.1:8000
}

test_a_forward_works_without_any_rule() {
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5353
	assert_eq 0 "$(nat rule list | wc -l)" "rules"
	udp s in1 192.168.0.2:5353
	udp c out2 203.0.113.21:4444
	greet c s 203.0.113.1:8000
	answer s c 203.0.113.21:4444 203.0.113.1:8000
}

test_the_inside_port_defaults_to_the_outside_port() {
	nat map add tcp 203.0.113.1:8080 to 192.168.0.2
	reaches 203.0.113.1:8080 in1 192.168.0.2:8080
}

test_a_range_of_ports_is_forwarded() {
	nat map add tcp 203.0.113.1:9000-9010 to 192.168.0.2:7000-7010
	reaches 203.0.113.1:9000 in1 192.168.0.2:7000
	reaches 203.0.113.1:9010 in1 192.168.0.2:7010
	reaches 203.0.113.1:9004 in1 192.168.0.2:7004
	inject out1 tcp $out1_silent:4444 to 203.0.113.1:9011 S
	inject out1 tcp $out1_silent:4444 to 203.0.113.1:8999 S
	see_nothing in1 "tcp $out1_silent:*"
}

test_a_range_of_udp_ports_answers_from_the_right_port() {
	nat map add udp 203.0.113.1:9000-9003 to 192.168.0.2
	udp s in1 192.168.0.2:9003
	udp c out1 203.0.113.11:4444
	greet c s 203.0.113.1:9003
	answer s c 203.0.113.11:4444 203.0.113.1:9003
}

test_the_host_behind_a_forward_sends_from_the_forwarded_port() {
	masquerade
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5353
	udp s in1 192.168.0.2:5353
	udp r out1 203.0.113.11:7000
	greet s r 203.0.113.11:7000
	assert_eq 203.0.113.1:8000 "$outside" "source that out1 sees"
	udp other in1 192.168.0.2:5354
	greet other r 203.0.113.11:7000
	assert_ne 203.0.113.1:8000 "$outside" "source of another port"
}

test_a_forwarded_port_is_never_handed_out() {
	masquerade ports 2000-2004
	nat map add udp 203.0.113.1:2002 to 192.168.0.3:53
	must burst in1 udp $in1_silent 5000+5 $out1_silent:7000
	seen out1 'udp 203.0.113.1:*'
	assert_eq 4 "$answer" "packets at out1"
	see_nothing out1 'udp 203.0.113.1:2002 *'
	assert_counter refuse_ports 1
}

test_forwards_of_two_protocols_share_a_port_number() {
	nat map add tcp 203.0.113.1:53 to 192.168.0.2:53
	nat map add udp 203.0.113.1:53 to 192.168.0.3:53
	reaches 203.0.113.1:53 in1 192.168.0.2:53
	udp s in2 192.168.0.3:53
	udp c out1 203.0.113.11:4444
	greet c s 203.0.113.1:53
	answer s c 203.0.113.11:4444 203.0.113.1:53
}

test_a_forward_of_a_pool_address_works() {
	nat pool add p addr 198.51.100.0/30
	nat rule add oif wan pool p
	nat map add tcp 198.51.100.2:8000 to 192.168.0.2:80
	reaches 198.51.100.2:8000 in1 192.168.0.2:80
}

test_a_forward_of_an_address_that_is_routed_here_works() {
	nat map add tcp 198.51.100.77:8000 to 192.168.0.2:80
	reaches 198.51.100.77:8000 in1 192.168.0.2:80
}

test_a_forward_of_a_device_s_port_works() {
	nat map add tcp dev wan:8000 to 192.168.0.2:8000
	reaches 203.0.113.1:8000 in1 192.168.0.2:8000
}

test_one_to_one_answers_for_a_whole_address() {
	nat map add 203.0.113.2 to 192.168.0.3
	reaches 203.0.113.2:80 in2 192.168.0.3:80
	udp s in2 192.168.0.3:5353
	udp c out1 203.0.113.11:4444
	greet c s 203.0.113.2:5353
	answer s c 203.0.113.11:4444 203.0.113.2:5353
	inject out1 icmp 203.0.113.11 to 203.0.113.2 8/0 id 7 seq 1 data hi
	see in2 'icmp 203.0.113.11 to 192.168.0.3 8/0 id 7 *'
	see out1 'icmp 203.0.113.2 to 203.0.113.11 0/0 id 7 * data hi'
}

# A router that looks for others, and one that answers: neither has an id.
test_one_to_one_takes_all_that_icmp_has_but_redirects() {
	nat map add 203.0.113.2 to $in2_silent
	must capture near in2 eth0
	inject out1 icmp $out1_silent to 203.0.113.2 10/0 data @4
	see near "icmp $out1_silent to $in2_silent 10/0 *"
	inject in2 icmp $in2_silent to $out1_silent 9/0 data @8
	see out1 "icmp 203.0.113.2 to $out1_silent 9/0 *"
	inject out1 icmp $out1_silent to 203.0.113.2 5/1 data @28
	see_nothing near 'icmp * 5/*'
	must uncapture near
}

test_one_to_one_keeps_ports_and_ids_outwards() {
	nat map add 203.0.113.2 to 192.168.0.3
	udp s in2 192.168.0.3:5000
	udp r out1 203.0.113.11:7000
	greet s r 203.0.113.11:7000
	assert_eq 203.0.113.2:5000 "$outside" "source that out1 sees"
	listen l out1 203.0.113.11:80
	connect c in2 192.168.0.3:6000 203.0.113.11:80
	accept t l
	assert_eq 203.0.113.2:6000 "$from" "peer that out1 sees"
	inject in2 icmp 192.168.0.3 to 203.0.113.11 8/0 id 321 seq 1
	see out1 'icmp 203.0.113.2 to 203.0.113.11 8/0 id 321 *'
	see in2 'icmp 203.0.113.11 to 192.168.0.3 0/0 id 321 *'
}

test_one_to_one_carries_any_protocol() {
	nat map add 203.0.113.2 to 192.168.0.53
	inject in2 ip $in2_silent to $out1_silent proto 47 data @20
	see out1 "gre 203.0.113.2 to $out1_silent *"
	inject out1 ip $out1_silent to 203.0.113.2 proto 50 data @40
	see in2 "esp $out1_silent to $in2_silent *"
}

test_two_hosts_one_to_one_with_two_addresses() {
	nat map add 203.0.113.1 to 192.168.0.2
	nat map add 203.0.113.2 to 192.168.0.3
	reaches 203.0.113.1:80 in1 192.168.0.2:80
	reaches 203.0.113.2:80 in2 192.168.0.3:80
	listen l out1 203.0.113.11:81
	connect c in1 192.168.0.2:6000 203.0.113.11:81
	accept s l
	assert_eq 203.0.113.1:6000 "$from" "peer for in1"
	connect d in2 192.168.0.3:6000 203.0.113.11:81
	accept t l
	assert_eq 203.0.113.2:6000 "$from" "peer for in2"
}

test_prefix_to_prefix_keeps_the_host_part() {
	nat map add 198.51.100.0/24 to 192.168.0.0/24
	reaches 198.51.100.2:80 in1 192.168.0.2:80
	reaches 198.51.100.3:80 in2 192.168.0.3:80
	udp s in2 192.168.0.3:5000
	udp r out1 203.0.113.11:7000
	greet s r 203.0.113.11:7000
	assert_eq 198.51.100.3:5000 "$outside" "source that out1 sees"
	answer r s 198.51.100.3:5000 203.0.113.11:7000
	assert_mappings 1
}

test_a_forward_inside_a_mapped_prefix_is_told_apart() {
	nat map add 198.51.100.0/24 to 192.168.0.0/24
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:8000
	reaches 203.0.113.1:8000 in1 192.168.0.2:8000
	reaches 198.51.100.2:81 in1 192.168.0.2:81
}

test_a_lifetime_ends_a_forward() {
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5353 lifetime 2
	udp s in1 192.168.0.2:5353
	udp c out1 203.0.113.11:4444
	greet c s 203.0.113.1:8000
	wait_until 12 no_mappings || fail "the forward stays"
	tell c 203.0.113.1:8000 late
	hear_nothing s
}

test_a_static_mapping_outlives_the_udp_timeout() {
	setting udp_timeout 1
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5353
	udp s in1 192.168.0.2:5353
	udp c out1 203.0.113.11:4444
	greet c s 203.0.113.1:8000
	pause 3500
	assert_mappings 1
	greet c s 203.0.113.1:8000
}

test_a_forward_takes_the_port_of_a_live_dynamic_mapping() {
	masquerade
	udp a in2 192.168.0.3:5000
	udp r out1 203.0.113.11:7000
	greet a r 203.0.113.11:7000
	taken=$outside
	udp s in1 192.168.0.2:5353
	nat map add udp "$taken" to 192.168.0.2:5353
	udp c out2 203.0.113.21:4444
	greet c s "$taken"
	answer s c 203.0.113.21:4444 "$taken"
	hear_nothing a
	greet a r 203.0.113.11:7000
	assert_ne "$taken" "$outside" "the other host's new end"
	assert_mappings 2
}

test_a_forward_to_an_inside_end_replaces_its_dynamic_mapping() {
	masquerade
	udp a in1 192.168.0.2:5000
	udp r out1 203.0.113.11:7000
	greet a r 203.0.113.11:7000
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:5000
	greet a r 203.0.113.11:7000
	assert_eq 203.0.113.1:8000 "$outside" "source that out1 sees"
	assert_mappings 1
}

test_deleting_a_forward_kills_its_sessions() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	listen l in1 192.168.0.2:80
	connect c out1 203.0.113.11:0 203.0.113.1:8000
	accept s l
	assert_eq 1 "$(sessions)" "sessions listed"
	nat map del tcp 203.0.113.1:8000
	assert_eq 0 "$(sessions)" "sessions listed"
	assert_mappings 0
	must clear
	tell c - more
	see_nothing in1 'tcp *'
}

test_deleting_one_forward_keeps_the_others() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	nat map add tcp 203.0.113.1:8001 to 192.168.0.2:81
	listen l in1 192.168.0.2:81
	connect c out1 203.0.113.11:0 203.0.113.1:8001
	accept s l
	nat map del tcp 203.0.113.1:8000
	stream c s 1000
	connect d out1 203.0.113.11:0 203.0.113.1:8001
	accept t l
	stream d t 1000
}

test_a_range_is_deleted_as_it_was_added() {
	nat map add tcp 203.0.113.1:9000-9010 to 192.168.0.2:7000-7010
	nat map del tcp 203.0.113.1:9000-9010
	assert_mappings 0
	nat map add tcp 203.0.113.1:9005 to 192.168.0.2:80
	reaches 203.0.113.1:9005 in1 192.168.0.2:80
}

test_one_to_one_is_deleted_by_its_address() {
	nat map add 203.0.113.2 to 192.168.0.3
	nat map add 198.51.100.0/24 to 192.168.9.0/24
	nat map del 203.0.113.2
	nat map del 198.51.100.0/24
	assert_mappings 0
}

test_a_deleted_forward_can_be_added_again() {
	masquerade
	for _ in 1 2 3; do
		nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
		reaches 203.0.113.1:8000 in1 192.168.0.2:80
		nat map del tcp 203.0.113.1:8000
	done
}

test_flush_spares_static_mappings_unless_told() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	udp a in1 192.168.0.2:5000
	udp r out1 203.0.113.11:7000
	greet a r 203.0.113.11:7000
	assert_mappings 2
	nat map flush >/dev/null
	assert_mappings 1
	assert_mappings 1 static
	reaches 203.0.113.1:8000 in1 192.168.0.2:80
	nat map flush all >/dev/null
	assert_mappings 0 static
}

test_a_forward_to_a_port_that_nobody_serves_is_reset() {
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	ask connect c out1 203.0.113.11:0 203.0.113.1:8000 &&
		fail "the connection opens"
	assert_eq ECONNREFUSED "$answer" "error at out1"
}

test_a_forward_is_filtered_as_its_pool_says() {
	nat pool add p addr 198.51.100.0/30 filtering apdf
	nat rule add oif wan pool p
	nat map add udp 198.51.100.2:8000 to 192.168.0.2:5353
	udp s in1 192.168.0.2:5353
	udp c out1 203.0.113.11:4444
	greet c s 198.51.100.2:8000
	answer s c 203.0.113.11:4444 198.51.100.2:8000
}

test_a_mapping_that_is_set_keeps_its_sessions() {
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80 lifetime 60
	listen l in1 192.168.0.2:80
	connect c out1 203.0.113.11:0 203.0.113.1:8000
	accept s l
	nat map set tcp 203.0.113.1:8000 label 'my server'
	assert_like '*:80 lifetime 60 label "my server" *' "$(nat map list)" \
		"mapping"
	nat map set tcp 203.0.113.1:8000 lifetime 7000 label ''
	assert_like '*:80 lifetime 7000 *sessions 1 expires in [67]???s' \
		"$(nat map list)" "mapping"
	stream c s 1000
	nat map set tcp 203.0.113.1:8000 lifetime 1
	wait_until 10 no_mappings_listed || fail "its lifetime does not end"
}

run_tests "$@"
