// SPDX-License-Identifier: GPL-2.0
/* natctl import: rules, chains and what packets meet of them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "addr.h"
#include "error.h"
#include "import.h"
#include "progress.h"

#define MEMORY_MAX	(256u << 20)
#define WORK_MAX	2000000000u
/* Jumps within jumps; more are a circle. */
#define DEPTH_MAX	16

/* --- memory and work --- */

struct block {
	struct block	*next;
	size_t		used, size;
	_Alignas(max_align_t) char bytes[];
};

static struct block *blocks;
static size_t memory, work;

void *import_alloc(size_t size)
{
	size_t need = (size + sizeof(max_align_t) - 1) &
		      ~(sizeof(max_align_t) - 1);
	size_t room = need > 65536 ? need : 65536;
	struct block *block = blocks;

	if (!block || block->size - block->used < need) {
		memory += room;
		block = memory > MEMORY_MAX ? NULL :
			calloc(1, sizeof(*block) + room);
		if (!block)
			fail("there is no memory for the rules");
		block->size = room;
		block->next = blocks;
		blocks = block;
	}
	block->used += need;
	return block->bytes + block->used - need;
}

const char *import_copy(const char *text, size_t len)
{
	char *copy = import_alloc(len + 1);

	return memcpy(copy, text, len);
}

const char *import_text(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return import_copy(text, strlen(text));
}

static struct import_chain *chains, **chains_end;
static size_t not_converted;

void import_forget(void)
{
	struct block *block;

	while ((block = blocks)) {
		blocks = block->next;
		free(block);
	}
	chains = NULL;
	chains_end = &chains;
	memory = 0;
	work = 0;
	not_converted = 0;
}

void import_work(size_t steps)
{
	work += steps;
	if (work > WORK_MAX)
		fail_usage("the rules are more than can be converted at once: divide the file");
}

/* --- chains and rules --- */

struct import_chain *import_chain_find(const char *table, const char *name)
{
	struct import_chain *chain;

	for (chain = chains; chain; chain = chain->next) {
		import_work(1);
		if (!strcmp(chain->name, name) && !strcmp(chain->table, table))
			return chain;
	}
	return NULL;
}

struct import_chain *import_chain(const char *table, const char *name)
{
	struct import_chain *chain = import_chain_find(table, name);

	if (chain)
		return chain;
	chain = import_alloc(sizeof(*chain));
	chain->table = import_copy(table, strlen(table));
	chain->name = import_copy(name, strlen(name));
	chain->end = &chain->rules;
	*chains_end = chain;
	chains_end = &chain->next;
	return chain;
}

struct import_rule *import_rule_add(struct import_chain *chain,
				    const char *place)
{
	struct import_rule *rule = import_alloc(sizeof(*rule));

	rule->place = place;
	rule->told = import_alloc(sizeof(*rule->told));
	*chain->end = rule;
	chain->end = &rule->next;
	return rule;
}

void import_tell(struct import_rule *rule, const char *why)
{
	if (*rule->told)
		return;
	*rule->told = true;
	not_converted++;
	progress_end();
	fprintf(stderr, "%s: Not converted: %s\n", rule->place, why);
}

/* --- ranges --- */

void import_ranges_add(struct import_ranges *ranges, uint32_t first,
		       uint32_t last)
{
	struct import_range *list = ranges->list;

	import_work(1);
	/* The room is a power of two. */
	if (!(ranges->n & (ranges->n - 1))) {
		list = import_alloc(2 * (ranges->n + !ranges->n) *
				    sizeof(*list));
		if (ranges->n)
			memcpy(list, ranges->list, ranges->n * sizeof(*list));
		ranges->list = list;
	}
	list[ranges->n++] = (struct import_range){ first, last };
}

static bool range_meet(const struct import_range *a,
		       const struct import_range *b)
{
	return a->first <= b->last && b->first <= a->last;
}

