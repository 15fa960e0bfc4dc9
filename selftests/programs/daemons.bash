# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Real programs in the hosts of ../lib.sh: servers that end with the test that
# started them, and clients with a time limit. A failing test prints what its
# servers said.

programs=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
PEER=${PEER:-$programs/peer}
logs=$work/logs
mkdir "$logs"

[ -x "$PEER" ] || bail "no peer: make -C selftests/programs"

servers=()
server_names=()

stop_servers() {
	local status=$? name
	[ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null
	wait "${servers[@]}" 2>/dev/null
	if [ $status != 0 ]; then
		for name in "${server_names[@]}"; do
			diag "$name:" "$(tail -n 30 "$logs/$name")"
		done
	fi
	exit $status
}

# Starts a server; what it prints is its log.
serve() { # NAME HOST COMMAND...
	[ ${#servers[@]} != 0 ] || trap stop_servers EXIT
	nsenter --net="/run/netns/$2" "${@:3}" >"$logs/$1" 2>&1 </dev/null &
	servers+=($!)
	server_names+=("$1")
}

listens() { # HOST tcp|udp PORT
	[ -n "$(in_space "$1" ss -Hnl --"$2" "sport = :$3")" ]
}

wait_listening() { # HOST tcp|udp PORT
	wait_until 30 listens "$@" || fail "nothing listens on $2 port $3 of $1"
}

log_has() { # NAME REGEX
	grep -qE -e "$2" "$logs/$1"
}

log_lines() { # NAME REGEX
	grep -cE -e "$2" "$logs/$1"
}

wait_log() { # NAME REGEX
	wait_until 30 log_has "$@" || fail "the log of $1 has no line: $2"
}

# Runs a client; what it prints is in $output. It must succeed.
client() { # HOST COMMAND...
	output=$(in_space "$1" timeout 60 "${@:2}" 2>&1) ||
		fail "${*:2} on $1: exit status $?
$output"
}

# The same for one that must fail.
client_fails() { # HOST COMMAND...
	if output=$(in_space "$1" timeout 60 "${@:2}" 2>&1); then
		fail "${*:2} on $1 succeeds:
$output"
	fi
}
