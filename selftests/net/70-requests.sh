#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# What the kernel refuses of requests that natctl never makes, since it knows better: with one sentence, and the
# attribute that is to blame.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

request() { # OPERATION [ATTRIBUTES]
	in_space gw "$selftests/spec/request" "$@"
}

# The request is refused with this sentence about this attribute of it, and nothing changes.
wrong() { # SENTENCE ATTRIBUTE OPERATION [ATTRIBUTES]
	local before said status
	before=$(everything_listed)
	said=$(request "${@:3}" 2>&1)
	status=$?
	assert_eq 2 "$status" "exit status of request ${*:3} ($said)"
	assert_like "E*: $1 ($2)" "$said" "answer to request ${*:3}"
	assert_eq "$before" "$(everything_listed)" "state after request ${*:3}"
}

# The same of a list. Linux before 6.12 (6.1 was seen to) may not say why it refuses one, nor for which attribute.
wrong_list() { # SENTENCE ATTRIBUTE OPERATION [ATTRIBUTES]
	if printf '%s\n' 6.12 "$(uname -r)" | sort -VC; then
		wrong "$@"
	else
		wrong '*' '*' "${@:3}"
	fi
}

range='{"first": "198.51.100.1", "last": "198.51.100.4"}'

test_pools_that_are_described_badly() {
	wrong 'the name of the pool is missing' '' pool-add "{\"range\": $range}"
	wrong 'the name of the pool is missing' '' pool-set '{"limit": 5}'
	wrong 'the name of the pool is missing' '' pool-del '{"limit": 5}'
	wrong 'the name of a pool is 1 to 31 printable characters*' name pool-add "{\"name\": \"a b\", \"range\": $range}"
	wrong 'the name of a pool is 1 to 31 printable characters*' name pool-add "{\"name\": \"\", \"range\": $range}"
	wrong 'the name of a pool is 1 to 31 printable characters*' name pool-add "{\"name\": \"a#\", \"range\": $range}"
	wrong 'the addresses of the pool are missing' '' pool-add '{"name": "p"}'
	wrong 'an address range needs a first and a last address' range \
		pool-add '{"name": "p", "range": {"first": "198.51.100.1"}}'
	wrong 'an address range needs a first and a last address' range \
		pool-add '{"name": "p", "range": {"last": "198.51.100.1"}}'
	wrong 'the address must be a unicast address*' first \
		pool-add '{"name": "p", "range": {"first": "0.0.0.1", "last": "198.51.100.1"}}'
	wrong 'the address must be a unicast address*' last \
		pool-add '{"name": "p", "range": {"first": "198.51.100.1", "last": "239.1.1.1"}}'
	wrong 'the first address of the range is above the last' range \
		pool-add '{"name": "p", "range": {"first": "198.51.100.2", "last": "198.51.100.1"}}'
	wrong 'the first port of the range is above the last' port-first \
		pool-add "{\"name\": \"p\", \"range\": $range, \"port-first\": 2000, \"port-last\": 1999}"
	wrong 'mss-clamp must be off, pmtu or 88 to 65495 bytes' mss-clamp \
		pool-add "{\"name\": \"p\", \"range\": $range, \"mss-clamp\": 87}"
	nat pool add p addr 198.51.100.1
	wrong 'the first port of the range is above the last' port-first pool-set '{"name": "p", "port-first": 2, "port-last": 1}'
	wrong 'an address range needs a first and a last address' range pool-set '{"name": "p", "range": {}}'
}

test_too_many_ranges() {
	local ranges
	# shellcheck disable=SC2046	# as many words
	ranges=$(printf ',{"first": "198.51.100.1", "last": "198.51.100.1"}%.0s' $(seq 1001))
	wrong 'a pool has at most 1000 address ranges' range pool-add "{\"name\": \"p\", \"range\": [${ranges#,}]}"
}

