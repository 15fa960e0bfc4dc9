#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The rig of the benchmarks: three network namespaces, packets made in the kernel, and what a packet costs.
# Sourced by guest, inside a kernel of its own.
#
#    client                    gateway                    server
#    10.1.0.0/16 -- c 10.0.0.2 -- gc 10.0.0.1, gs 198.18.0.1 -- s 198.18.0.2 -- 198.19.0.0/16
#                                 pool 100.64.0.0/16
#
# pktgen sends 64-byte UDP packets at one end; the other end counts and drops them as they come in. All of a packet's
# way is on the CPU of the pktgen thread. What the harness itself costs is the floor, the case "l2fwd".
#
# Flows differ by source port and by address. Shape "servers": one client, many servers. Shape "sockets": many
# clients, one server: every flow is an inside socket of its own. Ports walk from 10000 in pseudorandom steps of
# the pair (port, address), see flows; order "random" draws each packet's flow at random (RFC 4814 section 4).

# shellcheck disable=SC2034	# what the scenarios use

wan=198.18.0.1
client=10.1.0.5
first_port=10000
first_server=198.19.0.1

inside()
{
	local space=$1

	shift
	nsenter --net="/run/netns/$space" "$@"
}

say()
{
	echo "bench: $*" >&2
}

# nft_in SPACE: rules from stdin. Without them something else would be measured.
nft_in()
{
	inside "$1" nft -f - || {
		say "nft refuses the rules of the $1"
		exit 1
	}
}

### The topology

rig_up()
{
	local space

	for space in client gateway server; do
		ip netns add "$space"
		inside "$space" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
		ip -n "$space" link set lo up
	done
	ip link add c netns client address 02:00:00:00:00:01 type veth peer name gc netns gateway address 02:00:00:00:00:02
	ip link add s netns server address 02:00:00:00:00:04 type veth peer name gs netns gateway address 02:00:00:00:00:03
	ip -n client addr add 10.0.0.2/24 dev c
	ip -n gateway addr add 10.0.0.1/24 dev gc
	ip -n gateway addr add $wan/24 dev gs
	ip -n server addr add 198.18.0.2/24 dev s
	ip -n client link set c up
	ip -n gateway link set gc up
	ip -n gateway link set gs up
	ip -n server link set s up
	# Programs need addresses of their own; pktgen does not.
	ip -n client addr add $client/32 dev lo
	ip -n server addr add $first_server/32 dev lo
	ip -n client route add default via 10.0.0.1
	ip -n server route add default via $wan
	ip -n gateway route add 10.1.0.0/16 via 10.0.0.2
	ip -n gateway route add 198.19.0.0/16 via 198.18.0.2
	# No ARP between the packets
	ip -n client neigh replace 10.0.0.1 lladdr 02:00:00:00:00:02 dev c nud permanent
	ip -n gateway neigh replace 10.0.0.2 lladdr 02:00:00:00:00:01 dev gc nud permanent
	ip -n gateway neigh replace 198.18.0.2 lladdr 02:00:00:00:00:04 dev gs nud permanent
	ip -n server neigh replace $wan lladdr 02:00:00:00:00:03 dev s nud permanent
	inside gateway sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv4.conf.gc.rp_filter=0 net.ipv4.conf.gs.rp_filter=0
	sysctl -qw net.core.netdev_max_backlog=1000000
	# What nobody writes to, to wait for without a program
	mkfifo /run/never
	sinks_on
}

# Both ends drop what arrives, and the server's counts what was translated, that is, has no source of 10/8.
sinks_on()
{
	nft_in server <<-END
		table netdev sink {
			chain in { type filter hook ingress device s priority 0; policy drop
				ip saddr != 10.0.0.0/8 counter
			}
		}
	END
	nft_in client <<-END
		table netdev sink {
			chain in { type filter hook ingress device c priority 0; policy drop; }
		}
	END
}

sinks_off()
{
	inside server nft delete table netdev sink
	inside client nft delete table netdev sink
}

# What comes to the gateway as UDP becomes TCP SYNs on its way in: pktgen has no TCP, and Linux 7.3 lets rules change a
# protocol there only. Their checksum is wrong; nobody looks. The server counts those that arrive.
syn_on()
{
	inside gateway sysctl -qw net.netfilter.nf_conntrack_checksum=0
	# nft 1.0.6 knows no names of protocols there.
	nft_in gateway <<-END
		table netdev syn {
			chain in { type filter hook ingress device gc priority -500
				ip protocol udp @th,96,16 set 0x5002 ip protocol set 6
			}
		}
	END
	nft_in server <<-END
		table netdev syn {
			chain in { type filter hook ingress device s priority -500
				tcp flags & (fin | syn | rst | ack) == syn counter
			}
		}
	END
}

