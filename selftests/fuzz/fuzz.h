/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

void fuzz_exit(int status) __attribute__((noreturn));
void fuzz_out_reset(void);

#endif /* FUZZ_H */
