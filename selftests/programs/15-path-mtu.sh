#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# Files through a path that is narrower than both ends: the routers' errors
# reach the sender, whichever side it is on.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=daemons.bash
. "$(dirname "$0")/daemons.bash"

rebuild_for_each=1

build_more() {
	build_isp
}

root=$work/www
mkdir -p "$root/cgi-bin"
head -c 300000 /dev/urandom >"$root/file"
sum=$(sha256sum <"$root/file")
printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"\nexec sha256sum\n' \
	>"$root/cgi-bin/sum"
chmod +x "$root/cgi-bin/sum"

web() { # HOST
	serve "web-$1" "$1" busybox httpd -f -p 80 -h "$root"
	wait_listening "$1" tcp 80
}

download() { # HOST ADDR:PORT
	client "$1" curl -sS --fail --max-time 30 -o "$work/copy" "http://$2/file"
	assert_eq "$sum" "$(sha256sum <"$work/copy")" "file that $1 gets"
}

upload() { # HOST ADDR:PORT
	client "$1" curl -sS --fail --max-time 30 --data-binary "@$root/file" \
		"http://$2/cgi-bin/sum"
	assert_eq "$sum" "$output" "file that $2 gets"
}

path_mtu() { # HOST ADDR
	in_space "$1" ip route get "$2" | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
}

# The router outside has a narrow link to far.
narrow_outside() {
	ip -n isp link set far mtu 1300
}

test_an_inside_client_learns_of_a_narrow_link_outside() {
	masquerade
	narrow_outside
	web far
	upload in1 192.0.2.2:80
	assert_eq 1300 "$(path_mtu in1 192.0.2.2)" "path MTU at in1"
}

test_an_inside_server_learns_of_a_narrow_link_outside() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	narrow_outside
	web in1
	download far 203.0.113.1:8000
	assert_eq 1300 "$(path_mtu in1 192.0.2.2)" "path MTU at in1"
}

test_a_one_to_one_server_learns_of_a_narrow_link_outside() {
	nat map add 203.0.113.1 to 192.168.0.2
	narrow_outside
	web in1
	download far 203.0.113.1:80
	assert_eq 1300 "$(path_mtu in1 192.0.2.2)" "path MTU at in1"
}

# The gateway's own error, about a packet that it has already translated.
test_an_outside_client_learns_of_a_narrow_link_inside() {
	masquerade
	nat map add tcp 203.0.113.1:8000 to 192.168.0.2:80
	ip -n gw link set lan mtu 1300
	web in1
	upload far 203.0.113.1:8000
	assert_eq 1300 "$(path_mtu far 203.0.113.1)" "path MTU at far"
}

test_an_outside_server_learns_of_a_narrow_link_inside() {
	masquerade
	ip -n gw link set lan mtu 1300
	web far
	download in1 192.0.2.2:80
	assert_eq 1300 "$(path_mtu far 203.0.113.1)" "path MTU at far"
}

# A router that says nothing.
silence() { # HOST
	in_space "$1" nft -f - <<-END || fail "nft fails"
		table ip filter {
			chain output {
				type filter hook output priority filter;
				icmp type destination-unreachable drop
			}
		}
	END
}

test_a_clamped_segment_size_helps_where_errors_do_not_arrive() {
	masquerade
	narrow_outside
	silence isp
	web far
	client_fails in1 curl -sS --max-time 3 --data-binary "@$root/file" \
		http://192.0.2.2/cgi-bin/sum
	nat rule add prio 10 oif wan proto tcp masquerade mss-clamp 1200
	upload in1 192.0.2.2:80
}

test_segments_are_clamped_to_the_path_mtu_of_the_gateway() {
	masquerade mss-clamp pmtu
	ip -n gw link set wan mtu 1300
	silence gw
	web far
	upload in1 192.0.2.2:80
	download in1 192.0.2.2:80
}

run_tests "$@"
