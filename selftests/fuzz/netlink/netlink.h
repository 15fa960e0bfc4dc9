/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netlink: requests that nobody in his right mind would make of knat. The sets
 * of attributes and the requests come from knat.yaml, by the script tables
 * (make.c); what was right is spoiled (spoil.c); sockets send it, and look at
 * what is answered (talk.c).
 */
#ifndef FUZZ_NETLINK_H
#define FUZZ_NETLINK_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "../random.h"

#define BODY_MAX	30000U	/* bytes of a request behind its headers */
#define MESSAGE_MAX	32768U

/* What the value of an attribute is made of */
enum kind { NUMBER, ADDRESS, PROTOCOL, STRING, EMPTY, NEST };

struct attribute {
	const char	*name;
	enum kind	kind;
	uint16_t	number;
	uint8_t		size;	/* of a number, in bytes */
	uint8_t		nested;	/* of a nest: number of its set */
	bool		multi;	/* there may be some of it */
	bool		asked;	/* there are requests that have it */
	uint64_t	low;	/* limits of a number; length of a string */
	uint64_t	high;
};

struct set {
	const char		*name;
	const struct attribute	*attributes;
	unsigned int		nr;
};

struct request {
	const char	*name;
	uint8_t		command;
	bool		dump;
	uint8_t		set;
	uint64_t	attributes;	/* of the set, a bit each */
};

/* tables.h */
extern const struct set sets[];
extern const unsigned int nr_sets;
extern const struct request requests[];
extern const unsigned int nr_requests;

/* make.c */
void make_body(struct nlmsghdr *message, const struct request *request);
/* Tells which attributes were never made, and how many there are. */
bool all_made(unsigned int *nr);

/* spoil.c: a fault or two in what was right */
void spoil(struct nlmsghdr *message);

/* talk.c */
enum outcome { SENT, ACCEPTED, OUTCOMES };

extern unsigned long outcomes[][OUTCOMES];	/* of each request */
extern unsigned long nr_faults;			/* answers that cannot be */
extern uint16_t family;

bool talk_find_family(const char *name);
/* Of @request, which is NULL where the kernel may see it as another. */
void talk_say(const struct nlmsghdr *message, const struct request *request);
/* One that may have the kernel see others in it, or whose answer is long */
void talk_say_alone(const struct nlmsghdr *message, unsigned int len,
		    const struct request *request, bool give_up);
void talk_flush(void);
void talk_end_one(void);
void talk_tell(void);

#endif /* FUZZ_NETLINK_H */
