// SPDX-License-Identifier: GPL-2.0
/* natctl: a configuration, that of the kernel or that of a file. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "conf.h"
#include "config.h"
#include "error.h"
#include "fastpath.h"
#include "map_list.h"
#include "options.h"
#include "out.h"
#include "pool.h"
#include "rule.h"

/* A configuration that changes each time it is read is given up. */
#define FETCH_TRIES	20

const char *const conf_words[NR_CONF_KINDS] = {
	[CONF_POOL] = "pool", [CONF_RULE] = "rule", [CONF_MAP] = "map",
	[CONF_FASTPATH] = "fastpath",
};

const struct nl_reader *conf_reader(enum conf_kind kind)
{
	switch (kind) {
	case CONF_POOL:
		return pool_reader();
	case CONF_RULE:
		return &rule_reader;
	case CONF_FASTPATH:
		return &fastpath_reader;
	default:
		return &map_reader;
	}
}

static void *copy_of(const void *from, size_t size)
{
	void *to = malloc(size);

	if (!to)
		fail("there is no memory for the configuration");
	return memcpy(to, from, size);
}

/* The words that tell an entry from others. */
static char *key_of(enum conf_kind kind, const struct nlattr *const *attrs)
{
	char *key;

	out_words();
	switch (kind) {
	case CONF_POOL:
		text_word(mnl_attr_get_str(attrs[KNAT_A_POOL_NAME]));
		break;
	case CONF_RULE:
		rule_selectors_text(attrs);
		break;
	case CONF_FASTPATH:
		text("dev ");
		text_word(mnl_attr_get_str(attrs[KNAT_A_FASTPATH_DEV]));
		break;
	default:
		map_outside_text(attrs);
	}
	key = out_words_end();
	return key;
}

static char *text_of(enum conf_kind kind, const struct nlmsghdr *nlh,
		     const struct nlattr *const *attrs)
{
	out_words();
	if (kind == CONF_MAP)
		map_text(attrs);
	else
		conf_reader(kind)->print(nlh, attrs);
	return out_words_end();
}

static uint64_t inside_of(const struct nlattr *const *attrs)
{
	return (uint64_t)ntohl(nl_u32(attrs[KNAT_A_MAP_IN_ADDR])) << 32 |
	       (uint64_t)nl_u8(attrs[KNAT_A_MAP_PROTO]) << 16 |
	       nl_u16(attrs[KNAT_A_MAP_IN_PORT]);
}

static void add_one(struct conf *conf, enum conf_kind kind,
		    const struct nlmsghdr *nlh, struct place place)
{
	const struct nl_reader *reader = conf_reader(kind);
	const struct nlattr *attrs[reader->max + 1];
	struct entry *entry;

	if (conf->n[kind] == conf->room[kind]) {
		conf->room[kind] = conf->room[kind] ? 2 * conf->room[kind] : 64;
		conf->list[kind] = realloc(conf->list[kind], conf->room[kind] *
					   sizeof(*conf->list[kind]));
		if (!conf->list[kind])
			fail("there is no memory for the configuration");
	}
	entry = &conf->list[kind][conf->n[kind]];
	*entry = (struct entry){
		/* Attributes may reach into what it is padded with. */
		.msg = copy_of(nlh, MNL_ALIGN(nlh->nlmsg_len)),
		.place = place,
		.nr = conf->n[kind]++,
	};
	nl_parse(entry->msg, attrs, reader);
	/* What prints an entry looks whether it is whole, which the key needs. */
	entry->text = text_of(kind, entry->msg, attrs);
	entry->key = key_of(kind, attrs);
	if (kind == CONF_MAP)
		entry->inside = inside_of(attrs);
}

/* More than a request that names one device */
#define ONE_DEVICE	128

void conf_add(struct conf *conf, enum conf_kind kind, const struct nlmsghdr *nlh,
	      struct place place)
{
	const struct nlattr *attr;

	if (kind != CONF_FASTPATH) {
		add_one(conf, kind, nlh, place);
		return;
	}
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		_Alignas(struct nlmsghdr) char buf[ONE_DEVICE] = { 0 };
		struct nlmsghdr *one = nl_long_request(buf, KNAT_CMD_FASTPATH_ADD);

