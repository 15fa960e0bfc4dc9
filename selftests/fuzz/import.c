// SPDX-License-Identifier: GPL-2.0
/*
 * natctl import under libFuzzer: a file of NAT rules. What comes of it must be
 * a configuration whose every line natctl takes. As in natctl.c, exit() is
 * fuzz_exit() here.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../tools/batch.c"
#include "fuzz.h"
#include "import.h"
#include "nl.h"
#include "out.h"
#include "sock.h"

static jmp_buf over;

void fuzz_exit(int status)
{
	longjmp(over, status + 1);
}

void sock_netns(const char *name)
{
	(void)name;
}

void sock_open(void)
{
	abort();
}

void sock_room(size_t len)
{
	(void)len;
	abort();
}

void sock_join(uint32_t group)
{
	(void)group;
	abort();
}

void sock_send(const void *message, size_t len)
{
	(void)message;
	(void)len;
	abort();
}

size_t sock_receive(void *buf, size_t size)
{
	(void)buf;
	(void)size;
	abort();
}

ssize_t sock_hear(void *buf, size_t size)
{
	(void)buf;
	(void)size;
	abort();
}

static void collect(const struct nlmsghdr *nlh)
{
	(void)nlh;
}

/* Every line of the configuration is right. */
static void check(char *conf)
{
	char *line;

	nl_collect(collect);
	if (setjmp(over))
		abort();
	while ((line = strsep(&conf, "\n")))
		run_line(line, command_run);
	nl_collect(NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *text, *conf;
	static FILE *real;
	static size_t len;

	free(text);
	free(conf);
	conf = NULL;
	text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = 0;
	real = stdout;
	stdout = open_memstream(&conf, &len);
	error_place("file", 0);
	fuzz_out_reset();
	if (!setjmp(over))
		import_run(text, size);
	error_place(NULL, 0);
	fclose(stdout);
	stdout = real;
	check(conf);
	return 0;
}
