#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The topology and the words of the network selftests. A test file sources
# this, defines functions named test_..., and ends with "run_tests". It runs
# as root with KNAT_KO and NATCTL in the environment; with words given, only
# the tests whose names contain one of them run. KNAT_TRACE=1 prints the
# packets of every test, not only of those that fail. FASTPATH=1 gives the
# gateway's devices the fast path before each test.
#
#     192.168.0.0/24                 203.0.113.0/24
#   in1 .2 --+                          +-- out1 .11 .12
#            +-- lan .1  gw  wan .1 ----+
#   in2 .3 --+          /               +-- out2 .21
#   in3 .2 ----- lan2 .1
#     192.168.1.0/24
#
# Every name is a network namespace; gw is the gateway under test, and the
# device of each host is eth0. The gateway routes a second address to each
# host that the host does not have, its "silent" address: behind it are no
# sockets and no kernel that would answer packets by itself.
# The outside reaches 198.51.100.0/24 through the gateway.
#
# Namespaces live in a mount namespace of the test file's own, so that files
# can run side by side and nothing is left behind.

# shellcheck disable=SC2034	# variables that test files use

if [ -z "${KNAT_PRIVATE_MOUNTS-}" ]; then
	exec env KNAT_PRIVATE_MOUNTS=1 \
		unshare --mount --propagation private "$BASH" "$0" "$@"
fi

selftests=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
PROBE=${PROBE:-$selftests/probe/probe}
NATCTL=${NATCTL:-$selftests/../tools/natctl}

in1_silent=192.168.0.52
in2_silent=192.168.0.53
in3_silent=192.168.1.52
out1_silent=203.0.113.61
out2_silent=203.0.113.62

# A test file sets this to have the topology built anew for each test.
rebuild_for_each=
# And this if it has tests of other files as well: all of them.
files_with_tests=()

### Saying things

diag() {
	local line
	while IFS= read -r line; do
		printf '# %s\n' "$line"
	done <<<"$*"
}

bail() {
	printf 'Bail out! %s\n' "$*"
	exit 1
}

# Ends the test that runs.
fail() {
	diag "$*"
	ask trace
	diag "$(show_state)"
	exit 1
}

# What the gateway knows about the flows
show_state() {
	printf 'natctl map list:\n'
	"$NATCTL" -n gw map list 2>&1 | head -n 9
	printf 'natctl session list:\n'
	"$NATCTL" -n gw session list 2>&1 | head -n 9
	printf 'natctl stats:\n'
	"$NATCTL" -n gw stats 2>&1 | grep -v ' 0 '
}

# Ends a test that this kernel has no means for; it counts as neither passed nor failed.
skip() { # WHY
	printf '%s' "$*" >"$work/skipped"
	exit 77
}

assert_eq() { # EXPECTED SEEN WHAT
	[ "$1" = "$2" ] || fail "$3
  expected: $1
  seen:     $2"
}

assert_ne() { # UNEXPECTED SEEN WHAT
	[ "$1" != "$2" ] || fail "$3
  expected: anything but $1"
}

assert_like() { # GLOB SEEN WHAT
	# shellcheck disable=SC2053	# a glob it is
	[[ $2 == $1 ]] || fail "$3
  expected: $1
  seen:     $2"
}

assert_between() { # LOW HIGH SEEN WHAT
	(($3 >= $1 && $3 <= $2)) || fail "$4
  expected: $1 to $2
  seen:     $3"
}

# Milliseconds since some moment.
now_ms() {
	printf '%s' "$((${EPOCHREALTIME/[.,]/} / 1000))"
}

# Repeats a command until it succeeds. $slowest are the milliseconds of the
# longest try, by which what is measured so may be late on a busy machine.
wait_until() { # SECONDS COMMAND...
	local start last now
	start=$(now_ms)
	last=$start
	slowest=0
	until "${@:2}"; do
		now=$(now_ms)
		((now - start < $1 * 1000)) || return 1
		((now - last <= slowest)) || slowest=$((now - last))
		last=$now
		ask pause 50
	done
	now=$(now_ms)
	((now - last <= slowest)) || slowest=$((now - last))
}

