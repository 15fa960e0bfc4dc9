#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Completion of words in bash, with a natctl and an ip that are played.

tools=$(cd "$(dirname "$0")/.." && pwd)
real=${NATCTL:-$tools/natctl}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=0
failed=0

cat >"$dir/natctl" <<'END'
#!/bin/bash
[ "$1" = -n ] && { [ "$2" = blue ] || exit 2; shift 2; }
case $* in
'pool list') printf '%s\n' ${POOL:+"$POOL addr 198.51.100.9"} 'office      addr 198.51.100.1 # 1 addresses' 'cgn         addr 198.51.100.2' ;;
'map list static proto tcp')
	echo 'tcp  203.0.113.1:8000       to 192.168.0.2:80 # static'
	echo 'tcp  dev wan:443            to 192.168.0.4:8443       # static on 203.0.113.1' ;;
'map list static')
	echo 'tcp  dev wan:443            to 192.168.0.4:8443       # static on 203.0.113.1'
	echo '198.51.100.0/28             to 10.0.0.0/28            # static'
	echo '198.51.100.99               to 192.168.0.77 label "moved to 192.0.2.66 at last" # static' ;;
# A list of all mappings is too long to be asked for.
'host list')
	echo '192.168.0.2     # out 203.0.113.1     mappings 12 of 1000 pool office'
	echo '192.168.0.3     # out 203.0.113.2     mappings 3' ;;
'rule list')
	echo 'prio 50    oif wan      dst 10.8.0.0/16          exempt'
	echo 'prio 100   oif wan      src 192.168.0.0/16       masquerade limit 5 # 203.0.113.1'
	echo 'prio 100   oif ppp0     proto tcp dport 80       pool office' ;;
'session list') echo 'tcp  in 10.0.0.1:5 out 203.0.113.1:6 remote 192.0.2.7:80 state init # idle' ;;
'config show') printf '%s\n' 'udp_timeout  300 # s' 'udp_inbound_refresh 1 #' ;;
*) exit 2 ;;
esac
END
cat >"$dir/ip" <<'END'
#!/bin/bash
case $* in
'netns list') printf '%s\n' 'blue (id: 1)' red ;;
'-n blue -o link') printf '%s\n' '1: lo: <LOOPBACK>' '2: wan@if3: <UP>' ;;
esac
END
chmod +x "$dir/natctl" "$dir/ip"
PATH=$dir:$PATH
# shellcheck source=../natctl.bash
. "$tools/natctl.bash"

# How the shell is to go on
compopt() {
	options+="${options:+ }$2"
}

# The same of the line before
goes_on() { # OPTIONS
	tests=$((tests + 1))
	if [ "$options" = "$1" ]; then
		echo "ok $tests - $COMP_LINE: ${1:-no} option of completion"
	else
		printf '# seen: %s\nnot ok %d - %s: %s\n' "$options" $tests "$COMP_LINE" "$1"
		failed=1
	fi
}

