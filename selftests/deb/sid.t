#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The packages on Debian sid
exec "$(dirname "$0")/suite" sid