bool import_ranges_meet(const struct import_ranges *a,
			const struct import_ranges *b)
{
	size_t i, j;

	if (!a->n || !b->n)
		return true;
	import_work(a->n * b->n);
	for (i = 0; i < a->n; i++)
		for (j = 0; j < b->n; j++)
			if (range_meet(&a->list[i], &b->list[j]))
				return true;
	return false;
}

bool import_names_meet(const struct import_names *a,
		       const struct import_names *b)
{
	size_t i, j;

	if (!a->n || !b->n)
		return true;
	import_work(a->n * b->n);
	for (i = 0; i < a->n; i++)
		for (j = 0; j < b->n; j++)
			if (!strcmp(a->list[i], b->list[j]))
				return true;
	return false;
}

/* What is in both; false: nothing. */
static bool ranges_and(struct import_ranges *to,
		       const struct import_ranges *with)
{
	struct import_ranges both = { 0 };
	size_t i, j;

	if (!with->n)
		return true;
	if (!to->n) {
		*to = *with;
		return true;
	}
	import_work(to->n * with->n);
	for (i = 0; i < to->n; i++) {
		for (j = 0; j < with->n; j++) {
			const struct import_range *a = &to->list[i];
			const struct import_range *b = &with->list[j];

			if (range_meet(a, b))
				import_ranges_add(&both,
						  a->first > b->first ?
						  a->first : b->first,
						  a->last < b->last ?
						  a->last : b->last);
		}
	}
	*to = both;
	return both.n;
}

static void ranges_or(struct import_ranges *to,
		      const struct import_ranges *with)
{
	size_t i;

	for (i = 0; i < with->n; i++)
		import_ranges_add(to, with->list[i].first, with->list[i].last);
}

/* --- what words mean --- */

static const char *addr_word(const char *word, size_t len, uint32_t *addr)
{
	uint32_t value;

	if (addr_find(word, len, &value)) {
		*addr = ntohl(value);
		return NULL;
	}
	if (memchr(word, ':', len))
		return import_text("%s is of IPv6, which is not translated",
				   said(word));
	return import_text("%s is no IPv4 address", said(word));
}

const char *import_addrs(const char *word, struct import_range *range)
{
	size_t len = strcspn(word, "/-");
	const char *rest = word + len, *why;
	uint32_t bits, mask;

	why = addr_word(word, len, &range->first);
	if (why)
		return why;
	range->last = range->first;
	if (!*rest)
		return NULL;
	if (*rest++ == '-') {
		why = addr_word(rest, strlen(rest), &range->last);
		if (!why && range->last < range->first)
			why = import_text("%s ends below its beginning",
					  said(word));
		return why;
	}
	if (number_find(rest, &bits) && bits <= 32)
		mask = bits ? UINT32_MAX << (32 - bits) : 0;
	else if (addr_word(rest, strlen(rest), &mask) || (~mask & (~mask + 1)))
		return import_text("%s has a mask that is no prefix",
				   said(word));
	range->first &= mask;
	range->last = range->first | ~mask;
	return NULL;
}

const char *import_ports(const char *word, char dash, struct import_range *range)
{
	const char *rest = strchr(word, dash);
	char first[8] = "";
	size_t len = rest ? (size_t)(rest - word) : strlen(word);

	if (len < sizeof(first))
		memcpy(first, word, len);
	if (!number_find(first, &range->first) || !range->first ||
	    range->first > 65535)
		return import_text("%s is no port", said(word));
	range->last = range->first;
	if (rest && (!number_find(rest + 1, &range->last) ||
		     range->last > 65535 || range->last < range->first))
		return import_text("%s is no range of ports", said(word));
	return NULL;
}

/* --- matches --- */

void import_match_why(struct import_match *match, const char *why)
{
	if (!match->why)
		match->why = why;
}

