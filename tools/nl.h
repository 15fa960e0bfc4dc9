/* SPDX-License-Identifier: GPL-2.0 */
/*
 * natctl: requests to the kernel and its answers.
 *
 * There is one request at a time, in a static buffer. The kernel is looked for
 * when the first one is complete: a command that is wrong never gets there.
 */
#ifndef NATCTL_NL_H
#define NATCTL_NL_H

#include <stdbool.h>
#include <stdint.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include "knat.h"

/* A new request, KNAT_CMD_...; attributes are put behind one another. */
struct nlmsghdr *nl_request(uint8_t cmd);
void nl_put_u8(struct nlmsghdr *nlh, int attr, uint8_t value);
void nl_put_u16(struct nlmsghdr *nlh, int attr, uint16_t value);
void nl_put_u32(struct nlmsghdr *nlh, int attr, uint32_t value);
void nl_put_string(struct nlmsghdr *nlh, int attr, const char *value);
void nl_put_copy(struct nlmsghdr *nlh, const struct nlattr *attr);
struct nlattr *nl_nest_begin(struct nlmsghdr *nlh, int attr);
void nl_nest_end(struct nlmsghdr *nlh, struct nlattr *nest);

/**
 * struct nl_reader - what is done with the messages of an answer
 * @max: highest attribute; others are of a newer kernel
 * @types: enum mnl_attr_data_type of each attribute; attributes of other
 *	   sizes are an error
 * @print: called with each message and its attributes, NULL where there is
 *	   none
 */
struct nl_reader {
	int		max;
	const uint8_t	*types;
	void		(*print)(const struct nlmsghdr *nlh,
				 const struct nlattr *const *attrs);
};

/* Send the request, and end with an error if the kernel refuses it. Of the
 * answer nothing is wanted, one message, or a list.
 */
void nl_do(struct nlmsghdr *nlh);
void nl_get(struct nlmsghdr *nlh, const struct nl_reader *reader);
void nl_list(struct nlmsghdr *nlh, const struct nl_reader *reader);

/* The same, and nothing is printed around it; false: the list changed while it
 * was read.
 */
void nl_fetch(struct nlmsghdr *nlh, const struct nl_reader *reader);
bool nl_fetch_list(struct nlmsghdr *nlh, const struct nl_reader *reader);

/* From now on nl_do() gives requests to @with in place of the kernel, and other
 * requests are an error; until @with is NULL.
 */
void nl_collect(void (*with)(const struct nlmsghdr *nlh));
/* Are requests collected? That error about @what, and that error if they are. */
bool nl_collects(void);
void nl_not_collected(const char *what) __attribute__((noreturn));
void nl_check_collected(void);

/* A request of any length, in a buffer of the caller's, which is zero, and like
 * nl_do(). If it is refused, @blamed is told the place of what is to blame.
 */
struct nlmsghdr *nl_long_request(void *buf, uint8_t cmd);
void nl_do_long(struct nlmsghdr *nlh, void (*blamed)(uint32_t offset));

/* The attributes of a message, in @attrs[0] to [@reader->max]. */
void nl_parse(const struct nlmsghdr *nlh, const struct nlattr **attrs,
	      const struct nl_reader *reader);

/* Listen to the groups whose bits, 1 << KNAT_GROUP_..., are set, until the
 * process is to end. @overrun is called when messages were lost on their way.
 * What is printed is flushed after each datagram.
 */
void nl_listen(uint32_t groups, const struct nl_reader *reader,
	       void (*overrun)(void));

/* The attributes of a nest, in @attrs[0] to [@max]. */
void nl_parse_nest(const struct nlattr *nest, const struct nlattr **attrs,
		   int max, const uint8_t *types);
/* The answer lacks what it must have. */
void nl_odd_answer(void) __attribute__((noreturn));

/* The value of an attribute, 0 if there is none. */
uint8_t nl_u8(const struct nlattr *attr);
uint16_t nl_u16(const struct nlattr *attr);
uint32_t nl_u32(const struct nlattr *attr);
uint64_t nl_u64(const struct nlattr *attr);

#endif /* NATCTL_NL_H */
