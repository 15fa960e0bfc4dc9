/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

#include <time.h>

void fuzz_exit(int status) __attribute__((noreturn));
void fuzz_out_reset(void);
/* In place of nanosleep() */
int fuzz_sleep(const struct timespec *time, struct timespec *left);

#endif /* FUZZ_H */
