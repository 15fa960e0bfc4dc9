// SPDX-License-Identifier: GPL-2.0
/* natctl: reading words, and complaining about them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "natctl.h"

char error_place[512];

static void complain(const char *fmt, va_list ap)
{
	fflush(stdout);
	fprintf(stderr, "%sError: ", error_place);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	exit(status);
}

void die_word(const struct words *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	if (w->help)
		fprintf(stderr, "%s", w->help);
	exit(EXIT_USAGE);
}

const char *word_peek(const struct words *w)
{
	return w->n && w->v[0][0] != '#' ? w->v[0] : NULL;
}

char *word_next(struct words *w)
{
	if (!word_peek(w))
		return NULL;
	w->n--;
	return *w->v++;
}

char *word_need(struct words *w, const char *what)
{
	char *word = word_next(w);

	if (!word)
		die_word(w, "%s is missing at the end of the command", what);
	return word;
}

void word_end(const struct words *w)
{
	const char *word = word_peek(w);

	if (word)
		die_word(w, "\"%s\" is one word too many", word);
}

int word_find(const char *word, const char *const *names)
{
	size_t len = strlen(word);
	int i, found = -1;

	for (i = 0; names[i]; i++) {
		if (!strcmp(word, names[i]))
			return i;
		if (len && !strncmp(word, names[i], len)) {
			if (found >= 0)
				found = -2;
			else if (found == -1)
				found = i;
		}
	}
	return found;
}

int word_match(const struct words *w, const char *word, const char *what,
	       const char *const *names)
{
	int i = word_find(word, names);
	char list[512] = "";
	size_t used = 0;

	if (i >= 0)
		return i;
	for (int n = 0; names[n]; n++)
		used += snprintf(list + used, sizeof(list) - used, "%s%s",
				 n ? ", " : "", names[n]);
	die_word(w, "\"%s\" is %s %s: it must be one of %s", word,
		 i == -2 ? "ambiguous as" : "not", what, list);
}
