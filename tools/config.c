// SPDX-License-Identifier: GPL-2.0
/* natctl config: settings. */
#include <stdio.h>
#include "natctl.h"

const char config_help[] =
"Usage: natctl config [ show ]\n"
"       natctl config set NAME VALUE [ NAME VALUE ... ]\n";

#define NAME(N, name, unit, min, max, def, meaning)	#name,
#define ROW(N, name, unit, min, max, def, meaning) \
	{ unit, min, max, def, meaning },

static const char *const names[] = { KNAT_SETTINGS(NAME) NULL };

static const struct {
	const char	*unit;
	uint32_t	min;
	uint32_t	max;
	uint32_t	def;
	const char	*meaning;
} rows[] = { KNAT_SETTINGS(ROW) };

static void print_config(const struct nlattr *const *attrs)
{
	uint32_t value;
	char def[16];

	if (json)
		obj_begin();
	for (int i = 0; names[i]; i++) {
		if (!attrs[i + 1])
			continue;
		value = mnl_attr_get_u32(attrs[i + 1]);
		if (json) {
			obj_num(names[i], value);
			continue;
		}
		snprintf(def, sizeof(def), "%u", rows[i].def);
		printf("%-24s %-10u  # %s%sdefault %s: %s\n", names[i], value,
		       rows[i].unit, rows[i].unit[0] ? ", " : "",
		       rows[i].def || rows[i].max == 1 ? def : "by memory",
		       rows[i].meaning);
	}
	if (json)
		obj_end();
}

static void set(struct words *w)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_CONFIG_SET, 0);
	const char *word;
	int i, n = 0;

	while ((word = word_next(w))) {
		i = word_match(w, word, "a setting", names);
		put_u32(nlh, i + 1,
			parse_u32(w, word_need(w, "a value"), names[i],
				  rows[i].min, rows[i].max));
		n++;
	}
	if (!n)
		die_word(w, "the name of a setting is missing");
	nl_talk(nlh, 0, NULL);
}

void config_command(struct words *w)
{
	static const char *const verbs[] = { "show", "set", "list", "help",
					     NULL };
	const char *word = word_next(w);

	w->help = config_help;
	switch (word ? word_match(w, word, "a command of config", verbs) : 0) {
	case 1:
		set(w);
		break;
	case 3:
		printf("%s", config_help);
		break;
	default:
		word_end(w);
		list_begin();
		nl_talk(nl_request(KNAT_CMD_CONFIG_GET, 0), KNAT_A_CONFIG_MAX,
			print_config);
		list_end();
	}
}
