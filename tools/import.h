/* SPDX-License-Identifier: GPL-2.0 */
/*
 * natctl import: NAT rules of iptables and nftables.
 *
 * A reader makes chains of rules from a file; import_rules.c brings those that
 * packets meet into one row, and import_write.c makes knat's words of them.
 * Whatever the file says, no sentence ends the process: what cannot be
 * converted has a reason in its match, which is printed in the end. Addresses
 * are in host order. All memory is given back at once, by import_forget().
 */
#ifndef NATCTL_IMPORT_H
#define NATCTL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From the first to the last: addresses, ports or protocols. */
struct import_range {
	uint32_t	first;
	uint32_t	last;
};

/* Any of them; none: it does not matter. */
struct import_ranges {
	struct import_range	*list;
	size_t			n;
};

/* Network devices, likewise. */
struct import_names {
	const char	**list;
	size_t		n;
};

/**
 * struct import_match - which packets a rule is about
 * @oif: outgoing devices
 * @iif: incoming devices
 * @src: sources
 * @dst: destinations
 * @not_src: sources that are left out
 * @not_dst: destinations that are left out
 * @proto: protocols
 * @dport: destination ports
 * @dst_local: the destination is an address of the gateway
 * @never: no packet at all
 * @why: it cannot be converted; NULL: it may be
 */
struct import_match {
	struct import_names	oif, iif;
	struct import_ranges	src, dst, not_src, not_dst, proto, dport;
	bool			dst_local;
	bool			never;
	const char		*why;
};

enum import_action {
	IMPORT_NOTHING,		/* counters */
	IMPORT_MASQUERADE,
	IMPORT_SNAT,
	IMPORT_DNAT,
	IMPORT_NETMAP,		/* prefix to prefix, by the hook */
	IMPORT_REDIRECT,
	IMPORT_ACCEPT,
	IMPORT_RETURN,
	IMPORT_JUMP,
	IMPORT_GOTO,
	IMPORT_OTHER,		/* of no table of NAT */
};

/**
 * struct import_rule - a rule
 * @next: the one behind it in its chain
 * @place: where it stands, as errors say it
 * @match: which packets
 * @action: what becomes of them
 * @target: the chain of a jump, or the name of another action
 * @to: new addresses; last 0: there are none
 * @to_port: new ports; last 0: there are none
 * @base: the port that the first of @to_port is for, 0: none is said
 * @random: ports are chosen by chance
 * @comment: what the author of the rule says, or NULL
 * @told: it was said that it is not converted; the same of all rules that are
 *	  made of one
 */
struct import_rule {
	struct import_rule	*next;
	const char		*place;
	struct import_match	match;
	enum import_action	action;
	const char		*target;
	struct import_range	to;
	struct import_range	to_port;
	uint32_t		base;
	bool			random;
	const char		*comment;
	bool			*told;
};

enum import_hook { IMPORT_NO_HOOK, IMPORT_PRE, IMPORT_POST, IMPORT_OWN };

/**
 * struct import_chain - a chain
 * @next: another one
 * @table: its table
 * @name: its name
 * @hook: where packets enter it; IMPORT_OWN: those of the gateway itself
 * @prio: of those with the same hook, the lowest comes first
 * @rules: its first rule
 * @end: where the next rule goes
 */
struct import_chain {
	struct import_chain	*next;
	const char		*table;
	const char		*name;
	enum import_hook	hook;
	long			prio;
	struct import_rule	*rules;
	struct import_rule	**end;
};

/**
 * struct import_flat - a rule as packets of a hook meet it
 * @rule: the rule
 * @match: its match and those of the jumps that lead to it
 */
struct import_flat {
	struct import_rule	*rule;
	struct import_match	match;
};

/* Zeroed memory, and texts in it. */
void *import_alloc(size_t size);
const char *import_text(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
const char *import_copy(const char *text, size_t len);
void import_forget(void);
/* Work is bounded: so many steps more, or the process ends with an error. */
void import_work(size_t steps);

/* The chain of this name, made if it is new. */
struct import_chain *import_chain(const char *table, const char *name);
/* Is there one? */
struct import_chain *import_chain_find(const char *table, const char *name);
struct import_rule *import_rule_add(struct import_chain *chain,
				    const char *place);
/* What is said of an exception that is not converted. */
#define IMPORT_LEFT_ALONE	"; what it leaves alone is translated by the rules behind it"
/* It counts as not converted, and once. */
void import_tell(struct import_rule *rule, const char *why);

/* A range more. */
void import_ranges_add(struct import_ranges *ranges, uint32_t first,
		       uint32_t last);
bool import_ranges_meet(const struct import_ranges *a,
			const struct import_ranges *b);
bool import_names_meet(const struct import_names *a,
		       const struct import_names *b);
/* @word as addresses: A, A/LEN, A/MASK or A-B; NULL, or why it is none. */
const char *import_addrs(const char *word, struct import_range *range);
/* @word as ports with @dash between, PORT or PORT-PORT. */
const char *import_ports(const char *word, char dash, struct import_range *range);

/* What a rule says about its packets, which narrows the match. */
void import_match_device(struct import_match *match, bool out,
			 const struct import_names *names);
void import_match_addrs(struct import_match *match, bool dst,
			const struct import_ranges *ranges);
void import_match_proto(struct import_match *match,
			const struct import_ranges *ranges);
void import_match_dport(struct import_match *match,
			const struct import_ranges *ranges);
/* The first reason stays. */
void import_match_why(struct import_match *match, const char *why);
void import_match_and(struct import_match *match,
		      const struct import_match *with);

/* The readers: @text ends with a zero at @len. False: it is no such file. */
bool import_iptables(char *text, size_t len);
bool import_nft(const char *text, size_t len);

/* It is of neither: an error that says what it may be. */
void import_fail_unknown(const char *text) __attribute__((noreturn));

/* The rules that packets of a hook meet, in their order. */
struct import_flat *import_flatten(enum import_hook hook, size_t *n);
/* All of it as words. */
void import_write(void);

/* Convert a file that was read: how many rules could not be. */
size_t import_run(char *text, size_t len);

#endif /* NATCTL_IMPORT_H */
