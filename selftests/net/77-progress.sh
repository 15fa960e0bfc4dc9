#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# What takes long says so on a terminal, and nothing of it gets into a pipe.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# natctl with its standard error on a terminal; what comes there is in a file,
# in FILE.first when it began to come, and in FILE.ms how long all took, in
# milliseconds.
on_terminal() { # FILE WORD...
	local file=$1
	shift
	python3 - "$file" "$NATCTL" -n gw "$@" <<-'END'
		import os, pty, subprocess, sys, time
		master, slave = pty.openpty()
		start = time.monotonic()
		def ms_write(kind):
		    with open(sys.argv[1] + kind, 'w') as file:
		        print(int(1000 * (time.monotonic() - start)), file=file)
		with open(sys.argv[1], 'wb') as file:
		    process = subprocess.Popen(sys.argv[2:], stderr=slave)
		    os.close(slave)
		    while True:
		        try:
		            text = os.read(master, 65536)
		        except OSError:
		            break
		        if not file.tell():
		            ms_write('.first')
		        file.write(text)
		status = process.wait()
		ms_write('.ms')
		sys.exit(status)
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

# It has said what it does, for how long, while that went on, and has taken it
# back.
assert_told() { # WHAT
	(($(<"$work/err.first") < 2500)) ||
		fail "$(<"$work/err.first") ms without a word"
	grep -Eq $'\r'"$1"$'[,:] [1-9][0-9]* s +\r' "$work/err" ||
		fail "no progress: $(cat -v "$work/err")"
	grep -Eq $'\r {70,}\r$' "$work/err" ||
		fail "it does not go away: $(cat -v "$work/err")"
}

# Was it so quick that it need not have said anything?
quick() {
	[ ! -s "$work/err" ] || return 1
	(($(<"$work/err.ms") < 2500)) ||
		fail "$(<"$work/err.ms") ms without a word"
}

# Removes more and more connections, until it takes its time.
remove_many() { # WORD...
	local listener
	for ((; hosts <= 64; hosts *= 2)); do
		must burst in1 tcp $in1_silent+$hosts 2000+16000 $out1_silent:80
		# It takes longer when somebody wants to hear of each.
		"$NATCTL" -n gw monitor >/dev/null 2>&1 &
		listener=$!
		pause 1000
		text=$(on_terminal "$work/err" "$@") || fail "natctl $* fails"
		kill $listener
		wait $listener
		assert_eq 0 "$(counter mappings)" "mappings"
		quick || return 0
	done
	fail "$((hosts * 8000)) mappings are gone at once"
}

test_a_long_removal_says_so() {
	local hosts=4 text
	nat pool add p addr 198.51.100.0/28
	nat rule add oif wan pool p
	setting max_mappings 2000000 max_sessions 2000000 max_resting 2000000
	remove_many map flush
	assert_told 'removing mappings'
	assert_eq "$((hosts * 16000)) mappings removed" "$text" "what is printed"
	remove_many flush
	assert_told 'removing rules, pools and mappings'
	assert_eq '' "$text" "what is printed"
}

# So many static mappings
mappings_in_a_file() { # NUMBER
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "map add tcp 100.64.%d.%d:%d to 192.168.0.2:80\n",
				i / 256000, i / 1000 % 256, i % 1000 + 1
	}'
}

test_a_long_file_says_how_far_it_is() {
	local lines
	for ((lines = 20000; lines <= 1280000; lines *= 2)); do
		mappings_in_a_file $lines >"$work/conf"
		on_terminal "$work/err" apply "$work/conf" || fail "apply fails"
		assert_eq $lines "$("$NATCTL" -n gw map list static | wc -l)" \
			"mappings"
		nat flush
		! quick && grep -q 'making the changes' "$work/err" && break
	done
	assert_told 'reading the file: [1-9][0-9]* lines'
	assert_told 'the kernel is making the changes'
}

run_tests "$@"
