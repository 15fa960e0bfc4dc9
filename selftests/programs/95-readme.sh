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

test_every_example_is_accepted() {
	local number line words examples=0
	for ((number = 1; number <= $(blocks); number++)); do
		nat flush
		while read -r line; do
			read -ra words <<<"$line"
			nat "${words[@]:1}" >"$work/said"
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
