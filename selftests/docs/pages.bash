#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What README.md and docs/*.md tell to type in does what they say.
#
# A block of commands has a mark behind the language of its fence, which a
# reader does not see:
#
#	sh HOST [fails] [background]	typed in on a host of the scene, or on
#					"guest", the machine that has them
#	conf HOST [apply]		a knat.conf: natctl apply --dry-run, or apply
#	nft HOST			a file for nft -f
#	LANGUAGE output			what the block before prints, see match
#	sh not run: REASON		a block that is not run; they are listed
#	text				a picture
#
# Comments say what else there is:
#
#	<!-- scene NAME -->		hosts and servers, see scenes.bash; a page
#					has one to begin with, and may change it
#	<!-- run HOST [background]	commands that the reader need not see,
#	...				such as the traffic of a host
#	-->
#	<!-- table HOST -->		the statements in the tables up to the next
#					headline are run, each row by itself
#
#	usage: pages.bash [but] [WORD...]
#
# With words, only pages whose names contain one of them are read; with "but",
# only others. Outputs that differ are left in $RESULTS/docs, for fill.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../programs/daemons.bash
. "$(dirname "$0")/../programs/daemons.bash"
# shellcheck source=scenes.bash
. "$(dirname "$0")/scenes.bash"

# Test files that a page runs have hosts of their own.
unset KNAT_PRIVATE_MOUNTS
# Filter rules and conntrack see little of what takes the fast path.
FASTPATH=

here=$(realpath "$(dirname "$0")")
cd "$here/../.." || bail "no tree"
seen=${RESULTS:-$work}/docs
mkdir -p "$seen" "$work/bin"
ln -s "$(realpath "$NATCTL")" "$work/bin/natctl"
printf '#!/bin/sh\nexec "$@"\n' >"$work/bin/sudo"
# What the kernel said since the scene began
printf '#!/bin/sh\n%s | tac | sed "/knat-test: scene/Q" | tac\n' "$(command -v dmesg)" >"$work/bin/dmesg"
chmod +x "$work"/bin/{sudo,dmesg}
export TREE=$PWD
PATH=$work/bin:$PATH

number=0 failed=0 not_run=0
page='' scene='' last=none said=''

result() { # STATUS WHAT
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=$((failed + 1))
	fi
}

### Scenes

