// SPDX-License-Identifier: GPL-2.0
/* natctl pool: sets of outside addresses. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "addr.h"
#include "command.h"
#include "error.h"
#include "nl.h"
#include "options.h"
#include "out.h"
#include "pool.h"

/* A word of pool add and set: an option, or this one behind them. */
#define ADDR	NR_OPTIONS

static const char *name_need(struct words *words)
{
	const char *name = word_need(words, "the name of the pool");

	pool_name_check(name);
	return name;
}

static void ranges_put(struct words *words, struct nlmsghdr *nlh)
{
	char *list = word_need(words, "the list of addresses"), *rest = list;
	uint32_t first, last;
	struct nlattr *nest;
	char *range;

	while ((range = word_part(list, &rest, "addresses",
				  "RANGE[,RANGE...]"))) {
		range_read(range, &first, &last);
		nest = nl_nest_begin(nlh, KNAT_A_POOL_RANGE);
		nl_put_u32(nlh, KNAT_A_RANGE_FIRST, first);
		nl_put_u32(nlh, KNAT_A_RANGE_LAST, last);
		nl_nest_end(nlh, nest);
	}
}

/* What stands behind the name; which words, by number, were there. */
static uint32_t settings_put(struct words *words, struct nlmsghdr *nlh)
{
	const char *names[NR_OPTIONS + 2], *word;
	uint32_t given = 0;
	int i;

	memcpy(names, options_words, sizeof(options_words));
	names[ADDR] = "addr";
	names[ADDR + 1] = NULL;
	while ((word = word_next(words))) {
		i = word_choose(words, word, "an option of a pool", names);
		word_once(words, &given, i, names[i]);
		if (i == ADDR)
			ranges_put(words, nlh);
		else
			options_put(words, nlh, i);
	}
	return given;
}

static void add(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_POOL_ADD);

	nl_put_string(nlh, KNAT_A_POOL_NAME, name_need(words));
	if (!(settings_put(words, nlh) & 1U << ADDR))
		fail_word(words, "\"addr\" and the addresses of the pool are missing");
	nl_do(nlh);
}

static void set(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_POOL_SET);

	nl_put_string(nlh, KNAT_A_POOL_NAME, name_need(words));
	if (!settings_put(words, nlh))
		fail_word(words, "what to change of the pool is missing");
	nl_do(nlh);
}

static void del(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_POOL_DEL);

	nl_put_string(nlh, KNAT_A_POOL_NAME, name_need(words));
	word_end(words);
	nl_do(nlh);
}

struct range {
	uint32_t	first;
	uint32_t	last;
};

static int range_cmp(const void *a, const void *b)
{
	uint32_t x = ntohl(((const struct range *)a)->first);
	uint32_t y = ntohl(((const struct range *)b)->first);

	return x < y ? -1 : x > y;
}

/* The ranges of a message, ascending: the attribute is there once for each. */
static size_t ranges_read(const struct nlmsghdr *nlh, struct range *ranges)
{
	static const uint8_t types[KNAT_A_RANGE_MAX + 1] = {
		[KNAT_A_RANGE_FIRST]	= MNL_TYPE_U32,
		[KNAT_A_RANGE_LAST]	= MNL_TYPE_U32,
	};
	const struct nlattr *ends[KNAT_A_RANGE_MAX + 1], *attr;
	size_t n = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != KNAT_A_POOL_RANGE)
			continue;
		nl_parse_nest(attr, ends, KNAT_A_RANGE_MAX, types);
		if (!ends[KNAT_A_RANGE_FIRST] || !ends[KNAT_A_RANGE_LAST])
			nl_odd_answer();
		ranges[n].first = nl_u32(ends[KNAT_A_RANGE_FIRST]);
		ranges[n++].last = nl_u32(ends[KNAT_A_RANGE_LAST]);
	}
	qsort(ranges, n, sizeof(*ranges), range_cmp);
	return n;
}

