/* SPDX-License-Identifier: GPL-2.0 */
/* natctl map: how mappings are listed. */
#ifndef NATCTL_MAP_LIST_H
#define NATCTL_MAP_LIST_H

#include "nl.h"

/* A list of mappings; how many were flushed. */
extern const struct nl_reader map_reader, map_count_reader;

/* Does it have what every mapping has? */
bool map_is_whole(const struct nlattr *const *attrs);
/* The members of a JSON object; a line without its end. */
void map_json(const struct nlattr *const *attrs);
void map_outside_text(const struct nlattr *const *attrs);
void map_text(const struct nlattr *const *attrs);

#endif /* NATCTL_MAP_LIST_H */
