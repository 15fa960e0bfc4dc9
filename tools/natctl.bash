# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Completion of natctl's words for bash: objects, commands and options, and what there is: devices, pools,
# namespaces, addresses and ports in use. Errors of natctl, such as a missing module, complete nothing.

# What natctl lists, in the namespace that the command line names
_natctl_ask()
{
	"${_natctl_program[@]}" "$@" 2>/dev/null
}

_natctl_devices()
{
	local link

	if [ "${#_natctl_program[@]}" -gt 1 ]; then
		ip -n "${_natctl_program[2]}" -o link 2>/dev/null | sed 's/^[0-9]*: \([^:@]*\).*/\1/'
		return
	fi
	for link in /sys/class/net/*; do
		[ ! -d "$link" ] || echo "${link##*/}"
	done
}

_natctl_pools()
{
	_natctl_ask pool list | sed 's/ .*//'
}

# Ends of mappings: those behind the word that is given, in or out
_natctl_ends()
{
	_natctl_ask map list | sed -n "$1" | head -n 1000
}

_natctl_inside()
{
	_natctl_ends 's/.* to \([0-9.]*\)[:/ ].*/\1/p' | sort -u
}

_natctl_outside()
{
	_natctl_ends 's/^\([a-z0-9]\+  *\)\{0,1\}\([0-9.]\{7,\}\)[:/ ].* to .*/\2/p' | sort -u
}

_natctl_remote()
{
	_natctl_ask session list | sed -n 's/.* remote \([0-9.]*\).*/\1/p' | head -n 1000 | sort -u
}

# Static mappings of whole addresses, as map del takes them
_natctl_whole()
{
	_natctl_ask map list static | sed -n 's/^\([0-9.]\{7,\}[^ ]*\) .*/\1/p'
}

# Outside ends of static mappings of a protocol, as map del takes them
_natctl_static()
{
	_natctl_ask map list static proto "$1" | sed -n 's/^[a-z0-9]* *\([0-9.]\{7,\}[^ ]*\) .*/\1/p'
}

_natctl_settings()
{
	_natctl_ask config show | sed 's/ .*//'
}

_natctl_protos="tcp udp icmp udplite sctp dccp gre esp"
_natctl_options="ports mapping filtering alloc pairing parity hairpin limit sessions rate session-rate mss-clamp"

# Words that may stand behind the options of a pool or a masquerade rule
_natctl_option()
{
	case $1 in
	mapping) echo eim adm apdm ;;
	filtering) echo eif adf apdf ;;
	alloc) echo random preserve sequential ;;
	pairing) echo paired arbitrary ;;
	parity) echo off keep pairs ;;
	hairpin) echo on off ;;
	mss-clamp) echo off pmtu ;;
	ports | limit | sessions | rate | session-rate) ;;
	*) return 1 ;;
	esac
}

_natctl_pool()
{
	case $verb in
	list | del | set | add)
		if [ "$count" = 0 ]; then
			[ "$verb" = add ] || _natctl_pools
		elif [ "$verb" = add ] || [ "$verb" = set ]; then
			[ "$prev" = addr ] || _natctl_option "$prev" || echo addr "$_natctl_options"
		fi ;;
	esac
}

_natctl_rule()
{
	case $verb in
	add | del) ;;
	*) return ;;
	esac
	case $prev in
	oif) _natctl_devices ;;
	pool) _natctl_pools ;;
	proto) echo "$_natctl_protos" ;;
	prio | src | dst | dport | exempt) ;;
	*)
		_natctl_option "$prev" && return
		if [[ " ${args[*]} " == *" masquerade "* ]]; then
			echo "$_natctl_options"
		elif [[ " ${args[*]} " != *" pool "* ]]; then
			echo prio oif src dst proto dport masquerade pool exempt
		fi ;;
	esac
}

_natctl_map()
{
	case $verb in
	list | flush)
		case $prev in
		in) _natctl_inside ;;
		out) _natctl_outside ;;
		proto) echo "$_natctl_protos" ;;
		pool) _natctl_pools ;;
		*) echo in out proto pool static dynamic all ;;
		esac ;;
	add)
		case $prev in
		dev) _natctl_devices | sed 's/$/:/' ;;
		to) _natctl_inside ;;
		lifetime | label) ;;
		*)
			if [ "$count" = 0 ]; then
				echo "$_natctl_protos"
				_natctl_outside
			elif [[ " ${args[*]} " == *" to "?* ]]; then
				echo lifetime label
			elif [ "$count" = 1 ] && [[ ${args[0]} != *.* ]]; then
				echo dev
				_natctl_outside
			else
				echo to
			fi ;;
		esac ;;
	set | del)
		if [ "$count" = 0 ]; then
			echo "$_natctl_protos"
			_natctl_whole
		elif [ "$prev" = dev ]; then
			_natctl_devices | sed 's/$/:/'
		elif [ "$count" = 1 ] && [[ ${args[0]} != *.* ]]; then
			echo dev
			_natctl_static "${args[0]}"
		elif [[ $verb = set && $prev != l* ]]; then
			echo lifetime label
		fi ;;
	esac
}

