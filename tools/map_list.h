/* SPDX-License-Identifier: GPL-2.0 */
/* natctl map: how mappings are listed. */
#ifndef NATCTL_MAP_LIST_H
#define NATCTL_MAP_LIST_H

#include "nl.h"

/* A list of mappings; how many were flushed. */
extern const struct nl_reader map_reader, map_count_reader;

#endif /* NATCTL_MAP_LIST_H */