static void ranges_print(const struct nlmsghdr *nlh)
{
	static struct range *ranges;
	const char *range;
	size_t i, n;

	/* Each takes more room than this in the message. It is kept: what finds
	 * an answer odd does not come back here.
	 */
	ranges = realloc(ranges, nlh->nlmsg_len);
	if (!ranges)
		fail("there is no memory for the addresses of a pool");
	n = ranges_read(nlh, ranges);
	for (i = 0; i < n; i++) {
		range = range_text(ranges[i].first, ranges[i].last);
		if (out_json)
			json_string(NULL, range);
		else
			text("%s%s", i ? "," : "", range);
	}
}

void pool_ranges_text(const struct nlmsghdr *nlh)
{
	text("addr ");
	ranges_print(nlh);
}

void pool_missing(const char *name)
{
	fail("there is no pool %s: natctl pool list shows those that are there",
	     said(name));
}

/* The one pool that is wanted, and whether it was there. */
static const char *wanted;
static bool found;

static void print(const struct nlmsghdr *nlh, const struct nlattr *const *attrs)
{
	uint32_t addresses = nl_u32(attrs[KNAT_A_POOL_ADDRESSES]);
	uint32_t mappings = nl_u32(attrs[KNAT_A_POOL_MAPPINGS]);
	uint32_t subscribers = nl_u32(attrs[KNAT_A_POOL_SUBSCRIBERS]);
	const char *name;

	if (!attrs[KNAT_A_POOL_NAME])
		nl_odd_answer();
	name = mnl_attr_get_str(attrs[KNAT_A_POOL_NAME]);
	if (wanted && (found || strcmp(name, wanted)))
		return;
	found = true;
	if (out_json) {
		json_object(NULL);
		json_string("name", name);
		json_array("addresses");
		ranges_print(nlh);
		json_end();
		options_json(attrs);
		json_number("address_count", addresses);
		json_number("mappings", mappings);
		json_number("subscribers", subscribers);
		json_end();
		return;
	}
	text_word(name);
	text_column(12);
	pool_ranges_text(nlh);
	options_text(attrs);
	text_remark(48);
	text("%u addresses, %u mappings, %u subscribers", addresses, mappings,
	     subscribers);
	text_end();
}

const struct nl_reader *pool_reader(void)
{
	static uint8_t types[KNAT_A_POOL_MAX + 1];
	static const struct nl_reader reader = {
		KNAT_A_POOL_MAX, types, print,
	};

	memcpy(types, options_types, sizeof(types));
	types[KNAT_A_POOL_NAME] = MNL_TYPE_NUL_STRING;
	types[KNAT_A_POOL_RANGE] = MNL_TYPE_NESTED;
	types[KNAT_A_POOL_ADDRESSES] = MNL_TYPE_U32;
	types[KNAT_A_POOL_MAPPINGS] = MNL_TYPE_U32;
	types[KNAT_A_POOL_SUBSCRIBERS] = MNL_TYPE_U32;
	return &reader;
}

/* Nothing is printed, not even an empty list, if it is not there; who changes
 * the list meanwhile may hide it.
 */
static void list_wanted(void)
{
	bool whole;

	nl_check_collected();
	out_begin();
	do {
		whole = nl_fetch_list(nl_request(KNAT_CMD_POOL_GET),
				      pool_reader());
	} while (!found && !whole);
	if (!found)
		pool_missing(wanted);
	out_end();
}

static void list(struct words *words)
{
	wanted = word_next(words);
	if (wanted)
		pool_name_check(wanted);
	word_end(words);
	found = false;
	if (wanted)
		list_wanted();
	else
		nl_list(nl_request(KNAT_CMD_POOL_GET), pool_reader());
	/* The commands of a batch that follow are about all pools. */
	wanted = NULL;
}

static const struct verb verbs[] = {
	{ "add", "NAME addr RANGE[,RANGE...] [ OPTIONS ]", add },
	{ "set", "NAME [ addr RANGE[,RANGE...] ] [ OPTIONS ]", set },
	{ "del", "NAME", del },
	{ "list", "[ NAME ]", list },
	{ "show", NULL, list },
	{ }
};

const struct object pool_object = {
	.name		= "pool",
	.meaning	= "outside addresses and how they are used",
	.terms		= "RANGE:   A | A-B | A/LEN\n" OPTIONS_TERMS,
	.verbs		= verbs,
	.plain		= list,
};
