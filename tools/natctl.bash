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

# Hosts that traffic made mappings for: there may be many more mappings than hosts
_natctl_hosts()
{
	_natctl_ask host list | sed 's/ .*//'
}

_natctl_inside()
{
	{ _natctl_hosts; _natctl_ask map list static | sed -n 's/^[^"#]* to \([0-9.]*\)[:/ ].*/\1/p'; } | sort -u
}

_natctl_outside()
{
	{
		_natctl_ask host list | sed -n 's/.*# out \([0-9.]*\).*/\1/p'
		_natctl_ask map list static | sed -n 's/^\([a-z0-9]\+  *\)\{0,1\}\([0-9.]\{7,\}\)[:/ ].* to .*/\2/p'
	} | sort -u
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

# Outside ends of static mappings of a protocol, as map del takes them: addresses, or behind dev
_natctl_static() # PROTO [dev]
{
	local end='\([0-9.]\{7,\}[^ ]*\)'

	[ $# = 1 ] || end='dev \([^ ]*\)'
	_natctl_ask map list static proto "$1" | sed -n "s/^[a-z0-9]* *$end .*/\1/p"
}

_natctl_settings()
{
	_natctl_ask config show | sed 's/ .*//'
}

_natctl_protos="tcp udp icmp udplite sctp dccp gre esp"
_natctl_options="ports mapping filtering alloc pairing parity hairpin limit sessions rate session-rate mss-clamp"
_natctl_objects="pool rule map session host stats config monitor top fastpath save apply import lookup flush help"

# The word that natctl takes a word for, as full: one of these that alone begins with it, or what it is.
_natctl_full() # WORD WORDS
{
	local word fits=0

	full=$1
	for word in $2; do
		if [ "$word" = "$1" ]; then
			full=$1
			return
		fi
		[[ -z $1 || $word != "$1"* || $word = "$full" ]] || fits=$((fits + 1)) full=$word
	done
	[ $fits = 1 ] || full=$1
}

# What is to follow behind words: a value of the word want, or another word if that is empty. Words with their values
# are put into given, all in full.
_natctl_follow() # WORDS-WITH-VALUES OTHER-WORDS WORD...
{
	local valued=$1 others=$2 word full

	want='' given=()
	shift 2
	for word; do
		if [ -n "$want" ]; then
			given+=("$want $word")
			want=''
			continue
		fi
		_natctl_full "$word" "$valued $others"
		if [[ " $valued " == *" $full "* ]]; then
			want=$full
			continue
		fi
		given+=("$full")
		# Options stand behind it.
		[ "$full" != masquerade ] || valued=$_natctl_options others=''
	done
}

# Is the word there, alone or with a value?
_natctl_given()
{
	local each

	for each in "${given[@]}"; do
		[ "${each%% *}" != "$1" ] || return 0
	done
	return 1
}

# What may stand behind an option of a pool or a masquerade rule
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
	esac
}

_natctl_pool()
{
	case $verb in
	list | del | set | add)
		if [ "$count" = 0 ]; then
			[ "$verb" = add ] || _natctl_pools
		elif [ "$verb" = add ] || [ "$verb" = set ]; then
			_natctl_follow "addr $_natctl_options" '' "${args[@]:1}"
			_natctl_option "$want"
			[ -n "$want" ] || echo addr "$_natctl_options"
		fi ;;
	esac
}

# Selectors of the rules that have those given: what is left of them, or the values of the one that is wanted
_natctl_selectors()
{
	local words each i

	while read -ra words; do
		for each in "${given[@]}"; do
			[[ " ${words[*]} " == *" $each "* ]] || continue 2
		done
		for ((i = 0; i + 1 < ${#words[@]}; i += 2)); do
			[[ ${words[i]} != @(masquerade|pool|exempt) ]] || break
			if [ "${words[i]}" = "$want" ]; then
				echo "${words[i + 1]}"
			elif [ -z "$want" ] && ! _natctl_given "${words[i]}"; then
				echo "${words[i]}"
			fi
		done
	done < <(_natctl_ask rule list) | sort -u
}

_natctl_rule()
{
	local selectors="prio oif src dst proto dport"

	case $verb in
	add | del) ;;
	*) return ;;
	esac
	_natctl_follow "$selectors pool" "masquerade exempt" "${args[@]}"
	if [ "$want" = pool ]; then
		_natctl_pools
	elif _natctl_given pool || _natctl_given exempt; then
		:
	elif _natctl_given masquerade; then
		_natctl_option "$want"
		[ -n "$want" ] || echo "$_natctl_options"
	elif [ "$verb" = del ]; then
		_natctl_selectors
	else
		case $want in
		'') echo "$selectors" masquerade pool exempt ;;
		oif) _natctl_devices ;;
		proto) echo "$_natctl_protos" ;;
		esac
	fi
}

_natctl_filter_map()
{
	_natctl_follow "in out proto pool" "static dynamic all" "${args[@]}"
	case $want in
	in) _natctl_inside ;;
	out) _natctl_outside ;;
	proto) echo "$_natctl_protos" ;;
	pool) _natctl_pools ;;
	*) echo in out proto pool static dynamic all ;;
	esac
}

