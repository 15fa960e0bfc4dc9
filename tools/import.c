// SPDX-License-Identifier: GPL-2.0
/* natctl import: a configuration from the NAT rules of iptables or nftables. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "error.h"
#include "import.h"
#include "nl.h"
#include "out.h"
#include "progress.h"

#define FILE_MAX	(64u << 20)

static char *read_all(const char *name, size_t *len)
{
	FILE *file = strcmp(name, "-") ? fopen(name, "re") : stdin;
	size_t room = 65536, n = 0, got;
	char *text = malloc(room);

	if (!file)
		fail_usage("%s cannot be read: %s", said(name), strerror(errno));
	while (text && (got = fread(text + n, 1, room - n - 1, file))) {
		n += got;
		if (n > FILE_MAX)
			fail_usage("%s is longer than %u MiB", said(name),
				   FILE_MAX >> 20);
		if (n + 1 == room) {
			room *= 2;
			text = realloc(text, room);
		}
	}
	if (!text)
		fail("there is no memory for the rules");
	if (ferror(file))
		fail_usage("%s cannot be read: %s", said(name), strerror(errno));
	if (file != stdin)
		fclose(file);
	text[n] = 0;
	*len = n;
	return text;
}

void import_fail_unknown(const char *text)
{
	static const char listed[] = "this is what iptables -S prints: give it what iptables-save prints";
	static const struct {
		const char	*begin;
		const char	*what;
	} known[] = {
		{ "table ", "this is what nft prints without -j: give it what nft -j list ruleset prints" },
		{ "flush ruleset", "this is a file for nft -f: give it what nft -j list ruleset prints when that is loaded" },
		{ "-P ", listed },
		{ "-N ", listed },
		{ "-A ", listed },
		{ "Chain ", "this is what iptables -L prints: give it what iptables-save prints" },
	};
	size_t i;

	/* nft and iptables-save may begin with comments. */
	for (text += strspn(text, " \t\r\n"); *text == '#';
	     text += strspn(text, " \t\r\n"))
		text += strcspn(text, "\n");
	if (!*text)
		fail_usage("there is nothing in it: what has no rules prints nothing, and nft -j list ruleset or iptables-save may have them");
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strncmp(text, known[i].begin, strlen(known[i].begin)))
			fail_usage("%s", known[i].what);
	fail_usage("this is neither what iptables-save prints nor what nft -j list ruleset prints");
}

static void import(struct words *words)
{
	const char *name = word_next(words);
	size_t len, left;
	char *text;

	if (!name)
		name = "-";
	else if (*name == '-' && name[1])
		fail_word(words, "%s is no option of import", said(name));
	word_end(words);
	nl_check_collected();
	out_json = false;
	text = read_all(name, &len);
	error_place(name, 0);
	progress_begin("converting the rules", NULL);
	left = import_run(text, len);
	progress_end();
	error_place(NULL, 0);
	free(text);
	out_flush();
	if (left)
		exit(STATUS_PARTLY);
}

static const struct verb verbs[] = {
	{ "", "[ FILE ]", import },
	{ }
};

const struct object import_object = {
	.name		= "import",
	.meaning	= "NAT rules of iptables or nftables as a file for natctl apply",
	.terms		=
"FILE: what iptables-save or nft -j list ruleset prints; - is standard input\n",
	.verbs		= verbs,
	.plain		= import,
};
