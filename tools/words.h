/* SPDX-License-Identifier: GPL-2.0 */
/* natctl: the words of a command. */
#ifndef NATCTL_WORDS_H
#define NATCTL_WORDS_H

#include <stdint.h>

struct object;
struct verb;

/**
 * struct words - the words of a command that are still to be read
 * @next: the next one
 * @left: how many there are
 * @object: what the command is about, NULL before that is known; with @verb it
 *	    says which grammar an error shows
 * @verb: what is to be done, NULL before that is known
 */
struct words {
	char			**next;
	int			left;
	const struct object	*object;
	const struct verb	*verb;
};

/* A word is wrong or missing: the sentence, then the grammar of the place, not
 * more of it than leaves both on a screen. For values that are wrong, where the
 * grammar helps nobody, see fail_usage().
 */
void fail_word(const struct words *words, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* The next word, NULL at the end. */
char *word_next(struct words *words);
/* The next word; @what is missing if there is none. */
char *word_need(struct words *words, const char *what);
/* The next part of a word that is a list with commas, which begins at @list; @rest
 * is what is left of it, and NULL at the end, as is what comes back then. @what is
 * in the list, @form how it is written.
 */
char *word_part(const char *list, char **rest, const char *what,
		const char *form);
/* No word may be left. */
void word_end(const struct words *words);

#define WORD_UNKNOWN	(-1)
#define WORD_AMBIGUOUS	(-2)

/* Which of @names (NULL behind the last) @word is or abbreviates. */
int word_find(const char *word, const char *const *names);
/* The same, or an error: @word is no @what. */
int word_choose(const struct words *words, const char *word, const char *what,
		const char *const *names);
/* Only @count of @names are shown to be right. */
int word_choose_of(const struct words *words, const char *word,
		   const char *what, const char *const *names, int count);
/* Remember in @given that word number @i, @name, was there; only once. */
void word_once(const struct words *words, uint32_t *given, int i,
	       const char *name);

#endif /* NATCTL_WORDS_H */
