// SPDX-License-Identifier: GPL-2.0
/*
 * natctl under libFuzzer: lines of a batch file up to a byte 0, then what the
 * kernel answers. natctl ends at the first error, so exit() is fuzz_exit()
 * here (see the Makefile), and what it leaves open is closed for the next run.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "../../tools/batch.c"
#include "fuzz.h"
#include "nl.h"
#include "out.h"
#include "sock.h"

#define FAMILY	0x2a

static jmp_buf over;
static const uint8_t *bytes;
static size_t left;
static struct nlmsghdr sent;

void fuzz_exit(int status)
{
	longjmp(over, status + 1);
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
	len = nlh->nlmsg_len;
	nlh = mnl_nlmsg_put_header((char *)buf + len);
	nlh->nlmsg_type = NLMSG_DONE;
	nlh->nlmsg_seq = sent.nlmsg_seq;
	mnl_nlmsg_put_extra_header(nlh, sizeof(int));
	return len + nlh->nlmsg_len;
}

/* A datagram of what is left; the messages in it answer the request. */
static size_t datagram(void *buf, size_t size)
{
	struct nlmsghdr *nlh = buf;
	int len;

	if (left < 1)
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);
	size_t len = end ? (size_t)(end - data) : size;
	static char text[4096];
	char *line, *rest = text;

	if (len >= sizeof(text))
		return -1;
	memcpy(text, data, len);
	text[len] = 0;
	bytes = end ? end + 1 : data + size;
	left = data + size - bytes;
	/* One run in two is for JSON. */
	out_json = size & 1;
	out_pretty = size & 2;
	fuzz_out_reset();
	if (!setjmp(over))
		while ((line = strsep(&rest, "\n")))
			run_line(line, command_run);
	error_place(NULL, 0);
	return 0;
}
