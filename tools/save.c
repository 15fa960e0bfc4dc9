// SPDX-License-Identifier: GPL-2.0
/* natctl save: the configuration, as a file that natctl apply takes. */
#include "command.h"
#include "conf.h"
#include "config.h"
#include "error.h"
#include "out.h"

static struct conf conf;

static void print_settings(void)
{
	int attr;

	for (attr = 1; config_name(attr); attr++) {
		if (conf.value[attr] == config_default(attr, conf.value))
			continue;
		text("config set %s %u", config_name(attr), conf.value[attr]);
		text_end();
	}
}

static void save(struct words *words)
{
	size_t i;
	int kind;

	if (words->left && *words->next[0] != '-')
		fail_word(words, "%s is one word too many: for a file, it must be natctl save >FILE",
			  said(words->next[0]));
	word_end(words);
	nl_check_collected();
	out_json = false;
	conf_fetch(&conf);
	conf_sort(&conf);
	text("# natctl save: natctl apply takes it back, see knat.conf(5)");
	text_end();
	print_settings();
	for (kind = 0; kind < NR_CONF_KINDS; kind++) {
		for (i = 0; i < conf.n[kind]; i++) {
			text("%s add %s", conf_words[kind],
			     conf.list[kind][i].text);
			text_end();
		}
	}
}

static const struct verb verbs[] = {
	{ "", "", save },
	{ }
};

const struct object save_object = {
	.name		= "save",
	.meaning	= "print the configuration as a file for natctl apply",
	.verbs		= verbs,
	.plain		= save,
};
