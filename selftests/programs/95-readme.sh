#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# README.md and the quick start do what they say when they are typed in; make
# check-docs tries the other pages.

exec "$BASH" "$(dirname "$0")/../docs/pages.bash" README quick-start
