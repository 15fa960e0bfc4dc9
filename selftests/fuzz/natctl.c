// SPDX-License-Identifier: GPL-2.0
/*
 * natctl under libFuzzer: lines of a batch file up to a byte 0, then what the
 * kernel answers, see answers.c. natctl ends at the first error, so exit() is fuzz_exit()
 * here (see the Makefile), and what it leaves open is closed for the next run.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "../../tools/batch.c"
#include "answers.h"
#include "fuzz.h"
#include "out.h"

static jmp_buf over;

void fuzz_exit(int status)
{
	longjmp(over, status + 1);
}

/* What reads files of this machine, or leaves memory behind, has a fuzzer of
 * its own.
 */
static void run(struct words *words)
{
	static const char *const others[] = { "apply", "import", "save", NULL };

	if (word_find(words->next[0], others) == WORD_UNKNOWN)
		command_run(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);
	size_t len = end ? (size_t)(end - data) : size;
	static char text[4096];
	char *line, *rest = text;

	if (len >= sizeof(text))
		return -1;
	memcpy(text, data, len);
	text[len] = 0;
	answers_begin(data + len + !!end, size - len - !!end, NOTHING);
	/* One run in two is for JSON. */
	out_json = size & 1;
	out_pretty = size & 2;
	fuzz_out_reset();
	if (!setjmp(over))
		while ((line = strsep(&rest, "\n")))
			run_line(line, run);
	error_place(NULL, 0);
	return 0;
}