		if (mnl_attr_get_type(attr) != KNAT_A_FASTPATH_DEV)
			continue;
		if (!mnl_attr_put_strz_check(one, sizeof(buf),
					     KNAT_A_FASTPATH_DEV,
					     mnl_attr_get_str(attr)))
			nl_odd_answer();
		add_one(conf, kind, one, place);
	}
}

void conf_clear(struct conf *conf)
{
	struct entry *entry;
	int kind;

	for (kind = 0; kind < NR_CONF_KINDS; kind++) {
		for (entry = conf->list[kind]; conf->n[kind]; entry++) {
			free(entry->msg);
			free(entry->key);
			free(entry->text);
			conf->n[kind]--;
		}
	}
	memset(conf->value, 0, sizeof(conf->value));
	memset(conf->place, 0, sizeof(conf->place));
}

/* --- that of the kernel --- */

static struct conf *fetched;
static enum conf_kind fetched_kind;

static void fetch_entry(const struct nlmsghdr *nlh,
			const struct nlattr *const *attrs)
{
	(void)attrs;
	conf_add(fetched, fetched_kind, nlh, (struct place){ 0 });
}

static void fetch_settings(const struct nlmsghdr *nlh,
			   const struct nlattr *const *attrs)
{
	int attr;

	(void)nlh;
	for (attr = 1; attr <= KNAT_A_CONFIG_MAX; attr++)
		fetched->value[attr] = nl_u32(attrs[attr]);
}

static bool fetch_list(enum conf_kind kind, uint8_t cmd)
{
	struct nl_reader reader = *conf_reader(kind);
	struct nlmsghdr *nlh = nl_request(cmd);

	if (kind == CONF_MAP)
		nl_put_u8(nlh, KNAT_A_MAP_KIND, KNAT_MAP_STATIC);
	reader.print = fetch_entry;
	fetched_kind = kind;
	return nl_fetch_list(nlh, &reader);
}

void conf_fetch(struct conf *conf)
{
	struct nl_reader settings = config_reader;
	int tries;

	settings.print = fetch_settings;
	fetched = conf;
	for (tries = 0; tries < FETCH_TRIES; tries++) {
		conf_clear(conf);
		nl_fetch(nl_request(KNAT_CMD_CONFIG_GET), &settings);
		if (fetch_list(CONF_POOL, KNAT_CMD_POOL_GET) &&
		    fetch_list(CONF_RULE, KNAT_CMD_RULE_GET) &&
		    fetch_list(CONF_MAP, KNAT_CMD_MAP_GET) &&
		    fetch_list(CONF_FASTPATH, KNAT_CMD_FASTPATH_GET))
			return;
	}
	fail("the configuration changes all the time: somebody else is at work");
}

/* --- order --- */

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int name_cmp(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->key,
		      ((const struct entry *)b)->key);
}

static int rule_cmp(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	const struct nlattr *p[KNAT_A_RULE_MAX + 1], *q[KNAT_A_RULE_MAX + 1];
	int cmp;

	nl_parse(x->msg, p, &rule_reader);
	nl_parse(y->msg, q, &rule_reader);
	cmp = by_number(rule_prio(p), rule_prio(q));
	if (!cmp)
		cmp = strcmp(mnl_attr_get_str(p[KNAT_A_RULE_OIF]),
			     mnl_attr_get_str(q[KNAT_A_RULE_OIF]));
	return cmp ? cmp : by_number(x->nr, y->nr);
}

static int map_cmp(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int cmp = by_number(x->inside, y->inside);

	return cmp ? cmp : by_number(x->nr, y->nr);
}

void conf_sort(struct conf *conf)
{
	static int (*const cmps[])(const void *a, const void *b) = {
		[CONF_POOL] = name_cmp, [CONF_RULE] = rule_cmp,
		[CONF_MAP] = map_cmp, [CONF_FASTPATH] = name_cmp,
	};
	int kind;

	for (kind = 0; kind < NR_CONF_KINDS; kind++)
		if (conf->n[kind])
			qsort(conf->list[kind], conf->n[kind],
			      sizeof(*conf->list[kind]), cmps[kind]);
}
