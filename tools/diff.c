// SPDX-License-Identifier: GPL-2.0
/* natctl: what makes one configuration of another. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"
#include "diff.h"
#include "error.h"
#include "map_list.h"
#include "options.h"
#include "out.h"
#include "pool.h"
#include "rule.h"

static struct change *changes;
static size_t nr, room;

static const struct {
	uint8_t		add;
	uint8_t		del;
	uint16_t	attr;
} kinds[NR_CONF_KINDS] = {
	[CONF_POOL] = { KNAT_CMD_POOL_ADD, KNAT_CMD_POOL_DEL,
			KNAT_A_CHANGE_POOL },
	[CONF_RULE] = { KNAT_CMD_RULE_ADD, KNAT_CMD_RULE_DEL,
			KNAT_A_CHANGE_RULE },
	[CONF_MAP]  = { KNAT_CMD_MAP_ADD, KNAT_CMD_MAP_DEL,
			KNAT_A_CHANGE_MAP },
	[CONF_FASTPATH] = { KNAT_CMD_FASTPATH_ADD, KNAT_CMD_FASTPATH_DEL,
			    KNAT_A_CHANGE_FASTPATH },
};

/* --- changes --- */

static void change(uint8_t cmd, uint16_t attr, const struct nlmsghdr *nlh,
		   struct place place, char *text)
{
	struct change *new;

	if (nr == room) {
		room = room ? 2 * room : 64;
		changes = realloc(changes, room * sizeof(*changes));
		if (!changes)
			fail("there is no memory for the changes");
	}
	new = &changes[nr++];
	new->cmd = cmd;
	new->attr = attr;
	new->len = mnl_nlmsg_get_payload_len(nlh) - sizeof(struct genlmsghdr);
	new->attrs = malloc(new->len + 1);
	if (!new->attrs || !text)
		fail("there is no memory for the changes");
	memcpy(new->attrs,
	       mnl_nlmsg_get_payload_offset(nlh, sizeof(struct genlmsghdr)),
	       new->len);
	new->place = place;
	new->text = text;
}

static char *words_of(const char *kind, const char *verb, const char *rest)
{
	char *text;

	return asprintf(&text, "%s %s %s", kind, verb, rest) < 0 ? NULL : text;
}

static void add(enum conf_kind kind, const struct entry *entry)
{
	change(kinds[kind].add, kinds[kind].attr, entry->msg, entry->place,
	       words_of(conf_words[kind], "add", entry->text));
}

/* What names an entry in a request to delete it */
static const uint8_t pool_names[] = { KNAT_A_POOL_NAME, 0 };
static const uint8_t rule_names[] = {
	KNAT_A_RULE_PRIO, KNAT_A_RULE_OIF, KNAT_A_RULE_SRC,
	KNAT_A_RULE_SRC_LEN, KNAT_A_RULE_DST, KNAT_A_RULE_DST_LEN,
	KNAT_A_RULE_PROTO, KNAT_A_RULE_DPORT_FIRST, KNAT_A_RULE_DPORT_LAST, 0
};
static const uint8_t map_names[] = {
	KNAT_A_MAP_PROTO, KNAT_A_MAP_OUT_DEV, KNAT_A_MAP_OUT_ADDR,
	KNAT_A_MAP_OUT_PORT, KNAT_A_MAP_OUT_PORT_LAST, KNAT_A_MAP_OUT_LEN, 0
};
static const uint8_t fastpath_names[] = { KNAT_A_FASTPATH_DEV, 0 };

static void put_names(struct nlmsghdr *nlh, enum conf_kind kind,
		      const struct entry *entry)
{
	static const uint8_t *const names[] = {
		[CONF_POOL] = pool_names, [CONF_RULE] = rule_names,
		[CONF_MAP] = map_names, [CONF_FASTPATH] = fastpath_names,
	};
	const struct nl_reader *reader = conf_reader(kind);
	const struct nlattr *attrs[reader->max + 1];
	const uint8_t *name;

	nl_parse(entry->msg, attrs, reader);
	/* The address of a mapping of a device is only told. */
	if (kind == CONF_MAP && attrs[KNAT_A_MAP_OUT_DEV])
		attrs[KNAT_A_MAP_OUT_ADDR] = NULL;
	for (name = names[kind]; *name; name++)
		if (attrs[*name])
			nl_put_copy(nlh, attrs[*name]);
}