# What a line is completed to, sorted
completes() { # LINE WANTED
	COMP_LINE=$1
	COMP_POINT=${#1}
	COMPREPLY=() options=
	_natctl
	tests=$((tests + 1))
	seen=$(printf '%s\n' "${COMPREPLY[@]}" | sort | xargs)
	if [ "$seen" = "$2" ]; then
		echo "ok $tests - $1"
	else
		printf '# wanted: %s\n# seen:   %s\nnot ok %d - %s\n' "$2" "$seen" $tests "$1"
		failed=1
	fi
}

completes 'natctl po' pool
completes 'natctl s' 'save session stats'
completes 'natctl -' '-V -b -h -j -n -p'
completes 'natctl -j ma' map
completes 'natctl -n ' 'blue red'
completes 'natctl -n blue pool del ' 'cgn office'
completes 'natctl -n red pool del ' ''
completes 'natctl -n blue rule add oif ' 'lo wan'
completes 'natctl pool ' 'add del help list set'
completes 'natctl pool add ' ''
completes 'natctl pool set o' office
completes 'natctl pool add p a' 'addr alloc'
completes 'natctl pool add p addr 192.0.2.1 filtering ' 'adf apdf eif'
completes 'natctl pool add p addr ' ''
completes 'natctl rule add o' oif
completes 'natctl rule add oif lo m' masquerade
completes 'natctl rule add oif lo masquerade m' 'mapping mss-clamp'
completes 'natctl rule add oif lo masquerade mss-clamp ' 'off pmtu'
completes 'natctl rule add oif lo pool ' 'cgn office'
completes 'natctl rule add oif lo pool cgn ' ''
completes 'natctl rule add oif lo exempt ' ''
completes 'natctl rule add oif masquerade ' 'dport dst exempt masquerade oif pool prio proto src'
completes 'natctl rule del ' 'dport dst oif prio proto src'
completes 'natctl rule del oif ' 'ppp0 wan'
completes 'natctl rule del oif wan ' 'dst prio src'
completes 'natctl rule del oif wan prio ' '100 50'
completes 'natctl rule del oif wan prio 50 ' dst
completes 'natctl rule del oif wan src ' 192.168.0.0/16
completes 'natctl rule del prio 100 oif wan src 192.168.0.0/16 ' ''
completes 'natctl rule del oif eth7 ' ''
completes 'natctl rule add oif lo proto d' dccp
completes 'natctl map list in ' '10.0.0.0 192.168.0.2 192.168.0.3 192.168.0.4 192.168.0.77'
completes 'natctl map list out 203' '203.0.113.1 203.0.113.2'
completes 'natctl map list out 1' '198.51.100.0 198.51.100.99'
completes 'natctl map list out .' ''
completes 'natctl map del 1' '198.51.100.0/28 198.51.100.99'
completes 'natctl map set 198.51.100.0/28 ' 'label lifetime'
completes 'natctl map set tcp dev lan0:80 ' 'label lifetime'
completes 'natctl map set gre dev lab ' 'label lifetime'
completes 'natctl map set gre d lab lab ' ''
completes 'natctl map set tcp dev lan0:80 li ' ''
completes 'natctl map set tcp dev lan0:80 li 60 ' 'label lifetime'
completes 'natctl map set tcp dev lan0:80 label "two words" ' 'label lifetime'
completes 'natctl map del tcp dev ' wan:443
goes_on ''
completes 'natctl map del tcp dev wan:' 443
completes 'natctl map set tcp dev wan:4' 443
completes 'natctl map set tcp d ' wan:443
completes 'natctl map del tcp dev wan:443 ' ''
completes 'natctl map del udp dev ' ''
completes 'natctl map list pool ' 'cgn office'
completes 'natctl map del tcp 203' 203.0.113.1:8000
completes 'natctl map del tcp 203.0.113.1:8' 8000
completes 'natctl map add tcp 192.0.2.1:5 ' to
completes 'natctl map add tcp 192.0.2.1:5 to 192.168.0.2 l' 'label lifetime'
completes 'natctl -n blue map add tcp dev w' wan:
goes_on nospace
completes 'natctl session del ' 'all in out proto remote state'
completes 'natctl session list remote ' 192.0.2.7
completes 'natctl session list state es' established
completes 'natctl config set udp_t' udp_timeout
completes 'natctl config set udp_timeout ' ''
completes 'natctl config set udp_timeout 5 udp_i' udp_inbound_refresh
completes 'natctl -n blue lookup udp 192.168.0.2:5 192.0.2.1:5 oif ' 'lo wan'
completes 'natctl lookup u' 'udp udplite'
completes 'natctl apply --d' --dry-run
completes "natctl apply $dir/nat" "$dir/natctl"
goes_on filenames
completes 'natctl pool set o' office
goes_on ''
completes 'natctl monitor s' sessions
completes 'natctl -n blue fastpath add dev ' 'lo wan'
completes 'natctl -n blue fastpath add dev lo,' lo,wan
tests=$((tests + 1))
if [ "${COMPREPLY[*]}" = lo,wan ]; then
	echo "ok $tests - the comma is not quoted"
else
	echo "not ok $tests - the comma is quoted: ${COMPREPLY[*]}"
	failed=1
fi
completes 'natctl -n blue fastpath del dev wan,l' wan,lo
completes 'natctl -n blue fastpath add dev lo,wan,' ''
completes 'natctl -n blue fastpath add dev lo ' ''
completes 'natctl -n blue fastpath list dev ' ''
completes 'natctl fastpath del ' dev
completes 'natctl host list ' '192.168.0.2 192.168.0.3'
completes 'natctl host list 192.168.0.2' 192.168.0.2
completes 'natctl help ' ''

# show is list, and words may be shortened.
completes 'natctl pool show ' 'cgn office'
completes 'natctl host show 192.168.0.3' 192.168.0.3
completes 'natctl map show proto d' dccp
completes 'natctl stats list ' -o
completes 'natctl stats list -o ' prometheus
completes 'natctl po d ' 'cgn office'
completes 'natctl p l ' 'cgn office'
completes 'natctl po s ' ''
completes 'natctl po set cgn hair ' 'off on'
completes 'natctl po set cgn p ' 'addr alloc filtering hairpin limit mapping mss-clamp pairing parity ports rate session-rate sessions'
completes 'natctl -n blue r a o ' 'lo wan'
completes 'natctl r a o lo m ms ' 'off pmtu'
completes 'natctl ma l po ' 'cgn office'
completes 'natctl map add tcp d wan:80 ' to
completes 'natctl map add tcp d wan:80 t 192.168.0.2 la ' ''
completes 'natctl se l st es' established
completes 'natctl -n blue fa a d ' 'lo wan'
completes 'natctl l udp 192.168.0.2:5 203' '203.0.113.1 203.0.113.2'
completes 'natctl -n blue lo udp 192.168.0.2:5 192.0.2.1:5 o ' 'lo wan'
completes 'natctl t so ' 'address change mappings refused use'
completes 'natctl top pool sort ' '-o host interval lines pool sort'
completes 'natctl c set udp_t' udp_timeout
completes 'natctl m' 'map monitor'
completes 'natctl m add ' ''
completes 'natctl mo list ' ''
completes "natctl ap $dir/nat" "$dir/natctl"
completes 'natctl top ' '-o host interval lines pool sort'
completes 'natctl top lines 5 sort ' 'address change mappings refused use'
completes 'natctl -n blue top pool ' 'cgn office'
completes "natctl import $dir/nat" "$dir/natctl"
goes_on filenames
touch "$dir/two words"
completes "natctl -b $dir/two" "$dir/two words"
goes_on filenames
completes 'natctl stats ' '-o help reset show'
completes 'natctl stats -o ' prometheus
completes 'natctl stats show ' -o
completes 'natctl stats show -o ' prometheus

# A name is text, whatever the shell would make of it.
export POOL="\$(touch\${IFS}$dir/run)"
# shellcheck disable=SC2016	# what is typed
completes 'natctl pool del $' "$POOL"
completes 'natctl pool del o' office
unset POOL
tests=$((tests + 1))
if [ -e "$dir/run" ]; then
	echo "not ok $tests - a name is run"
	failed=1
else
	echo "ok $tests - a name is not run"
fi

# Objects, commands and options are those of the grammar.
objects=$("$real" help | sed -n '/^OBJECT/,/^  help/s/^  \([a-z]\+\) .*/\1/p' | sort | xargs)
completes 'natctl ' "$objects"
for object in pool rule map session host fastpath; do
	verbs=$({ "$real" $object help | sed -n "s/^.* natctl $object \([a-z]*\).*/\1/p"; echo help; } | sort -u | xargs)
	completes "natctl $object " "$verbs"
done
options=$({ "$real" pool help | sed -n '/^OPTIONS/,$p' | grep -o '\[ [a-z-]* ' | tr -d '[ '; echo addr; } | sort | xargs)
completes 'natctl pool set office ' "$options"


# Every word of the grammar is one that is completed somewhere, comments aside.
for object in $objects; do
	[ "$object" != help ] || continue
	while read -r word; do
		tests=$((tests + 1))
		if sed 's/^ *#.*//' "$tools/natctl.bash" | grep -qE -- "(^|[^a-z-])$word([^a-z-]|\$)"; then
			echo "ok $tests - natctl $object: $word"
		else
			echo "not ok $tests - natctl $object: $word"
			failed=1
		fi
	done < <("$real" "$object" help | sed 's/^NAME:.*//; s/^FILE:.*//; s/(.*//; s/natctl//' |
		grep -oE '(^|[ |[-])-{0,2}[a-z][a-z-]+' | tr -d '[ |' | sort -u)
done

echo "1..$tests"
exit $failed
