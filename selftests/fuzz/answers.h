/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel answers to natctl, from the input of a fuzzer. */
#ifndef FUZZ_ANSWERS_H
#define FUZZ_ANSWERS_H

#include <stddef.h>
#include <stdint.h>

/* What comes behind it: the end of the run, or the end of each answer. */
enum answers_rest { NOTHING, DONE };

void answers_begin(const uint8_t *from, size_t len, enum answers_rest then);

#endif /* FUZZ_ANSWERS_H */
