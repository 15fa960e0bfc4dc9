#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The packages on Debian trixie
exec "$(dirname "$0")/suite" trixie
