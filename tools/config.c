// SPDX-License-Identifier: GPL-2.0
/* natctl config: timeouts and limits. */
#include <stdio.h>
#include "addr.h"
#include "command.h"
#include "config.h"
#include "error.h"
#include "nl.h"
#include "out.h"

#define NAME(NAME, name, unit, min, max, def, meaning)	#name,
#define SETTING(NAME, name, unit, min, max, def, meaning) \
	{ #name, unit, min, max, def, meaning },
#define TYPE(NAME, name, unit, min, max, def, meaning) \
	[KNAT_A_CONFIG_##NAME] = MNL_TYPE_U32,

/* Setting @i is attribute @i + 1. */
static const char *const names[] = { KNAT_SETTINGS(NAME) NULL };

static const struct setting {
	const char	*name;
	const char	*unit;
	uint32_t	min;
	uint32_t	max;
	uint32_t	def;
	const char	*meaning;
} settings[] = { KNAT_SETTINGS(SETTING) };

/* A default of 0 that is no value follows the size of the memory. */
static bool has_default(const struct setting *setting)
{
	return setting->def >= setting->min;
}

static void print_json(const struct setting *setting, uint32_t value)
{
	json_object(NULL);
	json_string("name", setting->name);
	json_number("value", value);
	json_string("unit", setting->unit);
	json_number("min", setting->min);
	json_number("max", setting->max);
	if (has_default(setting))
		json_number("default", setting->def);
	else
		json_null("default");
	json_string("meaning", setting->meaning);
	json_end();
}

static void print_text(const struct setting *setting, uint32_t value)
{
	text("%-24s %-10u", setting->name, value);
	text_remark(36);
	text("%-1s %u-%u", setting->unit, setting->min, setting->max);
	text_column(53);
	text("default ");
	if (has_default(setting))
		text("%u", setting->def);
	else
		text("by memory");
	text_column(71);
	text("%s", setting->meaning);
	text_end();
}

static void print(const struct nlmsghdr *nlh, const struct nlattr *const *attrs)
{
	int i;

	(void)nlh;
	for (i = 0; names[i]; i++) {
		if (!attrs[i + 1])
			continue;
		if (out_json)
			print_json(&settings[i], nl_u32(attrs[i + 1]));
		else
			print_text(&settings[i], nl_u32(attrs[i + 1]));
	}
}

static const uint8_t types[KNAT_A_CONFIG_MAX + 1] = {
	KNAT_SETTINGS(TYPE)
	[KNAT_A_CONFIG_LIMIT_DEFAULT] = MNL_TYPE_U32,
};

const struct nl_reader config_reader = { KNAT_A_CONFIG_MAX, types, print };

const char *config_name(int attr)
{
	return names[attr - 1];
}

uint32_t config_default(int attr, const uint32_t *values)
{
	return has_default(&settings[attr - 1]) ? settings[attr - 1].def :
						  values[KNAT_A_CONFIG_LIMIT_DEFAULT];
}

static void show(struct words *words)
{
	word_end(words);
	nl_get(nl_request(KNAT_CMD_CONFIG_GET), &config_reader);
}

/* All of them go in one message: all are set or none. */
static void set(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_CONFIG_SET);
	uint32_t given = 0;
	char what[64];
	const char *word;
	int i;

	while ((word = word_next(words))) {
		i = word_choose(words, word, "a setting", names);
		word_once(words, &given, i, names[i]);
		snprintf(what, sizeof(what), "the value of %s", names[i]);
		word = word_need(words, what);
		nl_put_u32(nlh, i + 1,
			   number_read(word, names[i], settings[i].min,
				       settings[i].max));
	}
	if (!given)
		fail_word(words, "the setting and its value are missing");
	nl_do(nlh);
}

static const struct verb verbs[] = {
	{ "show", "", show },
	{ "set", "NAME VALUE [ NAME VALUE ... ]", set },
	{ "list", NULL, show },
	{ }
};

const struct object config_object = {
	.name		= "config",
	.meaning	= "timeouts and limits",
	.terms		= "NAME:  as natctl config show lists it\n",
	.verbs		= verbs,
	.plain		= show,
};
