/* SPDX-License-Identifier: GPL-2.0 */
/* natctl host: how subscribers are listed. */
#ifndef NATCTL_HOST_H
#define NATCTL_HOST_H

#include "nl.h"

/* A list of subscribers. */
extern const struct nl_reader host_reader;

#endif /* NATCTL_HOST_H */