syn_off()
{
	inside gateway nft delete table netdev syn
	inside server nft delete table netdev syn
}

### Flows: how many ports times how many addresses. The two have no common divisor, so that stepping both with
### each packet visits every pair once. $flows says how many there are: of ten million some more.

flows()
{
	case $1 in
	1)		ports=1 hosts=1 ;;
	1000)		ports=125 hosts=8 ;;
	10000)		ports=625 hosts=16 ;;
	100000)		ports=3125 hosts=32 ;;
	1000000)	ports=15625 hosts=64 ;;
	10000000)	ports=15625 hosts=641 ;;
	*)		say "no way to make $1 flows"; exit 1 ;;
	esac
	flows=$((ports * hosts))
}

# address FIRST NUMBER: the address NUMBER after FIRST
address()
{
	local a b c d word

	IFS=. read -r a b c d <<<"$1"
	word=$(((a << 24 | b << 16 | c << 8 | d) + $2))
	echo "$((word >> 24)).$((word >> 16 & 255)).$((word >> 8 & 255)).$((word & 255))"
}

# pktgen's files are those of the namespace; all its senders start together.
# generator SPACE DEV CPU WORD...: one sender; the words are pktgen's commands, separated by commas
generator()
{
	local space=$1 dev=$2 cpu=$3

	shift 3
	inside "$space" bash -s "$dev" "$cpu" "$@" <<-'END'
		dev=$1 cpu=$2
		shift 2
		command() { echo "$2" >"/proc/net/pktgen/$1" || echo "bench: pktgen $1 does not take: $2" >&2; }
		command "kpktgend_$cpu" "add_device $dev"
		for word in "clone_skb 0" "pkt_size 60" "delay 0" "count 0" "flag NO_TIMESTAMP" "flag UDPCSUM" "$@"; do
			command "$dev" "$word"
		done
		# Packets that the stack owns (Linux 6.7); shared ones would be copied on their way.
		echo "flag !SHARED" >"/proc/net/pktgen/$dev" 2>/dev/null
	END
}

no_generators()
{
	local space

	for space in client server; do
		inside "$space" bash -c 'for thread in /proc/net/pktgen/kpktgend_*; do echo rem_device_all >"$thread"; done'
	done
}

# outward FLOWS SHAPE ORDER [DEV CPU [FIRST-PORT]]: the client sends
outward()
{
	local dev=${4:-c} cpu=${5:-0} low=${6:-$first_port} last_client=$client last_server=$first_server words=()

	flows "$1"
	case $2 in
	servers)	last_server=$(address $first_server $((hosts - 1))) ;;
	sockets)	last_client=$(address $client $((hosts - 1))) ;;
	esac
	if [ "$3" = random ]; then
		words=("flag UDPSRC_RND" "flag IPSRC_RND" "flag IPDST_RND")
	fi
	generator client "$dev" "$cpu" "dst_mac 02:00:00:00:00:02" "src_min $client" "src_max $last_client" \
		"dst_min $first_server" "dst_max $last_server" "udp_src_min $low" "udp_src_max $((low + ports))" \
		"udp_dst_min 5000" "udp_dst_max 5000" "${words[@]}"
}

# inward FLOWS SHAPE ORDER FIRST-ADDRESS [CPU]: the server answers to FIRST-ADDRESS, and in shape "sockets" to those
# after it
inward()
{
	local last_client=$4 last_server=$first_server words=()

	flows "$1"
	case $2 in
	servers)	last_server=$(address $first_server $((hosts - 1))) ;;
	sockets)	last_client=$(address "$4" $((hosts - 1))) ;;
	esac
	if [ "$3" = random ]; then
		words=("flag UDPDST_RND" "flag IPSRC_RND" "flag IPDST_RND")
	fi
	generator server s "${5:-0}" "dst_mac 02:00:00:00:00:03" "dst_min $4" "dst_max $last_client" \
		"src_min $first_server" "src_max $last_server" "udp_dst_min $first_port" \
		"udp_dst_max $((first_port + ports))" "udp_src_min 5000" "udp_src_max 5000" "${words[@]}"
}

### Sending and measuring

received()
{
	inside "$1" cat /proc/net/dev | awk -v "dev=$2:" '$1 == dev { print $3 }'
}

# counted TABLE: what the server's rule in it has counted
counted()
{
	inside server nft list table netdev "$1" | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'
}

