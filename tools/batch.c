// SPDX-License-Identifier: GPL-2.0
/* natctl: commands from a file, one a line. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "batch.h"
#include "command.h"
#include "error.h"
#include "progress.h"

/* The words of a line. */
static char **list;
static int room;

static void add_word(int n, char *word)
{
	if (n == room) {
		room = room ? 2 * room : 64;
		list = realloc(list, room * sizeof(*list));
		if (!list)
			fail("there is no memory for the words of the line");
	}
	list[n] = word;
}

static bool is_blank(char c)
{
	return isspace((unsigned char)c);
}

static bool is_end(char c)
{
	return !c || is_blank(c);
}

/* \", \\ or \xNN behind the backslash: the byte, and what is behind it. */
static char escaped(const char **from)
{
	const char *at = *from;
	char digits[3];

	if (*at == '"' || *at == '\\') {
		*from += 1;
		return *at;
	}
	if (*at == 'x' && isxdigit((unsigned char)at[1]) &&
	    isxdigit((unsigned char)at[2]) && strncmp(at, "x00", 3)) {
		*from += 3;
		digits[0] = at[1];
		digits[1] = at[2];
		digits[2] = 0;
		return strtoul(digits, NULL, 16);
	}
	fail_usage("a backslash in quotes stands before something else than \", \\ or xNN");
}

/* The word in quotes at *@from is moved to @to, which is not behind it, with a
 * closing zero: the end of what was written.
 */
static char *unquote(char *to, const char **from)
{
	char quote = *(*from)++;

	while (**from != quote) {
		char c = *(*from)++;

		if (!c)
			fail_usage("a quote is not closed: %c is missing at the end of the line",
				   quote);
		*to++ = c == '\\' && quote == '"' ? escaped(from) : c;
	}
	(*from)++;
	if (!is_end(**from))
		fail_usage("a quote ends in the middle of a word: a blank is missing behind it");
	return to;
}

/* Cut a line into words, in place; how many. */
static int split(char *line)
{
	const char *from = line;
	char *to = line;
	bool last;
	int n = 0;

	for (;;) {
		while (is_blank(*from))
			from++;
		if (!*from || *from == '#')
			return n;
		add_word(n++, to);
		if (*from == '"' || *from == '\'')
			to = unquote(to, &from);
		else
			while (!is_end(*from))
				*to++ = *from++;
		/* The closing zero may take the place of what is behind. */
		last = !*from;
		if (!last)
			from++;
		*to++ = 0;
		if (last)
			return n;
	}
}

static void run_line(char *line, void (*run)(struct words *words))
{
	struct words words = { 0 };

	words.left = split(line);
	words.next = list;
	if (words.left)
		run(&words);
}

/* The length of the mark that some editors write at the beginning of a text. */
static size_t mark(const char *line)
{
	static const char bom[] = "\xef\xbb\xbf";

	return strncmp(line, bom, sizeof(bom) - 1) ? 0 : sizeof(bom) - 1;
}

void batch_read(const char *name, void (*run)(struct words *words))
{
	unsigned long outer_line;
	const char *outer = error_place_file(&outer_line);
	FILE *file = strcmp(name, "-") ? fopen(name, "re") : stdin;
	unsigned long number = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (!file)
		fail_usage("%s cannot be read: %s", said(name), strerror(errno));
	while ((len = getline(&line, &size, file)) >= 0) {
		error_place(name, ++number);
		if (strlen(line) != (size_t)len)
			fail_usage("the line has a byte 0 in it: the file must be text");
		progress_step();
		run_line(line + (number == 1 ? mark(line) : 0), run);
	}
	error_place(outer, outer_line);
	if (ferror(file))
		fail_usage("%s cannot be read: %s", said(name), strerror(errno));
	free(line);
	if (file != stdin)
		fclose(file);
}

void batch_run(const char *name)
{
	batch_read(name, command_run);
	free(list);
	list = NULL;
	room = 0;
}