/* @place: what comes in the place of it, or nothing. */
static void del(enum conf_kind kind, const struct entry *entry,
		struct place place)
{
	struct nlmsghdr *nlh = nl_request(kinds[kind].del);

	put_names(nlh, kind, entry);
	change(kinds[kind].del, kinds[kind].attr, nlh, place,
	       words_of(conf_words[kind], "del", entry->key));
}

/* The addresses of a pool, as words */
static char *ranges_of(const struct entry *entry)
{
	out_words();
	pool_ranges_text(entry->msg);
	return out_words_end();
}

static void pool_set(const struct entry *have, const struct entry *want)
{
	const struct nlattr *from[KNAT_A_POOL_MAX + 1];
	const struct nlattr *to[KNAT_A_POOL_MAX + 1], *attr;
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_POOL_SET);
	char *old = ranges_of(have), *new = ranges_of(want), *words;
	bool same = !strcmp(old, new);

	nl_parse(have->msg, from, pool_reader());
	nl_parse(want->msg, to, pool_reader());
	nl_put_copy(nlh, to[KNAT_A_POOL_NAME]);
	if (!same)
		mnl_attr_for_each(attr, want->msg, sizeof(struct genlmsghdr))
			if (mnl_attr_get_type(attr) == KNAT_A_POOL_RANGE)
				nl_put_copy(nlh, attr);
	options_put_change(nlh, from, to);

	out_words();
	text("%s", want->key);
	text_column(0);
	if (!same)
		text("%s", new);
	options_text_change(from, to);
	words = out_words_end();
	change(KNAT_CMD_POOL_SET, KNAT_A_CHANGE_POOL, nlh, want->place,
	       words_of("pool", "set", words));
	free(old);
	free(new);
	free(words);
}

/* Of two mappings of one outside end: can one become the other and keep its
 * sessions? A lifetime can be given, but not taken away.
 */
static bool map_turns(const struct entry *have, const struct entry *want)
{
	const struct nlattr *from[KNAT_A_MAP_MAX + 1];
	const struct nlattr *to[KNAT_A_MAP_MAX + 1];

	if (!want || have->inside != want->inside)
		return false;
	nl_parse(have->msg, from, &map_reader);
	nl_parse(want->msg, to, &map_reader);
	return to[KNAT_A_MAP_LIFETIME] || !from[KNAT_A_MAP_LIFETIME];
}

static const char *label_of(const struct nlattr *const *attrs)
{
	return attrs[KNAT_A_MAP_LABEL] ?
	       mnl_attr_get_str(attrs[KNAT_A_MAP_LABEL]) : "";
}

static void map_set(const struct entry *have, const struct entry *want)
{
	const struct nlattr *from[KNAT_A_MAP_MAX + 1];
	const struct nlattr *to[KNAT_A_MAP_MAX + 1];
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_MAP_SET);
	char *words;

	nl_parse(have->msg, from, &map_reader);
	nl_parse(want->msg, to, &map_reader);
	put_names(nlh, CONF_MAP, want);
	out_words();
	text("%s", want->key);
	if (nl_u32(from[KNAT_A_MAP_LIFETIME]) != nl_u32(to[KNAT_A_MAP_LIFETIME])) {
		nl_put_copy(nlh, to[KNAT_A_MAP_LIFETIME]);
		text(" lifetime %u", nl_u32(to[KNAT_A_MAP_LIFETIME]));
	}
	if (strcmp(label_of(from), label_of(to))) {
		nl_put_string(nlh, KNAT_A_MAP_LABEL, label_of(to));
		text(" label ");
		text_quoted(label_of(to));
	}
	words = out_words_end();
	change(KNAT_CMD_MAP_SET, KNAT_A_CHANGE_MAP, nlh, want->place,
	       words_of("map", "set", words));
	free(words);
}