# send SPACE COUNT DEV...: COUNT packets from each of the devices. Sets
#   cpu_ns   CPU time of the kernel for each packet
#   calm_ns  the same in those stretches of a jiffy or two that were disturbed least: nine of ten cost more. What else
#            goes on in a machine, caches and the other threads of a core included, only adds to what a packet costs
#   wall_ns  time for each packet
#   pps      packets in a second
#   lost     how many did not arrive
#   span     from when to when, by the host's monotonic clock
# and, where $watch says for how many seconds more to look, held_us and held_over of the time, see held. No program is
# started then: that alone holds a CPU for milliseconds.
send()
{
	local space=$1 count=$2 to=server dev=s before after clocks ns=0 packets=0 result

	shift 2
	[ "$space" = client ] || to=client dev=c
	before=$(received $to $dev)
	inside $to bash -c "echo $dev >/proc/hostclock" 2>/dev/null
	# In the one shell: between the readings of the clock there are no programs to be started.
	clocks=$(inside "$space" bash -s "${watch:-}" "$count" "$@" <<-'END'
		watch=$1 count=$2
		shift 2
		for dev; do
			echo "count $count" >"/proc/net/pktgen/$dev"
		done
		[ -z "$watch" ] || echo start >/proc/hostholds
		read -r cpu wall 2>/dev/null </proc/hostclock
		echo start >/proc/net/pktgen/pgctrl
		read -r cpu_end wall_end 2>/dev/null </proc/hostclock
		if [ -n "$watch" ]; then
			read -rt "$watch" <>/run/never
			echo stop >/proc/hostholds
		fi
		echo "$((cpu_end - cpu)) $wall $wall_end"
		for dev; do
			sed -n 's/^Result: OK: \([0-9]*\)(.*/\1/p' "/proc/net/pktgen/$dev"
		done
	END
	)
	for result in $(tail -n +2 <<<"$clocks"); do
		packets=$((packets + count))
		((result * 1000 <= ns)) || ns=$((result * 1000))
	done
	after=$(received $to $dev)
	echo 2>/dev/null >/proc/hostclock
	calm_ns=$(calm 2>/dev/null </proc/hostsamples)
	if [ "$packets" = 0 ]; then
		say "pktgen sent nothing"
		packets=1
	fi
	read -r cpu_ns span <<<"$clocks"
	cpu_ns=$(tenths "$cpu_ns" "$packets")
	wall_ns=$(tenths "$ns" "$packets")
	pps=$((packets * 1000000000 / (ns + 1)))
	lost=$((packets - (after - before)))
	[ -z "${watch:-}" ] || held
}

# What /proc/hostholds has seen: held_us, for how long a CPU was held at most, and held_over, how often for over 1 ms
held()
{
	local worst

	read -r worst held_over _ </proc/hostholds
	held_us=$((worst / 1000))
}

# The samples on stdin: what a packet cost in the tenth of all intervals that were cheapest, at most; nothing if there
# were few. The first and the last interval are those of starting and stopping.
calm()
{
	awk 'NR > 1 && $2 - packets >= 2000 { printf "%.1f\n", ($1 - cpu) / ($2 - packets) }
		NR == 1 || $2 - packets >= 2000 { cpu = $1; packets = $2 }' | tail -n +2 | head -n -1 | sort -n |
		awk '{ ns[NR] = $1 } END { if (NR >= 10) print ns[int((NR + 9) / 10)] }'
}

# tenths A B: A / B with one digit after the point
tenths()
{
	local value=$(($1 * 10 / $2))

	printf '%s%d.%d' "$( ((value >= 0)) || echo -)" $((${value#-} / 10)) $((${value#-} % 10))
}

# cpu_of COMMAND...: sets cpu_total and wall_total, in ns, of a command of the gateway's
cpu_of()
{
	local cpu wall cpu_end wall_end

	read -r cpu wall </proc/hostclock
	"$@" >/dev/null
	read -r cpu_end wall_end </proc/hostclock
	cpu_total=$((cpu_end - cpu)) wall_total=$((wall_end - wall))
}

slab()
{
	awk '$1 == "Slab:" { printf "%.0f", $2 * 1024 }' /proc/meminfo
}

vmalloc()
{
	awk '$1 == "VmallocUsed:" { printf "%.0f", $2 * 1024 }' /proc/meminfo
}

# Slabs, and tables too large for them. Free memory says less: what others give back at the time is in it.
memory()
{
	echo $(($(slab) + $(vmalloc)))
}

# Waits until no table is on its way from one size to another.
settle()
{
	local before=

	until [ "$before" = "$(vmalloc)" ]; do
		before=$(vmalloc)
		sleep 0.5
	done
}
