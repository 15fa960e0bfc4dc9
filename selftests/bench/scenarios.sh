#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is measured, a function for each scenario. Sourced by guest.

# Variables are shared with guest and rig.sh; numbers need no quotes.
# shellcheck disable=SC2034,SC2154,SC2086

# figure METRIC VALUE: one figure of the scenario, case, number of flows and order at hand
figure()
{
	echo "figure $scenario $case $flow_count $order $1 $2"
}

# prepare CASE SHAPE FLOWS: a gateway without state
prepare()
{
	case=$1 shape=$2 flow_count=$3 order=-
	clear_case
	"case_$case"
	no_generators
	sleep 0.3
}

# phase NAME SPACE COUNT DEV...: sends, and prints what it cost unless packets were lost
phase()
{
	local name=$1

	shift
	send "$@"
	if [ "$lost" != 0 ]; then
		figure "$name.lost" "$lost"
		return
	fi
	[ "$cpu_ns" = 0.0 ] || figure "$name.cpu" "$cpu_ns"
	[ -z "$calm_ns" ] || figure "$name.calm" "$calm_ns"
	figure "$name.wall" "$wall_ns"
	figure "$name.pps" "$pps"
}

# establish: state as an exchange makes it, out, back where the way back is known, out again. The first packets
# are a figure where there are enough of them.
establish()
{
	local slab_before memory_before translated_before

	outward "$flow_count" "$shape" order
	slab_before=$(slab) memory_before=$(memory) translated_before=$(counted sink)
	if [ "$flow_count" -ge 100000 ]; then
		phase setup client "$flows" c
		figure slab_per_flow "$(tenths $(($(slab) - slab_before)) "$flows")"
		settle
		figure memory_per_flow "$(tenths $(($(memory) - memory_before)) "$flows")"
		figure entries "$($entries)"
	else
		send client "$flow_count" c
	fi
	if [ -n "$answers_to" ]; then
		inward "$flow_count" "$shape" order "$answers_to"
		send server "$flows" s
		send client "$flows" c
	fi
	case $case in
	masquerade | flowtable | knat)
		if [ "$(counted sink)" = "$translated_before" ]; then
			say "$case does not translate"
			exit 1
		fi ;;
	esac
}

# forward SHAPE FLOWS "CASES": the main table. Established flows in order and at random, outward and inward, and what
# it costs to make and to remove their state.
forward()
{
	local case_name

	scenario=$1
	for case_name in $3; do
		prepare "$case_name" "$1" "$2"
		establish
		order=order
		phase forward client "$packets" c
		[ -z "$answers_to" ] || phase reverse server "$packets" s
		if [ "$2" -gt 1 ]; then
			order=random
			no_generators
			outward "$2" "$1" random
			phase forward client "$packets" c
		fi
		order=-
		[ "$2" -lt 100000 ] || tear_down
	done
}

# tear_down: CPU time to remove each entry
tear_down()
{
	local count

	count=$($entries)
	[ "$count" -gt 0 ] || return 0
	cpu_of forget
	figure teardown.cpu "$(tenths "$cpu_total" "$count")"
}

# renew FLOWS "CASES": first packets where as many flows were before: of slabs and tables that have their size, which is
# how a gateway works all day
renew()
{
	local case_name

	scenario=renew
	for case_name in $2; do
		prepare "$case_name" sockets "$1"
		outward "$1" sockets order
		send client "$flows" c
		forget
		sleep 0.5
		phase setup client "$flows" c
	done
}

# syn FLOWS "CASES": TCP connections opened, each by a SYN
syn()
{
	local case_name slab_before memory_before

	scenario=syn
	for case_name in $2; do
		prepare "$case_name" sockets "$1"
		syn_on
		outward "$1" sockets order
		slab_before=$(slab) memory_before=$(memory)
		phase setup client "$1" c
		figure slab_per_flow "$(tenths $(($(slab) - slab_before)) "$1")"
		settle
		figure memory_per_flow "$(tenths $(($(memory) - memory_before)) "$1")"
		figure entries "$($entries)"
		opened "$1"
		syn_off
	done
}

# opened COUNT: so many SYNs have come to the server; and knat, which has mappings of UDP without one, has a session for
# each.
opened()
{
	local syns sessions=$1

	syns=$(counted syn)
	[ "$entries" != entries_knat ] || sessions=$(knat_has sessions)
	if [ "$syns" != "$1" ] || [ "$sessions" != "$1" ]; then
		say "$case: $1 connections asked for, $syns SYNs at the server, $sessions sessions"
		exit 1
	fi
}