_natctl_session()
{
	case $verb in
	list | count | del) ;;
	*) return ;;
	esac
	case $prev in
	in) _natctl_inside ;;
	out) _natctl_outside ;;
	remote) _natctl_remote ;;
	proto) echo "$_natctl_protos" ;;
	state) echo none init established in-fin out-fin closing trans ;;
	*)
		echo in out remote proto state
		[ "$verb" != del ] || echo all ;;
	esac
}

_natctl_top()
{
	case $prev in
	pool) _natctl_pools ;;
	host) _natctl_inside ;;
	sort) echo mappings change use refused address ;;
	-o) echo text json ;;
	interval | lines) ;;
	*) echo interval pool host sort lines -o ;;
	esac
}

_natctl_lookup()
{
	case $prev in
	iif | oif) _natctl_devices; return ;;
	esac
	case $count in
	0) echo "$_natctl_protos" ;;
	1) _natctl_inside ;;
	2) _natctl_outside ;;
	*) echo iif oif ;;
	esac
}

# The commands of an object; those without stand for themselves
_natctl_verbs()
{
	case $1 in
	pool) echo add set del list ;;
	rule) echo add del list ;;
	map) echo add set del list flush ;;
	session) echo list count del ;;
	host) echo list ;;
	stats) echo show reset -o ;;
	config) echo show set ;;
	fastpath) echo add del list ;;
	monitor) echo all mappings sessions limits ;;
	esac
}

_natctl_words()
{
	local object=$1 verb=${2-} prev=${*: -1} count=$(($# - 2)) args=("${@:3}")

	if [ $# = 0 ]; then
		echo pool rule map session host stats config monitor top fastpath save apply import lookup flush help
		return
	fi
	case $object in
	lookup) count=$(($# - 1)); _natctl_lookup ;;
	top) _natctl_top ;;
	apply) echo --dry-run ;;
	import) ;;
	*)
		if [ $# = 1 ]; then
			_natctl_verbs "$object"
			echo help
			return
		fi
		case $object in
		config) [ "$verb" != set ] || [ $((count % 2)) = 1 ] || _natctl_settings ;;
		fastpath)
			if [ "$verb" = list ]; then
				:
			elif [ "$prev" = dev ]; then
				_natctl_devices
			elif [ "$count" = 0 ]; then
				echo dev
			fi ;;
		host) [ "$count" != 0 ] || _natctl_inside ;;
		stats)
			case $prev in
			show) echo -o ;;
			-o) echo prometheus ;;
			esac ;;
		pool | rule | map | session) "_natctl_$object" ;;
		esac ;;
	esac
}

# Lines that go on from what is typed, as the shell reads them: names come from others, and are only text.
_natctl_fit()
{
	local word

	while read -r word; do
		[[ -z $word || $word != "$cur"* ]] || printf '%q\n' "$word"
	done
}

# Files, which the shell prints and quotes as such
_natctl_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_natctl()
{
	local words=() cur n=1 _natctl_program

	# The shell cuts words at colons, which ends have: cut at blanks.
	read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
	[[ ${COMP_LINE:0:COMP_POINT} != *[[:blank:]] ]] || words+=('')
	cur=${words[-1]}
	unset 'words[-1]'
	_natctl_program=("${words[0]}")
	COMPREPLY=()

	while [[ ${words[n]-} == -* ]]; do
		case ${words[n]} in
		-n)
			if [ "${#words[@]}" = $((n + 1)) ]; then
				mapfile -t COMPREPLY < <(ip netns list 2>/dev/null | sed 's/ .*//' | _natctl_fit)
				return
			fi
			_natctl_program=("${words[0]}" -n "${words[n + 1]}")
			n=$((n + 1)) ;;
		-b)
			_natctl_files
			return ;;
		esac
		n=$((n + 1))
	done
	if [[ $cur == -* && ${#words[@]} = "$n" ]]; then
		mapfile -t COMPREPLY < <(printf '%s\n' -j -p -n -b -V | _natctl_fit)
		return
	fi
	if [[ ${words[n]-} == @(apply|import) && $cur != --* ]]; then
		_natctl_files
		[ "${#COMPREPLY[@]}" = 0 ] || return
	fi
	mapfile -t COMPREPLY < <(_natctl_words "${words[@]:n}" | tr -s ' \t' '\n' | _natctl_fit)
	# A port is to follow.
	[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *: ]] || compopt -o nospace 2>/dev/null
	# What stands before the last colon is a word of its own to the shell.
	if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
		COMPREPLY=("${COMPREPLY[@]#"${cur%:*}:"}")
	fi
}

complete -F _natctl natctl