end_scene() {
	[ -n "$scene" ] || return
	if [ ${#servers[@]} != 0 ]; then
		kill "${servers[@]}" 2>/dev/null
		wait "${servers[@]}" 2>/dev/null
	fi
	servers=()
	server_names=()
	local status=0
	ask verdict || status=1
	if kernel_tainted; then
		diag "the kernel has warned, see its log"
		status=1
	fi
	result $status "$page: scene $scene: no inside address left the gateway"
	scene=
}

begin_scene() { # NAME
	end_scene
	if ! declare -F "scene_$1" >/dev/null; then
		result 1 "$page: scene $1 is known"
		return
	fi
	rm -f "$logs"/* "$work/bound"
	rm -rf "$work"/{in1,in2,in3,out1,out2,far,gw,guest}
	mkdir "$work"/{in1,in2,in3,out1,out2,far,gw,guest}
	# Docker leaves it behind, and with it packets on a bridge see hooks.
	rmmod br_netfilter 2>/dev/null
	build
	echo "knat-test: scene $1 of $page" >/dev/kmsg
	scene_"$1"
	# Servers are those of the scene, and end with it.
	trap cleanup EXIT
	scene=$1
}

### Blocks

# Begins a command on a host; what it prints is in $said.
begin() { # HOST COMMAND...
	said=$work/said.$number.$RANDOM
	(
		cd "$work/$1" || exit
		[ "$1" = guest ] || exec timeout 300 nsenter --net="/run/netns/$1" "${@:2}"
		exec timeout 300 "${@:2}"
	) >"$said" 2>&1 </dev/null &
	began=$!
}

# Runs text on a host, by the words of a mark.
run_block() { # WHERE TEXT HOST [fails] [background]
	local status stop=-e
	[[ " ${*:4} " != *' fails '* ]] || stop=+e
	begin "$3" bash $stop -c "$2"
	last=ended
	if [[ " ${*:4} " == *' background '* ]]; then
		servers+=("$began")
		last=background
		return
	fi
	wait "$began"
	status=$?
	if [[ " ${*:4} " == *' fails '* ]]; then
		[ $status != 0 ] && [ $status != 124 ]
	else
		[ $status = 0 ]
	fi
	status=$?
	[ $status = 0 ] || diag "$(<"$said")"
	result $status "$1 on $3: ${what:-${2%%$'\n'*}}"
}

# The same for what the reader does not see: the output of the block before
# is still the one that follows.
run_hidden() { # WHERE TEXT HOST [background]
	local said=$said last=$last
	run_block "$@"
}

apply_block() { # WHERE TEXT HOST [apply]
	local option=(--dry-run)
	[ "${4-}" != apply ] || option=()
	printf '%s' "$2" >"$work/gw/block.conf"
	run_block "$1" "natctl apply block.conf ${option[*]}" "$3"
}

nft_block() { # WHERE TEXT HOST
	printf '%s' "$2" >"$work/$3/block.nft"
	run_block "$1" "nft -f block.nft" "$3"
}

# What such a block names must be there, at least.
not_run_block() { # WHERE TEXT REASON
	local name status=0
	not_run=$((not_run + 1))
	diag "not run: $1: $3"
	while read -r name; do
		grep -qE "^([a-z-]+ )*$name( [a-z-]+)*:" Makefile || { diag "no target $name"; status=1; }
	done < <(grep -oE '^make [a-z][a-z -]*' <<<"$2" | tr ' ' '\n' | grep -x '[a-z-]*' | grep -vxE 'make|')
	while read -r name; do
		[ -e "$name" ] || { diag "no file $name"; status=1; }
	done < <(grep -oE '(selftests|docs|tools|\.ci)/[a-z0-9./-]+' <<<"$2")
	result $status "$1: what the block names is there"
}

matches() {
	"$here/match" "$work/expected" "$said" "$work/typed" "$work/bound" \
		>"$work/difference"
}

output_block() { # WHERE TEXT
	local status=0 patience=0
	printf '%s' "$2" >"$work/expected"
	[ "$last" != background ] || patience=15
	if ! wait_until $patience matches; then
		status=1
		cp "$said" "$seen/${1//[\/:]/_}"
		diag "$(<"$work/difference")"
	fi
	result $status "$1: the output"
}

block() { # WHERE TEXT LANGUAGE WORDS...
	local words=" ${*:4} "
	case $words in
	*' not run: '*)
		not_run_block "$1" "$2" "${words#* not run: }"
		return
		;;
	' output ')
		if [ "$last" = none ]; then
			result 1 "$1: there is nothing before the output"
		else
			output_block "$1" "$2"
		fi
		return
		;;
	esac
	case $3 in
	sh | conf | nft)
		if [ -z "$scene" ]; then
			result 1 "$1: the page has a scene"
		elif [ ! -d "$work/${4-none}" ]; then
			result 1 "$1: the block says where it is run, or why it is not"
		elif [ "$3" = sh ]; then
			run_block "$1" "$2" "${@:4}"
		elif [ "$3" = conf ]; then
			apply_block "$1" "$2" "${@:4}"
		else
			nft_block "$1" "$2" "${@:4}"
		fi
		;;
	text)
		if grep -qE '^ *([$#]|sudo|make|natctl|nft|ip|iptables|systemctl) ' <<<"$2"; then
			result 1 "$1: commands are not text"
		fi
		;;
	*)
		result 1 "$1: the language of the block is one of those above"
		;;
	esac
}

### Tables

# Runs all statements of a row, each of iptables and nft in empty tables.
table_row() { # WHERE ROW HOST
	local words=$2 statement setup what
	in_space "$3" natctl flush
	while [[ $words == *'`'*'`'* ]]; do
		words=${words#*'`'}
		statement=${words%%'`'*}
		words=${words#*'`'}
		what=$statement
		setup='nft flush ruleset; '
		case $statement in
		'nft '*) setup+=$nat_chains ;;
		'iptables '* | 'sysctl '*) ;;
		'natctl monitor'* | 'conntrack -E') continue ;;
		'conntrack -D'*) statement="timeout 5 $statement || true" ;;
		'natctl '* | 'conntrack '*) setup= ;;
		*) continue ;;
		esac
		# The shell is not to see the braces and brackets of nft.
		[[ $statement != nft* ]] || statement="nft '${statement#nft }'"
		run_block "$1" "$setup$statement" "$3"
	done
}

nat_chains='nft add table ip nat
nft "add chain ip nat prerouting { type nat hook prerouting priority dstnat; }"
nft "add chain ip nat postrouting { type nat hook postrouting priority srcnat; }"
'

### Pages

# Words of commands, whose numbers are not chosen by chance
typed_words() { # FILE
	awk '/^```/ { inside = !inside; output = / output$/; next }
	     /^<!-- run/ { hidden = 1 }
	     inside && !output || hidden
	     /-->/ { hidden = 0 }' "$1"
}

read_page() { # FILE
	local line count=0 kind='' mark=() table=() at text
	page=$1
	last=none
	typed_words "$1" >"$work/typed"
	while IFS= read -r line; do
		count=$((count + 1))
		case $kind,$line in
		,'```'*)
			kind=block text='' at=$count
			read -ra mark <<<"${line#'```'}"
			;;
		block,'```'*)
			kind=
			block "$page:$at" "$text" "${mark[@]}"
			;;
		,'<!-- scene '*)
			read -ra mark <<<"${line#'<!-- scene '}"
			begin_scene "${mark[0]}"
			;;
		,'<!-- run '*)
			kind=hidden text='' at=$count
			read -ra mark <<<"${line#'<!-- run '}"
			;;
		hidden,'-->')
			kind=
			run_hidden "$page:$at" "$text" "${mark[@]}"
			;;
		,'<!-- table '*)
			read -ra table <<<"${line#'<!-- table '}"
			;;
		,'| '*)
			[ ${#table[@]} = 0 ] || table_row "$page:$count" "$line" "${table[0]}"
			;;
		,'## '*)
			table=()
			;;
		,'    '[a-z]*)
			[[ $line =~ ^\ *(make|natctl|selftests/|sudo|nft|ip)' ' ]] &&
				result 1 "$page:$count: commands are in a block with a mark"
			;;
		block,* | hidden,*)
			text+=$line$'\n'
			;;
		esac
	done <"$1"
	[ -z "$kind" ] || result 1 "$page:$at: the block ends"
	end_scene
}

chosen_page() { # FILE [but] [WORD...]
	local word first=2 wanted=0 other=1
	(($# > 1)) || return 0
	if [ "$2" = but ]; then
		first=3 wanted=1 other=0
	fi
	for word in "${@:first}"; do
		[[ $1 != *"$word"* ]] || return $wanted
	done
	return $other
}

for file in README.md docs/*.md; do
	! chosen_page "$file" "$@" || read_page "$file"
done
echo "1..$number"
diag "$not_run blocks are not run"
exit $((failed > 0))
