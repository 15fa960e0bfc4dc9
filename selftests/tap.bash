# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Words for tests whose checks are commands. Who sources this makes a directory $work, where what they say is kept.

: "${work:?is to be a directory}"
number=0

verdict() # STATUS WHAT
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
	fi
}

# What else is shown of a check that fails; a test may have more.
evidence()
{
	:
}

# check WHAT COMMAND...: one check; what the command said is shown when it fails
check()
{
	local what=$1 status

	shift
	"$@" >"$work/said" 2>&1
	status=$?
	verdict $status "$what"
	[ $status = 0 ] || { echo "$*"; tail -n 30 "$work/said"; evidence; } | sed 's/^/# /' >&2
}

is() # WORD COMMAND...
{
	local word=$1 said

	shift
	said=$("$@")
	echo "$said"
	[ "$said" = "$word" ]
}
