// SPDX-License-Identifier: GPL-2.0
/* natctl's reading of files, which are two texts in memory: see files.h. */
#include <stdio.h>
#include <string.h>

static FILE *fuzz_open(const char *name, const char *mode);
static int fuzz_close(FILE *file);

#define fopen fuzz_open
#define fclose fuzz_close
#include "../../tools/batch.c"
#undef fopen
#undef fclose
#include "files.h"

/* More than includes go deep */
#define OPEN_MAX	32

static FILE *open_files[OPEN_MAX];
static int nr_open;

static const char *texts[2];
static size_t lens[2];

static FILE *fuzz_open(const char *name, const char *mode)
{
	int i = strcmp(name, FILES_FIRST) != 0;

	if (nr_open == OPEN_MAX)
		abort();
	open_files[nr_open] = fmemopen((void *)texts[i], lens[i], mode);
	if (!open_files[nr_open])
		abort();
	return open_files[nr_open++];
}

/* The one that was opened last is closed first. */
static int fuzz_close(FILE *file)
{
	if (!nr_open || open_files[--nr_open] != file)
		abort();
	return fclose(file);
}

void files_begin(const char *text, size_t len)
{
	const char *end = memchr(text, '\f', len);

	texts[0] = text;
	lens[0] = end ? (size_t)(end - text) : len;
	texts[1] = end ? end + 1 : text + len;
	lens[1] = text + len - texts[1];
}

void files_end(void)
{
	while (nr_open)
		fuzz_close(open_files[nr_open - 1]);
}

void files_line(char *line)
{
	run_line(line, command_run);
}
