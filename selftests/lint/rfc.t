#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each requirement of the RFCs about NAT has a row in the conformance suite, and each row a test or a reason.

cd "$(dirname "$0")/../.." || exit

echo 1..1
if said=$(selftests/rfc/table 2>&1); then
	echo "ok 1 - the conformance suite is complete"
else
	echo "not ok 1 - the conformance suite is complete"
	sed 's/^/# /' <<<"$said" >&2
fi
