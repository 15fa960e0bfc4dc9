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
# addresses, some 1,032,192 ports; the new flows are few, and their inside ports new. Tables of a million mappings are
# in no cache, which has nothing to do with the pool: 6 % are as many mappings as 95 %, of a pool that has got 256
# addresses more.
pressure()
{
	local share new

	scenario=pressure
	for share in 0 6 95 99.9 100; do
		pool_used "$share"
		case $share in
		0 | 95)	newcomers 20000 20000 ;;
		6)	order=6-few
			newcomers_few
			order=6
			newcomers 20000 20000 ;;
		99.9)	newcomers_few ;;
		100)	newcomers 1000000 0 ;;
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
	fill=$(awk -v t=$total -v s="$1" 'BEGIN { printf "%d", t * (s == 6 ? 95 : s) / 100 }')
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
	if [ "$1" = 6 ]; then
		natctl pool set many addr 100.64.0.0/28,100.64.1.0/24
		total=$((total + 256 * 64512))
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

# So few fit in 0.1 % that one disturbance is felt: several times, each with the others gone again.
newcomers_few()
{
	local i

	for ((i = 0; i < 9; i++)); do
		newcomers 900 900
		newcomers_gone
	done
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

# growth "CASES" [FLOWS]: flows that are established while a million others come, or so many; how long a CPU is held
# meanwhile, when all packets are sent again, with nothing new, and when a table as knat's largest is allocated
growth()
{
	local case_name count=${2:-1000000} watch table

	scenario=growth
	for case_name in $1; do
		prepare "$case_name" sockets "$count"
		outward 1000 sockets order c@1 1 40000
		send client 1000 c@1
		outward "$count" sockets order c@0 0
		watch=2
		send client "$flows" c@0 c@1
		figure grow.lost "$lost"
		figure grow.cpu "$cpu_ns"
		figure grow.held "$held_us"
		figure grow.over "$held_over"
		send client "$flows" c@0 c@1
		figure again.held "$held_us"
		figure again.over "$held_over"
		watch=
		table=$(awk '/\[knat\]/ && $2 > most { most = $2 } END { print most }' /proc/vmallocinfo)
		if [ -n "$table" ]; then
			watched 2 "table $table" /proc/hostholds
			figure table.held "$held_us"
			figure table.over "$held_over"
		fi
		figure entries "$($entries)"
	done
}

# watched SECONDS [WORD FILE]: looks for so long how CPUs are held, when the word was written to the file
watched()
{
	echo start >/proc/hostholds
	[ -z "${2:-}" ] || echo "$2" >"$3"
	read -rt "$1" <>/run/never
	echo stop >/proc/hostholds
	held
}

# holds: how long a CPU is held while a million mappings are flushed, or expire, and in as many seconds of nothing
holds()
{
	local orders natctl_pid timeout=8 watch_for=14

	scenario=holds
	prepare knat sockets 1000000
	mkfifo /run/orders
	inside gateway "$NATCTL" -b /run/orders >/dev/null &
	natctl_pid=$!
	exec {orders}>/run/orders
	sleep 2
	watched $watch_for "stats" /run/orders
	figure rest.held "$held_us"
	figure rest.over "$held_over"
	outward 1000000 sockets order
	send client 1000000 c
	settle
	watched $watch_for "map flush" /run/orders
	none_left
	figure flush.held "$held_us"
	figure flush.over "$held_over"
	natctl config set udp_timeout $timeout
	send client 1000000 c
	watched $watch_for
	none_left
	figure expire.held "$held_us"
	figure expire.over "$held_over"
	exec {orders}>&-
	wait $natctl_pid
	rm /run/orders
}

none_left()
{
	[ "$($entries)" = 0 ] || {
		say "after $watch_for seconds there are mappings still"
		exit 1
	}
}

# stream_on: packets of established flows without end, and a second of them. $quiet is their rate then.
stream_on()
{
	local begin end

	inside server bash -c 'echo s >/proc/hostclock'
	before=$(received server s)
	inside client bash -c 'echo "count 0" >/proc/net/pktgen/c; echo start >/proc/net/pktgen/pgctrl' &
	stream=$!
	until [ "$(received server s)" -gt $((before + 10000)) ]; do
		sleep 0.1
	done
	read -r _ begin </proc/hostclock
	sleep 1.5
	read -r _ end </proc/hostclock
	read -r quiet _ < <(rates "$begin" "$end")
}

stream_off()
{
	local sent

	inside client bash -c 'echo stop >/proc/net/pktgen/pgctrl'
	wait $stream
	sent=$(inside client sed -n 's/^Result: OK: .* usec, \([0-9]*\) .*/\1/p' /proc/net/pktgen/c)
	lost=$((sent - ($(received server s) - before)))
	echo >/proc/hostclock
}

# rates BEGIN END: packets a second between two times, and in the slowest tenth of a second between them
rates()
{
	awk -v begin="$1" -v end="$2" '
		$3 < begin || $3 > end { next }
		!first { first = $3; from = $2 }
		{
			last = $3; to = $2; n++; time[n] = $3; packets[n] = $2
			while (time[n] - time[old + 1] >= 1e8) {
				old++
				rate = (packets[n] - packets[old]) / (time[n] - time[old]) * 1e9
				if (!slowest || rate < slowest)
					slowest = rate
			}
		}
		END {
			rate = last > first ? (to - from) / (last - first) * 1e9 : 0
			printf "%d %d\n", rate, slowest ? slowest : rate
		}' /proc/hostsamples
}

# disturb ACTION COMMAND...: while the command runs, established flows send on the other CPU. What they keep of the rate
# that they had right before is the figure, of all the time and of the slowest tenth of a second.
disturb()
{
	local action=$1 begin end rate least quiet before stream

	shift
	stream_on
	read -r _ begin </proc/hostclock
	"$@" >/dev/null
	read -r _ end </proc/hostclock
	stream_off
	read -r rate least < <(rates "$begin" "$end")
	figure "$action.quiet" "$quiet"
	figure "$action.kept" "$(tenths $((rate * 100)) "$quiet")"
	figure "$action.least" "$(tenths $((least * 100)) "$quiet")"
	figure "$action.lost" "$lost"
	figure "$action.ms" "$(((end - begin) / 1000000))"
}

# Until the mappings that nobody uses have expired
expired()
{
	while [ "$($entries)" -gt 1000 ]; do
		sleep 0.2
	done
}

# manage: what listing, flushing and the expiry of a million mappings cost 1,000 other flows that are established; and,
# to compare, what two seconds of nothing do, and what the CPUs have in common: a program that fills memory
manage()
{
	local seconds=10 begin

	scenario=manage
	prepare knat sockets 1000000
	million_and_others
	disturb rest sleep 2
	disturb fill dd if=/dev/zero of=/dev/null bs=16M count=400 status=none
	disturb list natctl map list
	disturb flush natctl map flush
	natctl config set udp_timeout $seconds
	begin=$SECONDS
	million_and_others
	# The second of the stream before is over when the first one may go.
	while [ $((SECONDS - begin)) -lt $((seconds - 2)) ]; do
		send client 10000 c
	done
	disturb expire expired
}

# A million mappings, and a thousand others whose packets are to come
million_and_others()
{
	no_generators
	outward 1000000 sockets order c 1
	send client 1000000 c
	no_generators
	outward 1000 sockets order c 1 40000
	send client 1000 c
	if [ "$($entries)" != 1001000 ]; then
		say "a million and a thousand mappings were to be there"
		exit 1
	fi
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

# tables ENTRIES: hash tables by themselves, without packets
tables()
{
	local told kind what value

	scenario=tables flow_count=$1 order=-
	insmod "$TABLES/tables.ko" "entries=$1"
	told=$(cat /proc/tables) || {
		say "a hash table does not find what it has, or is out of memory"
		exit 1
	}
	while read -r kind what value; do
		case=$kind
		figure "$what" "$value"
	done <<<"$told"
	rmmod tables
}
