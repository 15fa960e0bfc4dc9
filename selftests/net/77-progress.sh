#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# What takes long says so on a terminal, and nothing of it gets into a pipe.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# natctl with its standard error on a terminal; what comes there is in a file.
on_terminal() { # FILE WORD...
	local file=$1
	shift
	python3 - "$file" "$NATCTL" -n gw "$@" <<-'END'
		import os, pty, subprocess, sys
		master, slave = pty.openpty()
		with open(sys.argv[1], 'wb') as file:
		    process = subprocess.Popen(sys.argv[2:], stderr=slave)
		    os.close(slave)
		    while True:
		        try:
		            text = os.read(master, 65536)
		        except OSError:
		            break
		        file.write(text)
		sys.exit(process.wait())
	END
}

# Whoever reads is slow.
slowly() {
	local n
	for ((n = 0; n < 3; n++)); do
		ask pause 1000
		head -c 20000
	done
	cat
}

test_a_long_list_says_how_many_entries_there_were() {
	masquerade
	must burst in1 udp $in1_silent 2000+2000 $out1_silent:7000
	"$NATCTL" -n gw map list >"$work/plain"
	on_terminal "$work/err" map list | slowly >"$work/out"
	assert_eq 2000 "$(grep -c '^udp ' "$work/out")" "mappings listed"
	assert_eq "$(sed 's/ *#.*//' "$work/plain")" \
		"$(sed 's/ *#.*//' "$work/out")" "the list"
	grep -Eq $'^\rlisting: [0-9]+ entries, [1-9][0-9]* s +\r' "$work/err" ||
		fail "no progress: $(cat -v "$work/err")"
	grep -Eq $'\r {70,}\r$' "$work/err" ||
		fail "it does not go away: $(cat -v "$work/err")"
}

test_a_pipe_gets_nothing_of_it() {
	masquerade
	must burst in1 udp $in1_silent 2000+2000 $out1_silent:7000
	"$NATCTL" -n gw map list 2>"$work/err" | slowly >"$work/out"
	assert_eq 2000 "$(grep -c '^udp ' "$work/out")" "mappings listed"
	assert_eq '' "$(<"$work/err")" "standard error"
}

test_removals_leave_a_clean_line() {
	local text
	masquerade
	must burst in1 udp $in1_silent 2000+2000 $out1_silent:7000
	text=$(on_terminal "$work/err" map flush)
	assert_eq '2000 mappings removed' "$text" "what is printed"
	on_terminal "$work/err2" flush || fail "flush fails"
	# What took longer than a second has said so, and taken it back.
	[ ! -s "$work/err" ] || grep -Eq $'\r {70,}\r$' "$work/err" ||
		fail "it does not go away: $(cat -v "$work/err")"
	[ ! -s "$work/err2" ] || grep -Eq $'\r {70,}\r$' "$work/err2" ||
		fail "it does not go away: $(cat -v "$work/err2")"
}

run_tests "$@"
