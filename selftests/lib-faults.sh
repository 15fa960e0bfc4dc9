#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Words to let allocations fail, for test files that run on kernels with fault injection; see lib.sh.

# shellcheck disable=SC2034	# variables that test files use

faults=/sys/kernel/debug
many=1000000

fault() { # NAME VALUE: of both kinds of allocation
	local kind
	for kind in failslab fail_page_alloc; do
		echo "$2" >"$faults/$kind/$1" || bail "fault injection cannot be set: $1"
	done
}

# Whoever asks for memory, whether it can wait or not; and the kernel log is for the unexpected.
let_fail() {
	[ -e "$faults"/failslab ] || mount -t debugfs debugfs "$faults" 2>/dev/null
	[ -e "$faults"/failslab ] || bail "the kernel cannot let allocations fail"
	fault probability 0
	fault stacktrace-depth 32
	fault ignore-gfp-wait N
	fault verbose 0
	echo 0 >"$faults"/fail_page_alloc/min-order
	echo N >"$faults"/fail_page_alloc/ignore-gfp-highmem
	fault times "$many"
	echo "knat-faults: allocations may fail" >/dev/kmsg
}

unbuild_more() {
	echo "knat-faults: no allocation is to fail" >/dev/kmsg
}

# Only what the module asks for is to fail.
within_module() {
	local size address text
	read -r size address < <(awk '$1 == "knat" { print $2, $6 }' /proc/modules)
	text=$((address))
	fault require-start "$(printf '%#x' "$text")"
	fault require-end "$(printf '%#x' $((text + size)))"
}

# Nothing fails any more; later it will be the module's.
no_faults() {
	fault probability 0
	[ ! -d /sys/module/knat ] || within_module
}

# Until the end of the test only what is asked for in a function, of the kernel or the module, or by whom it calls. Of
# several names the first that there is.
within() { # FUNCTION...
	local start= end name
	trap no_faults EXIT
	for name; do
		[ -n "$start" ] || read -r start end < <(function_range "$name")
	done
	[ -n "$start" ] || fail "the kernel has no function $*"
	fault require-start "$start"
	fault require-end "$end"
}

# Its first address and that of the next one
function_range() { # FUNCTION
	awk -v name="$1" '
		$3 == name { start = "0x" $1 }
		{ at[NR] = "0x" $1 }
		END {
			for (i in at)
				if (at[i] > start && (end == "" || at[i] < end))
					end = at[i]
			if (start != "")
				print start, end
		}' /proc/kallsyms
}

# How many have failed
failed() {
	local slab page
	read -r slab <"$faults"/failslab/times
	read -r page <"$faults"/fail_page_alloc/times
	printf '%s' $((2 * many - slab - page))
}

# Runs a command whose allocation number N, of those that may fail, does; its output is in $output.
failing() { # N COMMAND...
	# shellcheck disable=SC2016
	output=$(bash -c 'echo "$1" >/proc/self/fail-nth && exec "${@:2}"' bash "$@" 2>&1)
}
