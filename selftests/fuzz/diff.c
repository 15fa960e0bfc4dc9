// SPDX-License-Identifier: GPL-2.0
/* natctl's changes of a configuration, which can begin anew: see apply.c. */
#include "../../tools/diff.c"
#include "fuzz.h"

void fuzz_diff_reset(void)
{
	int kind;

	while (nr) {
		free(changes[--nr].attrs);
		free(changes[nr].text);
	}
	for (kind = 0; kind < NR_CONF_KINDS; kind++) {
		free(of_have[kind]);
		free(of_want[kind]);
		of_have[kind] = NULL;
		of_want[kind] = NULL;
	}
}
