#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's own style checker, from Debian's newest kernel source package, has nothing to say about the module.

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit
scripts=$top/build/checkpatch

fetch()
{
	local package work=$scripts.new

	package=$(apt-cache pkgnames linux-source- | grep -E '^linux-source-[0-9.]+$' | sort -V | tail -1)
	[ -n "$package" ] || return
	echo "# fetching checkpatch.pl in $package" >&2
	rm -rf "$work"
	mkdir -p "$work"
	(
		cd "$work" &&
		apt-get -qq -o "APT::Sandbox::User=$(id -un)" download "$package" >&2 &&
		dpkg-deb --fsys-tarfile ./*.deb | tar -x --wildcards './usr/src/linux-source-*.tar.xz' &&
		tar -xf usr/src/linux-source-*.tar.xz --strip-components=2 --wildcards \
			'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch' &&
		rm -rf ./*.deb usr
	) && mv "$work" "$scripts"
}

[ -e "$scripts/checkpatch.pl" ] || fetch || { echo "Bail out! no checkpatch.pl"; exit 1; }

# ignored FILE: the types of complaint that do not apply
ignored()
{
	# MAINTAINERS; and lists of X(name, unit, ...), of which each use takes some members
	local types=FILE_PATH_CHANGES,MACRO_ARG_UNUSED

	case $1 in
	module/compat.h)	types+=,LINUX_VERSION_CODE,CONSTANT_COMPARISON ;;
	# The form that all headers of tracepoints have
	module/trace.h)		types+=,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT ;;
	# Names out of a list
	module/stats.c)		types+=,COMPLEX_MACRO ;;
	# The lists themselves
	module/uapi/knat.h)	types+=,COMPLEX_MACRO,MACRO_ARG_REUSE ;;
	esac
	echo "$types"
}

files=$(find module -name '*.[ch]' | sort)
echo "1..$(wc -w <<<"$files")"
number=0
for file in $files; do
	number=$((number + 1))
	if said=$(perl "$scripts/checkpatch.pl" --strict --no-tree --terse --show-types --no-summary \
		  --typedefsfile <(printf '%s\n' __sum16 __wsum) --ignore "$(ignored "$file")" -f "$file" 2>&1); then
		echo "ok $number - $file"
	else
		echo "not ok $number - $file"
		sed 's/^/# /' <<<"$said" >&2
	fi
done