# Waits until a command succeeds, which must take this long, to the two
# seconds that the expiry of an entry may take, and what a busy machine adds.
assert_happens_after() { # SECONDS START COMMAND...
	local took
	wait_until $(($1 + 10)) "${@:3}" || fail "waited in vain for: ${*:3}"
	took=$(($(now_ms) - $2))
	assert_between $(($1 * 1000 - 500)) \
		$(($1 * 1000 + 2500 + 4 * slowest)) $took \
		"milliseconds until: ${*:3}"
}

### The probe: see "probe help"

# Gives the probe one command; what it says after ok or no is in $answer.
ask() {
	ask_on "$@"
	listen_in "$*"
}

# The two halves of that, to do something else while the probe works.
ask_on() {
	printf '%s\n' "$*" >&"$probe_in" || bail "the probe is gone"
}

listen_in() { # COMMAND
	local line
	while :; do
		IFS= read -r -t 300 line <&"$probe_out" ||
			bail "the probe does not answer: $1"
		case $line in
		'#'*) printf '%s\n' "$line" ;;
		'ok'*) answer=${line#ok}; answer=${answer# }; return 0 ;;
		'no'*) answer=${line#no}; answer=${answer# }; return 1 ;;
		*) fail "probe $1: $line" ;;
		esac
	done
}

must() {
	ask "$@" || fail "probe $*: $answer"
}

pause() { # MILLISECONDS
	must pause "$1"
}

# A bound UDP socket.
udp() { # NAME HOST LOCAL [to REMOTE] [nocsum] [nodf] [segment N]
	must udp "$@"
	local=$answer
}

tell() { # NAME REMOTE|- TEXT|@BYTES
	must send "$@"
}

# What arrives next at a socket must be TEXT; $from is whom it came from.
hear() { # NAME TEXT
	must recv "$1"
	from=${answer%% *}
	assert_eq "$2" "${answer#* }" "text that socket $1 received from $from"
}

hear_nothing() { # NAME
	ask quiet "$1" || fail "socket $1 received something: $answer"
}

# A text from one UDP socket to another: $outside is whom the second saw.
greet() { # NAME REMOTE-NAME REMOTE
	tell "$1" "$3" "from-$1"
	hear "$2" "from-$1"
	outside=$from
}

# A text back, from whom the first socket must see.
answer() { # REMOTE-NAME NAME OUTSIDE REMOTE
	tell "$1" "$3" "back-from-$1"
	hear "$2" "back-from-$1"
	assert_eq "$4" "$from" "source of the answer that socket $2 sees"
}

listen() { # NAME HOST LOCAL
	must listen "$@"
}

connect() { # NAME HOST LOCAL REMOTE
	must connect "$@"
	local=$answer
}