static void names_and(struct import_match *match, struct import_names *to,
		      const struct import_names *with)
{
	struct import_names both = { 0 };
	size_t i, j;

	if (!with->n)
		return;
	if (!to->n) {
		*to = *with;
		return;
	}
	both.list = import_alloc(to->n * sizeof(*both.list));
	import_work(to->n * with->n);
	for (i = 0; i < to->n; i++) {
		for (j = 0; j < with->n; j++) {
			if (strcmp(to->list[i], with->list[j]))
				continue;
			both.list[both.n++] = to->list[i];
			break;
		}
	}
	*to = both;
	if (!both.n)
		match->never = true;
}

void import_match_device(struct import_match *match, bool out,
			 const struct import_names *names)
{
	names_and(match, out ? &match->oif : &match->iif, names);
}

void import_match_addrs(struct import_match *match, bool dst,
			const struct import_ranges *ranges)
{
	if (!ranges_and(dst ? &match->dst : &match->src, ranges))
		match->never = true;
}

void import_match_proto(struct import_match *match,
			const struct import_ranges *ranges)
{
	if (!ranges_and(&match->proto, ranges))
		match->never = true;
}

void import_match_dport(struct import_match *match,
			const struct import_ranges *ranges)
{
	if (!ranges_and(&match->dport, ranges))
		match->never = true;
}

void import_match_and(struct import_match *match,
		      const struct import_match *with)
{
	import_match_device(match, true, &with->oif);
	import_match_device(match, false, &with->iif);
	import_match_addrs(match, false, &with->src);
	import_match_addrs(match, true, &with->dst);
	import_match_proto(match, &with->proto);
	import_match_dport(match, &with->dport);
	/* A list may be shared with the rule that it is from. */
	if (match->not_src.n && with->not_src.n) {
		struct import_ranges all = { 0 };

		ranges_or(&all, &match->not_src);
		ranges_or(&all, &with->not_src);
		match->not_src = all;
	} else if (with->not_src.n) {
		match->not_src = with->not_src;
	}
	if (match->not_dst.n && with->not_dst.n) {
		struct import_ranges all = { 0 };

		ranges_or(&all, &match->not_dst);
		ranges_or(&all, &with->not_dst);
		match->not_dst = all;
	} else if (with->not_dst.n) {
		match->not_dst = with->not_dst;
	}
	match->dst_local |= with->dst_local;
	match->never |= with->never;
	if (with->why)
		import_match_why(match, with->why);
}

/* --- from chains to one row --- */

static struct import_flat *row;
static size_t row_n, row_room;

static void row_add(struct import_rule *rule, const struct import_match *match)
{
	struct import_flat *more;

	if (row_n == row_room) {
		row_room = row_room ? 2 * row_room : 64;
		more = import_alloc(row_room * sizeof(*more));
		if (row_n)
			memcpy(more, row, row_n * sizeof(*more));
		row = more;
	}
	row[row_n].rule = rule;
	row[row_n++].match = *match;
}

static bool is_any(const struct import_match *match)
{
	return !match->oif.n && !match->iif.n && !match->src.n &&
	       !match->dst.n && !match->not_src.n && !match->not_dst.n &&
	       !match->proto.n && !match->dport.n && !match->dst_local &&
	       !match->why;
}

static void flatten(struct import_chain *chain,
		    const struct import_match *outer, int depth);

static void jump(struct import_chain *from, struct import_rule *rule,
		 const struct import_match *match, int depth)
{
	struct import_chain *chain = import_chain_find(from->table,
						       rule->target);

	if (!chain)
		import_tell(rule, import_text("there is no chain %s",
					      said(rule->target)));
	else if (rule->match.why)
		import_tell(rule, rule->match.why);
	else if (depth == DEPTH_MAX)
		import_tell(rule, "it jumps in a circle, or too deep");
	else
		flatten(chain, match, depth + 1);
}

