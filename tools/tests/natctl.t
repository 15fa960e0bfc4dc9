#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What natctl says to right and wrong commands, where no kernel module is needed.

natctl=$(cd "$(dirname "$0")/.." && pwd)/natctl
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=0 bad=0

verdict() # OK NAME
{
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
		bad=$((bad + 1))
	fi
}

run()
{
	"$natctl" "$@" > "$dir/out" 2> "$dir/err" < /dev/null
	status=$?
}

show()
{
	echo "# natctl $*: exit status $status"
	sed 's/^/# out: /' "$dir/out"
	sed 's/^/# err: /' "$dir/err"
}

# wrong PATTERN WORDS...: exit status 1, one sentence that matches, nothing on stdout
wrong()
{
	local pattern=$1 ok=0

	shift
	run "$@"
	[ "$status" = 1 ] && [ ! -s "$dir/out" ] &&
		[ "$(grep -c 'Error: ' "$dir/err")" = 1 ] &&
		head -n 1 "$dir/err" | grep -q -- "^Error: .*$pattern" || ok=1
	[ $ok = 0 ] || { show "$@"; echo "# expected: $pattern"; }
	verdict $ok "refused: natctl ${*@Q}"
}

# right WORDS...: the words are understood, only the module is missing
right()
{
	local ok=0

	run "$@"
	[ "$status" = 2 ] && [ "$(cat "$dir/err")" = "Error: module knat is not loaded: modprobe knat" ] || ok=1
	[ $ok = 0 ] || show "$@"
	verdict $ok "understood: natctl ${*@Q}"
}

if grep -qs '^knat ' /proc/modules; then
	echo "1..0 # SKIP knat is loaded here"
	exit 0
fi

# --- what is right ---
right pool add p addr 203.0.113.1
right pool add p addr 203.0.113.1,203.0.113.8/29,203.0.113.100-203.0.113.110 ports 2000-3000 mapping apdm \
	filtering adf alloc preserve pairing arbitrary limit 100 hairpin off mss-clamp 1400
right pool set p mss-clamp pmtu
right po l
right pool del p
right rule add oif eth0 masquerade
right rule add prio 10 oif eth0 src 192.168.0.0/16 dst 10.0.0.0/8 proto tcp pool p
right rule add oif eth0 src 192.168.0.1 exempt
right rule add oif eth0 masquerade filtering apdf ports 5000-6000
right rule del oif eth0
right r a o eth0 m
right map add tcp 203.0.113.1:80 to 192.168.0.2:8080 lifetime 60 label "a b"
right map add udp 203.0.113.1:80-90 to 192.168.0.2
right map add tcp dev eth0:8000 to 192.168.0.2:80
right map add 203.0.113.0/28 to 10.0.0.0/28
right map add 203.0.113.1 to 10.0.0.1 "#" words behind a comment
right map del tcp 203.0.113.1:80
right map list in 192.168.0.2 proto udp dynamic
right map flush all
right -j map list
right session list state established remote 198.51.100.1:80
right session del in 192.168.0.2
right stats
right stats reset
right config
right config set udp_timeout 10 port_rest 0
right flush

