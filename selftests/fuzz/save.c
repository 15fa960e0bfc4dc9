// SPDX-License-Identifier: GPL-2.0
/* natctl save, which can begin anew: see apply.c. */
#include "../../tools/save.c"
#include "fuzz.h"

void fuzz_save_reset(void)
{
	conf_clear(&conf);
}
