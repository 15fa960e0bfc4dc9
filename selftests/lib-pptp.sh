#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Calls of PPTP between the silent addresses of in1 and in2 and that of out1: no
# kernel answers by itself. A test file sources this after lib.sh. A message is
# TYPE:ID[:ID], see probe/pptp.c.

# shellcheck disable=SC2034,SC2154	# variables of lib.sh, and of those who source this

server=$out1_silent:1723
declare -A client=([in1]="$in1_silent:5000" [in2]="$in2_silent:5000")
# Where the server sees each client's control connection
declare -A end=()
# The call id that it was told
declare -A told=()

# A segment of a client's control connection, and one of the server's. What
# arrives is in $packet.
out() { # HOST MESSAGES-GLOB WORDS...
	inject "$1" tcp "${client[$1]}" to "$server" PA seq 101 ack 301 "${@:3}"
	see out1 "tcp ${end[$1]} to $server PA * pptp $2"
}

back() { # HOST MESSAGES-GLOB WORDS...
	inject out1 tcp "$server" to "${end[$1]}" PA seq 301 ack 101 "${@:3}"
	see "$1" "tcp $server to ${client[$1]} PA * pptp $2"
}

control() { # HOST
	inject "$1" tcp "${client[$1]}" to "$server" S seq 100
	see out1 "tcp * to $server S *"
	end[$1]=$src
	inject out1 tcp "$server" to "$src" SA seq 300 ack 101
	see "$1" "tcp $server to ${client[$1]} SA *"
	inject "$1" tcp "${client[$1]}" to "$server" A seq 101 ack 301
	see out1 "tcp ${end[$1]} to $server A *"
}

# A client asks for a call by its id; the server is told ${told[HOST]}.
ask_call() { # HOST ID
	local list
	out "$1" '7:*' pptp "7:$2"
	list=$(field pptp)
	told[$1]=${list#7:}
}

# The server takes it, and calls it by an id of its own.
take_call() { # HOST ID SERVER-ID
	back "$1" "8:$3:$2" pptp "8:$3:${told[$1]}"
}

call() { # HOST ID SERVER-ID
	control "$1"
	ask_call "$1" "$2"
	take_call "$1" "$2" "$3"
}

addr_of() { # HOST
	printf '%s' "${client[$1]%:*}"
}

# Packets of a call that must arrive, and that must not.
carries_out() { # HOST SERVER-ID
	inject "$1" gre "$(addr_of "$1")" to "$out1_silent" call "$2" data "out-$1"
	see out1 "gre 203.0.113.1 to $out1_silent call $2 * data out-$1"
}

carries_in() { # HOST ID
	inject out1 gre "$out1_silent" to 203.0.113.1 call "${told[$1]}" \
		data "in-$1"
	see "$1" "gre $out1_silent to $(addr_of "$1") call $2 * data in-$1"
}

carries() { # HOST ID SERVER-ID
	carries_out "$1" "$3"
	carries_in "$1" "$2"
}

carries_nothing() { # HOST SERVER-ID
	must clear
	inject "$1" gre "$(addr_of "$1")" to "$out1_silent" call "$2" data late
	see_nothing out1 'gre * data late'
	inject out1 gre "$out1_silent" to 203.0.113.1 call "${told[$1]}" data late
	see_nothing "$1" 'gre * data late'
}

carries_nothing_in() { # HOST
	must clear
	inject out1 gre "$out1_silent" to 203.0.113.1 call "${told[$1]}" data late
	see_nothing "$1" 'gre * data late'
}
