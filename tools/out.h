/* SPDX-License-Identifier: GPL-2.0 */
/*
 * natctl: what is listed, as text or as JSON.
 *
 * Either is written as it comes, so that the length of a list costs no memory:
 * columns have a fixed width, and move when something is wider.
 */
#ifndef NATCTL_OUT_H
#define NATCTL_OUT_H

#include <stdbool.h>
#include <stdint.h>

/* JSON instead of text; with indentation. */
extern bool out_json, out_pretty;

/* Around a list. */
void out_begin(void);
void out_end(void);
/* Around an object that is in no list, and is on a line of its own. */
void out_alone(void);
void out_alone_end(void);
/* All that is told is a number of things; @done is what became of them, with a
 * blank before it, or nothing.
 */
void out_count(const char *key, uint32_t count, const char *thing,
	       const char *done);
/* All is written, or the process ends with an error. */
void out_flush(void);

/* JSON. In a list or an array, the key is NULL. */
void json_object(const char *key);
void json_array(const char *key);
/* Ends what was begun last. */
void json_end(void);
void json_string(const char *key, const char *value);
void json_number(const char *key, uint64_t value);
void json_integer(const char *key, int64_t value);
/* A number from its thousandths. */
void json_thousandths(const char *key, uint64_t value);
void json_bool(const char *key, bool value);
void json_null(const char *key);

/* Until the end, text is kept in place of being printed: as words with a blank
 * between, without remarks. To be freed.
 */
void out_words(void);
char *out_words_end(void);

/* Text: to the line at hand, which text_end() ends. */
void text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A word that is read back as it is: in quotes if it must be, or always. */
void text_word(const char *word);
void text_quoted(const char *word);
/* Columns are counted from here on. */
void text_margin(void);
/* Blanks up to a column, one at least. */
void text_column(unsigned int column);
/* The same, and what follows cannot be typed back. */
void text_remark(unsigned int column);
void text_end(void);

#endif /* NATCTL_OUT_H */
