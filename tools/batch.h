/* SPDX-License-Identifier: GPL-2.0 */
/*
 * natctl: commands from a file, one a line.
 *
 * Words stand between blanks. A word that begins with a double or single quote
 * ends with the same one. In double quotes, \" and \\ are a quote and a
 * backslash, and \xNN is a byte. A word that begins with # ends the line.
 */
#ifndef NATCTL_BATCH_H
#define NATCTL_BATCH_H

#include "words.h"

/* Give the words of each line that has some to @run, up to the first error.
 * @file is kept for the places of errors.
 */
void batch_read(const char *file, void (*run)(struct words *words));
/* Run the commands of @file ("-": standard input), up to the first error. */
void batch_run(const char *file);

#endif /* NATCTL_BATCH_H */
