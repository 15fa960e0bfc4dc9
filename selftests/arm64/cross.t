#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module and the tool build for arm64 without a warning, and what the tool says and reads is right, emulated.

set -u
unset MAKEFLAGS MAKEOVERRIDES KERNEL

top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$top/build/arm64
"$top/selftests/arm64/fetch" || { echo "Bail out! nothing to build with"; exit 1; }
release=$(cat "$dir/release")
libraries=$dir/sysroot/usr/lib/aarch64-linux-gnu
work=$dir
. "$top/selftests/tap.bash"

is_for_arm64() # FILE
{
	readelf -h "$1" | grep 'Machine:.*AArch64'
}

# What runs PROGRAM.elf as PROGRAM
emulate() # PROGRAM
{
	mv "$1" "$1.elf"
	cat >"$1" <<-END
		#!/bin/sh
		exec $dir/sysroot/usr/bin/qemu-aarch64-static -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH=$libraries "$1.elf" "\$@"
	END
	chmod +x "$1"
}

echo 1..6
rm -rf "$dir/tools" "$dir/module"
check "the module builds for $release, all warnings as errors" make -C "$top" module \
	KDIR="$dir/sysroot/usr/src/linux-headers-$release" OUT=build/arm64/module STRICT="W=1 KCFLAGS=-Werror" \
	KBUILD_WORDS="ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-"
check "it is for arm64" is_for_arm64 "$dir/module/knat.ko"
[ ! -e "$dir/module/knat.ko" ] || "$top/selftests/tested" built arm64 "$dir/module/knat.ko"
check "and for that kernel" eval '[[ $(modinfo -F vermagic "$dir/module/knat.ko") == "$release "*aarch64* ]]'
check "the tool builds, all warnings as errors" make -C "$top/tools" all O="$dir/tools" CC=aarch64-linux-gnu-gcc \
	CPPFLAGS="-isystem $dir/sysroot/usr/include" LDFLAGS="-Wl,-z,relro,-z,now -L$libraries"
check "it is for arm64" is_for_arm64 "$dir/tools/natctl"
# The emulator has no generic netlink: those of its tests that open a socket cannot pass.
emulate "$dir/tools/tests/encode"
check "what it tells the kernel, and prints of its answers, is right" \
	env -C "$top/tools" ENCODE="$dir/tools/tests/encode" prove tests/encode.t
