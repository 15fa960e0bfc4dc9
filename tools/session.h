/* SPDX-License-Identifier: GPL-2.0 */
/* natctl session: how sessions are listed. */
#ifndef NATCTL_SESSION_H
#define NATCTL_SESSION_H

#include "nl.h"

/* A list of sessions. */
extern const struct nl_reader session_reader;

/* Does it have what every session has? */
bool session_is_whole(const struct nlattr *const *attrs);
/* The members of a JSON object; a line without its end. */
void session_json(const struct nlattr *const *attrs);
void session_text(const struct nlattr *const *attrs);

#endif /* NATCTL_SESSION_H */
