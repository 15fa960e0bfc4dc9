# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154	# variables of run
#
# Sourced by run in this directory: the machine is a user-mode kernel, a process of the host.

# It has all it needs built in.
machine_modules()
{
	:
}

machine_prepare()
{
	[ -z "$gdb$count" ] || die "-g and -i are for QEMU"
	echo "vm: Linux $release, $cpus CPUs, a process" >&2
}

# The memory is a file in huge pages, as a native kernel has its own. It, and all processes that the kernel is made of,
# are in namespaces and go with it, however it ends.
machine_start()
{
	local name arguments shares=()

	read -ra arguments <<<"$words"
	for name in "${!share[@]}"; do
		shares+=("knat.$name=${share[$name]}")
	done
	mkdir "$work/memory"
	ulimit -c 0
	# shellcheck disable=SC2016	# for the shell within
	exec unshare --mount --pid --fork --kill-child --mount-proc --propagation private bash -c '
		mount -t tmpfs -o "huge=always,size=$1" memory "$2" && TMPDIR=$2 "${@:3}"' \
		bash "$memory" "$work/memory" "$kerneldir/linux" mem="$memory" ncpus="$cpus" seccomp=auto \
		initrd="$kerneldir/initramfs.gz" con=null con0=null,fd:1 ssl0=null,fd:3 ssl1=null,fd:4 \
		"${shares[@]}" "${arguments[@]}" </dev/null >"$work/console" 2>"$work/said" 3>"$work/stdout" 4>"$work/stderr"
}
