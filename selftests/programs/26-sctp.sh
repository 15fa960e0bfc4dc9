#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# SCTP associations of the kernel through the gateway.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"
# shellcheck source=../lib-sctp.sh
. "$(dirname "$0")/../lib-sctp.sh"

# sctp.py server ADDR PORT: takes one association after the other, says whom it
# came from, and sends back what comes.
# sctp.py client ADDR PORT REMOTE REMOTE-PORT BYTES: sends and compares.
cat >"$work/sctp.py" <<'END'
import socket, sys, threading

def sctp(addr, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((addr, int(port)))
    return s

def echo(c):
    while data := c.recv(65536):
        c.sendall(data)
    c.close()

s = sctp(sys.argv[2], sys.argv[3])
if sys.argv[1] == "server":
    s.listen(8)
    print("listening", flush=True)
    while True:
        c, peer = s.accept()
        print("from %s:%d" % peer, flush=True)
        threading.Thread(target=echo, args=(c,), daemon=True).start()
s.settimeout(30)
s.connect((sys.argv[4], int(sys.argv[5])))
want = bytes(i * 7 & 255 for i in range(1000)) * (int(sys.argv[6]) // 1000)
def send():
    for i in range(0, len(want), 5000):
        s.sendall(want[i:i + 5000])
threading.Thread(target=send).start()
got = b""
while len(got) < len(want):
    data = s.recv(65536)
    if not data:
        sys.exit("the association ended after %d bytes" % len(got))
    got += data
if got != want:
    sys.exit("other bytes came back than went")
print("%d bytes" % len(got), flush=True)
if len(sys.argv) > 7:
    sys.stdin.readline()
s.close()
END

sctp_server() { # HOST ADDR PORT
	modprobe sctp 2>/dev/null
	serve "sctp-$1" "$1" python3 "$work/sctp.py" server "$2" "$3"
	wait_log "sctp-$1" listening
}

sctp_client() { # HOST ADDR PORT REMOTE PORT BYTES
	client "$1" python3 "$work/sctp.py" client "${@:2}"
	assert_eq "$6 bytes" "$output" "what came back to $1"
}

test_an_association_carries_data_both_ways_and_ends() {
	masquerade
	sctp_server out1 203.0.113.11 5000
	sctp_client in1 192.168.0.2 6000 203.0.113.11 5000 300000
	wait_log sctp-out1 '^from 203\.0\.113\.1:[0-9]+$'
	! log_has sctp-out1 '^from 203\.0\.113\.1:6000$' ||
		fail "the port was not translated"
	assert_eq 1 "$(sessions proto sctp state closing)" "sessions that ended"
}

# lksctp-tools: a socket of many associations, messages up to 32 KB
test_lksctp_tools_send_messages_of_all_sizes() {
	modprobe sctp 2>/dev/null
	masquerade
	serve lksctp out1 stdbuf -oL sctp_test -H 203.0.113.11 -P 5100 -l
	wait_log lksctp 'Receiving packets'
	client in1 sctp_test -H 192.168.0.2 -P 6100 -h 203.0.113.11 -p 5100 \
		-s -c 4 -x 2 -o 1
	client in2 sctp_test -H 192.168.0.3 -P 6100 -h 203.0.113.11 -p 5100 \
		-s -c 4 -x 2 -o 1
	wait_until 30 all_heard || fail "messages are missing"
	assert_eq 2 "$(sessions proto sctp state closing)" "sessions that ended"
}

# Both associations came and ended, with all they had to say: the greater part of it is of known size.
all_heard() {
	[ "$(log_lines lksctp COMMUNICATION_UP)" = 2 ] &&
		[ "$(log_lines lksctp SHUTDOWN_COMPLETE)" = 2 ] &&
		(($(sctp_bytes "$logs/lksctp") >= 4 * 113768))
}

test_two_hosts_with_one_port_reach_one_server() {
	masquerade
	sctp_server out1 203.0.113.11 5000
	sctp_client in1 192.168.0.2 6000 203.0.113.11 5000 10000
	sctp_client in2 192.168.0.3 6000 203.0.113.11 5000 10000
	sctp_client in1 192.168.0.2 6001 203.0.113.11 5000 10000
	assert_eq 3 "$(log_lines sctp-out1 '^from 203\.0\.113\.1:')" \
		"associations at the server"
}

test_checksums_are_right_with_and_without_offload() {
	local device
	masquerade
	sctp_server out1 203.0.113.11 5000
	for device in in1/eth0 gw/lan gw/port1 gw/wan out1/eth0; do
		in_space "${device%/*}" ethtool -K "${device#*/}" \
			tx off tso off gso off sg off >"$work/ethtool" 2>&1
	done
	sctp_client in1 192.168.0.2 6000 203.0.113.11 5000 300000
	for device in in1/eth0 gw/lan gw/port1 gw/wan out1/eth0; do
		in_space "${device%/*}" ethtool -K "${device#*/}" \
			tx on sg on tso on gso on >"$work/ethtool" 2>&1
	done
	sctp_client in1 192.168.0.2 6001 203.0.113.11 5000 300000
}

test_a_server_inside_is_reached_from_outside_and_inside() {
	masquerade
	nat map add sctp 203.0.113.1:5000 to 192.168.0.2:5001
	sctp_server in1 192.168.0.2 5001
	sctp_client out1 203.0.113.11 7000 203.0.113.1 5000 10000
	wait_log sctp-in1 '^from 203\.0\.113\.11:7000$'
	sctp_client in2 192.168.0.3 7000 203.0.113.1 5000 10000
	wait_log sctp-in1 '^from 203\.0\.113\.1:'
}

run_tests "$@"
