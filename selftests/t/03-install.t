#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What make install puts where, and the unit.

top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=0
failed=0

verdict() { # STATUS NAME
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
		failed=1
	fi
}

make -s -C "$top/tools" install DESTDIR="$dir" >&2
verdict $? "make install with DESTDIR"
for file in usr/sbin/natctl usr/share/man/man8/natctl.8 usr/share/man/man5/knat.conf.5 \
	usr/share/man/man7/knat.7 usr/share/bash-completion/completions/natctl usr/lib/systemd/system/knat.service etc/knat/knat.conf etc/default/knat; do
	[ -s "$dir/$file" ]
	verdict $? "/$file is there"
done

echo '# mine' > "$dir/etc/knat/knat.conf"
make -s -C "$top/tools" install DESTDIR="$dir" >&2
[ "$(cat "$dir/etc/knat/knat.conf")" = '# mine' ]
verdict $? "a configuration that is there stays"

for page in "$top"/tools/*.[578]; do
	said=$(groff -mandoc -ww -z -Tutf8 "$page" 2>&1)
	[ -z "$said" ]
	verdict $? "groff finds nothing wrong with $(basename "$page") $said"
done

# The programs are not where the unit will find them: that alone may be said.
if command -v systemd-analyze >/dev/null; then
	# The programs that it runs need not be on this machine.
	sed -i 's|=/[a-z/]*/natctl|=/bin/true|; s|=/[a-z/]*/modprobe|=/bin/true|' "$dir/usr/lib/systemd/system/knat.service"
	said=$(systemd-analyze verify --man=no "$dir/usr/lib/systemd/system/knat.service" 2>&1 | grep knat)
	[ -z "$said" ]
	verdict $? "systemd finds nothing wrong with the unit $said"
else
	verdict 0 "systemd finds nothing wrong with the unit # SKIP no systemd-analyze"
fi

make -s -C "$top/tools" uninstall DESTDIR="$dir" >&2
left=$(cd "$dir" && find . -type f ! -path './etc/*')
[ -z "$left" ]
verdict $? "make uninstall leaves nothing but the configuration $left"

echo "1..$tests"
exit $failed
