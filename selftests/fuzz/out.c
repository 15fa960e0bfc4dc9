// SPDX-License-Identifier: GPL-2.0
/* natctl's output, which can begin anew: see natctl.c. */
#include <stdlib.h>
#include "../../tools/out.c"
#include "fuzz.h"

void fuzz_out_reset(void)
{
	depth = 0;
	column = 0;
	empty = false;
	if (plain)
		free(out_words_end());
}

int fuzz_sleep(const struct timespec *time, struct timespec *left)
{
	(void)time;
	(void)left;
	return 0;
}
