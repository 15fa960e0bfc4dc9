/* SPDX-License-Identifier: GPL-2.0 */
/* natctl: errors. Each is one sentence on standard error, and the end. */
#ifndef NATCTL_ERROR_H
#define NATCTL_ERROR_H

#include <stdarg.h>

/* Exit status: the command is wrong, or it could not be done. */
#define STATUS_USAGE	1
#define STATUS_FAILED	2
/* Of import: some rules could not be converted. */
#define STATUS_PARTLY	3

/* In a batch, errors begin with the place: @file and @line. */
void error_place(const char *file, unsigned long line);
/* The place at hand. */
const char *error_place_file(unsigned long *line);
/* Called before an error is printed, NULL: nothing is. */
void error_before(void (*call)(void));
/* The sentence, without the end of the process. */
void error_print(const char *fmt, va_list ap);

/* The command is wrong. */
void fail_usage(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
/* The command is right but could not be done. */
void fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* All is well but for this, in a line of a file, or NULL. */
void warn(const char *file, unsigned long line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A word as an error shows it: in quotes, on one line, of bounded length. The
 * text is in one of a few static buffers.
 */
const char *said(const char *word);

#endif /* NATCTL_ERROR_H */
