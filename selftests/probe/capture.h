/* SPDX-License-Identifier: GPL-2.0 */
/* Captured packets: one list for all captures, in the order of reading. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <time.h>

#include "probe.h"

#define FORBIDDEN_MAX	4

struct record {
	struct capture *capture;
	struct timespec when;
	uint8_t *data;
	size_t len;
	bool partial;
	bool outgoing;
};

struct capture {
	struct capture *next;
	int fd;
	size_t cursor;		/* the record that "next" looks at next */
	size_t last;		/* the record that it gave last, plus one */
	struct {
		in_addr_t addr, mask;
	} forbidden[FORBIDDEN_MAX];
	unsigned int forbidden_count;
	char name[];
};

extern struct record *records;
extern size_t records_count;

/* Answers and returns NULL if there is none of that name. */
struct capture *capture_find(const char *name);
const char *record_describe(const struct record *r);
/* The first matching packet at or after *at, where *at then stands. */
struct record *capture_match(const struct capture *c, size_t *at,
			     const char *glob);
/* Words as one glob again. */
const char *join(int argc, char **argv);
/* What the verdict was told to allow is forgotten. */
void verdict_reset(void);

#endif
