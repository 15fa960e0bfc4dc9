/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of natctl: it runs in a child process, and the kernel that it talks to
 * is played by a sock.c of the harness.
 */
#ifndef NATCTL_TESTS_HARNESS_H
#define NATCTL_TESTS_HARNESS_H

#include <stdbool.h>
#include "wire.h"

/* --- what a run is given --- */

/* The kernel's answer to each request; an acknowledgement if it is empty. */
extern struct wire reply;
/* Which request, from 1 on, gets it; 0: each. The others are acknowledged. */
extern int reply_to;
/* So many datagrams of 1000 messages come before @reply; each message is its
 * first.
 */
extern int reply_repeat;
/* In place of the datagram of this number, from 1 on, some were lost. */
extern int overrun_at;
/* There is no family knat. */
extern bool module_missing;
/* Standard input. */
extern const char *input;

/* --- what came of it --- */

extern char *out, *err;
extern int status;
/* Largest resident set, in kB. */
extern long memory;

/* What was sent, but for the look-up of the family. */
extern struct sent {
	int		lookups;
	/* Bits of the groups that were joined, by their numbers from 40 on. */
	unsigned int	joined;
	int		requests;
	/* The last one. */
	size_t		len;
	_Alignas(8) unsigned char bytes[262144];
} *sent;

/* --- the tests --- */

/* Run natctl with these words, NULL behind the last. */
void run_words(const char *const *words);
#define run(...) run_words((const char *const []){ "natctl", __VA_ARGS__, NULL })
/* Each test begins with this. */
void fresh(void);

void ok(bool good, const char *name);
void is(const char *got, const char *expected, const char *name);
void is_number(long got, long expected, const char *name);
/* The last request is @want, but for sequence number and port. */
void is_sent(const struct wire *want, const char *name);
/* The plan; the exit status of the test. */
int done(void);

#endif /* NATCTL_TESTS_HARNESS_H */