test_rules_that_are_described_badly() {
	wrong 'the outside device of the rule is missing' '' rule-add '{"action": 0}'
	wrong 'the outside device of the rule is missing' '' rule-del '{"prio": 1}'
	wrong 'the action of the rule is missing: *' '' rule-add '{"oif": "wan"}'
	wrong 'the action pool, and no other, needs the name of a pool' action rule-add '{"oif": "wan", "action": 1}'
	wrong 'the action pool, and no other, needs the name of a pool' action \
		rule-add '{"oif": "wan", "action": 0, "pool": "p"}'
	wrong 'a prefix length needs an address' src-len rule-add '{"oif": "wan", "action": 0, "src-len": 8}'
	wrong 'a prefix length needs an address' dst-len rule-add '{"oif": "wan", "action": 0, "dst-len": 8}'
	wrong 'the first destination port of the rule is missing' dport-last \
		rule-add '{"oif": "wan", "action": 0, "proto": 6, "dport-last": 80}'
	wrong 'the first destination port of the rule is above the last' dport-first \
		rule-add '{"oif": "wan", "action": 0, "proto": 6, "dport-first": 81, "dport-last": 80}'
	wrong 'destination ports need a protocol that has ports: *' dport-first \
		rule-add '{"oif": "wan", "action": 0, "proto": 47, "dport-first": 80}'
	wrong 'the address has bits set beyond the prefix length' src \
		rule-add '{"oif": "wan", "action": 0, "src": "10.0.0.1", "src-len": 8}'
	wrong 'the address has bits set beyond the prefix length' dst \
		rule-del '{"oif": "wan", "dst": "10.0.0.1", "dst-len": 31}'
	wrong 'only the action masquerade takes options of a pool' options \
		rule-add '{"oif": "wan", "action": 2, "options": {"limit": 5}}'
	wrong 'a masquerade rule takes its address from the device*' options \
		rule-add '{"oif": "wan", "action": 0, "options": {"name": "p"}}'
	wrong 'a masquerade rule takes its address from the device*' options \
		rule-add "{\"oif\": \"wan\", \"action\": 0, \"options\": {\"range\": $range}}"
	wrong '*' mapping rule-add '{"oif": "wan", "action": 0, "options": {"mapping": 3}}'
	wrong 'mss-clamp must be off, pmtu or 88 to 65495 bytes' mss-clamp \
		rule-add '{"oif": "wan", "action": 0, "options": {"mss-clamp": 2}}'
	request rule-add '{"oif": "wan", "action": 0, "src": "192.168.0.2"}' >/dev/null
	assert_like '*src 192.168.0.2*' "$(nat rule list)" "a source without a prefix length"
}

test_outside_ends_that_are_described_badly() {
	local op
	for op in map-add map-set map-del; do
		wrong 'a mapping has either an outside address or an outside device' '' $op '{"proto": 6, "out-port": 80}'
		wrong 'a mapping has either an outside address or an outside device' '' \
			$op '{"proto": 6, "out-port": 80, "out-dev": "wan", "out-addr": "203.0.113.1"}'
		wrong 'the address must be a unicast address*' out-addr $op '{"proto": 6, "out-port": 80, "out-addr": "127.0.0.1"}'
		wrong 'a mapping of ports or of a device needs a protocol' '' $op '{"out-dev": "wan"}'
		wrong 'a mapping of ports or of a device needs a protocol' '' $op '{"out-addr": "203.0.113.1", "out-port": 80}'
		wrong 'the address has bits set beyond the prefix length' out-addr $op '{"out-addr": "203.0.113.1", "out-len": 24}'
		wrong 'a prefix is mapped whole, without protocol and ports' out-len \
			$op '{"proto": 6, "out-addr": "203.0.113.0", "out-len": 24, "out-port": 80}'
		wrong 'a protocol with ports, and no other, needs an outside port' '' $op '{"proto": 6, "out-addr": "203.0.113.1"}'
		wrong 'a protocol with ports, and no other, needs an outside port' '' \
			$op '{"proto": 47, "out-addr": "203.0.113.1", "out-port": 80}'
		wrong 'the last outside port is below the first' out-port-last \
			$op '{"proto": 6, "out-addr": "203.0.113.1", "out-port": 80, "out-port-last": 79}'
	done
}

