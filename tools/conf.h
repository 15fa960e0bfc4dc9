/* SPDX-License-Identifier: GPL-2.0 */
/*
 * natctl: a configuration, that of the kernel or that of a file.
 *
 * Either is made of the requests that set it up: those of a file come from the
 * code that reads commands, those of the kernel are its lists, whose messages
 * have the same attributes. What differs is told by the words that they are.
 */
#ifndef NATCTL_CONF_H
#define NATCTL_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "nl.h"

enum conf_kind {
	CONF_POOL, CONF_RULE, CONF_MAP, CONF_FASTPATH, NR_CONF_KINDS
};

/**
 * struct place - where in a file something stands
 * @file: its name, NULL: in the kernel
 * @line: from 1
 */
struct place {
	const char	*file;
	unsigned long	line;
};

/**
 * struct entry - a pool, a rule, a static mapping or a device of the fast path
 * @msg: the request or the kernel's message
 * @key: what tells it from others of its kind, as words
 * @text: all of it, as it is typed behind "add"
 * @place: where it stands
 * @inside: of a mapping: the inside end, for sorting
 * @nr: its number in the order of the kernel or the file
 */
struct entry {
	struct nlmsghdr	*msg;
	char		*key;
	char		*text;
	struct place	place;
	uint64_t	inside;
	size_t		nr;
};

/**
 * struct conf - a configuration
 * @list: the entries of each kind
 * @n: how many
 * @room: for how many there is room
 * @value: settings by attribute
 * @place: where they were set, file NULL: not in the file
 */
struct conf {
	struct entry	*list[NR_CONF_KINDS];
	size_t		n[NR_CONF_KINDS];
	size_t		room[NR_CONF_KINDS];
	uint32_t	value[KNAT_A_CONFIG_MAX + 1];
	struct place	place[KNAT_A_CONFIG_MAX + 1];
};

extern const char *const conf_words[NR_CONF_KINDS];

const struct nl_reader *conf_reader(enum conf_kind kind);
/* Another entry, or of the fast path one for each device; @nlh is copied. */
void conf_add(struct conf *conf, enum conf_kind kind, const struct nlmsghdr *nlh,
	      struct place place);
/* Nothing is in it any more. */
void conf_clear(struct conf *conf);
/* That of the kernel, in place of what was in it. */
void conf_fetch(struct conf *conf);
/* Sort pools and devices by name, rules by priority, device and age, and
 * mappings by inside end and age.
 */
void conf_sort(struct conf *conf);

#endif /* NATCTL_CONF_H */
