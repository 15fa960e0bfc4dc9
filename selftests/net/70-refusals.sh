#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the kernel refuses, with one sentence that says why, and no change.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

test_a_pool_name_that_exists() {
	nat pool add p addr 198.51.100.1
	refused '*p*' pool add p addr 198.51.100.9
}

test_an_address_in_two_pools() {
	nat pool add p addr 198.51.100.0/28
	refused '*' pool add q addr 198.51.100.15
	refused '*' pool add q addr 198.51.100.0-198.51.100.255
	refused '*' pool add q addr 192.0.2.1,198.51.100.7
	nat pool add q addr 198.51.100.16
	refused '*' pool set q addr 198.51.100.15-198.51.100.16
}

test_addresses_that_would_be_inside_and_outside() {
	nat pool add p addr 198.51.100.1
	nat pool add q addr 192.168.0.0/28
	nat rule add oif wan src 192.168.0.0/24 pool p
	refused '*inside or outside, not both' \
		rule add prio 7 oif wan src 192.168.0.0/16 pool q
	refused '*inside or outside, not both' \
		pool set p addr 198.51.100.1,192.168.0.77
	nat rule del oif wan src 192.168.0.0/24
	nat pool set p addr 198.51.100.1,192.168.0.77
	refused '*inside or outside, not both' \
		rule add oif wan src 192.168.0.0/24 pool p
}

test_ranges_of_one_pool_that_overlap() {
	refused '*' pool add p addr 198.51.100.0/28,198.51.100.15
	refused '*' pool add p addr 198.51.100.1,198.51.100.1
}

test_addresses_that_cannot_be_outside() {
	local addr
	for addr in 0.0.0.0 0.1.2.3 127.0.0.1 224.0.0.1 239.255.255.255 \
		240.0.0.1 255.255.255.255 126.0.0.0-128.0.0.0; do
		refused '*' pool add p addr $addr
	done
}

test_a_pool_of_too_many_addresses() {
	refused '*65536*' pool add p addr 10.0.0.0/15
	refused '*65536*' pool add p addr 10.0.0.0/16,10.2.0.1
	nat pool add p addr 10.0.0.0/16
}

# 1000 addresses that do not touch
scattered() {
	seq -s, -f '%.0f' 1 1000 | awk -v RS=, '{
		printf("%s10.%d.%d.1", (NR > 1 ? "," : ""), $1 / 250, $1 % 250)
	}'
}

test_a_pool_of_too_many_ranges() {
	refused '*1000*' pool add p addr "$(scattered),198.51.100.1"
	nat pool add p addr "$(scattered)"
	nat pool add q addr 198.51.100.1
	assert_eq 2 "$(nat pool list | wc -l)" "pools listed"
	refused '*1000*' pool set p addr "$(scattered),198.51.100.2"
}

test_a_pool_that_does_not_exist() {
	refused '*' pool set nowhere limit 5
	refused '*' pool del nowhere
	refused '*' rule add oif wan pool nowhere
}

# A filter that names none is a slip of the pen, not a list without entries.
test_a_pool_to_choose_by_that_does_not_exist() {
	local none='there is no pool *'
	nat pool add p addr 198.51.100.1
	refused "$none" pool list nowhere
	refused "$none" -j pool list nowhere
	refused "$none" map list pool nowhere
	refused "$none" map list static pool nowhere
	refused "$none" -j map list pool nowhere
	refused "$none" map flush pool nowhere
	refused "$none" map flush all pool nowhere
	refused "$none" top pool nowhere
	refused "$none" -j top pool nowhere
	assert_eq '' "$(nat map list pool p)" "natctl map list pool p"
	assert_eq '0 mappings removed' "$(nat map flush pool p)" "natctl map flush pool p"
}

test_a_pool_that_a_rule_uses() {
	nat pool add p addr 198.51.100.1
	nat rule add oif wan pool p
	refused '*rule*' pool del p
	nat rule del oif wan pool p
	nat pool del p
}

test_a_device_that_does_not_exist() {
	refused '*' rule add oif nowhere masquerade
	refused '*' map add tcp dev nowhere:80 to 192.168.0.2:80
}

test_the_same_selectors_twice() {
	nat pool add p addr 198.51.100.1
	nat rule add prio 7 oif wan src 192.168.0.0/24 dst 192.0.2.0/24 \
		proto udp masquerade
	refused '*' rule add prio 7 oif wan src 192.168.0.0/24 \
		dst 192.0.2.0/24 proto udp exempt
	refused '*' rule add prio 7 oif wan src 192.168.0.0/24 \
		dst 192.0.2.0/24 proto udp pool p
	nat rule add prio 8 oif wan src 192.168.0.0/24 dst 192.0.2.0/24 \
		proto udp exempt
}

test_destination_ports_of_rules() {
	refused '*a protocol that has ports*' rule add oif wan dport 80 exempt
	refused '*a protocol that has ports*' rule add oif wan proto icmp dport 80 exempt
	nat rule add oif wan proto tcp dport 80-90 exempt
	refused '*exists already*' rule add oif wan dport 80-90 proto tcp masquerade
	refused '*no rule*' rule del oif wan proto tcp dport 80
	refused '*no rule*' rule del oif wan proto tcp
}

test_a_rule_that_does_not_exist() {
	masquerade
	refused '*' rule del oif wan src 10.0.0.0/8
	refused '*' rule del prio 9 oif wan
	refused '*' rule del oif lan masquerade
	nat pool add p addr 198.51.100.1
	nat pool add q addr 198.51.100.2
	nat rule add prio 5 oif wan pool p
	refused '*another action*' rule del prio 5 oif wan pool q
	refused '*another action*' rule del prio 5 oif wan masquerade
	nat rule del prio 5 oif wan pool p
}

