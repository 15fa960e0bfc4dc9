// SPDX-License-Identifier: GPL-2.0
/*
 * natctl save and apply under libFuzzer: a file of configuration up to a byte 0
 * (what it includes stands behind a form feed, see files.h), then what the
 * kernel has, see answers.c. All of that is saved, and what makes the file of
 * it is told as with --dry-run. As in natctl.c, exit() is fuzz_exit() here.
 */
#include "../../tools/apply.c"
#include <setjmp.h>
#include <stdint.h>
#include "answers.h"
#include "files.h"
#include "fuzz.h"

static jmp_buf over;

void fuzz_exit(int status)
{
	longjmp(over, status + 1);
}

static void reset(void)
{
	nl_collect(NULL);
	error_place(NULL, 0);
	nr_changes = 0;
	fuzz_diff_reset();
	conf_clear(&have);
	conf_clear(&want);
	fuzz_save_reset();
	files_end();
	fuzz_out_reset();
}

static void ignore(const struct nlmsghdr *nlh)
{
	(void)nlh;
}

/* Every change is a command that natctl takes. */
static void check_changes(void)
{
	char *line;
	size_t i;

	/* In a file, nobody is warned of what the kernel lacks. */
	error_place("changes", 0);
	nl_collect(ignore);
	if (setjmp(over))
		abort();
	for (i = 0; i < nr_changes; i++) {
		line = strdup(changes[i].text);
		files_line(line);
		free(line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);
	const uint8_t *answers = end ? end + 1 : data + size;
	size_t len = end ? (size_t)(end - data) : size;
	char *words[] = { FILES_FIRST, "--dry-run" };
	struct words none = { 0 };
	struct words dry = { .next = words, .left = 2 };

	files_begin((const char *)data, len);
	answers_begin(answers, data + size - answers, DONE);
	if (!setjmp(over))
		save_object.plain(&none);
	reset();
	answers_begin(answers, data + size - answers, DONE);
	if (!setjmp(over)) {
		apply_object.plain(&dry);
		/* The kernel may have names that cannot be typed. */
		if (answers == data + size)
			check_changes();
	}
	reset();
	return 0;
}
