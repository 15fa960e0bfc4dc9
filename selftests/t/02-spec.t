#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The specification and the header say the same.
exec "$(dirname "$0")/../spec/check-spec" header
