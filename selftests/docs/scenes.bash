# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# The hosts that the pages speak of: those of ../lib.sh, with eth0 the outside
# device of the gateway and eth1 (and eth2) the inside ones, and servers.

rename() { # OLD NEW
	ip_batch gw <<-END
		link set $1 down
		link set $1 name $2
		link set $2 up
	END
}

# A web server with one page
web() { # HOST PORT [TEXT]
	local root=$work/www-$1-$2
	mkdir -p "$root"
	printf '%s\n' "${3:-Hello from $1.}" >"$root/index.html"
	serve "web-$1-$2" "$1" busybox httpd -f -p "$2" -h "$root"
	wait_listening "$1" tcp "$2"
}

# One device outside, and a network inside. out1 and out2 have a web server.
scene_home() {
	# As make install leaves it
	mkdir -p /etc/knat
	cp systemd/knat.conf /etc/knat/
	rename wan eth0
	rename lan eth1
	rename lan2 eth2
	web out1 80
	web out2 80
	web in1 80
	serve stun out1 turnserver -n -S --log-file=stdout --simple-log \
		--no-tls --no-dtls --no-cli --pidfile="$work/turnserver.pid" \
		-L 203.0.113.11 -L 203.0.113.12
	wait_listening out1 udp 3479
}

docker_is_up() {
	in_space gw /usr/bin/docker info >/dev/null 2>&1
}

# Docker on the gateway, with an image of busybox
scene_docker() {
	scene_home
	in_space gw sysctl -qw net.ipv4.ip_forward=0
	ln -sf /usr/bin/docker "$work/bin/docker"
	serve dockerd gw dockerd --data-root "$work/docker" --exec-root "$work/docker-run" \
		--pidfile "$work/docker.pid" --storage-driver vfs
	wait_until 120 docker_is_up || diag "dockerd does not start: $(tail -n 20 "$logs/dockerd")"
	mkdir -p "$work/image/bin" "$work/image/www"
	cp "$(command -v busybox)" "$work/image/bin/"
	echo 'Hello from a container.' >"$work/image/www/index.html"
	tar -C "$work/image" -c . | in_space gw /usr/bin/docker import - web >/dev/null
}

# The same with a page of out1 that goes on for ever
scene_clock() {
	scene_home
	mkdir "$work/www-out1-80/cgi-bin"
	printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"\nwhile date; do sleep 1; done\n' \
		>"$work/www-out1-80/cgi-bin/clock"
	chmod +x "$work/www-out1-80/cgi-bin/clock"
}

# Two links, eth0 and eth3, each to a provider: isp1 and isp2. Behind both is
# the host far, 192.0.2.2. Inside are two networks.
scene_office() {
	rename wan eth0
	rename lan eth1
	rename lan2 eth2
	ip_batch <<-END
		netns add isp1
		netns add isp2
		netns add far
		link add eth0 netns isp1 type veth peer name isp1 netns net
		link add eth3 netns gw type veth peer name eth0 netns isp2
		link add core netns far type bridge
		link add eth1 netns isp1 type veth peer name isp1 netns far
		link add eth1 netns isp2 type veth peer name isp2 netns far
	END
	# Their addresses are in the office's pool.
	ip -n net link set out1 down
	ip -n net link set out2 down
	ip -n net link set isp1 master wire up
	ip_batch far <<-END
		link set lo up
		link set isp1 master core up
		link set isp2 master core up
		link set core up
		addr add 192.0.2.2/24 dev core
		route add default via 192.0.2.1
		route add 198.51.100.0/24 via 192.0.2.3
	END
	ip_batch isp1 <<-END
		link set eth0 up
		link set eth1 up
		addr add 203.0.113.254/24 dev eth0
		addr add 192.0.2.1/24 dev eth1
	END
	ip_batch isp2 <<-END
		link set eth0 up
		link set eth1 up
		addr add 198.51.100.1/24 dev eth0
		addr add 192.0.2.3/24 dev eth1
	END
	ip_batch gw <<-END
		link set eth3 up
		addr add 198.51.100.2/24 dev eth3
		route add default via 203.0.113.254
	END
	in_space isp1 sysctl -qw net.ipv4.ip_forward=1
	in_space isp2 sysctl -qw net.ipv4.ip_forward=1
	must capture isp1 isp1 eth0 forbid 192.168.0.0/16
	must capture isp2 isp2 eth0 forbid 192.168.0.0/16
	web far 80
	web in1 25
	web in2 80
}

firewalld_is_up() {
	in_space gw firewall-cmd --state >/dev/null 2>&1
}

# firewalld on the gateway, with the system bus that it needs
scene_firewalld() {
	scene_home
	mkdir -p /run/dbus
	serve dbus gw dbus-daemon --system --nofork --nopidfile
	serve firewalld gw firewalld --nofork --nopid
	wait_until 120 firewalld_is_up || diag "firewalld does not start: $(tail -n 20 "$logs/firewalld")"
}
