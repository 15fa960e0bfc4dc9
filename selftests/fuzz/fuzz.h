/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

#include <time.h>

void fuzz_exit(int status) __attribute__((noreturn));
/* What is left of a run that ended by an error is forgotten. */
void fuzz_out_reset(void);
void fuzz_save_reset(void);
void fuzz_diff_reset(void);
/* In place of nanosleep() */
int fuzz_sleep(const struct timespec *time, struct timespec *left);

#endif /* FUZZ_H */
