// SPDX-License-Identifier: GPL-2.0
/*
 * Makes requests from knat.yaml of the kernel: right ones, ones with a fault,
 * and bytes by chance.
 *
 *   usage: netlink SEED COUNT [rights]
 *
 * What is sent follows from the seed alone. Prints how many requests there were
 * by their answer, and by operation; fails if an answer makes no sense, if an
 * operation, or an attribute that a request may have, was never sent. With
 * rights it fails, too, if none was accepted that adds something. Runs in the
 * namespace that it is started in; half of the requests that flush or delete are
 * left out, so that there is something left to ask for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../module/uapi/knat.h"
#include "netlink.h"

uint64_t random_state;
static uint32_t sequence;

static bool is_destructive(const struct request *request)
{
	switch (request->command) {
	case KNAT_CMD_MAP_FLUSH:
	case KNAT_CMD_FLUSH:
	case KNAT_CMD_SESSION_DEL:
	case KNAT_CMD_RULE_DEL:
	case KNAT_CMD_POOL_DEL:
		return true;
	}
	return false;
}

/* A length that is not that of the message */
static uint32_t any_length(uint32_t len)
{
	static const uint32_t lengths[] = { 0, 15, 16, 19, 20, 0xffff,
					    0x7fffffff };
	unsigned int choice = rnd(8);

	return choice < 7 ? lengths[choice] : len - GENL_HDRLEN;
}

/* Headers with bytes by chance */
static void spoil_head(struct nlmsghdr *message, struct genlmsghdr *head)
{
	head->version = rnd(256);
	message->nlmsg_flags = rnd(65536) | NLM_F_REQUEST;
	if (one_in(3))
		head->cmd = rnd(256);
}

static void say_one(void)
{
	static uint8_t buffer[MESSAGE_MAX];
	const struct request *request = &requests[rnd(nr_requests)];
	struct nlmsghdr *message;
	struct genlmsghdr *head;
	unsigned int kind = rnd(10), len;

	if (is_destructive(request) && one_in(2))
		return;
	message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = family;
	message->nlmsg_flags = NLM_F_REQUEST |
			       (request->dump ? NLM_F_DUMP : NLM_F_ACK);
	message->nlmsg_seq = ++sequence;
	head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
	head->cmd = request->command;
	head->version = 1;
	make_body(message, request);
	if (kind < 4)
		spoil(message);
	if (!kind)
		head->reserved = rnd(65536);
	if (kind == 9) {
		spoil_head(message, head);
		request = NULL;
	}
	len = message->nlmsg_len;
	if (one_in(60)) {
		message->nlmsg_len = any_length(len);
		talk_say_alone(message, len, NULL, one_in(20));
	} else if (message->nlmsg_flags & NLM_F_DUMP) {
		/* Some lists are not read to their end. */
		talk_say_alone(message, len, request, one_in(20));
	} else {
		talk_say(message, request);
	}
	if (one_in(200))
		talk_end_one();
}

/* False if a part of the specification was never sent */
static bool tell_requests(bool rights)
{
	const struct request *request;
	unsigned int i, attributes;
	bool whole;

	whole = all_made(&attributes);
	for (i = 0; i < nr_requests; i++) {
		request = &requests[i];
		printf("  %-24s %8lu sent %8lu accepted\n", request->name,
		       outcomes[i][SENT], outcomes[i][ACCEPTED]);
		if (!outcomes[i][SENT]) {
			printf("never sent: %s\n", request->name);
			whole = false;
		}
		/* What there is to change may just have been flushed. */
		if (rights && !outcomes[i][ACCEPTED] &&
		    (request->command == KNAT_CMD_POOL_ADD ||
		     request->command == KNAT_CMD_RULE_ADD ||
		     request->command == KNAT_CMD_MAP_ADD)) {
			printf("never accepted: %s\n", request->name);
			whole = false;
		}
	}
	printf("%u operations, %u attributes%s\n", nr_requests, attributes,
	       whole ? ", all sent" : "");
	return whole;
}

int main(int argc, char **argv)
{
	bool rights = argc == 4 && !strcmp(argv[3], "rights");
	unsigned long count;
	bool whole;

	if (argc != 3 && !rights) {
		fprintf(stderr, "usage: netlink SEED COUNT [rights]\n");
		return 2;
	}
	random_seed(strtoull(argv[1], NULL, 0));
	count = strtoul(argv[2], NULL, 0);
	if (!talk_find_family(KNAT_FAMILY_NAME)) {
		fprintf(stderr, "netlink: the kernel has no knat\n");
		return 2;
	}
	while (sequence < count)
		say_one();
	talk_flush();
	whole = tell_requests(rights);
	talk_tell();
	printf("%u requests, %lu answers that make no sense\n", sequence,
	       nr_faults);
	return whole && !nr_faults ? 0 : 1;
}
