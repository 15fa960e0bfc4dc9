/* SPDX-License-Identifier: GPL-2.0 */
/* Tests of natctl: groups of them in other files. */
#ifndef NATCTL_TESTS_DECODE_H
#define NATCTL_TESTS_DECODE_H

/* What is printed for which answers. */
void decode(void);
/* Commands from files; lists that are typed back. */
void batches(void);
/* What monitor prints. */
void events(void);
/* What top asks for. */
void top(void);

#endif /* NATCTL_TESTS_DECODE_H */
