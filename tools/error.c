// SPDX-License-Identifier: GPL-2.0
/* natctl: errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "error.h"
#include "utf8.h"

static const char *place_file;
static unsigned long place_line;
static void (*before)(void);

void error_before(void (*call)(void))
{
	before = call;
}

void error_place(const char *file, unsigned long line)
{
	place_file = file;
	place_line = line;
}

const char *error_place_file(unsigned long *line)
{
	*line = place_line;
	return place_file;
}

void error_print(const char *fmt, va_list ap)
{
	if (before)
		before();
	/* What was listed before the error stands before it. */
	fflush(stdout);
	if (place_file && place_line)
		fprintf(stderr, "%s:%lu: ", place_file, place_line);
	else if (place_file)
		fprintf(stderr, "%s: ", place_file);
	fprintf(stderr, "Error: ");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void fail_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_print(fmt, ap);
	va_end(ap);
	exit(STATUS_USAGE);
}

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_print(fmt, ap);
	va_end(ap);
	exit(STATUS_FAILED);
}

void warn(const char *file, unsigned long line, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	if (file)
		fprintf(stderr, "%s:%lu: ", file, line);
	fputs("Warning: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

const char *said(const char *word)
{
	static char texts[4][96];
	static unsigned int n;
	char *text = texts[n++ % 4], *to = text;
	const char *end = text + sizeof(texts[0]) - sizeof("...\"");

	*to++ = '"';
	while (*word) {
		char escaped[UTF8_ESCAPED_MAX];
		size_t used, len;

		used = utf8_escape(word, escaped);
		len = strlen(escaped);
		if (to + len > end) {
			to = stpcpy(to, "...");
			break;
		}
		to = stpcpy(to, escaped);
		word += used;
	}
	stpcpy(to, "\"");
	return text;
}
