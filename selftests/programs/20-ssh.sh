#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# ssh through the gateway, to a host behind it, and to the gateway itself.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

keys=$work/keys
mkdir -m 700 "$keys"
ssh-keygen -q -t ed25519 -N '' -f "$keys/host"
ssh-keygen -q -t ed25519 -N '' -f "$keys/user"
cp "$keys/user.pub" "$keys/authorized"
printf '* %s\n' "$(cut -d ' ' -f 1,2 "$keys/host.pub")" >"$keys/known"
# The directory that sshd separates its privileges in.
mkdir -p /run/sshd

# With that SHLVL a shell leaves the .bashrc of this machine's root alone.
ssh_server() { # HOST PORT
	serve "sshd-$1" "$1" /usr/sbin/sshd -D -e -f /dev/null -p "$2" \
		-h "$keys/host" -o "AuthorizedKeysFile=$keys/authorized" \
		-o SetEnv=SHLVL=2 -o StrictModes=no -o UsePAM=yes -o PidFile=none \
		-o PermitRootLogin=prohibit-password \
		-o Subsystem='sftp internal-sftp'
	wait_listening "$1" tcp "$2"
}

ssh_options=(-F none -i "$keys/user" -o IdentitiesOnly=yes -o BatchMode=yes
	-o "UserKnownHostsFile=$keys/known" -o StrictHostKeyChecking=yes
	-o ConnectTimeout=20 -o LogLevel=ERROR)

# A shell on another host says what it sees of the connection, which has ended
# then: a late word of it would meet the gateway of the next test.
log_in() { # HOST ADDR PORT
	client "$1" ssh "${ssh_options[@]}" -p "$3" "root@$2" \
		'echo "$SSH_CONNECTION"'
	output=${output##*$'\n'}
	wait_until 20 hung_up "$1" || fail "the connection of $1 does not end"
}

hung_up() { # HOST
	[ -z "$(in_space "$1" ss -Htn state established state fin-wait-1 \
		state fin-wait-2 state closing state last-ack)" ]
}

test_a_login_from_inside_comes_from_the_gateway() {
	masquerade
	ssh_server out1 22
	log_in in1 203.0.113.11 22
	assert_like '203.0.113.1 * 203.0.113.11 22' "$output" "connection"
}

test_a_login_from_outside_reaches_the_forwarded_host() {
	masquerade
	nat map add tcp 203.0.113.1:2222 to 192.168.0.2:22
	ssh_server in1 22
	log_in out1 203.0.113.1 2222
	assert_like '203.0.113.1[12] * 192.168.0.2 22' "$output" "connection"
}

test_a_login_from_outside_reaches_the_gateway_itself() {
	masquerade
	ssh_server gw 22
	log_in out1 203.0.113.1 22
	assert_like '203.0.113.1[12] * 203.0.113.1 22' "$output" "connection"
}

test_a_login_from_the_gateway_reaches_the_outside() {
	masquerade
	ssh_server out1 22
	log_in gw 203.0.113.11 22
	assert_like '203.0.113.1 * 203.0.113.11 22' "$output" "connection"
}

test_a_login_from_inside_reaches_the_gateways_outside_address() {
	masquerade
	ssh_server gw 22
	log_in in1 203.0.113.1 22
	assert_like '* 203.0.113.1 22' "$output" "connection"
}

test_logins_to_and_from_a_one_to_one_host() {
	nat map add 203.0.113.1 to 192.168.0.2
	ssh_server in1 22
	log_in out1 203.0.113.1 22
	assert_like '203.0.113.1[12] * 192.168.0.2 22' "$output" "connection"
	ssh_server out1 22
	log_in in1 203.0.113.11 22
	assert_like '203.0.113.1 * 203.0.113.11 22' "$output" "connection"
}

test_sftp_carries_a_file_out_and_back_unchanged() {
	masquerade
	ssh_server out1 22
	head -c 2000000 /dev/urandom >"$work/file"
	client in1 sftp "${ssh_options[@]}" -P 22 -b - root@203.0.113.11 <<-END
		put $work/file $work/there
		get $work/there $work/back
	END
	cmp "$work/file" "$work/there" || fail "the file has changed on its way"
	cmp "$work/file" "$work/back" || fail "the file has changed on its way back"
}

test_a_tunnel_carries_a_forwarded_port_home() {
	masquerade
	ssh_server out1 22
	serve echo in1 "$PEER" echo tcp 192.168.0.2:7
	wait_listening in1 tcp 7
	serve tunnel in1 ssh "${ssh_options[@]}" -N -o ExitOnForwardFailure=yes \
		-R 7000:192.168.0.2:7 root@203.0.113.11
	wait_listening out1 tcp 7000
	client out1 "$PEER" ask tcp 127.0.0.1:7000 "through the tunnel"
	assert_eq "through the tunnel" "$output" "echo"
}

run_tests "$@"
