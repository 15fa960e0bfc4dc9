#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# README.md alone, on a bare Debian 12: what its section "On a gateway" tells to type in, from the first package to the first
# translated packet, in less than five minutes. The machine is booted between, with the kernel that it has by then.

set -u
# What the make that runs this was told is not for those that run here.
unset MAKEFLAGS MAKEOVERRIDES

top=$(cd "$(dirname "$0")/../.." && pwd)
suite=bookworm
dir=$top/build/packages/$suite

if [ -z "${KNAT_PRIVATE_MOUNTS:-}" ]; then
	"$top/selftests/deb/root" $suite || { echo "Bail out! there is no Debian $suite"; exit 1; }
	KNAT_PRIVATE_MOUNTS=1 exec unshare --mount --propagation private "$0" "$@"
fi

work=$(mktemp -d "$dir/work.XXXXXX")
root=$work/root
trap 'umount -R -l "$root"; rm -rf "$work"' EXIT
mkdir "$root" "$work/upper" "$work/overlay"
mount -t overlay -o "lowerdir=$dir/root,upperdir=$work/upper,workdir=$work/overlay" overlay "$root" &&
	mount -t proc proc "$root/proc" || exit
. "$top/selftests/tap.bash"

# The blocks of that section: the first sets up, the second translates. There, everybody is root.
sed -n '/^## On a gateway/,/^## /p' "$top/README.md" | awk -v RS='```' 'NR % 2 == 0' | sed '/^sh /d; s/^sudo //' >"$work/section"
sed -n '/modprobe/q; p' "$work/section" >"$work/install"
sed -n '/modprobe/,$p' "$work/section" >"$work/run"
mkdir "$root/knat"
tar -C "$top" -c --exclude=./build --exclude=./.git --exclude='*.o' . | tar -C "$root/knat" -x

in_root()
{
	DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" "$@"
}

# apt asks nobody here; the kernel is that of the machine, not that of the host. Every Debian but this small one has procps.
installs()
{
	sed -i -e 's/^apt install/& -y/' -e "s/make install/& KVER=$(cat "$dir/release")/" "$work/install"
	cat "$work/install"
	grep -q '^apt install' "$work/install" && grep -q '^make install' "$work/install" &&
		in_root bash -ec "cd /knat; apt-get -q update; apt-get -q -y install procps; $(cat "$work/install")"
}

# A host inside, one outside that has no way back to it, and between them what is typed in
cat >"$root/first-packet" <<-END
	set -e
	ip netns add in
	ip netns add out
	ip link add eth1 type veth peer name eth0 netns in
	ip link add eth0 type veth peer name eth0 netns out
	ip -n in addr add 192.168.0.2/24 dev eth0
	ip -n out addr add 203.0.113.11/24 dev eth0
	ip -n in link set eth0 up
	ip -n out link set eth0 up
	ip addr add 192.168.0.1/24 dev eth1
	ip addr add 203.0.113.1/24 dev eth0
	ip link set eth1 up
	ip link set eth0 up
	ip -n in route add default via 192.168.0.1
	$(cat "$work/run")
	ip netns exec in ping -n -c 1 -W 20 203.0.113.11
	natctl flush
	modprobe -r knat
END

translates()
{
	grep -q '^modprobe knat' "$work/run" && grep -q '^natctl rule add' "$work/run" &&
		"$top/selftests/vm/run" -k "$dir" -R "$root" -S -t 600 -- bash /first-packet
}

in_time()
{
	echo "$SECONDS s"
	[ $SECONDS -lt 300 ]
}

echo 1..3
SECONDS=0
check "what README.md says installs the module and the tool" installs
check "what it says then translates a packet" translates
check "in less than five minutes" in_time
echo "# the first packet was translated after $SECONDS s"
