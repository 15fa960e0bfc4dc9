// SPDX-License-Identifier: GPL-2.0
/* The conversation: reads commands, finds their functions, answers. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probe.h"

int patience = 10000;

static void answer(const char *verdict, const char *fmt, va_list args)
{
	printf("%s ", verdict);
	vprintf(fmt, args);
	putchar('\n');
}

void ok(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	answer("ok", fmt, args);
	va_end(args);
}

void done(void)
{
	puts("ok");
}

void no(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	answer("no", fmt, args);
	va_end(args);
}

void no_errno(const char *what)
{
	no("%s %s", strerrorname_np(errno) ?: "error", what);
}

void bad(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	answer("bad", fmt, args);
	va_end(args);
}

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

bool wait_fd(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;
	int n;

	do {
		left = deadline - now_ms();
		n = poll(&p, 1, left > 0 ? left : 0);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

static void cmd_pause(int argc, char **argv)
{
	unsigned long ms;

	if (argc != 1 || !parse_number(argv[0], 600000, &ms))
		return usage();
	poll(NULL, 0, ms);
	done();
}

static void cmd_settle(int argc, char **argv)
{
	(void)argv;
	if (argc)
		return usage();
	settle();
	done();
}

static void cmd_patience(int argc, char **argv)
{
	unsigned long ms;

	if (argc != 1 || !parse_number(argv[0], 600000, &ms))
		return usage();
	patience = ms;
	done();
}

/* Closes all sockets and forgets all packets; captures stay open. */
static void cmd_reset(int argc, char **argv)
{
	(void)argv;
	if (argc)
		return usage();
	sockets_reset();
	settle();
	captures_reset();
	done();
}

/* Closes captures and PPP devices too, so that namespaces can go. */
static void cmd_forget(int argc, char **argv)
{
	(void)argv;
	if (argc)
		return usage();
	sockets_reset();
	ppps_close();
	captures_close();
	done();
}

static void cmd_help(int argc, char **argv);

static const struct {
	const char *name, *words;
	void (*run)(int argc, char **argv);
} commands[] = {
	/* Sockets. LOCAL and REMOTE are ADDR:PORT, port 0 for any. */
	{ "udp", "NAME SPACE LOCAL [to REMOTE] [nocsum] [nodf] [segment N]",
	  cmd_udp },
	{ "send", "NAME REMOTE|- TEXT|@BYTES", cmd_send },
	{ "recv", "NAME", cmd_recv },
	{ "quiet", "NAME", cmd_quiet },
	{ "error", "NAME", cmd_error },
	{ "listen", "NAME SPACE LOCAL", cmd_listen },
	{ "start", "NAME SPACE LOCAL REMOTE [tos N]", cmd_start },
	{ "finish", "NAME", cmd_finish },
	{ "connect", "NAME SPACE LOCAL REMOTE", cmd_connect },
	{ "accept", "NAME LISTENER", cmd_accept },
	{ "local", "NAME", cmd_local },
	{ "mtu", "NAME", cmd_mtu },
	{ "stream", "FROM TO BYTES", cmd_stream },
	{ "eof", "NAME", cmd_eof },
	{ "shut", "NAME", cmd_shut },
	{ "close", "NAME [reset]", cmd_close },
	/* PPP devices. */
	{ "ppp", "NAME SPACE", cmd_ppp },
	{ "dial", "NAME DEVICE SESSION HARDWARE-ADDRESS", cmd_dial },
	{ "hangup", "NAME", cmd_hangup },
	/* Packets, in the words in which captures print them. */
	{ "packet", "SPACE PACKET", cmd_packet },
	{ "frame", "SPACE MAC BYTE=VALUE[,BYTE=VALUE...] PACKET", cmd_frame },
	{ "pages", "SPACE MAC PACKET", cmd_pages },
	{ "fragment", "SPACE BYTES ORDER PACKET", cmd_fragment },
	{ "icmp-error", "SPACE FROM TYPE/CODE [mtu N] [pointer N] [quote BYTES] [cut BYTES] [to ADDR] [ttl N] [extension] [badsum] [badquotesum] about CAPTURE | quoting PACKET",
	  cmd_icmp_error },
	{ "burst", "SPACE udp|tcp|icmp ADDR[+COUNT] PORT[+COUNT] REMOTE[+COUNT] [WORD...]",
	  cmd_burst },
	/* Captures. GLOB matches the whole line. */
	{ "capture", "NAME SPACE DEVICE [both] [forbid ADDR/LEN]...",
	  cmd_capture },
	{ "uncapture", "NAME", cmd_uncapture },
	{ "next", "NAME GLOB", cmd_next },
	{ "none", "NAME GLOB", cmd_none },
	{ "count", "NAME GLOB", cmd_count },
	{ "clear", "[NAME]", cmd_clear },
	{ "ports", "NAME GLOB", cmd_ports },
	{ "answer", "NAME SPACE", cmd_answer },
	{ "trace", "", cmd_trace },
	{ "allow", "checksums|addresses", cmd_allow },
	{ "verdict", "", cmd_verdict },
	/* The rest. */
	{ "pause", "MILLISECONDS", cmd_pause },
	{ "settle", "", cmd_settle },
	{ "patience", "MILLISECONDS", cmd_patience },
	{ "reset", "", cmd_reset },
	{ "forget", "", cmd_forget },
	{ "help", "", cmd_help },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static size_t current;	/* the command that runs */

void usage(void)
{
	bad("%s %s", commands[current].name, commands[current].words);
}

static void cmd_help(int argc, char **argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < COMMANDS; i++)
		printf("# %s %s\n", commands[i].name, commands[i].words);
	done();
}

static void run(char *line)
{
	char *argv[WORDS_MAX], *word;
	int argc = 0;

	for (word = strtok(line, " \t\n"); word; word = strtok(NULL, " \t\n")) {
		if (argc == WORDS_MAX)
			return bad("more than %d words", WORDS_MAX);
		argv[argc++] = word;
	}
	if (!argc || argv[0][0] == '#')
		return;
	for (current = 0; current < COMMANDS; current++)
		if (!strcmp(argv[0], commands[current].name))
			return commands[current].run(argc - 1, argv + 1);
	bad("no command %s, see help", argv[0]);
}

int main(void)
{
	size_t size = 0;
	char *line = NULL;

	settle_init();
	while (getline(&line, &size, stdin) >= 0) {
		run(line);
		fflush(stdout);
	}
	free(line);
	return 0;
}