# The outside end of a mapping, of which not all is there
_natctl_end()
{
	if [ "$count" = 0 ]; then
		echo "$_natctl_protos"
		if [ "$verb" = add ]; then _natctl_outside; else _natctl_whole; fi
	elif [ "$count" = 1 ]; then
		echo dev
		if [ "$verb" = add ]; then _natctl_outside; else _natctl_static "${args[0]}"; fi
	elif [ "$verb" = add ]; then
		_natctl_devices | sed 's/$/:/'
	else
		_natctl_static "${args[0]}" dev
	fi
}

_natctl_map()
{
	local full end=2

	case $verb in
	list | flush)
		_natctl_filter_map
		return ;;
	add | set | del) ;;
	*) return ;;
	esac
	# How many words the outside end has: an address alone, or one or a device behind a protocol
	_natctl_full "${args[1]-}" dev
	if [[ ${args[0]-} == *.* ]]; then
		end=1
	elif [ "$full" = dev ]; then
		end=3
	fi
	if [ "$count" -lt $end ]; then
		_natctl_end
		return
	fi
	case $verb$((count - end)) in
	add0)
		echo to
		return ;;
	add1)
		_natctl_inside
		return ;;
	add*) end=$((end + 2)) ;;
	del*) return ;;
	esac
	_natctl_follow "lifetime label" '' "${args[@]:end}"
	[ -n "$want" ] || echo lifetime label
}

_natctl_session()
{
	case $verb in
	list | count | del) ;;
	*) return ;;
	esac
	_natctl_follow "in out remote proto state" all "${args[@]}"
	case $want in
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
	_natctl_follow "interval pool host sort lines -o" '' "${args[@]}"
	case $want in
	pool) _natctl_pools ;;
	host) _natctl_hosts ;;
	sort) echo mappings change use refused address ;;
	-o) echo text json ;;
	'') echo interval pool host sort lines -o ;;
	esac
}

_natctl_lookup()
{
	case $count in
	0) echo "$_natctl_protos" ;;
	1) _natctl_inside ;;
	2) _natctl_outside ;;
	*)
		_natctl_follow "iif oif" '' "${args[@]:3}"
		if [ -n "$want" ]; then _natctl_devices; else echo iif oif; fi ;;
	esac
}

_natctl_stats()
{
	[ "$verb" != show ] || _natctl_follow -o '' "${args[@]}"
	[[ $verb != -o || $count != 0 ]] || want=-o
	if [ -n "$want" ]; then
		echo prometheus
	elif [[ $verb = show && $count = 0 ]]; then
		echo -o
	fi
}

# A device behind those of a list that has begun, none twice
_natctl_fastpath()
{
	local begun='' device full

	[[ $verb == @(add|del) && $count -lt 2 ]] || return
	_natctl_full "${args[0]-}" dev
	if [ "$count" = 0 ]; then
		echo dev
	elif [ "$full" = dev ]; then
		[[ $cur != *,* ]] || begun=${cur%,*},
		while read -r device; do
			[[ ,$begun == *",$device,"* ]] || echo "$begun$device"
		done < <(_natctl_devices)
	fi
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
	local object=${1-} verb=${2-} count=$(($# - 2)) args=("${@:3}") want='' given=() full

	if [ $# = 0 ]; then
		echo "$_natctl_objects"
		return
	fi
	case $object in
	lookup | top)
		count=$(($# - 1)) args=("${@:2}")
		"_natctl_$object"
		return ;;
	apply)
		echo --dry-run
		return ;;
	import | help)
		return ;;
	esac
	if [ $# = 1 ]; then
		_natctl_verbs "$object"
		echo help
		return
	fi
	# What shows is called list, or show, and takes the other name.
	_natctl_full "$verb" "$(_natctl_verbs "$object") help show list"
	verb=$full
	case $object:$verb in
	stats:list) verb=show ;;
	stats:*) ;;
	*:show) verb=list ;;
	esac
	case $object in
	config) [ "$verb" != set ] || [ $((count % 2)) = 1 ] || _natctl_settings ;;
	host) [[ $verb != list || $count != 0 ]] || _natctl_hosts ;;
	pool | rule | map | session | stats | fastpath) "_natctl_$object" ;;
	esac
}

# Lines that go on from what is typed, as the shell reads them: names come from others, and are only text.
_natctl_fit()
{
	local word

	while read -r word; do
		[[ -n $word && $word = "$cur"* ]] || continue
		printf -v word %q "$word"
		# A comma means something in braces only, and those are quoted.
		printf '%s\n' "${word//\\,/,}"
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
	local words=() cur n=1 full _natctl_program

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
		mapfile -t COMPREPLY < <(printf '%s\n' -h -j -p -n -b -V | _natctl_fit)
		return
	fi
	if [ "${#words[@]}" -gt "$n" ]; then
		_natctl_full "${words[n]}" "$_natctl_objects"
		words[n]=$full
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
