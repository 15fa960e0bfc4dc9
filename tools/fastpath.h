/* SPDX-License-Identifier: GPL-2.0 */
/* natctl fastpath: how the devices are listed. */
#ifndef NATCTL_FASTPATH_H
#define NATCTL_FASTPATH_H

#include "nl.h"

extern const struct nl_reader fastpath_reader;

#endif /* NATCTL_FASTPATH_H */
