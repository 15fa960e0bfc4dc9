#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# curl and a web server: outbound, port forwards, hairpin, the gateway's own.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

# A web server whose pages say where they come from.
web() { # HOST PORT
	local root=$work/www-$1
	mkdir -p "$root/cgi-bin"
	echo "a page of $1" >"$root/index.html"
	# What a client uploads comes back as its checksum.
	printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"\nexec sha256sum\n' \
		>"$root/cgi-bin/sum"
	chmod +x "$root/cgi-bin/sum"
	serve "web-$1" "$1" busybox httpd -f -vv -p "$2" -h "$root"
	wait_listening "$1" tcp "$2"
}

fetch() { # HOST URL [OPTION...]
	client "$1" curl -sS --fail --max-time 30 "${@:3}" "http://$2"
}

test_a_page_is_fetched_and_the_server_sees_the_gateway() {
	masquerade
	web out1 80
	fetch in1 203.0.113.11/
	assert_eq "a page of out1" "$output" "page that in1 gets"
	wait_log web-out1 '203\.0\.113\.1\]?:'
	assert_eq 0 "$(log_lines web-out1 '192\.168\.')" "inside addresses there"
}

test_two_hosts_fetch_a_hundred_pages_at_the_same_time() {
	local pages
	masquerade
	web out1 80
	# The URL stands for 50 requests, 10 at a time, on connections of their own.
	in_space in1 timeout 60 curl --no-progress-meter --fail --parallel --parallel-max 10 \
		--no-keepalive -H 'Connection: close' \
		'http://203.0.113.11/?[1-50]' >"$work/pages-in1" 2>&1 &
	in_space in2 timeout 60 curl --no-progress-meter --fail --parallel --parallel-max 10 \
		--no-keepalive -H 'Connection: close' \
		'http://203.0.113.11/?[1-50]' >"$work/pages-in2" 2>&1
	wait $!
	for pages in "$work"/pages-in[12]; do
		assert_eq 50 "$(grep -c '^a page of out1$' "$pages")" \
			"pages in $pages: $(grep -v '^a page' "$pages" | head -n 5)"
	done
}

test_a_file_arrives_unchanged_in_both_directions() {
	local sum
	masquerade
	web out1 80
	head -c 3000000 /dev/urandom >"$work/www-out1/file"
	sum=$(sha256sum <"$work/www-out1/file")
	fetch in1 203.0.113.11/file -o "$work/copy"
	assert_eq "$sum" "$(sha256sum <"$work/copy")" "file that in1 gets"
	fetch in1 203.0.113.11/cgi-bin/sum --data-binary "@$work/copy"
	assert_eq "$sum" "$output" "file that out1 gets"
}

test_a_port_forward_reaches_the_inside_server() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	web in1 80
	fetch out1 203.0.113.1:8000/
	assert_eq "a page of in1" "$output" "page that out1 gets"
	wait_log web-in1 '203\.0\.113\.11\]?:'
}

test_a_port_forward_on_a_device_follows_its_address() {
	masquerade
	nat map add tcp dev wan:8000 to 192.168.0.2:8000
	web in1 8000
	fetch out1 203.0.113.1:8000/
	assert_eq "a page of in1" "$output" "page at the old address"
	ip -n gw addr del 203.0.113.1/24 dev wan
	ip -n gw addr add 203.0.113.99/24 dev wan
	wait_until 10 fetch_quietly out1 203.0.113.99:8000/ ||
		fail "nothing at the new address"
	ip -n gw addr del 203.0.113.99/24 dev wan
	ip -n gw addr add 203.0.113.1/24 dev wan
	wait_until 10 fetch_quietly out1 203.0.113.1:8000/ ||
		fail "nothing at the address that came back"
}

fetch_quietly() { # HOST URL
	in_space "$1" curl -s --fail --max-time 2 "http://$2" >/dev/null
}

test_a_range_of_ports_is_forwarded_port_by_port() {
	masquerade
	nat map add tcp 203.0.113.1:8000-8009 to 192.168.0.2:9000-9009
	web in1 9003
	fetch out2 203.0.113.1:8003/
	assert_eq "a page of in1" "$output" "page behind the fourth port"
	client_fails out2 curl -sS --max-time 3 http://203.0.113.1:8004/
}

test_inside_hosts_reach_the_forward_by_its_public_address() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	web in1 80
	fetch in2 203.0.113.1:8000/
	assert_eq "a page of in1" "$output" "page that in2 gets"
	fetch in3 203.0.113.1:8000/
	assert_eq "a page of in1" "$output" "page that in3 gets"
	fetch in1 203.0.113.1:8000/
	assert_eq "a page of in1" "$output" "page that in1 gets from itself"
	wait_until 10 three_visits || fail "the server does not see 203.0.113.1 three times"
}

three_visits() {
	[ "$(log_lines web-in1 '203\.0\.113\.1\]?:.*url')" = 3 ]
}

test_the_servers_and_clients_of_the_gateway_keep_working() {
	masquerade
	web gw 80
	web out1 80
	fetch out1 203.0.113.1/
	assert_eq "a page of gw" "$output" "page that out1 gets"
	fetch in1 192.168.0.1/
	assert_eq "a page of gw" "$output" "page that in1 gets"
	fetch in1 203.0.113.1/
	assert_eq "a page of gw" "$output" "page at the outside address"
	fetch gw 203.0.113.11/
	assert_eq "a page of out1" "$output" "page that the gateway gets"
}

test_a_stateful_firewall_lets_both_directions_pass() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	in_space gw nft -f - <<-END || fail "nft fails"
		table ip filter {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state established,related accept
				iifname "lan" oifname "wan" accept
				ct state new ip daddr 192.168.0.2 tcp dport 80 accept
			}
		}
	END
	web out1 80
	web in1 80
	fetch in2 203.0.113.11/
	fetch out2 203.0.113.1:8000/
	nat map add tcp 203.0.113.1:8001 to 192.168.0.3:80
	client_fails out2 curl -sS --max-time 3 http://203.0.113.1:8001/
	in_space gw nft flush ruleset
}

run_tests "$@"