test_inside_ends_that_are_described_badly() {
	local out='"proto": 6, "out-addr": "203.0.113.1", "out-port": 80'
	wrong 'the inside address is missing' '' map-add "{$out}"
	wrong 'the address must be a unicast address*' in-addr map-add "{$out, \"in-addr\": \"0.0.0.0\"}"
	wrong 'icmp and ah can only be mapped with whole addresses' proto \
		map-add '{"proto": 1, "out-addr": "203.0.113.1", "out-port": 80, "in-addr": "192.168.0.2"}'
	wrong 'icmp and ah can only be mapped with whole addresses' proto \
		map-add '{"proto": 51, "out-addr": "203.0.113.1", "in-addr": "192.168.0.2"}'
	wrong 'the protocol has no ports' in-port \
		map-add '{"proto": 47, "out-addr": "203.0.113.1", "in-addr": "192.168.0.2", "in-port": 80}'
	wrong 'the inside ports must be as many as the outside ports*' in-port \
		map-add "{$out, \"out-port-last\": 82, \"in-addr\": \"192.168.0.2\", \"in-port\": 65534}"
	wrong 'the inside ports must be as many as the outside ports*' in-port-last \
		map-add "{$out, \"in-addr\": \"192.168.0.2\", \"in-port\": 80, \"in-port-last\": 81}"
	wrong 'the address has bits set beyond the prefix length' in-addr \
		map-add '{"out-addr": "198.51.100.0", "out-len": 28, "in-addr": "192.168.0.1"}'
	wrong 'a mapping of whole addresses has no ports' in-port \
		map-add '{"out-addr": "198.51.100.0", "in-addr": "192.168.0.1", "in-port": 80}'
	wrong 'the prefix length must be 8 to 32' out-addr \
		map-add '{"out-addr": "64.0.0.0", "out-len": 7, "in-addr": "10.0.0.0"}'
	wrong 'a label has no control characters' label \
		map-add "{$out, \"in-addr\": \"192.168.0.2\", \"label\": \"a\\u0007\"}"
	wrong 'a label has no control characters' label \
		map-add "{$out, \"in-addr\": \"192.168.0.2\", \"label\": \"a\\u007f\"}"
}

test_changes_of_static_mappings_that_cannot_be() {
	local out='"proto": 6, "out-addr": "203.0.113.1", "out-port": 80'
	wrong 'there is no mapping of this outside end' out-addr map-set "{$out, \"lifetime\": 5}"
	wrong 'there is no mapping of this outside end' out-dev \
		map-set '{"proto": 6, "out-dev": "wan", "out-port": 80, "lifetime": 5}'
	nat map add tcp 203.0.113.1:80 to 192.168.0.2
	wrong 'the inside end of a mapping stays*' in-addr map-set "{$out, \"in-addr\": \"192.168.0.3\"}"
	wrong 'a label or a lifetime must be given' '' map-set "{$out}"
	wrong 'a label has no control characters' label map-set "{$out, \"label\": \"\\u0001\"}"
}

test_filters_that_nothing_could_match() {
	local name
	for name in out-addr in-addr; do
		wrong_list '0.0.0.0 is not an address*' $name map-get "{\"$name\": \"0.0.0.0\"}"
		wrong '0.0.0.0 is not an address*' $name map-flush "{\"$name\": \"0.0.0.0\"}"
	done
	wrong_list 'mappings cannot be filtered by this' lifetime map-get '{"lifetime": 5}'
	wrong 'mappings cannot be filtered by this' label map-flush '{"label": "x"}'
	for name in in-addr out-addr remote-addr; do
		wrong_list '0.0.0.0 is not an address*' $name session-get "{\"$name\": \"0.0.0.0\"}"
		wrong '0.0.0.0 is not an address*' $name session-del "{\"$name\": \"0.0.0.0\"}"
		wrong '0.0.0.0 is not an address*' $name session-count "{\"$name\": \"0.0.0.0\"}"
	done
	wrong_list '0.0.0.0 is not an address*' in-addr host-get '{"in-addr": "0.0.0.0"}'
}

