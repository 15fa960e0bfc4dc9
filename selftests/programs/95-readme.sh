#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The examples of README.md do what they say when they are typed in.

# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

readme=$(dirname "$0")/../../README.md

# A gateway like that of the examples.
build_more() {
	ip_batch gw <<-END
		link add eth0 type dummy
		link add eth1 type dummy
		link set eth0 up
		addr add 203.0.113.1/29 dev eth0
	END
}

# The natctl lines of one block of commands; sudo is not needed here.
block_lines() { # NUMBER
	awk -v number="$1" '
		/^```sh/ { block++; inside = 1; next }
		/^```/ { inside = 0 }
		inside && block == number { sub(/^sudo /, ""); print }
	' "$readme" | grep '^natctl'
}

blocks() {
	grep -c '^```sh' "$readme"
}

# Type a line in.
follow() { # LINE
	local command=${1#natctl }
	command=${command//\/etc\/knat/$work}
	if [ "$command" = monitor ]; then
		timeout 2 "$NATCTL" -n gw monitor
		assert_eq 124 $? "status of natctl monitor, which goes on until it is ended"
	else
		eval "nat $command"
	fi
}

test_every_example_is_accepted() {
	local number line examples=0
	for ((number = 1; number <= $(blocks); number++)); do
		nat flush
		while read -r line; do
			follow "$line" >"$work/said"
			examples=$((examples + 1))
		done < <(block_lines "$number")
	done
	assert_between 8 100 "$examples" "examples found"
}

test_the_rule_of_the_first_example_is_listed_as_it_was_typed() {
	nat rule add oif eth0 masquerade
	nat rule list >"$work/said"
	assert_like '*oif eth0 *masquerade *203.0.113.1*' "$(<"$work/said")" "rule"
}

run_tests "$@"
