// SPDX-License-Identifier: GPL-2.0
/* natctl stats: what there is now, and counters. */
#include <string.h>
#include "command.h"
#include "error.h"
#include "nl.h"
#include "out.h"
#include "stats.h"

#define NAME(NAME, name, meaning)	#name,
#define MEANING(NAME, name, meaning)	meaning,
#define TYPE(NAME, name, meaning)	[KNAT_COUNTER_##NAME + 1] = MNL_TYPE_U64,

static const char *const names[] = { KNAT_COUNTERS(NAME) };
static const char *const meanings[] = { KNAT_COUNTERS(MEANING) };
static const uint8_t counter_types[] = { KNAT_COUNTERS(TYPE) };

const char *counter_name(uint8_t attr)
{
	return attr && attr <= __KNAT_COUNTER_MAX ? names[attr - 1] : NULL;
}

const char *counter_meaning(const char *name)
{
	size_t i;

	for (i = 0; strcmp(names[i], name); i++)
		;
	return meanings[i];
}

static const struct {
	const char	*name;
	int		attr;
	const char	*meaning;
} gauges[] = {
	{ "mappings", KNAT_A_STATS_MAPPINGS, "mappings now" },
	{ "sessions", KNAT_A_STATS_SESSIONS, "sessions now" },
	{ "subscribers", KNAT_A_STATS_SUBSCRIBERS, "inside addresses with mappings or resting ports now" },
};

/* In the text format of Prometheus, which has its own words for kinds. */
static bool prometheus;

static void print_metric(const char *name, const char *kind, uint64_t value,
			 const char *meaning)
{
	const char *total = strcmp(kind, "counter") ? "" : "_total";

	text("# HELP knat_%s%s %s", name, total, meaning);
	text_end();
	text("# TYPE knat_%s%s %s", name, total, kind);
	text_end();
	text("knat_%s%s %llu", name, total, (unsigned long long)value);
	text_end();
}

static void print_one(const char *name, const char *kind, uint64_t value,
		      const char *meaning)
{
	if (prometheus) {
		print_metric(name, kind, value, meaning);
		return;
	}
	if (out_json) {
		json_number(name, value);
		return;
	}
	text("%-22s %12llu  %s", name, (unsigned long long)value, meaning);
	text_end();
}

void stats_counters(const struct nlattr *const *attrs,
		    const struct nlattr **counters)
{
	if (!attrs[KNAT_A_STATS_COUNTERS])
		nl_odd_answer();
	nl_parse_nest(attrs[KNAT_A_STATS_COUNTERS], counters,
		      __KNAT_COUNTER_MAX, counter_types);
}

static void print(const struct nlmsghdr *nlh, const struct nlattr *const *attrs)
{
	const struct nlattr *counters[__KNAT_COUNTER_MAX + 1];
	size_t i;

	(void)nlh;
	stats_counters(attrs, counters);
	if (out_json)
		json_object(NULL);
	for (i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		if (attrs[gauges[i].attr])
			print_one(gauges[i].name, "gauge",
				  nl_u32(attrs[gauges[i].attr]),
				  gauges[i].meaning);
	for (i = 0; i < __KNAT_COUNTER_MAX; i++)
		if (counters[i + 1])
			print_one(names[i], "counter",
				  mnl_attr_get_u64(counters[i + 1]),
				  meanings[i]);
	if (out_json)
		json_end();
}

static const uint8_t types[KNAT_A_STATS_MAX + 1] = {
	[KNAT_A_STATS_MAPPINGS]		= MNL_TYPE_U32,
	[KNAT_A_STATS_SESSIONS]		= MNL_TYPE_U32,
	[KNAT_A_STATS_SUBSCRIBERS]	= MNL_TYPE_U32,
	[KNAT_A_STATS_COUNTERS]		= MNL_TYPE_NESTED,
};

const struct nl_reader stats_reader = { KNAT_A_STATS_MAX, types, print };

static void show(struct words *words)
{
	static const char *const output[] = { "-o", NULL };
	static const char *const formats[] = { "prometheus", NULL };
	const char *word = word_next(words);

	prometheus = false;
	if (word) {
		if (*word != '-')
			fail_word(words, "%s is one word too many", said(word));
		word_choose(words, word, "an option of stats", output);
		word = word_need(words, "the format");
		word_choose(words, word, "a format", formats);
		word_end(words);
		prometheus = true;
		out_json = false;
	}
	nl_get(nl_request(KNAT_CMD_STATS_GET), &stats_reader);
}

static void reset(struct words *words)
{
	word_end(words);
	nl_do(nl_request(KNAT_CMD_STATS_RESET));
}

static const struct verb verbs[] = {
	{ "show", "[ -o prometheus ]", show },
	{ "reset", "", reset },
	{ "list", NULL, show },
	{ }
};

const struct object stats_object = {
	.name		= "stats",
	.meaning	= "counters",
	.verbs		= verbs,
	.plain		= show,
	.has_options	= true,
};
