#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The packages on Debian bookworm
exec "$(dirname "$0")/suite" bookworm