test_a_forwarded_port_twice() {
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	refused '*' map add tcp 203.0.113.1:8000 to 192.168.0.3:80
	refused '*' map add tcp 203.0.113.1:7990-8010 to 192.168.0.3
	nat map add tcp 203.0.113.1:9000-9010 to 192.168.0.2
	refused '*' map add tcp 203.0.113.1:9005 to 192.168.0.3
	nat map add udp 203.0.113.1:8000 to 192.168.0.2:80
}

test_a_forward_of_a_device_and_of_its_address_at_the_same_port() {
	nat map add tcp dev wan:8000 to 192.168.0.2:80
	refused '*' map add tcp dev wan:8000 to 192.168.0.3:80
	refused '*' map add tcp 203.0.113.1:8000 to 192.168.0.3:80
}

test_a_static_mapping_to_set_that_is_not_there() {
	nat map add tcp 203.0.113.1:8000-8001 to 192.168.0.2:80-81
	refused '*no mapping of this outside end' \
		map set tcp 203.0.113.1:8001 label x
	refused '*no mapping of this outside end' \
		map set udp 203.0.113.1:8000-8001 label x
	refused '*no mapping of this outside end' map set 203.0.113.1 label x
}

test_whole_addresses_that_overlap() {
	nat map add 198.51.100.0/24 to 192.168.0.0/24
	refused '*' map add 198.51.100.7 to 192.168.9.7
	refused '*' map add 198.51.0.0/16 to 10.1.0.0/16
	refused '*' map add 192.0.2.7 to 192.168.0.7
}

test_a_whole_address_of_a_pool() {
	nat pool add p addr 198.51.100.0/28
	refused '*' map add 198.51.100.7 to 192.168.0.2
	nat map add 198.51.100.99 to 192.168.0.2
	refused '*' pool add q addr 198.51.100.99
}

test_protocols_without_ports() {
	refused '*whole addresses*' map add 51 203.0.113.1 to 192.168.0.2
	misused map add icmp 203.0.113.1:80 to 192.168.0.2:80
	refused '*a protocol with ports*' map add gre 203.0.113.1:80 to 192.168.0.2:80
}

test_ends_that_cannot_be() {
	refused '*' map add tcp 224.0.0.1:80 to 192.168.0.2:80
	refused '*' map add tcp 127.0.0.1:80 to 192.168.0.2:80
	refused '*' map add tcp 203.0.113.1:80 to 224.0.0.1:80
	refused '*' map add tcp 203.0.113.1:80 to 0.0.0.0:80
}

test_mappings_that_do_not_exist() {
	refused '*' map del tcp 203.0.113.1:8000
	refused '*' map del udp dev wan:8000
	refused '*' map del 198.51.100.0/24
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	refused '*' map del udp 203.0.113.1:8000
	refused '*' map del tcp 203.0.113.1:8001
}

### What natctl itself turns down: usage, exit status 1

misused() { # WORDS...
	local message status before
	before=$(everything_listed)
	message=$("$NATCTL" -n gw "$@" 2>&1 >/dev/null)
	status=$?
	assert_eq 1 $status "exit status of natctl $* ($message)"
	[ -n "$message" ] || fail "natctl $* says nothing"
	assert_eq "$before" "$(everything_listed)" "state after natctl $*"
}

test_wrong_words_are_misuse() {
	misused nonsense
	misused rule nonsense
	misused rule add
	misused rule add oif wan nonsense
	misused rule add oif wan masquerade nonsense 5
	misused rule add oif wan masquerade mapping nonsense
	misused rule add oif wan pool
	misused pool add p
	misused pool add p addr
	misused map add tcp
	misused config set nonsense 5
	misused config set udp_timeout
	misused session del
}

test_bad_addresses_and_ports_are_misuse() {
	misused pool add p addr 1.2.3
	misused pool add p addr 1.2.3.256
	misused pool add p addr 198.51.100.9-198.51.100.1
	misused pool add p addr 198.51.100.0/33
	misused pool add p addr 198.51.100.1 ports 0-100
	misused pool add p addr 198.51.100.1 ports 200-100
	misused pool add p addr 198.51.100.1 ports 1-65536
	misused map add tcp 203.0.113.1:0 to 192.168.0.2:80
	misused map add tcp 203.0.113.1:65536 to 192.168.0.2:80
	misused map add tcp 203.0.113.1:80 to 192.168.0.2:0
	misused map add tcp 203.0.113.1:80-90 to 192.168.0.2:80-85
	misused map add 198.51.100.0/24 to 192.168.0.0/25
	misused rule add oif a-name-that-is-too-long masquerade
	misused pool add a-name-that-is-longer-than-thirty-one-characters addr 198.51.100.1
	misused config set udp_timeout x
	misused config set udp_timeout -1
}

test_settings_out_of_range_are_misuse() {
	misused config set udp_timeout 0
	misused config set udp_timeout 604801
	misused config set udp_inbound_refresh 2
	misused config set max_mappings 0
	misused config set icmp_timeout 77 udp_timeout 0
}

test_prefixes_with_host_bits_are_not_taken() {
	local status
	"$NATCTL" -n gw rule add oif wan src 192.168.0.2/24 masquerade \
		2>/dev/null
	status=$?
	assert_ne 0 $status "exit status"
	assert_eq 0 "$(nat rule list | wc -l)" "rules"
}

test_a_namespace_that_does_not_exist() {
	local message status
	message=$("$NATCTL" -n nowhere rule list 2>&1)
	status=$?
	assert_ne 0 $status "exit status"
	assert_like '*nowhere*' "$message" "message"
}

run_tests "$@"