/* --- pairs --- */

static int key_cmp(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;
	int cmp = strcmp((*x)->key, (*y)->key);

	if (cmp)
		return cmp;
	return (*x)->nr < (*y)->nr ? -1 : (*x)->nr > (*y)->nr;
}

/* The entries of a kind by key. */
static struct entry **by_key(struct conf *conf, enum conf_kind kind)
{
	struct entry **list = calloc(conf->n[kind] + 1, sizeof(*list));
	size_t i;

	if (!list)
		fail("there is no memory for the changes");
	for (i = 0; i < conf->n[kind]; i++)
		list[i] = &conf->list[kind][i];
	qsort(list, conf->n[kind], sizeof(*list), key_cmp);
	return list;
}

static void check_double(struct entry *const *list, enum conf_kind kind)
{
	for (; list[0] && list[1]; list++) {
		if (strcmp(list[0]->key, list[1]->key))
			continue;
		error_place(list[1]->place.file, list[1]->place.line);
		fail_usage("the %s %s is there already, in line %lu of %s",
			   conf_words[kind], list[0]->key,
			   list[0]->place.line, said(list[0]->place.file));
	}
}

/* For each entry of @have the one of @want with its key, and the other way
 * round; NULL where there is none.
 */
static void pair(struct conf *have, struct conf *want, enum conf_kind kind,
		 struct entry **of_have, struct entry **of_want)
{
	struct entry **old = by_key(have, kind), **new = by_key(want, kind);
	struct entry **x = old, **y = new;
	int cmp;

	check_double(new, kind);
	while (*x && *y) {
		cmp = strcmp((*x)->key, (*y)->key);
		if (!cmp) {
			of_have[(*x)->nr] = *y;
			of_want[(*y)->nr] = *x;
		}
		x += cmp <= 0;
		y += cmp >= 0;
	}
	free(old);
	free(new);
}

/* Where the partners of entries are, for all kinds. */
static struct entry **of_have[NR_CONF_KINDS], **of_want[NR_CONF_KINDS];

static struct entry **partners(size_t n)
{
	struct entry **list = calloc(n + 1, sizeof(*list));

	if (!list)
		fail("there is no memory for the changes");
	return list;
}

static bool same(const struct entry *a, const struct entry *b)
{
	return a && b && !strcmp(a->text, b->text);
}

/* --- rules --- */

/* Rules of one priority on one device hold in their order, which is that of
 * their age: are these two such?
 */
static bool rules_compete(const struct entry *a, const struct entry *b)
{
	const struct nlattr *p[KNAT_A_RULE_MAX + 1], *q[KNAT_A_RULE_MAX + 1];

	nl_parse(a->msg, p, &rule_reader);
	nl_parse(b->msg, q, &rule_reader);
	return rule_prio(p) == rule_prio(q) &&
	       !strcmp(mnl_attr_get_str(p[KNAT_A_RULE_OIF]),
		       mnl_attr_get_str(q[KNAT_A_RULE_OIF]));
}

/* Which rules of @want can stay as they are: those that come first in their
 * order, and in that of the kernel as well. What is added comes last, so behind
 * the first that cannot stay none can: others are removed and added again, in
 * which they keep their mappings.
 */
static bool *rules_that_stay(struct conf *want)
{
	struct entry *list = want->list[CONF_RULE], *old;
	size_t i, n = want->n[CONF_RULE], last = 0;
	bool *stay = calloc(n + 1, sizeof(*stay));
	bool broken = false;

	if (!stay)
		fail("there is no memory for the changes");
	/* They are sorted: those that compete stand together. */
	for (i = 0; i < n; i++) {
		if (!i || !rules_compete(&list[i - 1], &list[i])) {
			broken = false;
			last = 0;
		}
		old = of_want[CONF_RULE][list[i].nr];
		if (!same(old, &list[i]) || old->nr + 1 <= last)
			broken = true;
		if (!broken)
			last = old->nr + 1;
		stay[list[i].nr] = !broken;
	}
	return stay;
}

