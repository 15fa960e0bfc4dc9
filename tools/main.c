// SPDX-License-Identifier: GPL-2.0
/* natctl: controls the NAT engine knat. Options, objects, batches. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "natctl.h"

#ifndef VERSION
#define VERSION	"unknown"
#endif

static const char help[] =
"Usage: natctl [ -j | -p ] [ -n NETNS ] OBJECT COMMAND ...\n"
"       natctl [ -j | -p ] [ -n NETNS ] -b FILE\n"
"       natctl -V\n"
"OBJECT: pool     outside addresses and how they are used\n"
"        rule     which traffic is translated how\n"
"        map      mappings: port forwards, one to one, and what traffic made\n"
"        session  flows of mappings to remote ends\n"
"        stats    counters\n"
"        config   timeouts and limits\n"
"        flush    rules, pools and mappings: back to a fresh namespace\n"
"        help     this text; natctl OBJECT help has that object's grammar\n"
"-j      JSON, -p the same indented\n"
"-n      act in the network namespace NETNS (a name or a path)\n"
"-b      read commands from FILE, one a line (- is standard input)\n"
"Words may be shortened while they are unambiguous.\n"
"Example: natctl rule add oif eth0 src 192.168.0.0/16 masquerade\n"
"         natctl map add tcp dev eth0:8000 to 192.168.0.2:8000\n";

static const char *const objects[] = {
	"pool", "rule", "map", "session", "stats", "config", "flush", "help",
	NULL
};

static void flush_command(struct words *w)
{
	word_end(w);
	nl_talk(nl_request(KNAT_CMD_FLUSH, 0), 0, NULL);
}

static void help_command(struct words *w)
{
	word_end(w);
	printf("%s", help);
}

static void (*const commands[])(struct words *w) = {
	pool_command, rule_command, map_command, session_command,
	stats_command, config_command, flush_command, help_command,
};

static void run(struct words *w)
{
	const char *word;

	w->help = help;
	word = word_need(w, "the object");
	commands[word_match(w, word, "an object", objects)](w);
}

/* Split a line at blanks; quotes and backslashes as in a shell. */
static int split(char *line, char **words, int max)
{
	char *from = line, *to = line;
	int n = 0;

	for (;;) {
		char quote = 0;

		while (isspace((unsigned char)*from))
			from++;
		if (!*from || *from == '#')
			return n;
		if (n == max)
			die(EXIT_USAGE, "the line has too many words");
		words[n++] = to;
		while (*from && (quote || !isspace((unsigned char)*from))) {
			if (quote && *from == quote) {
				quote = 0;
				from++;
			} else if (!quote && (*from == '"' || *from == '\'')) {
				quote = *from++;
			} else {
				if (*from == '\\' && quote != '\'' && from[1])
					from++;
				*to++ = *from++;
			}
		}
		if (quote)
			die(EXIT_USAGE, "a quote is not closed");
		if (*from)
			from++;
		*to++ = 0;
	}
}

static void batch(const char *name)
{
	FILE *file = strcmp(name, "-") ? fopen(name, "re") : stdin;
	char *words[256], *line = NULL;
	unsigned long number = 0;
	size_t size = 0;

	if (!file)
		die(EXIT_USAGE, "cannot read \"%s\": %s", name,
		    strerror(errno));
	while (getline(&line, &size, file) >= 0) {
		struct words w = { .v = words };

		snprintf(error_place, sizeof(error_place), "%s:%lu: ", name,
			 ++number);
		w.n = split(line, words, sizeof(words) / sizeof(words[0]));
		if (w.n)
			run(&w);
	}
	free(line);
	if (ferror(file))
		die(EXIT_USAGE, "cannot read \"%s\"", name);
	if (file != stdin)
		fclose(file);
}

int main(int argc, char **argv)
{
	static char buf[65536];
	const char *file = NULL;
	struct words w;
	int opt;

	/* A reader that has seen enough is no error. */
	signal(SIGPIPE, SIG_DFL);
	setvbuf(stdout, buf, _IOFBF, sizeof(buf));
	while ((opt = getopt(argc, argv, "+:jpn:b:Vh")) != -1) {
		switch (opt) {
		case 'p':
			pretty = true;
			json = true;
			break;
		case 'j':
			json = true;
			break;
		case 'n':
			nl_enter_netns(optarg);
			break;
		case 'b':
			file = optarg;
			break;
		case 'V':
			printf("natctl %s\n", VERSION);
			return 0;
		case 'h':
			printf("%s", help);
			return 0;
		case ':':
			die(EXIT_USAGE, "option -%c needs an argument", optopt);
		default:
			die(EXIT_USAGE, "there is no option -%c: see natctl help",
			    optopt);
		}
	}
	w.n = argc - optind;
	w.v = argv + optind;
	w.help = help;
	if (file) {
		word_end(&w);
		batch(file);
	} else {
		run(&w);
	}
	if (fflush(stdout) || ferror(stdout))
		die(EXIT_USAGE, "cannot write the output: %s",
		    strerror(errno));
	return 0;
}
