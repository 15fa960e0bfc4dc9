/* SPDX-License-Identifier: GPL-2.0 */
/* natctl import: the lines that rules become. */
#ifndef NATCTL_IMPORT_WRITE_H
#define NATCTL_IMPORT_WRITE_H

#include "import.h"

/* In the order in which they are printed. */
enum { IMPORT_POOLS, IMPORT_RULES, IMPORT_MAPS, IMPORT_NR_KINDS };

/* A line more; @rule is where it comes from. */
void import_line_add(int kind, const char *words,
		     const struct import_rule *rule);
/* A word as the reader of the file takes it. */
const char *import_quoted(const char *word);

/* Remember the text with a range. False: it was there with some of it. */
bool import_claim(const char *text, uint32_t first, uint32_t last);
bool import_is_claimed(const char *text, uint32_t first, uint32_t last);

/* May a pool or a mapping have them? False: it was told that not. */
bool import_are_unicast(struct import_rule *rule,
			const struct import_range *range);

/* Outside addresses that are mapped whole: no pool may have them. */
extern struct import_ranges import_whole;

/* All rules that packets meet where they leave, and where they come in. */
void import_post(void);
void import_pre(void);

#endif /* NATCTL_IMPORT_WRITE_H */