# pressure: the cost of a new mapping when the pool is nearly full, and of a refusal when it is. The pool has 16
# addresses, some 1,032,192 ports; the new flows are few, and their inside ports new.
pressure()
{
	local share new

	scenario=pressure
	for share in 0 95 99.9 100; do
		pool_used "$share"
		case $share in
		0 | 95)	newcomers 20000 20000 ;;
		100)	newcomers 1000000 0 ;;
		99.9)	# So few fit in that one disturbance is felt: several times, each with the others gone again
			for ((new = 0; new < 9; new++)); do
				newcomers 900 900
				newcomers_gone
			done ;;
		esac
	done
	# What the same few packets cost when nothing has to be made
	for new in 900 20000 1000000; do
		prepare route sockets 1000000
		pool_asked $new
		order=$new
		send client $new c
		figure setup.wall "$wall_ns"
	done
}

# pool_used SHARE: a pool of which that many of 100 ports are used. Sets $have, the number of mappings.
pool_used()
{
	local total=$((16 * 64512)) fill

	prepare route sockets 1000000
	case=knat order=$1
	case_knat_pressure
	fill=$(awk -v t=$total -v s="$1" 'BEGIN { printf "%d", t * s / 100 }')
	if [ "$fill" -gt 0 ]; then
		fill_pool "$fill"
	else
		# As elsewhere it is not the very first mappings that count.
		fill_pool 20000
		forget
	fi
	have=$($entries)
	if [ "$have" != "$fill" ]; then
		say "$fill ports of the pool were to be used, and $have are"
		exit 1
	fi
	figure used "$(awk -v h="$have" -v t=$total 'BEGIN { printf "%.2f", 100 * h / t }')"
}

# Inside hosts that have nothing else, where they are to go again
newcomer=10.1.1.5

# pool_asked COUNT: the client sends what asks for so many new ports
pool_asked()
{
	local client=$client of=1000000

	[ "$1" != 900 ] || client=$newcomer of=1000
	no_generators
	outward $of sockets order c 0 42000
}

# newcomers COUNT NEW: so many ask for a port, and so many are to get one
newcomers()
{
	local new

	pool_asked "$1"
	send client "$1" c
	new=$(($($entries) - have))
	if [ "$new" != "$2" ] || [ "$lost" != $(($1 - $2)) ]; then
		say "$1 new flows with $have ports used: $new mappings where $2 are due, $lost packets lost"
		exit 1
	fi
	figure setup.wall "$wall_ns"
	figure new "$new"
}

newcomers_gone()
{
	local i

	for ((i = 0; i < 8; i++)); do
		echo "map flush in $(address $newcomer $i)"
	done >/run/gone
	natctl -b /run/gone >/dev/null
	if [ "$($entries)" != "$have" ]; then
		say "new mappings of a nearly full pool were not removed"
		exit 1
	fi
}

case_knat_pressure()
{
	entries=entries_knat
	insmod "$KNAT_KO"
	natctl config set udp_timeout 100000 port_rest 0 max_mappings 50000000
	ip -n server route add 100.64.0.0/16 via $wan
	natctl pool add many addr 100.64.0.0/28 ports 1024-65535 pairing arbitrary
	natctl rule add oif gs pool many
}

# fill_pool COUNT: ports below those of newcomers
fill_pool()
{
	outward 1000000 sockets order
	if [ "$1" -le 1000000 ]; then
		send client "$1" c
		return
	fi
	send client 1000000 c
	no_generators
	outward 1000000 sockets order c 0 26000
	send client $(($1 - 1000000)) c
}

# peers: one inside socket that talks to 10,000 servers
peers()
{
	local case_name slab_before

	scenario=peers
	for case_name in $1; do
		prepare "$case_name" servers 10000
		slab_before=$(slab)
		generator client c 0 "dst_mac 02:00:00:00:00:02" "src_min $client" "src_max $client" \
			"dst_min $first_server" "dst_max $(address $first_server 9999)" \
			"udp_src_min $first_port" "udp_src_max $first_port" "udp_dst_min 5000" "udp_dst_max 5000"
		phase setup client 10000 c
		figure slab "$(($(slab) - slab_before))"
		figure entries "$($entries)"
	done
}

