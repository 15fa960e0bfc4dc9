#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A TCP connection segment by segment, between the silent addresses of in1,
# port 5000, and out1, port 80: no kernel answers by itself. A test file
# sources this after lib.sh.

# shellcheck disable=SC2154	# variables of lib.sh

inside=$in1_silent:5000
remote=$out1_silent:80

# A segment from the inside that must arrive; leaves the outside end in $end.
sends() { # FLAGS WORDS...
	inject in1 tcp "$inside" to "$remote" "$@"
	see out1 "tcp 203.0.113.1:* to $remote $1 *"
	end=$src
}

# A segment from the outside that must arrive.
gets() { # FLAGS WORDS...
	inject out1 tcp "$remote" to "$end" "$@"
	see in1 "tcp $remote to $inside $1 *"
}

# Segments that must not arrive.
sends_in_vain() { # FLAGS WORDS...
	must clear
	inject in1 tcp "$inside" to "$remote" "$@"
	see_nothing out1 'tcp *'
}

gets_in_vain() { # FLAGS WORDS...
	must clear
	inject out1 tcp "$remote" to "$end" "$@"
	see_nothing in1 'tcp *'
}

establish() {
	sends S seq 100 mss 1460
	gets SA seq 300 ack 101 mss 1460
	sends A seq 101 ack 301
}

# The state of the only session as natctl lists it.
assert_state() { # STATE
	assert_like "*$1*" "$(nat session list)" "state of the session"
}