# --- what is wrong ---
wrong "object" -j
wrong '"nonsense" is not an object' nonsense
wrong 'one word too many' fl x
wrong 'ambiguous' config set tcp_ 5
wrong '"xyz" is not a command of pool' pool xyz
wrong 'name of the pool is missing' pool add
wrong 'addresses of the pool are missing' pool add p
wrong '"203.0.113" is not an IPv4 address' pool add p addr 203.0.113
wrong '203.0.113.0/28' pool add p addr 203.0.113.1/28
wrong 'above the last' pool add p addr 203.0.113.9-203.0.113.1
wrong 'only IPv4' pool add p addr 2001:db8::1
wrong 'one of eim, adm, apdm' pool add p addr 203.0.113.1 mapping full
wrong '"0" is not a valid port' pool add p addr 203.0.113.1 ports 0-10
wrong 'above the last' pool add p addr 203.0.113.1 ports 20-10
wrong 'from 88 to 65495' pool add p addr 203.0.113.1 mss-clamp 10
wrong 'too long' pool add "$(printf 'x%.0s' {1..40})" addr 203.0.113.1
wrong 'not an option of a pool' pool add p addr 203.0.113.1 colour blue
wrong 'oif and the outside device' rule add masquerade
wrong 'action is missing' rule add oif eth0
wrong 'is there twice' rule add oif eth0 oif eth1 masquerade
wrong 'not the name of a network device' rule add oif a/b masquerade
wrong 'not the name of a network device' rule add oif name-that-is-too-long masquerade
wrong 'the prefix is 192.168.0.0/16' rule add oif eth0 src 192.168.0.1/16 masquerade
wrong 'prefix length' rule add oif eth0 src 192.168.0.0/33 masquerade
wrong 'not a protocol' rule add oif eth0 proto xyz masquerade
wrong 'not a protocol' rule add oif eth0 proto 256 masquerade
wrong 'not an option of masquerade' rule add oif eth0 masquerade addr 203.0.113.1
wrong 'one word too many' rule list all
wrong 'outside end is missing' map add
wrong 'needs a port' map add tcp 203.0.113.1 to 10.0.0.1
wrong 'needs a protocol' map add 203.0.113.1:80 to 10.0.0.1
wrong '"0" is not a valid port' map add tcp 203.0.113.1:0 to 10.0.0.1
wrong '"65536" is not a valid port' map add tcp 203.0.113.1:65536 to 10.0.0.1
wrong '"080" is not a valid port' map add tcp 203.0.113.1:080 to 10.0.0.1
wrong 'not a valid port' map add tcp 203.0.113.1:99999999999999999999 to 10.0.0.1
wrong 'where "to" is expected' map add tcp 203.0.113.1:80 of 10.0.0.1
wrong 'as many ports' map add tcp 203.0.113.1:80-90 to 10.0.0.1:80-91
wrong 'length of the outside one, 28' map add 203.0.113.0/28 to 10.0.0.0/29
wrong 'may not have a port' map add 203.0.113.1 to 10.0.0.1:80
wrong 'from 1 to' map add tcp 203.0.113.1:80 to 10.0.0.1 lifetime 0
wrong 'label is too long' map add tcp 203.0.113.1:80 to 10.0.0.1 label "$(printf 'x%.0s' {1..70})"
wrong 'control characters' map add tcp 203.0.113.1:80 to 10.0.0.1 label $'a\nb'
wrong 'DEV:PORT' map add tcp dev eth0 to 10.0.0.1
wrong 'not a filter' map list colour blue
wrong 'a filter is missing' session del
wrong 'one of none, init' session list state open
wrong 'from 1 to 604800' config set udp_timeout 0
wrong 'from 1 to 604800' config set udp_timeout -5
wrong 'is not a setting' config set colour 1
wrong 'value is missing\|a value' config set udp_timeout
wrong 'name of a setting is missing' config set
wrong 'no network namespace "no-such-namespace"' -n no-such-namespace stats
wrong 'cannot read' -b /no/such/file
wrong 'no option -x' -x
wrong 'needs an argument' -n

# --- batches ---
printf '# comment\n\n   \nmap add tcp 203.0.113.1:0 to 10.0.0.1 # remark\nnonsense\n' > "$dir/batch"
run -b "$dir/batch"
ok=0
[ "$status" = 1 ] && head -n 1 "$dir/err" | grep -q "^$dir/batch:4: Error: .*\"0\" is not a valid port" || ok=1
[ $ok = 0 ] || show batch
verdict $ok "a batch stops at the first error and says where"

printf 'map add tcp 203.0.113.1:1 to 10.0.0.1 label "open\n' > "$dir/batch"
run -b "$dir/batch"
ok=0
[ "$status" = 1 ] && grep -q 'a quote is not closed' "$dir/err" || ok=1
verdict $ok "a quote that is not closed is told"

# --- help ---
run help
ok=0
[ "$status" = 0 ] && [ "$(wc -l < "$dir/out")" -le 24 ] && [ "$(wc -L < "$dir/out")" -le 80 ] || ok=1
[ $ok = 0 ] || show help
verdict $ok "natctl help fits a screen of 80 by 24"
for object in pool rule map session stats config; do
	run "$object" help
	ok=0
	[ "$status" = 0 ] && grep -q "^Usage: natctl $object" "$dir/out" && [ "$(wc -L < "$dir/out")" -le 80 ] || ok=1
	[ $ok = 0 ] || show "$object" help
	verdict $ok "natctl $object help shows its grammar"
done
run -V
ok=0
grep -qx "natctl $(cat "$(dirname "$natctl")/../VERSION")" "$dir/out" || ok=1
verdict $ok "natctl -V tells the version"

echo "1..$tests"
exit $((bad > 0))
