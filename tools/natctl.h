/* SPDX-License-Identifier: GPL-2.0 */
/* natctl: what its files share. */
#ifndef NATCTL_H
#define NATCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include "knat.h"

/* Exit status. */
#define EXIT_USAGE	1
#define EXIT_KERNEL	2

/* The words of a command that are still to be read. */
struct words {
	int	n;
	char	**v;
	const char *help;	/* grammar of the object at hand */
};

/* --- words.c: reading words, and complaining about them --- */

/* Where errors happen, for batches: "FILE:LINE: ", or "". */
extern char error_place[512];

void die(int status, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/* A wrong word: the sentence, then the grammar. */
void die_word(const struct words *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* The next word, or NULL at the end (or at a comment). */
char *word_next(struct words *w);
const char *word_peek(const struct words *w);
/* The next word; dies if there is none: @what is missing. */
char *word_need(struct words *w, const char *what);
/* No words may be left. */
void word_end(const struct words *w);
/* Which of @names (NULL at the end) @word is or abbreviates: dies if none. */
int word_match(const struct words *w, const char *word, const char *what,
	       const char *const *names);
/* The same, -1 if none. */
int word_find(const char *word, const char *const *names);

/* --- parse.c: values --- */
struct ends {			/* ADDR[:PORT[-PORT]] or ADDR[/LEN] */
	uint32_t	addr;	/* network order */
	uint16_t	port;	/* 0: none */
	uint16_t	last;
	int		len;	/* -1: none */
};

uint32_t parse_u32(const struct words *w, const char *word, const char *what,
		   uint32_t min, uint32_t max);
uint32_t parse_addr(const struct words *w, const char *word);
void parse_prefix(const struct words *w, const char *word, uint32_t *addr,
		  uint8_t *len);
void parse_range(const struct words *w, const char *word, uint32_t *first,
		 uint32_t *last);
void parse_ports(const struct words *w, const char *word, uint16_t *first,
		 uint16_t *last);
void parse_ends(const struct words *w, const char *word, struct ends *ends);
uint8_t parse_proto(const struct words *w, const char *word);
const char *proto_name(uint8_t proto);
void parse_dev(const struct words *w, const char *word);

/* --- nl.c: talking to the kernel --- */
void nl_enter_netns(const char *name);
/* A request with room for attributes. */
struct nlmsghdr *nl_request(uint8_t cmd, uint16_t flags);
/* Attributes are added with these: they die when the message is full. */
void put_u8(struct nlmsghdr *nlh, int attr, uint8_t value);
void put_u16(struct nlmsghdr *nlh, int attr, uint16_t value);
void put_u32(struct nlmsghdr *nlh, int attr, uint32_t value);
void put_str(struct nlmsghdr *nlh, int attr, const char *value);

typedef void (*nl_print)(const struct nlattr *const *attrs);
/* Send it and wait for the answer; @print gets the attributes (up to @max) of
 * each message that comes back.
 */
void nl_talk(struct nlmsghdr *nlh, int max, nl_print print);
/* Attributes of a nest. */
void nl_nest(const struct nlattr *nest, const struct nlattr **attrs, int max);

/* --- out.c: text and JSON --- */
extern bool json, pretty;

void list_begin(void);
void list_end(void);
void obj_begin(void);
void obj_end(void);
void obj_str(const char *key, const char *value);
void obj_num(const char *key, uint64_t value);
void obj_bool(const char *key, bool value);
void obj_nest(const char *key);
void obj_nest_end(void);
void obj_array(const char *key);
void obj_array_end(void);
void arr_str(const char *value);
const char *addr_text(uint32_t addr);		/* one of a few buffers */
const char *ends_text(uint32_t addr, uint16_t port, uint16_t last);
void quoted(const char *text);

/* --- one file for each object --- */
void pool_command(struct words *w);
void rule_command(struct words *w);
void map_command(struct words *w);
void session_command(struct words *w);
void stats_command(struct words *w);
void config_command(struct words *w);

extern const char pool_help[], rule_help[], map_help[], session_help[],
		  stats_help[], config_help[];

/* Pool options, for pools and masquerade rules: true if @word is one and was
 * put into @nlh. Printing them: those that are not the default, or all (JSON).
 */
bool pool_option(struct words *w, const char *word, struct nlmsghdr *nlh);
void pool_print_options(const struct nlattr *const *attrs);

#endif
