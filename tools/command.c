// SPDX-License-Identifier: GPL-2.0
/* natctl: objects, what can be done with them, and their grammar. */
#include <stdbool.h>
#include <string.h>
#include "command.h"
#include "error.h"
#include "nl.h"
#include "progress.h"

static const struct object *const objects[] = {
	&pool_object, &rule_object, &map_object, &session_object, &host_object,
	&stats_object, &config_object, &monitor_object, &top_object,
	&fastpath_object, &save_object, &apply_object, &import_object,
	&lookup_object, &flush_object,
};

#define NR_OBJECTS	((int)(sizeof(objects) / sizeof(objects[0])))

/* Verbs of one object, "help" included. */
#define VERBS_MAX	8

static const char options[] =
"Usage: natctl [ -j | -p ] [ -n NETNS ] OBJECT [ COMMAND ... ]\n"
"       natctl [ -j | -p ] [ -n NETNS ] -b FILE | -V\n";

static const char rest[] =
"  help     this text; \"natctl OBJECT help\" has the commands of an object\n"
"  -j, -p   JSON instead of text, -p indented; -V the version\n"
"  -n, -b   in the network namespace NETNS (a name or a path); commands from FILE\n"
"Words may be shortened while they are unambiguous.\n"
"Example: natctl rule add oif eth0 src 192.168.0.0/16 masquerade\n";

/* What @verb is another name of, or itself. */
static const struct verb *verb_proper(const struct object *object,
				      const struct verb *verb)
{
	const struct verb *proper = object->verbs;

	while (proper->run != verb->run)
		proper++;
	return proper;
}

/* @first: nothing stands before. */
static void verb_grammar(FILE *to, const struct object *object,
			 const struct verb *verb, bool first)
{
	const char *usage = verb->usage;
	size_t len;

	do {
		len = strcspn(usage, "\n");
		fprintf(to, "%s natctl %s%s%s%s%.*s\n",
			first ? "Usage:" : "      ", object->name,
			*verb->name ? " " : "", verb->name, len ? " " : "",
			(int)len, usage);
		usage += len;
		first = false;
	} while (*usage++);
}

void command_usage(FILE *to)
{
	int i;

	fprintf(to, "%sOBJECT:", options);
	for (i = 0; i < NR_OBJECTS; i++)
		fprintf(to, "%s%s", i == NR_OBJECTS / 2 ? "\n        " : " ",
			objects[i]->name);
	fprintf(to, "\n\"natctl help\" says what they are.\n");
}

void command_grammar(FILE *to, const struct object *object,
		     const struct verb *verb)
{
	bool first = true;
	int i;

	if (!object) {
		fprintf(to, "%sOBJECT:\n", options);
		for (i = 0; i < NR_OBJECTS; i++)
			fprintf(to, "  %-8s %s\n", objects[i]->name,
				objects[i]->meaning);
		fputs(rest, to);
		return;
	}
	if (verb) {
		verb_grammar(to, object, verb_proper(object, verb), true);
	} else {
		for (verb = object->verbs; verb->name && verb->usage; verb++) {
			verb_grammar(to, object, verb, first);
			first = false;
		}
	}
	if (object->terms)
		fputs(object->terms, to);
}

static void flush(struct words *words)
{
	word_end(words);
	progress_begin("removing rules, pools and mappings", NULL);
	nl_do(nl_request(KNAT_CMD_FLUSH));
	progress_end();
}

static const struct verb flush_verbs[] = {
	{ "", "", flush },
	{ }
};

const struct object flush_object = {
	.name		= "flush",
	.meaning	= "remove rules, pools, mappings, the fast path; not settings",
	.verbs		= flush_verbs,
	.plain		= flush,
};

/* Such as apply, whose words are no verbs, and flush, which has none. */
static bool is_verbless(const struct object *object)
{
	return !*object->verbs->name;
}

/* The verb that a word names; NULL: help. */
static const struct verb *verb_choose(const struct words *words,
				      const char *word)
{
	const struct verb *verbs = words->object->verbs;
	const char *names[VERBS_MAX + 2];
	char what[64];
	int i, n, help;

	if (is_verbless(words->object))
		return NULL;

	/* Errors show the verbs and help, but not the other names of verbs. */
	for (help = 0; verbs[help].name && verbs[help].usage; help++)
		names[help] = verbs[help].name;
	names[help] = "help";
	for (n = help; verbs[n].name; n++)
		names[n + 1] = verbs[n].name;
	names[n + 1] = NULL;

	snprintf(what, sizeof(what), "a command of %s", words->object->name);
	i = word_choose_of(words, word, what, names, help + 1);
	if (i == help)
		return NULL;
	return &verbs[i < help ? i : i - 1];
}

/* Options that ask for help stand for the word. */
static void help_option(struct words *words)
{
	if (words->left && (!strcmp(words->next[0], "-h") ||
			    !strcmp(words->next[0], "--help")))
		words->next[0] = "help";
}

static void object_run(struct words *words)
{
	help_option(words);
	if (!words->left || (is_verbless(words->object) &&
			     strcmp(words->next[0], "help"))) {
		words->object->plain(words);
		return;
	}
	if (words->object->has_options && *words->next[0] == '-') {
		words->object->plain(words);
		return;
	}
	words->verb = verb_choose(words, word_next(words));
	if (words->verb) {
		words->verb->run(words);
	} else {
		word_end(words);
		nl_check_collected();
		command_grammar(stdout, words->object, NULL);
	}
}

/* Who asks for help with an object learns how. */
static void help_end(const struct words *words, const char *const *names)
{
	int i = words->left ? word_find(words->next[0], names) : WORD_UNKNOWN;

	if (i >= 0 && i < NR_OBJECTS)
		fail_word(words, "%s stands behind help: it must be natctl %s help",
			  said(words->next[0]), names[i]);
	word_end(words);
}

void command_run(struct words *words)
{
	const char *names[NR_OBJECTS + 2], *word;
	int i;

	for (i = 0; i < NR_OBJECTS; i++)
		names[i] = objects[i]->name;
	names[NR_OBJECTS] = "help";
	names[NR_OBJECTS + 1] = NULL;

	word = word_need(words, "the object");
	/* Most objects are none for a file of configuration. */
	if (nl_collects() && word_find(word, names) == WORD_UNKNOWN)
		nl_not_collected(said(word));
	i = word_choose(words, word, "an object", names);
	if (i < NR_OBJECTS) {
		words->object = objects[i];
		object_run(words);
	} else {
		help_end(words, names);
		nl_check_collected();
		command_grammar(stdout, NULL, NULL);
	}
}
