#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A complaint in a kernel log is seen; what the allocator says of failures that a test has asked for is none, nor that
# kmemleak is off where it was stopped.

cd "$(dirname "$0")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=selftests/tap.bash
. selftests/tap.bash

may='[ 1.0] knat-faults: allocations may fail'
must_not='[ 2.0] knat-faults: no allocation is to fail'
failure=(
	'[ 1.5] bash: page allocation failure: order:0, mode:0x820(GFP_ATOMIC)'
	'[ 1.5] CPU: 0 UID: 0 PID: 77 Comm: bash'
	'[ 1.5] Call Trace:'
	'[ 1.5]  dump_stack_lvl+0x5d/0x80'
)
limit=('[ 1.7] natctl invoked oom-killer: gfp_mask=0x400dc0(GFP_KERNEL_ACCOUNT|__GFP_ZERO), order=0' "${failure[@]:1}"
	'[ 1.7] Memory cgroup out of memory: Killed process 77 (natctl) total-vm:4096kB'
	'[ 1.7] Out of memory and no killable processes...')
per_cpu=("[ 1.6] percpu: allocation failed, size=8 align=8 atomic=1" "${failure[@]:1}")

stop='[ 1.0] knat-leaks: nothing is looked for from here'
off='[ 1.1] kmemleak: Kernel memory leak detector disabled'
empty='[ 0.2] kmemleak: Memory pool empty, consider increasing CONFIG_DEBUG_KMEMLEAK_MEM_POOL_SIZE'

log()
{
	printf '%s\n' "$@" >"$work/log"
	selftests/vm/log-check "$work/log"
}

complaint()
{
	! log "$@"
}

echo "1..13"
check "nothing" log '[ 0.0] Linux version 6.1'
check "a warning" complaint '[ 1.0] WARNING: CPU: 0 PID: 1 at net/core/skbuff.c:1'
check "a failed allocation" complaint "${failure[@]}"
check "failed allocations that were asked for" log "$may" "${failure[@]}" "${per_cpu[@]}" "${limit[@]}" "$must_not"
check "a limit that was met" complaint "${limit[@]}"
check "one before and one after" complaint "${failure[@]}" "$may" "${failure[@]}" "$must_not" "${failure[@]}"
check "one after" complaint "$may" "${failure[@]}" "$must_not" "${failure[@]}"
check "a trace of something else meanwhile" complaint "$may" "${failure[@]}" "${failure[@]:1}" "$must_not"
check "kmemleak at work" log '[ 0.1] kmemleak: Kernel memory leak detector initialized (mem pool available: 15719)'
check "kmemleak that went off" complaint "$off"
check "kmemleak that was stopped" log "$stop" "$off"
check "kmemleak that went off, and is then to stop" complaint "$off" "$stop"
check "kmemleak that has no room left" complaint "$empty"
