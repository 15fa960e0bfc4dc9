#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What make install puts where, and the unit.

top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
played=$(mktemp -d)
trap 'rm -rf "$dir" "$played"' EXIT
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
	usr/share/man/man7/knat.7 usr/share/bash-completion/completions/natctl usr/lib/systemd/system/knat.service \
	usr/lib/systemd/system/knat-prometheus.service usr/lib/systemd/system/knat-prometheus.timer etc/knat/knat.conf etc/default/knat; do
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
	said=$(mandoc -T lint "$page" 2>&1 | grep -vE 'referenced manual not found|outdated mandoc.db')
	[ -z "$said" ]
	verdict $? "mandoc finds nothing wrong with $(basename "$page") $said"
done

# What knat-prometheus.service runs, with a natctl that is played.
run_unit() { # SCRIPT-OF-NATCTL
	local unit=$dir/usr/lib/systemd/system/knat-prometheus.service command

	printf '#!/bin/sh\n%s\n' "$1" > "$played/natctl"
	chmod +x "$played/natctl"
	# As systemd reads it: lines that go on, and $$ for $
	command=$(sed -n "/^ExecStart=/,/'\$/p" "$unit" | tr -d '\\\n' | sed "s/^ExecStart=[^ ]* -c '//; s/'\$//; s/\\$\\$/\$/g")
	KNAT_PROM=$played/prom/knat.prom sh -c "${command//\/usr\/sbin\/natctl/$played/natctl}" 2>/dev/null
}

mkdir "$played/prom"
run_unit 'echo knat_mappings 5'
[ "$? $(ls "$played/prom") $(cat "$played/prom/knat.prom")" = '0 knat.prom knat_mappings 5' ]
verdict $? "the counters are written for Prometheus"
[ "$(stat -c %a "$played/prom/knat.prom")" = 644 ]
verdict $? "for all to read"
run_unit "sleep 0.5; echo knat_mappings 6; cat '$played/prom/knat.prom' > '$played/before'; sleep 0.5"
[ "$(cat "$played/before" "$played/prom/knat.prom")" = "$(printf 'knat_mappings 5\nknat_mappings 6')" ]
verdict $? "the file is replaced when the new one is complete"
run_unit 'echo knat_mappings 7; exit 2'
[ "$? $(ls "$played/prom")" = '1 ' ]
verdict $? "after an error there is none"

if command -v systemd-analyze >/dev/null; then
	# The programs that they run need not be on this machine.
	sed -i 's|=/[a-z/]*/natctl|=/bin/true|; s|=/[a-z/]*/modprobe|=/bin/true|' "$dir/usr/lib/systemd/system/knat.service"
	for unit in knat.service knat-prometheus.service knat-prometheus.timer; do
		said=$(systemd-analyze verify --man=no "$dir/usr/lib/systemd/system/$unit" 2>&1 | grep knat)
		[ -z "$said" ]
		verdict $? "systemd finds nothing wrong with $unit $said"
	done
else
	verdict 0 "systemd finds nothing wrong with the units # SKIP no systemd-analyze"
fi

make -s -C "$top/tools" uninstall DESTDIR="$dir" >&2
left=$(cd "$dir" && find . -type f ! -path './etc/*')
[ -z "$left" ]
verdict $? "make uninstall leaves nothing but the configuration $left"

echo "1..$tests"
exit $failed