# cpus "CASES": one CPU and two, each with flows of its own, established and new. Two that do not get in each other's
# way pay for each packet what one does.
cpus()
{
	local case_name

	scenario=cpus
	for case_name in $1; do
		prepare "$case_name" sockets 100000
		outward 100000 sockets order c@0 0
		phase setup1 client 100000 c@0
		no_generators
		outward 100000 sockets order c@1 1 20000
		send client 100000 c@1
		no_generators
		outward 100000 sockets order c@0 0
		phase one client "$packets" c@0
		outward 100000 sockets order c@1 1 20000
		phase two client "$packets" c@0 c@1
		prepare "$case_name" sockets 100000
		outward 100000 sockets order c@0 0
		outward 100000 sockets order c@1 1 20000
		phase setup2 client 100000 c@0 c@1
	done
}

# growth "CASES" [FLOWS]: flows that are established while a million others come, or so many
growth()
{
	local case_name count=${2:-1000000}

	scenario=growth
	for case_name in $1; do
		prepare "$case_name" sockets "$count"
		outward 1000 sockets order c@1 1 40000
		send client 1000 c@1
		outward "$count" sockets order c@0 0
		send client "$flows" c@0 c@1
		figure grow.lost "$lost"
		figure grow.cpu "$cpu_ns"
		figure entries "$($entries)"
	done
}

# disturb ACTION COMMAND...: while the command runs, established flows send on the other CPU. What they keep of $quiet
# is the figure, and what the slowest stretch of packets does.
disturb()
{
	local action=$1 pid worst=$quiet lost_all=0 stretches=0 time=0

	shift
	(
		cpu_of "$@"
		echo "$wall_total" >/run/managed
	) &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		send client $((packets / 4)) c
		[ "$pps" -ge "$worst" ] || worst=$pps
		stretches=$((stretches + 1))
		time=$((time + 1000000000 / pps))
		lost_all=$((lost_all + lost))
	done
	wait $pid
	figure "$action.kept" "$(tenths $((stretches * 100000000000 / time)) "$quiet")"
	figure "$action.least" "$(tenths $((worst * 100)) "$quiet")"
	figure "$action.lost" "$lost_all"
	figure "$action.ms" "$(awk '{ printf "%d", $1 / 1000000 }' /run/managed)"
}

# Until the mappings that nobody uses have expired
expired()
{
	while [ "$($entries)" -gt 1000 ]; do
		sleep 0.1
	done
}

# manage: what listing, flushing and the expiry of a million mappings cost 1,000 other flows that are established, and
# what the CPUs have in common costs them: a program that fills memory
manage()
{
	local quiet seconds=12 begin

	scenario=manage
	prepare knat sockets 1000000
	natctl config set udp_timeout $seconds
	outward 1000000 sockets order c 1
	begin=$SECONDS
	send client 1000000 c
	no_generators
	outward 1000 sockets order c 1 40000
	send client 1000 c
	send client "$packets" c
	quiet=$pps
	figure quiet.pps "$pps"
	disturb fill dd if=/dev/zero of=/dev/null bs=16M count=400 status=none
	disturb list natctl map list
	# From the second in which the first one may go
	while [ $((SECONDS - begin)) -lt $seconds ]; do
		send client 100000 c
	done
	disturb expire expired
	natctl config set udp_timeout 100000
	no_generators
	outward 1000000 sockets order c 1
	send client 1000000 c
	no_generators
	outward 1000 sockets order c 1 40000
	send client 1000 c
	disturb flush natctl map flush
}

# bulk "CASES": one TCP connection between sockets, with segments of 64 KiB: CPU time of the kernel for each byte
bulk()
{
	local case_name pid

	scenario=bulk
	sinks_off
	for case_name in $1; do
		prepare "$case_name" servers 1
		inside server iperf3 -s -1 >/dev/null 2>&1 &
		pid=$!
		sleep 0.5
		cpu_of eval 'inside client iperf3 -c $first_server -B $client -t 3 -Z -J >/run/iperf3 2>&1'
		wait $pid
		python3 - "$cpu_total" <<-'END' >/run/bulk
			import json, sys
			end = json.load(open('/run/iperf3'))['end']['sum_received']
			print(round(int(sys.argv[1]) / end['bytes'], 3), round(end['bits_per_second'] / 1e9, 2))
		END
		read -r cpu_byte gigabits </run/bulk
		figure bulk.cpu "$cpu_byte"
		figure bulk.gbps "$gigabits"
	done
	sinks_on
}