# The peer's address as accept() tells it is $from, our own $at.
accept() { # NAME LISTENER
	must accept "$@"
	from=${answer%% *}
	at=${answer##* }
}

stream() { # FROM TO BYTES
	must stream "$@"
}

# A TCP connection from out1 to an outside end must reach an inside listener.
reaches() { # OUTSIDE HOST LOCAL [CLIENT-PORT]
	listen "l-$1" "$2" "$3"
	connect "c-$1" out1 "203.0.113.11:${4:-0}" "$1"
	accept "s-$1" "l-$1"
	assert_like '203.0.113.11:*' "$from" "peer that $2 sees"
	stream "c-$1" "s-$1" 1000
	stream "s-$1" "c-$1" 1000
	must close "l-$1"
}

# Sends a packet made from words; $sum is its transport checksum.
inject() { # HOST PACKET
	must packet "$@"
	sum=${answer%% *}
	packet=${answer#* }
}

# The next packet at a host that matches; fields are in $src, $dst, $packet.
see() { # HOST GLOB
	ask next "$@" || fail "host $1 did not see: ${*:2}"
	packet=$answer
	read -r _ src _ dst _ <<<"$packet"
}

see_nothing() { # HOST GLOB
	ask none "$@" || fail "host $1 saw: $answer"
}

# How many packets at a host match.
seen() { # HOST GLOB
	must count "$@"
}

# The value after a word in a packet's line.
field() { # WORD
	local rest=${packet#* "$1" }
	printf '%s' "${rest%% *}"
}

### natctl

nat() {
	"$NATCTL" -n gw "$@" || fail "natctl $*: exit status $?"
}

masquerade() { # [POOL OPTIONS]
	nat rule add oif wan masquerade "$@"
}

setting() { # NAME VALUE...
	nat config set "$@"
}

setting_of() { # NAME
	local name value
	while read -r name value _; do
		[ "$name" != "$1" ] || printf '%s' "$value"
	done < <("$NATCTL" -n gw config list)
}

# The value of a counter since the test began.
counter() { # NAME
	local name value
	while read -r name value _; do
		if [ "$name" = "$1" ]; then
			printf '%s' "$value"
			return
		fi
	done < <("$NATCTL" -n gw stats)
	printf 'no such counter'
}

assert_counter() { # NAME VALUE
	assert_eq "$2" "$(counter "$1")" "counter $1"
}

# The outside end of an inside end's mapping, or nothing.
outside_of() { # PROTO ADDR:PORT
	local proto outside
	read -r proto outside _ < <("$NATCTL" -n gw map list in "$2" proto "$1")
	printf '%s' "$outside"
}

mappings() { # [FILTER]
	local lines
	mapfile -t lines < <("$NATCTL" -n gw map list "$@")
	printf '%s' "${#lines[@]}"
}

assert_mappings() { # NUMBER [FILTER]
	assert_eq "$1" "$(mappings "${@:2}")" "mappings listed ${*:2}"
}

# None is listed: no packet finds one any more.
no_mappings_listed() {
	[ "$(mappings)" = 0 ]
}

# None is left, resting ports aside.
no_mappings() {
	[ "$(counter mappings)" = 0 ]
}

sessions() { # [FILTER]
	local lines
	mapfile -t lines < <("$NATCTL" -n gw session list "$@")
	printf '%s' "${#lines[@]}"
}

# The configuration and the mappings as natctl lists them.
everything_listed() {
	"$NATCTL" -n gw -b "$work/lists"
}

# The kernel must refuse these words with exit status 2 and one sentence that
# matches GLOB, and change nothing.
refused() { # GLOB WORDS...
	local glob=$1 message status before
	shift
	before=$(everything_listed)
	message=$("$NATCTL" -n gw "$@" 2>&1)
	status=$?
	assert_eq 2 $status "exit status of natctl $* ($message)"
	assert_like "Error: $glob" "$message" "message of natctl $*"
	[[ $message != *$'\n'* && $message == *' '*' '* ]] ||
		fail "not one sentence: $message"
	assert_eq "$before" "$(everything_listed)" "state after natctl $*"
}

### Topology

in_space() { # SPACE COMMAND...
	nsenter --net="/run/netns/$1" "${@:2}"
}

mac_of() { # HOST [DEVICE]
	local link
	link=$(ip -n "$1" -o link show "${2:-eth0}")
	link=${link#*link/ether }
	printf '%s' "${link%% *}"
}

load_module() {
	[ -d /sys/module/knat ] && return
	modprobe -a libcrc32c 2>/dev/null
	# Another file may do so at the same time.
	insmod "${KNAT_KO:?}" || [ -d /sys/module/knat ] ||
		bail "knat.ko does not load"
}

# A batch of ip commands, in a namespace if one is given.
ip_batch() { # [SPACE]
	ip ${1:+-n "$1"} -batch - || bail "the topology cannot be built"
}


# A host with one device.
host() { # NAME ADDR/LEN GATEWAY [ADDR/LEN...]
	local more
	{
		printf 'link set lo up\nlink set eth0 up\naddr add %s dev eth0\n' "$2"
		[ -z "$3" ] || printf 'route add default via %s\n' "$3"
		for more in "${@:4}"; do
			printf 'addr add %s dev eth0\n' "$more"
		done
	} | ip_batch "$1"
}

topology() {
	ip -all netns del
	ip_batch <<-END
		netns add in1
		netns add in2
		netns add in3
		netns add gw
		netns add net
		netns add out1
		netns add out2
		link add eth0 netns in1 type veth peer name port1 netns gw
		link add eth0 netns in2 type veth peer name port2 netns gw
		link add eth0 netns in3 type veth peer name lan2 netns gw
		link add wan netns gw type veth peer name wan netns net
		link add eth0 netns out1 type veth peer name out1 netns net
		link add eth0 netns out2 type veth peer name out2 netns net
	END
	ip_batch net <<-END
		link add wire type bridge
		link set wan master wire up
		link set out1 master wire up
		link set out2 master wire up
		link set wire up
	END
	in_space gw sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv4.conf.all.rp_filter=1 \
		net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 \
		2>/dev/null
	bridges_call_netfilter 0
	ip_batch gw <<-END
		link set lo up
		link add lan type bridge
		link set port1 master lan up
		link set port2 master lan up
		link set lan up
		link set lan2 up
		link set wan up
		addr add 192.168.0.1/24 dev lan
		addr add 192.168.1.1/24 dev lan2
		addr add 203.0.113.1/24 dev wan
		route add $in1_silent via 192.168.0.2
		route add $in2_silent via 192.168.0.3
		route add $in3_silent via 192.168.1.2
		route add $out1_silent via 203.0.113.11
		route add $out2_silent via 203.0.113.21
	END
	# The limit of errors about routes is one for all namespaces.
	sysctl -qw net.ipv4.route.error_cost=0
	host in1 192.168.0.2/24 192.168.0.1
	host in2 192.168.0.3/24 192.168.0.1
	host in3 192.168.1.2/24 192.168.1.1
	host out1 203.0.113.11/24 '' 203.0.113.12/24
	host out2 203.0.113.21/24 ''
	ip -n out1 route add 198.51.100.0/24 via 203.0.113.1
	ip -n out2 route add 198.51.100.0/24 via 203.0.113.1
}

# Whether what comes in through a bridge goes through the hooks of IP there, as
# it does wherever there is br_netfilter.
bridges_call_netfilter() { # 0|1
	local space
	[ -d /proc/sys/net/bridge ] || return 0
	for space in gw net; do
		in_space $space sysctl -qw net.bridge.bridge-nf-call-iptables="$1"
	done
}

# A router, isp, with host far, 192.0.2.2, behind it. What has no other route
# goes there from the gateway and from the outside, and what is for
# 198.51.100.0/24 goes from there to the gateway.
build_isp() {
	ip_batch <<-END
		netns add isp
		netns add far
		link add eth0 netns isp type veth peer name isp netns net
		link add far netns isp type veth peer name eth0 netns far
	END
	ip -n net link set isp master wire up
	in_space isp sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv4.icmp_ratelimit=0
	ip_batch isp <<-END
		link set eth0 up
		link set far up
		addr add 203.0.113.254/24 dev eth0
		addr add 192.0.2.1/24 dev far
		route add 198.51.100.0/24 via 203.0.113.1
	END
	host far 192.0.2.2/24 192.0.2.1
	ip -n gw route add default via 203.0.113.254
	ip -n out1 route add default via 203.0.113.254
	ip -n out2 route add default via 203.0.113.254
	must capture isp isp eth0 forbid 192.168.0.0/16
	capture_host far forbid 192.168.0.0/16
}

capture_host() { # NAME [forbid ADDR/LEN]
	must capture "$1" "$1" eth0 "${@:2}"
}

capture_hosts() {
	capture_host in1
	capture_host in2
	capture_host in3
	capture_host out1 forbid 192.168.0.0/16
	capture_host out2 forbid 192.168.0.0/16
}

# A test file that needs more than this says so in build_more, and takes away in
# unbuild_more what does not go with the namespaces.
build() {
	ask forget
	load_module
	topology
	capture_hosts
	! declare -F build_more >/dev/null || build_more
	remember_fresh
	[ -z "${FASTPATH-}" ] || be_fresh
}

# How the gateway is before each test: no rules, the default settings
remember_fresh() {
	local name value
	"$NATCTL" -n gw config list >"$work/settings" || bail "natctl fails"
	{
		printf 'flush\nstats reset\nconfig set'
		while read -r name value _; do
			printf ' %s %s' "$name" "$value"
		done <"$work/settings"
		printf '\n'
		[ -z "${FASTPATH-}" ] ||
			printf 'fastpath add dev %s\n' "$(routed_devices)"
	} >"$work/fresh"
	printf '%s list\n' pool rule map config fastpath >"$work/lists"
	printf '%s\n' flush stats >"$work/balance"
}

# The devices of the gateway that IP packets come in through, with commas
routed_devices() {
	local line name list=
	while read -r line; do
		name=${line#*: }
		name=${name%%[@:]*}
		[[ $name == lo || $line == *' master '* ]] || list+=,$name
	done < <(ip -n gw -o link show up)
	printf '%s' "${list#,}"
}

# Of a test about what fast packets pass by
without_fastpath() {
	[ -z "${FASTPATH-}" ] || nat fastpath del dev "$(routed_devices)"
}

# Of a test for which these devices are to have it
with_fastpath() { # DEV[,DEV...]
	[ -n "${FASTPATH-}" ] || nat fastpath add dev "$1"
}

be_fresh() {
	"$NATCTL" -n gw -b "$work/fresh" || bail "natctl flush fails"
}

### Running

# In the middle of a test
reset_counters() {
	nat stats reset
	: >"$work/counted_anew"
}

# Whatever was made by the end of a test is told to have gone when all is flushed, and nothing is told twice. A test
# that has taken the gateway away has nothing to tell.
balanced() {
	local name value what
	local -A counters=()
	while read -r name value _; do
		counters[$name]=$value
	done < <("$NATCTL" -n gw -b "$work/balance" 2>/dev/null)
	if [ -e "$work/counted_anew" ]; then
		rm "$work/counted_anew"
		return 0
	fi
	if [ -z "${counters[map_created]-}" ]; then
		[ ! -e /run/netns/gw ] || [ ! -e /sys/module/knat ]
		return
	fi
	for what in map session; do
		((counters[${what}_created] == counters[${what}_expired] + counters[${what}_removed])) || {
			diag "${what}_created ${counters[${what}_created]}, but ${what}_expired" \
				"${counters[${what}_expired]} and ${what}_removed ${counters[${what}_removed]} after a flush"
			return 1
		}
	done
}

kernel_tainted() {
	local taint
	read -r taint </proc/sys/kernel/tainted
	# A warning, an oops or a machine check.
	((taint & (1 << 9 | 1 << 7 | 1 << 4)))
}

run_one() { # NAME
	local status=0
	if [ -n "$rebuild_for_each" ]; then
		build
	else
		ask reset
		be_fresh
	fi
	("$1") || status=$?
	ask verdict || status=1
	balanced || status=1
	if kernel_tainted; then
		diag "the kernel has warned, see its log"
		status=1
	fi
	[ -z "${KNAT_TRACE-}" ] || ask trace
	return $status
}

# Says how a test went; fails if it failed.
report() { # STATUS NUMBER NAME MILLISECONDS
	case $1 in
	0)	echo "ok $2 - $3 # $4 ms" ;;
	77)	echo "ok $2 - $3 # SKIP $(<"$work/skipped")" ;;
	*)	echo "not ok $2 - $3"
		return 1 ;;
	esac
}

chosen() { # TEST WORD...
	local word
	(($# > 1)) || return 0
	for word in "${@:2}"; do
		[[ $1 != *"$word"* ]] || return 0
	done
	return 1
}

run_tests() { # [WORD...]
	local names=() name number=0 failed=0 start status
	while read -r name; do
		chosen "$name" "$@" && names+=("$name")
	done < <(grep -ho '^test_[a-z0-9_]*' "${files_with_tests[@]:-$0}")
	echo "1..${#names[@]}"
	[ -n "$rebuild_for_each" ] || build
	for name in "${names[@]}"; do
		((number++))
		start=$(now_ms)
		status=0
		run_one "$name" || status=$?
		report $status $number "${name#test_}" \
			$(($(now_ms) - start)) || ((failed++))
	done
	exit $((failed > 0))
}

cleanup() {
	[ -z "${probe_in-}" ] || exec {probe_in}>&-
	ip -all netns del
	! declare -F unbuild_more >/dev/null || unbuild_more
	rm -rf "$work"
}

[ "$(id -u)" = 0 ] || bail "must be root"
[ -x "$PROBE" ] || bail "no probe: make -C selftests/probe"
[ -x "$NATCTL" ] || bail "no natctl: set NATCTL or make tools"
mkdir -p /run/netns
mount -t tmpfs netns /run/netns || bail "no mount namespace"
work=$(mktemp -d)
trap cleanup EXIT
coproc PROBE_PROCESS { exec "$PROBE"; }
exec {probe_in}>&"${PROBE_PROCESS[1]}" {probe_out}<&"${PROBE_PROCESS[0]}"