# The pools of masquerade rules have no name: an empty one must not stand for all mappings.
test_filters_by_a_pool_without_a_name() {
	nat map add tcp 203.0.113.1:80 to 192.168.0.2:80
	wrong_list 'there is no pool of this name' pool map-get '{"pool": ""}'
	wrong 'there is no pool of this name' pool map-flush '{"pool": ""}'
	wrong 'there is no pool of this name' pool map-flush '{"pool": "", "kind": 2}'
}

test_nothing_to_set() {
	wrong 'there is nothing to set' '' config-set
}

test_devices_that_are_not_named() {
	wrong 'the devices are missing: at least one must be named' '' fastpath-add
	wrong 'the devices are missing: at least one must be named' '' fastpath-del
}

test_questions_that_lack_something() {
	local ends='"src": "192.168.0.2", "dst": "203.0.113.11"'
	wrong 'a packet needs a protocol, a source and a destination' '' lookup "{$ends}"
	wrong 'a packet needs a protocol, a source and a destination' '' lookup '{"proto": 6, "src": "192.168.0.2"}'
	wrong 'a packet needs a protocol, a source and a destination' '' lookup '{"proto": 6, "dst": "192.168.0.2"}'
	wrong 'packets of esp are told apart by their SPI*' proto lookup "{\"proto\": 50, $ends}"
	wrong 'a protocol with ports, and no other, needs a source and a destination port' '' lookup "{\"proto\": 6, $ends}"
	wrong 'a protocol with ports, and no other, needs a source and a destination port' '' \
		lookup "{\"proto\": 6, \"src-port\": 5, $ends}"
	wrong 'a protocol with ports, and no other, needs a source and a destination port' '' \
		lookup "{\"proto\": 47, \"src-port\": 5, \"dst-port\": 5, $ends}"
	wrong 'there is no device of this name' iif lookup "{\"proto\": 47, \"iif\": \"nowhere\", $ends}"
	wrong 'there is no device of this name' oif lookup "{\"proto\": 47, \"oif\": \"nowhere\", $ends}"
}

test_changes_that_are_none() {
	local none='a change needs a command that changes the configuration, and its attributes'
	wrong "$none" change apply '{"change": {"pool": {"name": "p"}}}'
	wrong "$none" change apply "{\"change\": {\"cmd\": \"pool-add\"}}"
	wrong "$none" change apply "{\"change\": {\"cmd\": \"stats-get\", \"pool\": {\"name\": \"p\"}}}"
	wrong "$none" change apply '{"change": {"cmd": 255, "pool": {"name": "p"}}}'
	wrong "$none" change apply "{\"change\": {\"cmd\": \"pool-add\", \"rule\": {\"oif\": \"wan\"}}}"
	wrong '*' change apply '{"change": "hex:0a"}'
	wrong 'integer out of range' mapping apply "{\"change\": {\"cmd\": \"pool-add\", \"pool\": {\"mapping\": 9}}}"
}

test_changes_that_do_not_go_together() {
	local set
	nat pool add p addr 198.51.100.1
	nat pool add q addr 198.51.100.2
	set="{\"cmd\": \"pool-set\", \"pool\": {\"name\": \"p\", \"limit\": 5}}"
	wrong 'the pool is set twice at once' change apply "{\"change\": [$set, $set]}"
	wrong 'removals must come before all other changes' change \
		apply "{\"change\": [$set, {\"cmd\": \"pool-del\", \"pool\": {\"name\": \"q\"}}]}"
	wrong 'there is no pool of this name' change \
		apply "{\"change\": [{\"cmd\": \"pool-del\", \"pool\": {\"name\": \"q\"}}, $set,
			{\"cmd\": \"pool-set\", \"pool\": {\"name\": \"q\", \"limit\": 1}}]}"
	wrong 'an address of the range is in another pool' change \
		apply "{\"change\": [$set, {\"cmd\": \"pool-add\", \"pool\": {\"name\": \"r\",
			\"range\": {\"first\": \"198.51.100.1\", \"last\": \"198.51.100.1\"}}}]}"
}

run_tests "$@"