/* No packet gets to the rules behind one that is for all: one sentence for them. */
static void tell_behind(const struct import_rule *rule)
{
	struct import_rule *behind, *first = NULL;
	const bool *last = rule->told;
	size_t n = 0;

	for (behind = rule->next; behind; behind = behind->next) {
		import_work(1);
		/* Those that are made of one are one. */
		if (behind->action == IMPORT_NOTHING || behind->told == last ||
		    *behind->told)
			continue;
		last = behind->told;
		if (!first)
			first = behind;
		else
			*behind->told = true;
		n++;
	}
	if (n == 1)
		import_tell(first, import_text("it is never met behind a rule for all packets, %s",
					       rule->place));
	else if (n)
		import_tell(first, import_text("it and the other rules of its chain behind it, %zu in all, are never met behind a rule for all packets, %s",
					       n, rule->place));
}

/* The rules of a chain. Those behind one that all packets leave with are never
 * met.
 */
static void flatten(struct import_chain *chain,
		    const struct import_match *outer, int depth)
{
	struct import_rule *rule;
	struct import_match match;

	for (rule = chain->rules; rule; rule = rule->next) {
		import_work(1);
		match = *outer;
		import_match_and(&match, &rule->match);
		if (match.never)
			continue;
		switch (rule->action) {
		case IMPORT_NOTHING:
			continue;
		case IMPORT_JUMP:
			jump(chain, rule, &match, depth);
			continue;
		case IMPORT_GOTO:
			if (is_any(&rule->match) || !rule->next) {
				jump(chain, rule, &match, depth);
				tell_behind(rule);
				return;
			}
			import_tell(rule, "it goes to a chain for good, and only some packets do: a jump could be converted");
			continue;
		case IMPORT_RETURN:
			if (chain->hook == IMPORT_NO_HOOK) {
				if (is_any(&rule->match)) {
					tell_behind(rule);
					return;
				}
				if (rule->next)
					import_tell(rule, "only some packets return from this chain: an accept could be converted" IMPORT_LEFT_ALONE);
				continue;
			}
			break;
		default:
			break;
		}
		row_add(rule, &match);
		if (rule->action != IMPORT_OTHER && is_any(&rule->match)) {
			tell_behind(rule);
			return;
		}
	}
}

static struct import_chain *lowest(enum import_hook hook,
				   const struct import_chain *than)
{
	struct import_chain *chain, *found = NULL;
	bool behind = !than;

	for (chain = chains; chain; chain = chain->next) {
		if (chain == than)
			behind = true;
		if (chain->hook != hook || chain == than ||
		    (than && (chain->prio < than->prio ||
			      (chain->prio == than->prio && !behind))))
			continue;
		if (!found || chain->prio < found->prio)
			found = chain;
	}
	return found;
}

struct import_flat *import_flatten(enum import_hook hook, size_t *n)
{
	static const struct import_match any;
	struct import_chain *chain = NULL;

	row = NULL;
	row_n = 0;
	row_room = 0;
	while ((chain = lowest(hook, chain)))
		flatten(chain, &any, 0);
	*n = row_n;
	return row;
}

/* --- all of it --- */

/* The file has none: is it from the other one of the two? */
static void tell_none(bool nft)
{
	const struct import_chain *chain;
	unsigned long line;

	for (chain = chains; chain; chain = chain->next)
		if (chain->rules && chain->hook != IMPORT_NO_HOOK)
			return;
	if (not_converted)
		return;
	progress_end();
	fprintf(stderr, "%s: Warning: there are no NAT rules in it: %s may have them\n",
		error_place_file(&line), nft ? "iptables-save" :
		"nft -j list ruleset, or the other of iptables-legacy-save and iptables-nft-save,");
}

size_t import_run(char *text, size_t len)
{
	bool nft;
	size_t n;

	import_forget();
	nft = import_nft(text, len);
	if (!nft && !import_iptables(text, len))
		import_fail_unknown(text);
	tell_none(nft);
	import_write();
	n = not_converted;
	import_forget();
	return n;
}
