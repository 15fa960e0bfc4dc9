#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A gateway whose root is nobody on this machine: all of this file runs in a user namespace of an unprivileged user.
# What its packets make the kernel remember is in nobody's memory cgroup, and stays within the limits by default.

# timeout: 600

if [ -z "${KNAT_UNPRIVILEGED-}" ]; then
	modprobe -a libcrc32c nf_defrag_ipv4 veth bridge 2>/dev/null
	[ -d /sys/module/knat ] || insmod "${KNAT_KO:?}" || [ -d /sys/module/knat ] || exit 1
	exec setpriv --reuid 65534 --regid 65534 --clear-groups \
		unshare --user --map-root-user --net --mount --propagation private \
		env KNAT_UNPRIVILEGED=1 KNAT_PRIVATE_MOUNTS=1 TMPDIR=/tmp "$BASH" "$0" "$@"
fi

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

limit=65536

# What is captured has to be kept.
build_more() {
	must uncapture in1
	must uncapture out1
}

test_it_translates() {
	masquerade
	nat map add tcp dev wan:8000 to 192.168.0.2:80
	udp a in1 192.168.0.2:5000
	udp s out1 203.0.113.11:7000
	greet a s 203.0.113.11:7000
	answer s a "$outside" 203.0.113.11:7000
	listen l in1 192.168.0.2:80
	connect c out1 203.0.113.11:0 203.0.113.1:8000
	accept d l
	stream c d 10000
}

test_it_has_so_many_mappings_and_no_more() {
	nat pool add p addr 198.51.100.1-198.51.100.4 pairing arbitrary
	nat rule add oif wan pool p
	must burst in1 udp "$in1_silent+2" 1024+33000 $out1_silent:7000
	assert_between $((limit - 64)) $limit "$(counter mappings)" mappings
	assert_between $((66000 - limit)) 600 "$(counter refuse_mappings)" "flows refused"
}

test_it_has_so_many_sessions_and_no_more() {
	masquerade
	must burst in1 tcp $in1_silent 5000+2 $out1_silent:1+33000
	assert_between $((limit - 64)) $limit "$(counter sessions)" sessions
	assert_between $((66000 - limit)) 600 "$(counter refuse_sessions)" "flows refused"
}

# Of each the kernel may have to keep which ports are taken.
test_its_pools_have_so_many_addresses_and_no_more() {
	nat pool add p addr 198.51.100.0/25
	nat pool add q addr 203.0.114.0/25
	refused '*256 addresses*' pool add r addr 198.51.100.128
	refused '*256 addresses*' pool set p addr 198.51.100.0-198.51.100.128
	nat pool set p addr 198.51.100.128/25
	nat pool del q
	nat pool add r addr 203.0.114.0-203.0.114.127
}

test_its_root_may_not_raise_a_limit() {
	local name
	for name in max_mappings max_sessions max_resting; do
		assert_eq $limit "$(setting_of $name)" "$name by default"
		refused '*CAP_NET_ADMIN*' config set $name $((limit + 1))
		setting $name $((limit - 1))
		refused '*CAP_NET_ADMIN*' config set $name $((limit + 1))
		setting $name $limit
	done
}

run_tests "$@"
