#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# A TLS echo with openssl, through the gateway in both directions.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-days 2 -subj /CN=www.example.net -keyout "$work/key.pem" \
	-out "$work/certificate.pem" 2>/dev/null || bail "openssl makes no key"

# Sends every line back, reversed.
tls_server() { # HOST PORT
	serve "tls-$1" "$1" openssl s_server -quiet -rev -accept "$2" \
		-key "$work/key.pem" -cert "$work/certificate.pem"
	wait_listening "$1" tcp "$2"
}

tls_talk() { # HOST ADDR:PORT [OPTION...]
	client "$1" openssl s_client -quiet -verify_return_error \
		-verify_quiet -verify_hostname www.example.net \
		-CAfile "$work/certificate.pem" -connect "$2" "${@:3}" \
		<<<$'knat\nCLOSE'
	assert_like '*tank*' "$output" "line that comes back"
}

test_tls_1_3_outwards() {
	masquerade
	tls_server out1 443
	tls_talk in1 203.0.113.11:443 -tls1_3
}

test_tls_1_2_outwards() {
	masquerade
	tls_server out1 443
	tls_talk in1 203.0.113.11:443 -tls1_2
}

test_tls_inwards_through_a_port_forward() {
	masquerade
	nat map add tcp 203.0.113.1:443 to 192.168.0.2:8443
	tls_server in1 8443
	tls_talk out1 203.0.113.1:443
}

test_tls_to_and_from_a_one_to_one_host() {
	nat map add 203.0.113.1 to 192.168.0.2
	tls_server in1 443
	tls_talk out1 203.0.113.1:443
	tls_server out1 443
	tls_talk in1 203.0.113.11:443
}

test_tls_by_hairpin() {
	masquerade
	nat map add tcp 203.0.113.1:443 to 192.168.0.2:8443
	tls_server in1 8443
	tls_talk in2 203.0.113.1:443
}

test_dtls_outwards() {
	masquerade
	# It ends at the end of its input, so that never comes.
	mkfifo "$work/input"
	serve dtls out1 "$BASH" -c "exec openssl s_server -dtls -quiet \
		-accept 4433 -mtu 1400 -key $work/key.pem \
		-cert $work/certificate.pem <>$work/input"
	wait_listening out1 udp 4433
	client in1 openssl s_client -dtls -quiet -verify_return_error \
		-verify_quiet -CAfile "$work/certificate.pem" -no_ign_eof \
		-connect 203.0.113.11:4433 <<<'datagrams too'
	wait_log dtls 'datagrams too'
}

run_tests "$@"