/* --- all --- */

static void diff_settings(const struct conf *have, const struct conf *want)
{
	struct nlmsghdr *nlh;
	uint32_t value;
	char *text;
	int attr;

	for (attr = 1; config_name(attr); attr++) {
		value = want->place[attr].file ? want->value[attr] :
			config_default(attr, have->value);
		if (value == have->value[attr])
			continue;
		nlh = nl_request(KNAT_CMD_CONFIG_SET);
		nl_put_u32(nlh, attr, value);
		if (asprintf(&text, "config set %s %u", config_name(attr),
			     value) < 0)
			text = NULL;
		change(KNAT_CMD_CONFIG_SET, KNAT_A_CHANGE_CONFIG, nlh,
		       want->place[attr], text);
	}
}

struct change *diff(struct conf *have, struct conf *want, size_t *n)
{
	struct entry *entry, *other;
	struct place nowhere = { 0 };
	bool *stay;
	size_t i;
	int kind;

	nr = 0;
	conf_sort(want);
	conf_sort(have);
	for (kind = 0; kind < NR_CONF_KINDS; kind++) {
		of_have[kind] = partners(have->n[kind]);
		of_want[kind] = partners(want->n[kind]);
		pair(have, want, kind, of_have[kind], of_want[kind]);
	}
	stay = rules_that_stay(want);

	for (i = 0; i < have->n[CONF_FASTPATH]; i++) {
		entry = &have->list[CONF_FASTPATH][i];
		if (!of_have[CONF_FASTPATH][entry->nr])
			del(CONF_FASTPATH, entry, nowhere);
	}
	for (i = 0; i < have->n[CONF_RULE]; i++) {
		entry = &have->list[CONF_RULE][i];
		other = of_have[CONF_RULE][entry->nr];
		if (!other || !stay[other->nr])
			del(CONF_RULE, entry, other ? other->place : nowhere);
	}
	for (i = 0; i < have->n[CONF_MAP]; i++) {
		entry = &have->list[CONF_MAP][i];
		other = of_have[CONF_MAP][entry->nr];
		if (!same(entry, other) && !map_turns(entry, other))
			del(CONF_MAP, entry, other ? other->place : nowhere);
	}
	for (i = 0; i < have->n[CONF_POOL]; i++) {
		entry = &have->list[CONF_POOL][i];
		if (!of_have[CONF_POOL][entry->nr])
			del(CONF_POOL, entry, nowhere);
	}
	for (i = 0; i < want->n[CONF_POOL]; i++) {
		entry = &want->list[CONF_POOL][i];
		other = of_want[CONF_POOL][entry->nr];
		if (!other)
			add(CONF_POOL, entry);
		else if (!same(entry, other))
			pool_set(other, entry);
	}
	for (i = 0; i < want->n[CONF_RULE]; i++) {
		entry = &want->list[CONF_RULE][i];
		if (!stay[entry->nr])
			add(CONF_RULE, entry);
	}
	for (i = 0; i < want->n[CONF_MAP]; i++) {
		entry = &want->list[CONF_MAP][i];
		other = of_want[CONF_MAP][entry->nr];
		if (other && map_turns(other, entry)) {
			if (!same(other, entry))
				map_set(other, entry);
		} else if (!same(other, entry)) {
			add(CONF_MAP, entry);
		}
	}
	for (i = 0; i < want->n[CONF_FASTPATH]; i++) {
		entry = &want->list[CONF_FASTPATH][i];
		if (!of_want[CONF_FASTPATH][entry->nr])
			add(CONF_FASTPATH, entry);
	}
	diff_settings(have, want);
	free(stay);
	*n = nr;
	return changes;
}
