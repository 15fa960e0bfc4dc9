#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# DKMS builds, installs and removes the module, for the headers of two Debian kernels: the second comes
# later, as in an upgrade. It says why it does not where headers are missing or a kernel is too old. make install does, with
# DKMS, without, and with DESTDIR. All in a mount namespace with
# /lib/modules, /usr/src and /var/lib/dkms of its own.

set -u
# What the make that runs the tests was told is not for those that the tests run.
unset MAKEFLAGS MAKEOVERRIDES KERNEL

top=$(cd "$(dirname "$0")/../.." && pwd)

if [ -z "${KNAT_PRIVATE_MOUNTS:-}" ]; then
	if [ "$(id -u)" != 0 ] || ! unshare --mount true 2>/dev/null; then
		echo "1..0 # SKIP needs root and mount namespaces"
		exit 0
	fi
	"$top/selftests/kernels" 6.1 6.12 || exit
	KNAT_PRIVATE_MOUNTS=1 exec unshare --mount --propagation private "$0"
fi

# Whatever the host has there is out of sight, and out of reach.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p /lib/modules /usr/src /var/lib/dkms
mount -t tmpfs tmpfs /lib/modules && mount -t tmpfs tmpfs /usr/src && mount -t tmpfs tmpfs /var/lib/dkms || exit

version=$(cat "$top/VERSION")
. "$top/selftests/tap.bash"

evidence()
{
	find /var/lib/dkms -name make.log -exec tail -n 30 {} +
}

# install_headers KERNEL: as the header package does; prints the kernel's release
install_headers()
{
	local release

	release=$(cat "$top/build/kernels/$1/release")
	mkdir -p "/lib/modules/$release"
	ln -s "$top/build/kernels/$1/build" "/lib/modules/$release/build"
	echo "$release"
}

installed()
{
	ls /lib/modules/"$1"/updates/dkms/knat.ko*
}

fits()
{
	local module

	module=$(installed "$1") || return
	modinfo "$module"
	[[ $(modinfo -F vermagic "$module") == "$1 "* ]] && [ "$(modinfo -F version "$module")" = "$version" ]
}

indexed()
{
	grep updates/dkms/knat.ko "/lib/modules/$1/modules.dep"
}

nothing_left()
{
	! find /lib/modules /var/lib/dkms -name '*knat*' | grep .
}

# fails_with TEXT COMMAND...: it does, and says why
fails_with()
{
	local text=$1

	shift
	! "$@" >"$work/refusal" 2>&1 || return 1
	cat "$work/refusal"
	grep -qF -- "$text" "$work/refusal"
}

# The command of the page, with a key that is made here, for the kernel of this test
signs_as_told()
{
	openssl req -new -x509 -newkey rsa:2048 -noenc -subj "/CN=knat test/" -keyout "$work/KEY" -out "$work/CERTIFICATE" &&
		sed -n '/^sudo .*sign-file/,/^```/{ s/^sudo //; /^```/!p }' "$top/docs/packages.md" |
		sed "s|\$(uname -r)|$old|; s|KEY|$work/KEY|; s|CERTIFICATE|$work/CERTIFICATE|" >"$work/sign" &&
		grep -q "$work/CERTIFICATE" "$work/sign" && bash -x "$work/sign" &&
		is "knat test" modinfo -F signer "/lib/modules/$old/updates/knat.ko"
}

echo 1..26
old=$(install_headers 6.1)
mkdir "$work/tree"
tar -C "$top" -c --exclude=./build --exclude=./.git --exclude='*.o' . | tar -C "$work/tree" -x

check "the tree can be added" dkms add "$work/tree"
check "it builds for $old" dkms build "knat/$version" -k "$old"
check "it can be installed" dkms install "knat/$version" -k "$old"
check "the module is the one for $old, and of version $version" fits "$old"
check "modprobe would find it" indexed "$old"

new=$(install_headers 6.12)
check "with the next kernel, $new, it is built and installed by itself" dkms autoinstall -k "$new"
check "the module is the one for $new" fits "$new"
check "the one for $old is still there" fits "$old"
mkdir -p /lib/modules/5.10.0-9-amd64/build/include /lib/modules/6.6.6-amd64
check "for a kernel before 6.1 it is not built" \
	fails_with BUILD_EXCLUSIVE dkms build "knat/$version" -k 5.10.0-9-amd64
check "without headers it is not built, and they are named" \
	fails_with linux-headers-6.6.6-amd64 dkms build "knat/$version" -k 6.6.6-amd64
check "it can be removed" dkms remove "knat/$version" --all
check "and leaves nothing" nothing_left

rm -rf "/usr/src/knat-$version"
check "make install goes through DKMS" make -C "$work/tree" install KVER="$old" PREFIX="$work/root/usr" SYSCONFDIR="$work/root/etc"
check "and the module is there" fits "$old"
check "and natctl" "$work/root/usr/sbin/natctl" -V
check "make uninstall leaves nothing" eval \
	'make -C "$work/tree" uninstall KVER="$old" PREFIX="$work/root/usr" SYSCONFDIR="$work/root/etc" && nothing_left &&
	[ ! -e "/usr/src/knat-$version" ] && ! find "$work/root/usr" -type f | grep .'

check "without DKMS, make install goes through the kernel's own modules_install" \
	make -C "$work/tree" install DKMS= KVER="$old" PREFIX="$work/root/usr" SYSCONFDIR="$work/root/etc"
check "the module is there, and modprobe would find it" grep updates/knat.ko "/lib/modules/$old/modules.dep"
check "the program of the headers signs it, as docs/packages.md says" signs_as_told
check "make uninstall leaves nothing" eval \
	'make -C "$work/tree" uninstall DKMS= KVER="$old" PREFIX="$work/root/usr" SYSCONFDIR="$work/root/etc" &&
	! find /lib/modules -name "knat*" | grep .'

check "where headers are missing, make names them" \
	fails_with "install linux-headers-6.6.6-amd64" make -C "$work/tree" module KVER=6.6.6-amd64
cat >"$work/version.h" <<-END
	#define LINUX_VERSION_CODE $((5 << 16 | 10 << 8))
	#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
END
version_h=$(readlink -f "/lib/modules/$old/build/include/generated/uapi/linux/version.h")
mount --bind "$work/version.h" "$version_h"
check "where a kernel is before 6.1, the compiler says so" \
	fails_with "knat needs Linux 6.1 or newer" make -C "$work/tree" module KVER="$old" OUT=build/too-old
umount "$version_h"

package=$work/package
installed_below()
{
	[ -s "$package/lib/modules/$old/updates/knat.ko" ] && "$package/usr/sbin/natctl" -V
}
check "with DESTDIR, make install goes below that directory" \
	make -C "$work/tree" install DESTDIR="$package" KVER="$old"
check "the module and natctl are there" installed_below
check "nothing is elsewhere, and neither DKMS nor depmod was called" eval \
	'nothing_left && ! find "$package/lib" -name "modules.dep*" | grep .'
check "make uninstall with DESTDIR leaves the configuration" eval \
	'make -C "$work/tree" uninstall DESTDIR="$package" KVER="$old" &&
	! find "$package" -type f ! -path "$package/etc/*" ! -name "modules.*" | grep .'
