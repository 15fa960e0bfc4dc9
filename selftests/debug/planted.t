#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What an instrumented kernel watches for fails a run: for each sort of fault a guest of its own loads a module that
# has it, see planted/planted.c. Without a fault, the same run passes.
#
#   usage: KERNEL=NAME selftests/debug/planted.t

set -u

cd "$(dirname "$0")/../.." || exit
kernel=${KERNEL:?is to be an instrumented kernel}
# What the make that runs this was told is not for the one below.
unset MAKEFLAGS MAKEOVERRIDES KERNEL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. selftests/tap.bash

# What the kernel says of each
declare -A words=(
	[memory]='BUG: KASAN: .*use-after-free in plant_memory'
	[leak]='unreferenced object'
	[sleep]='BUG: sleeping function called from invalid context'
	[order]='possible circular locking dependency'
	[rcu]='suspicious RCU usage'
	[timer]='ODEBUG: free active .* timer_list'
	[shift]='UBSAN: shift-out-of-bounds'
	[race]='BUG: KCSAN: data-race in count'
)

# Those that the kernel watches for, as its fragments in kernel(1) have it
faults=() options=(-m 3G)
case $kernel in
debug | umldebug)	faults=(memory leak sleep order rcu timer shift) ;;
rtdebug)		faults=(memory sleep order rcu) ;;
kcsan)			faults=(race) options+=(-p) ;;
*)			echo "Bail out! $kernel is not instrumented"; exit 1 ;;
esac

build()
{
	local tree=build/planted/$kernel

	rm -rf "$tree"
	mkdir -p build/planted
	cp -r selftests/debug/planted "$tree"
	make -s -C "build/kernels/$kernel/build" M="$PWD/$tree" W=1 KCFLAGS=-Werror modules
}

# load FAULT: as a test would, and looks for leaks where that is what is asked
load()
{
	local leaks=selftests/vm/leaks

	[[ $1 == @(leak|none) ]] || leaks=true
	selftests/vm/run -k "$kernel" -t 900 "${options[@]}" -- bash -ec \
		"$leaks forget; insmod build/planted/$kernel/planted.ko fault=$1; rmmod planted; $leaks tell"
}

# complains FAULT: the run fails as one with a complaint, and it is this one
complains()
{
	local status=0

	load "$1" 2>&1 || status=$?
	echo "exit status $status"
	[ $status = 123 ] && grep -q "${words[$1]}" "$work/said"
}

echo "1..$((${#faults[@]} + 2))"
check "the module is built" build
check "a run without a fault passes" load none
for fault in "${faults[@]}"; do
	check "a run with a fault fails: $fault" complains "$fault"
done
