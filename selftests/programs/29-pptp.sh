#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# PPTP: pptp clients and a pptpd, with pppd at both ends.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

rebuild_for_each=1

modprobe -a ppp_generic ppp_async || bail "no PPP"

# With address 10.9.0.1 in the tunnels
pptp_server() { # HOST ADDR
	cat >"$work/pppd.server" <<-END
		noauth
		noccp
		nodefaultroute
		lcp-echo-interval 5
	END
	cat >"$work/pptpd.conf" <<-END
		ppp /usr/sbin/pppd
		option $work/pppd.server
		listen $2
		localip 10.9.0.1
		remoteip 10.9.0.100-110
	END
	serve pptpd "$1" pptpd -f -c "$work/pptpd.conf" -p "$work/pptpd.pid"
	wait_listening "$1" tcp 1723
}

# Each with a manager of its own for its calls, which would be one for a machine.
pptp_client() { # HOST ADDR
	mkdir -p /run/pptp
	# shellcheck disable=SC2016	# for the shell within
	serve "pptp-$1" "$1" unshare --mount --propagation private \
		sh -c 'mount -t tmpfs calls /run/pptp && exec "$@"' sh \
		pppd pty "pptp $2 --nolaunchpppd --loglevel 2" \
		nodetach noauth noccp nodefaultroute debug \
		linkname "pptp-$1"
}

# Both ends have their addresses.
is_up() { # HOST
	[[ $(ip -n "$1" -o addr show type ppp) == *'peer 10.9.0.1'* ]]
}

assert_up() { # HOST
	wait_until 60 is_up "$1" || fail "$1 has no tunnel"
}

assert_carries() { # HOST [PING-OPTION...]
	wait_until 20 in_space "$1" ping -q -c 1 -W 2 "${@:2}" 10.9.0.1 \
		>"$work/ping" 2>&1 || fail "the tunnel of $1 carries nothing"
}

no_calls_of() { # ADDR
	[ "$(sessions proto gre in "$1")" = 0 ]
}

test_two_clients_reach_one_server() {
	masquerade
	setting pptp 1
	pptp_server out1 203.0.113.11
	pptp_client in1 203.0.113.11
	assert_up in1
	pptp_client in2 203.0.113.11
	assert_up in2
	assert_carries in1
	assert_carries in2 -s 3000
	assert_carries in1 -s 3000
	assert_eq 4 "$(sessions proto gre state established)" \
		"directions of two calls"
	kill "${servers[1]}"
	wait_until 30 no_calls_of 192.168.0.2 ||
		fail "the call has ended, its sessions have not"
	assert_carries in2
}

test_a_server_behind_the_gateway() {
	nat map add tcp 203.0.113.1:1723 to 192.168.0.2:1723
	setting pptp 1
	pptp_server in1 192.168.0.2
	pptp_client out1 203.0.113.1
	assert_up out1
	pptp_client out2 203.0.113.1
	assert_up out2
	assert_carries out1
	assert_carries out2
	assert_eq 4 "$(sessions proto gre state established)" \
		"directions of two calls"
}

run_tests "$@"
