// SPDX-License-Identifier: GPL-2.0
/* natctl stats: counters. */
#include <stdio.h>
#include "natctl.h"

const char stats_help[] =
"Usage: natctl stats [ show ]\n"
"       natctl stats reset\n";

#define NAME(N, name, meaning)		#name,
#define MEANING(N, name, meaning)	meaning,

static const char *const names[] = { KNAT_COUNTERS(NAME) };
static const char *const meanings[] = { KNAT_COUNTERS(MEANING) };

static const struct {
	const char	*name;
	int		attr;
	const char	*meaning;
} gauges[] = {
	{ "mappings", KNAT_A_STATS_MAPPINGS, "mappings now" },
	{ "sessions", KNAT_A_STATS_SESSIONS, "sessions now" },
	{ "subscribers", KNAT_A_STATS_SUBSCRIBERS, "inside addresses with mappings now" },
};

static void print_line(const char *name, uint64_t value, const char *meaning)
{
	if (json)
		obj_num(name, value);
	else
		printf("%-22s %12llu  %s\n", name, (unsigned long long)value,
		       meaning);
}

static void print_stats(const struct nlattr *const *attrs)
{
	const struct nlattr *counters[__KNAT_COUNTER_MAX + 1];
	size_t i;

	if (!attrs[KNAT_A_STATS_COUNTERS])
		return;
	nl_nest(attrs[KNAT_A_STATS_COUNTERS], counters, __KNAT_COUNTER_MAX);
	if (json)
		obj_begin();
	for (i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		if (attrs[gauges[i].attr])
			print_line(gauges[i].name,
				   mnl_attr_get_u32(attrs[gauges[i].attr]),
				   gauges[i].meaning);
	for (i = 0; i < __KNAT_COUNTER_MAX; i++)
		if (counters[i + 1])
			print_line(names[i], mnl_attr_get_u64(counters[i + 1]),
				   meanings[i]);
	if (json)
		obj_end();
}

void stats_command(struct words *w)
{
	static const char *const verbs[] = { "show", "reset", "list", "help",
					     NULL };
	const char *word = word_next(w);

	w->help = stats_help;
	switch (word ? word_match(w, word, "a command of stats", verbs) : 0) {
	case 1:
		word_end(w);
		nl_talk(nl_request(KNAT_CMD_STATS_RESET, 0), 0, NULL);
		break;
	case 3:
		printf("%s", stats_help);
		break;
	default:
		word_end(w);
		list_begin();
		nl_talk(nl_request(KNAT_CMD_STATS_GET, 0), KNAT_A_STATS_MAX,
			print_stats);
		list_end();
	}
}
