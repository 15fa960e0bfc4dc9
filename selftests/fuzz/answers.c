// SPDX-License-Identifier: GPL-2.0
/*
 * natctl's socket under libFuzzer: what the kernel answers is bytes of the
 * input. Each datagram of it is a byte that says how long it is, in units of
 * 16, and messages.
 */
#include <string.h>
#include "answers.h"
#include "fuzz.h"
#include "nl.h"
#include "sock.h"

#define FAMILY	0x2a

static const uint8_t *bytes;
static size_t left;
static enum answers_rest rest;
static struct nlmsghdr sent;

void answers_begin(const uint8_t *from, size_t len, enum answers_rest then)
{
	bytes = from;
	left = len;
	rest = then;
}

void sock_netns(const char *name)
{
	(void)name;
}

void sock_open(void)
{
}

void sock_room(size_t len)
{
	(void)len;
}

void sock_join(uint32_t group)
{
	(void)group;
}

void sock_send(const void *message, size_t len)
{
	memcpy(&sent, message, len < sizeof(sent) ? len : sizeof(sent));
}

/* An acknowledgement, and the end of a list */
static size_t done(void *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = NLMSG_DONE;
	nlh->nlmsg_seq = sent.nlmsg_seq;
	memset(mnl_nlmsg_put_extra_header(nlh, sizeof(int)), 0, sizeof(int));
	return nlh->nlmsg_len;
}

static void put_groups(struct nlmsghdr *nlh)
{
#define NAME(NAME, name)	#name,
	static const char *const names[] = { KNAT_GROUPS(NAME) };
#undef NAME
	struct nlattr *all, *one;
	int i;

	all = mnl_attr_nest_start(nlh, CTRL_ATTR_MCAST_GROUPS);
	for (i = 0; i < __KNAT_GROUP_MAX; i++) {
		one = mnl_attr_nest_start(nlh, i + 1);
		mnl_attr_put_strz(nlh, CTRL_ATTR_MCAST_GRP_NAME, names[i]);
		mnl_attr_put_u32(nlh, CTRL_ATTR_MCAST_GRP_ID, i + 1);
		mnl_attr_nest_end(nlh, one);
	}
	mnl_attr_nest_end(nlh, all);
}

/* The answer to the question for the family's number is always right. */
static size_t family_answer(void *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	size_t len;

	memset(genl, 0, sizeof(*genl));
	nlh->nlmsg_type = GENL_ID_CTRL;
	nlh->nlmsg_seq = sent.nlmsg_seq;
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAMILY);
	put_groups(nlh);
	len = nlh->nlmsg_len;
	return len + done((char *)buf + len);
}

/* A datagram of what is left; the messages in it answer the request. */
static size_t datagram(void *buf, size_t size)
{
	struct nlmsghdr *nlh = buf;
	int len;

	if (!left && rest == DONE)
		return done(buf);
	if (!left)
		fuzz_exit(0);
	len = 16 * *bytes++;
	left--;
	if ((size_t)len > left)
		len = left;
	if ((size_t)len > size)
		len = size;
	memcpy(buf, bytes, len);
	bytes += len;
	left -= len;
	size = len;
	/* The kernel sends whole messages; what is in them is another matter. */
	while (len >= (int)sizeof(*nlh)) {
		if (nlh->nlmsg_len < sizeof(*nlh) ||
		    nlh->nlmsg_len > (uint32_t)len)
			nlh->nlmsg_len = len;
		nlh->nlmsg_seq = sent.nlmsg_seq;
		if (nlh->nlmsg_type > NLMSG_DONE)
			nlh->nlmsg_type = FAMILY;
		nlh = mnl_nlmsg_next(nlh, &len);
	}
	return size;
}

size_t sock_receive(void *buf, size_t size)
{
	return sent.nlmsg_type == GENL_ID_CTRL ? family_answer(buf) :
						 datagram(buf, size);
}

ssize_t sock_hear(void *buf, size_t size)
{
	return left ? (ssize_t)datagram(buf, size) : 0;
}
