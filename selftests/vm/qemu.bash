# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154	# variables of run
#
# Sourced by run in this directory: the machine is QEMU.

# The modules it takes to mount the root, and what they need, in the order of loading
machine_modules()
{
	local module

	for module in virtio_pci virtio_console virtio_rng 9pnet_virtio 9p overlay; do
		modprobe -d "$kerneldir" -S "$release" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
	done | awk '!seen[$0]++'
}

# QEMU can boot the ELF image inside a bzImage (by its PVH entry), and unpacking it here takes a tenth of the
# time that it takes a guest without KVM. The boot protocol says where it is: Documentation/arch/x86/boot.rst.
make_vmlinux()
{
	local image=$kerneldir/vmlinuz setup offset length unpack

	setup=$(od -An -t u1 -j $((0x1f1)) -N 1 "$image")
	read -r offset length < <(od -An -t u4 -j $((0x248)) -N 8 "$image")
	offset=$(((setup + 1) * 512 + offset))
	payload()
	{
		tail -c +$((offset + 1)) "$image" | head -c "$length"
	}
	case $(payload | od -An -t x1 -N 4 2>/dev/null) in
	" fd 37 7a 58")	unpack="xz -dc --single-stream" ;;
	" 28 b5 2f fd")	unpack="zstd -dc" ;;
	" 1f 8b 08 "*)	unpack="gzip -dc" ;;
	*)		unpack=false ;;
	esac
	payload | $unpack >"$kerneldir/vmlinux.$$" 2>/dev/null || true
	if ! readelf -n "$kerneldir/vmlinux.$$" 2>/dev/null | grep -q Xen; then
		cp "$image" "$kerneldir/vmlinux.$$"
	fi
	mv "$kerneldir/vmlinux.$$" "$kerneldir/vmlinux"
}

qemu()
{
	local accel=$1
	shift
	case $accel in
	kvm) set -- -accel kvm -cpu host "$@" ;;
	tcg) set -- -accel "tcg,thread=$thread" -cpu max "$@" ;;
	esac
	[ -z "$gdb" ] || set -- -gdb "tcp:127.0.0.1:$gdb" "$@"
	[ -z "$count" ] || set -- -icount shift=0,sleep=off "$@"
	exec qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -nic none -monitor none \
		-kernel "$kerneldir/vmlinux" -initrd "$kerneldir/initramfs.gz" "$@" </dev/null
}

# /dev/kvm may be there and not work: only a guest that boots tells. The answer holds until the host boots again.
probe_accel()
{
	local cache=$top/build/vm-accel boot answer=tcg

	boot=$(cat /proc/sys/kernel/random/boot_id)
	if [ "$(sed -n 1p "$cache" 2>/dev/null)" = "$boot" ]; then
		sed -n 2p "$cache"
		return
	fi
	if [ -w /dev/kvm ]; then
		(qemu kvm -m 512M -serial file:"$work/probe" -append "console=ttyS0 quiet panic=-1 knat.probe") \
			>/dev/null 2>&1 &
		machine=$!
		for ((tenths = 0; tenths < 200; tenths++)); do
			kill -0 "$machine" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL "$machine" 2>/dev/null || true
		wait "$machine" 2>/dev/null || true
		machine=
		! grep -q 'the guest is alive' "$work/probe" 2>/dev/null || answer=kvm
	fi
	printf '%s\n%s\n' "$boot" "$answer" >"$cache.$$"
	mv "$cache.$$" "$cache"
	echo "$answer"
}

machine_prepare()
{
	if [ ! "$kerneldir/vmlinux" -nt "$kerneldir/release" ]; then
		make_vmlinux
	fi
	accel=${KNAT_ACCEL:-$(probe_accel)}
	case $accel in
	kvm) echo "vm: Linux $release, $cpus CPUs, KVM" >&2 ;;
	tcg) echo "vm: Linux $release, $cpus CPUs, TCG (no working KVM here)" >&2 ;;
	*) die "KNAT_ACCEL is '$accel': say kvm or tcg" ;;
	esac
}

machine_start()
{
	local name options shares=()

	for name in "${!share[@]}"; do
		options=security_model=none
		case $name in
		root | project) options+=,readonly=on,multidevs=remap ;;
		esac
		shares+=(-virtfs "local,path=${share[$name]},mount_tag=$name,$options")
	done
	qemu "$accel" -smp "$cpus" -m "$memory" \
		-append "console=ttyS0 mitigations=off no_timer_check tsc=reliable ${gdb:+nokaslr} $words" \
		-serial file:"$work/console" -device virtio-rng-pci -device virtio-serial-pci \
		-chardev file,id=out,path="$work/stdout" -device virtserialport,chardev=out,name=stdout \
		-chardev file,id=err,path="$work/stderr" -device virtserialport,chardev=err,name=stderr \
		"${shares[@]}" 2>"$work/said"
}
