#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# docs/contributing.md tells how to debug the module: its commands are typed in, each part on a terminal of its own, with the
# address that the guest prints. gdb stops in the function and knows the file and the line.

set -u
# What the make that runs this was told is not for the one that the page tells to run.
unset MAKEFLAGS MAKEOVERRIDES KERNEL

cd "$(dirname "$0")/../.." || exit
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
. selftests/tap.bash

# The block below that headline, and the two parts of it
sed -n '/^## Debug the module/,$p' docs/contributing.md | sed -n -e '1,/^```sh/d' -e '/^```/q' -e p >"$work/block"
sed '/^gdb /,$d' "$work/block" >"$work/guest"
sed -n '/^gdb /,$p' "$work/block" >"$work/gdb"

evidence()
{
	tail -n 20 "$work/guest.out" "$work/gdb.out"
}

address()
{
	grep -om1 '^0xffffffff[0-9a-f]*$' "$work/guest.out"
}

guest_prints_address()
{
	local end=$((SECONDS + 180))

	until address; do
		[ $SECONDS -lt $end ] && kill -0 "$guest" || return 1
		sleep 0.2
	done
}

gdb_stops()
{
	sed -i -e "s/0xffffffff[0-9a-f]*/$(address)/" -e "s/^gdb /&-q -batch /" -e '$s/$/ -ex backtrace -ex disable -ex detach/' \
		"$work/gdb"
	timeout 120 bash "$work/gdb" >"$work/gdb.out" 2>&1
	grep -q '^#0 .*knat_hairpin_in (.*module/hairpin\.c:[0-9]' "$work/gdb.out"
}

test_passes()
{
	wait "$guest" && grep -q '^ok 1 - udp_to_oneself' "$work/guest.out"
}

echo 1..3
touch "$work/gdb.out"
bash -e "$work/guest" >"$work/guest.out" 2>&1 &
guest=$!
check "the guest tells where the module lies" guest_prints_address
check "gdb stops in the function of the module, and knows the line" gdb_stops
check "the test goes on when gdb has left, and passes" test_passes
