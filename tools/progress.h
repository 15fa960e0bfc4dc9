/* SPDX-License-Identifier: GPL-2.0 */
/*
 * natctl: what takes long says so, on standard error, when that is a terminal:
 * a line that is written over and goes away in the end.
 */
#ifndef NATCTL_PROGRESS_H
#define NATCTL_PROGRESS_H

/* @what is done, and its steps are so many @units; NULL: there are none. What
 * was begun before is over.
 */
void progress_begin(const char *what, const char *units);
/* The same, when what is printed goes elsewhere: a screen shows that it does. */
void progress_begin_list(const char *units);
/* A step is done. */
void progress_step(void);
void progress_end(void);

#endif /* NATCTL_PROGRESS_H */
