/* SPDX-License-Identifier: GPL-2.0 */
/* natctl config: settings. */
#ifndef NATCTL_CONFIG_H
#define NATCTL_CONFIG_H

#include "nl.h"

/* A list of settings, each of which is an attribute. */
extern const struct nl_reader config_reader;
/* The name of a setting, by attribute; NULL behind the last. */
const char *config_name(int attr);
/* Its default, in a configuration whose values are these. */
uint32_t config_default(int attr, const uint32_t *values);

#endif /* NATCTL_CONFIG_H */
