// SPDX-License-Identifier: GPL-2.0
/* natctl: options, and then a command or a batch of them. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "batch.h"
#include "command.h"
#include "error.h"
#include "natctl.h"
#include "out.h"
#include "sock.h"

#ifndef VERSION
#define VERSION	"0.1.0"
#endif

/* A file that is opened must not become standard output because that was
 * closed: what is listed would go to the kernel. Reading from and writing to
 * what is opened here fails.
 */
static void standard_files(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(STATUS_FAILED);
}

/* Words up to "#": lines of a list can be given as they are. */
static int count_words(int argc, char **argv)
{
	int n;

	for (n = 0; n < argc && strcmp(argv[n], "#"); n++)
		;
	return n;
}

/* What is printed, and is all that natctl does. */
static int version(void)
{
	printf("natctl %s\n", VERSION);
	out_flush();
	return 0;
}

static int help(void)
{
	command_grammar(stdout, NULL, NULL);
	out_flush();
	return 0;
}

int natctl(int argc, char **argv)
{
	static char buf[65536];
	struct words words = { 0 };
	const char *file = NULL;
	int opt;

	standard_files();
	/* A reader that has seen enough is no error. */
	signal(SIGPIPE, SIG_DFL);
	setvbuf(stdout, buf, _IOFBF, sizeof(buf));
	opterr = 0;
	for (;;) {
		const char *word = optind < argc ? argv[optind] : "";

		opt = getopt(argc, argv, "+:jpn:b:hV");
		if (opt == -1)
			break;
		switch (opt) {
		case 'p':
			out_pretty = true;
			/* fallthrough */
		case 'j':
			out_json = true;
			break;
		case 'n':
			if (!*optarg)
				fail_usage("\"\" is not a network namespace: it must be a name or a path");
			sock_netns(optarg);
			break;
		case 'b':
			file = optarg;
			break;
		case 'h':
			return help();
		case 'V':
			return version();
		case ':':
			fail_word(&words, "option -%c must have %s behind it",
				  optopt, optopt == 'n' ?
				  "a network namespace" : "a file");
		default:
			if (!strcmp(word, "--help"))
				return help();
			if (!strcmp(word, "--version"))
				return version();
			fail_word(&words, "%s is no option: it must be -h for help, -j, -p, -n NETNS, -b FILE or -V",
				  said(word));
		}
	}
	words.left = count_words(argc - optind, argv + optind);
	words.next = argv + optind;
	if (file && words.left)
		fail_word(&words, "%s is one word too many: with -b, all commands are in the file",
			  said(words.next[0]));
	if (file)
		batch_run(file);
	else
		command_run(&words);
	out_flush();
	return 0;
}
