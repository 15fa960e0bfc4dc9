#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Requests, answers, batches and lists of natctl, with a kernel that is played by a program; see encode.c.

here=$(cd "$(dirname "$0")" && pwd) || exit
if [ -z "${ENCODE-}" ]; then
	# Built beside the sources, unless make check has done so elsewhere.
	make -s -C "$here/.." tests/encode >&2 || { echo "Bail out! tests/encode cannot be built"; exit 1; }
	ENCODE=$here/encode
fi
exec "$ENCODE"
