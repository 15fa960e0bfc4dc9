// SPDX-License-Identifier: GPL-2.0
/* natctl: the words of a command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "error.h"
#include "words.h"

void fail_word(const struct words *words, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_print(fmt, ap);
	va_end(ap);
	if (words->object)
		command_grammar(stderr, words->object, words->verb);
	else
		command_usage(stderr);
	exit(STATUS_USAGE);
}

char *word_next(struct words *words)
{
	if (!words->left)
		return NULL;
	words->left--;
	return *words->next++;
}

char *word_need(struct words *words, const char *what)
{
	char *word = word_next(words);

	if (!word)
		fail_word(words, "%s is missing at the end of the command",
			  what);
	return word;
}

char *word_part(const char *list, char **rest, const char *what,
		const char *form)
{
	char *part = strsep(rest, ",");

	/* A list of one that is empty has no comma. */
	if (part && !*part && (*rest || part != list))
		fail_usage("the list of %s has a comma too many: it must be %s, without blanks",
			   what, form);
	return part;
}

/* Options of natctl itself are a common slip behind the object. */
static void option_late(const struct words *words, const char *word)
{
	static const char *const options[] = { "-j", "-p", "-n", "-b", "-V", NULL };

	if (words->object && word_find(word, options) >= 0)
		fail_word(words, "%s stands behind the object: options of natctl must stand before it",
			  said(word));
}

void word_end(const struct words *words)
{
	if (!words->left)
		return;
	option_late(words, words->next[0]);
	fail_word(words, "%s is one word too many", said(words->next[0]));
}

int word_find(const char *word, const char *const *names)
{
	int i, found = WORD_UNKNOWN;
	size_t len = strlen(word);

	for (i = 0; len && names[i]; i++) {
		if (strncmp(word, names[i], len))
			continue;
		if (!names[i][len])
			return i;
		found = found == WORD_UNKNOWN ? i : WORD_AMBIGUOUS;
	}
	return found;
}

/* "a, b or c": those of the first @count @names that begin with @word, or all. */
static const char *alternatives(const char *const *names, int count,
				const char *word)
{
	static char list[1024];
	int fit[64], i, n = 0;
	size_t used = 0;

	for (i = 0; i < count && n < 64; i++)
		if (!strncmp(word, names[i], strlen(word)))
			fit[n++] = i;
	for (i = 0; i < n && used < sizeof(list); i++)
		used += snprintf(list + used, sizeof(list) - used, "%s%s",
				 !i ? "" : i < n - 1 ? ", " : " or ",
				 names[fit[i]]);
	return list;
}

int word_choose_of(const struct words *words, const char *word,
		   const char *what, const char *const *names, int count)
{
	int i = word_find(word, names);

	if (i == WORD_AMBIGUOUS)
		fail_word(words, "%s is ambiguous: it may mean %s", said(word),
			  alternatives(names, count, word));
	if (i != WORD_UNKNOWN)
		return i;
	option_late(words, word);
	fail_word(words, "%s is not %s: it must be %s", said(word), what,
		  alternatives(names, count, ""));
}

int word_choose(const struct words *words, const char *word, const char *what,
		const char *const *names)
{
	int count = 0;

	while (names[count])
		count++;
	return word_choose_of(words, word, what, names, count);
}

void word_once(const struct words *words, uint32_t *given, int i,
	       const char *name)
{
	if (*given & 1U << i)
		fail_word(words, "\"%s\" is given twice", name);
	*given |= 1U << i;
}
