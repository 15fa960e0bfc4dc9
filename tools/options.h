/* SPDX-License-Identifier: GPL-2.0 */
/* natctl: options of pools, which masquerade rules have too. */
#ifndef NATCTL_OPTIONS_H
#define NATCTL_OPTIONS_H

#include <stdbool.h>
#include "nl.h"
#include "words.h"

/* Their grammar. */
#define OPTIONS_TERMS							\
"OPTIONS: [ ports LO-HI ]\n"						\
"         [ mapping eim|adm|apdm ] [ filtering eif|adf|apdf ]\n"	\
"         [ alloc random|preserve|sequential ] [ pairing paired|arbitrary ]\n" \
"         [ parity off|keep|pairs ] [ hairpin on|off ]\n"		\
"         [ limit N ] [ sessions N ] [ rate N ] [ session-rate N ]\n"	\
"         [ mss-clamp off|pmtu|BYTES ]\n"

#define NR_OPTIONS	12

/* The words that options begin with, NULL behind the last. */
extern const char *const options_words[NR_OPTIONS + 1];
/* Types of the attributes that options are. */
extern const uint8_t options_types[KNAT_A_POOL_MAX + 1];

/* The next word, which is @what, into the request as the ends of a range. */
void ports_put(struct words *words, struct nlmsghdr *nlh, const char *what,
	       int attr_first, int attr_last);
/* Option number @i, whose word was read: put its value into the request. */
void options_put(struct words *words, struct nlmsghdr *nlh, int i);

/* Options of an answer: in JSON all of them, in text what is not the default. */
void options_json(const struct nlattr *const *attrs);
void options_text(const struct nlattr *const *attrs);

/* Those that differ, as they are in @to: what pool set takes. */
void options_put_change(struct nlmsghdr *nlh, const struct nlattr *const *from,
			const struct nlattr *const *to);
void options_text_change(const struct nlattr *const *from,
			 const struct nlattr *const *to);

#endif /* NATCTL_OPTIONS_H */
