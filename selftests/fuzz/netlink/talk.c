// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets that send requests, and what is answered. A request that the kernel
 * can read is answered once, with a sentence if it is refused; an offset is
 * one within it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "netlink.h"

#define SOCKETS		4
#define BATCH		8192U	/* bytes for one system call */
#define WAITING		512U	/* requests of a batch, at most */
#define RECEIVED	16	/* messages for one system call */
#define ERRORS		4096

struct waiting {
	const struct request	*request;
	uint32_t		seq;
	uint32_t		len;
	bool			answered;
};

static struct socket {
	struct mnl_socket	*nl;
	uint8_t			queue[BATCH];
	unsigned int		len;
	struct waiting		waiting[WAITING];
	unsigned int		nr;
	bool			odd;	/* answers are to what nobody knows */
	bool			lost;	/* so many that some have no room */
	bool			sentences;
} sockets[SOCKETS];

unsigned long outcomes[64][OUTCOMES];
unsigned long nr_faults;
uint16_t family;
static unsigned long codes[ERRORS], nr_unsent;

static void fault(const struct waiting *w, const char *what, int code)
{
	if (nr_faults++ < 20)
		printf("%s: %s (%s)\n", w ? w->request->name : "answer", what,
		       strerror(code));
}

static void socket_open(struct socket *s)
{
	int on = 1, room = 1 << 20;

	s->nl = mnl_socket_open(NETLINK_GENERIC);
	if (!s->nl || mnl_socket_bind(s->nl, 0, MNL_SOCKET_AUTOPID)) {
		perror("netlink");
		exit(2);
	}
	setsockopt(mnl_socket_get_fd(s->nl), SOL_SOCKET, SO_RCVBUF, &room,
		   sizeof(room));
	s->sentences = rnd(4);
	if (s->sentences)
		mnl_socket_setsockopt(s->nl, NETLINK_EXT_ACK, &on, sizeof(on));
	if (one_in(2))
		mnl_socket_setsockopt(s->nl, NETLINK_CAP_ACK, &on, sizeof(on));
	s->nr = 0;
	s->odd = false;
	s->lost = false;
}

static struct socket *any_socket(void)
{
	struct socket *s = &sockets[rnd(SOCKETS)];

	if (!s->nl)
		socket_open(s);
	return s;
}

/* Linux before 6.12 (6.1 was seen to) may not say why it refuses a list. */
static bool lists_are_mute(void)
{
	static int version;
	struct utsname name;
	int major, minor;

	if (!version && !uname(&name) &&
	    sscanf(name.release, "%d.%d", &major, &minor) == 2)
		version = major * 1000 + minor;
	return version < 6012;
}

/* Nor does the kernel say more of what it refuses by itself. */
static bool may_be_mute(const struct request *request, int code)
{
	if (request->dump && lists_are_mute())
		return true;
	return code == EPERM || code == ENOMEM || code == EBUSY ||
	       code == EINTR || code == EMSGSIZE;
}

static int check_tlv(const struct nlattr *tlv, void *data)
{
	const struct nlattr **found = data;

	if (mnl_attr_get_type(tlv) <= NLMSGERR_ATTR_OFFS)
		found[mnl_attr_get_type(tlv)] = tlv;
	return MNL_CB_OK;
}

/* The extended part of an answer, which begins at @at */
static void check_sentence(const struct nlmsghdr *answer, unsigned int at,
			   const struct waiting *w, int code)
{
	const struct nlattr *found[NLMSGERR_ATTR_OFFS + 1] = { NULL };
	const struct nlattr *offset, *sentence;

	if (answer->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(answer, at, check_tlv, found);
	sentence = found[NLMSGERR_ATTR_MSG];
	offset = found[NLMSGERR_ATTR_OFFS];
	if (!may_be_mute(w->request, code) &&
	    (!sentence || mnl_attr_get_payload_len(sentence) < 2))
		fault(w, "refused without a sentence", code);
	if (offset && mnl_attr_get_u32(offset) >= w->len)
		fault(w, "an offset beyond the request", code);
}

static struct waiting *find_waiting(struct socket *s, uint32_t seq)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		if (s->waiting[i].seq == seq)
			return &s->waiting[i];
	return NULL;
}

/* An errno, or the end of a list */
static void take_verdict(struct socket *s, const struct nlmsghdr *answer)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(answer);
	bool done = answer->nlmsg_type == NLMSG_DONE;
	unsigned int at = sizeof(err->error);
	int code = 0;
	struct waiting *w;

	if (mnl_nlmsg_get_payload_len(answer) >= sizeof(err->error))
		code = -err->error;
	if (code >= 0 && code < ERRORS)
		codes[code]++;
	else
		fault(NULL, "has no errno", 0);
	w = find_waiting(s, answer->nlmsg_seq);
	if (!w || w->answered) {
		if (!done && !s->odd)
			fault(w, "is to no request", code);
		return;
	}
	w->answered = true;
	if (!code) {
		outcomes[w->request - requests][ACCEPTED]++;
		return;
	}
	if (!s->sentences)
		return;
	if (!done)
		at = sizeof(*err) + (answer->nlmsg_flags & NLM_F_CAPPED ? 0 :
				     MNL_ALIGN(err->msg.nlmsg_len) -
				     MNL_NLMSG_HDRLEN);
	check_sentence(answer, at, w, code);
}

static void take(struct socket *s, const void *data, int len)
{
	const struct nlmsghdr *answer = data;

	while (mnl_nlmsg_ok(answer, len)) {
		if (answer->nlmsg_type == NLMSG_ERROR ||
		    answer->nlmsg_type == NLMSG_DONE)
			take_verdict(s, answer);
		else if (answer->nlmsg_type != family)
			fault(NULL, "is of another family", 0);
		answer = mnl_nlmsg_next(answer, &len);
	}
	if (len)
		fault(NULL, "has an impossible length", 0);
}

/* Each that could be read has been answered. */
static void check_waiting(struct socket *s)
{
	unsigned int i;

	for (i = 0; i < s->nr && !s->lost; i++)
		if (!s->waiting[i].answered)
			fault(&s->waiting[i], "was not answered", 0);
	s->nr = 0;
	s->odd = false;
	s->lost = false;
}

/* All answers there are: the kernel has made them when the request has been sent. */
static void take_all(struct socket *s, bool give_up)
{
	static uint8_t data[RECEIVED][MESSAGE_MAX];
	static struct iovec iov[RECEIVED];
	static struct mmsghdr messages[RECEIVED];
	int i, n;

	for (i = 0; i < RECEIVED; i++) {
		iov[i] = (struct iovec){ data[i], MESSAGE_MAX };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i],
						       .msg_iovlen = 1 };
	}
	do {
		n = recvmmsg(mnl_socket_get_fd(s->nl), messages,
			     give_up ? 1 : RECEIVED, MSG_DONTWAIT, NULL);
		for (i = 0; i < n; i++)
			take(s, data[i], messages[i].msg_len);
		if (n < 0 && errno == ENOBUFS)
			s->lost = true;
	} while (!give_up && (n > 0 || (n < 0 && errno == ENOBUFS)));
	if (give_up) {
		s->odd = true;
		s->nr = 0;
	} else {
		check_waiting(s);
	}
}

static void socket_send(struct socket *s, const void *data, unsigned int len,
			bool give_up)
{
	if (mnl_socket_sendto(s->nl, data, len) < 0) {
		nr_unsent++;
		s->nr = 0;
		return;
	}
	take_all(s, give_up);
}

static void socket_flush(struct socket *s)
{
	unsigned int len = s->len;

	s->len = 0;
	if (len)
		socket_send(s, s->queue, len, false);
}

static void wait_for(struct socket *s, const struct nlmsghdr *message,
		     const struct request *request)
{
	if (!request) {
		s->odd = true;
		return;
	}
	outcomes[request - requests][SENT]++;
	s->waiting[s->nr++] = (struct waiting){
		.request = request,
		.seq = message->nlmsg_seq,
		.len = message->nlmsg_len,
	};
}

void talk_say(const struct nlmsghdr *message, const struct request *request)
{
	unsigned int len = MNL_ALIGN(message->nlmsg_len);
	struct socket *s = any_socket();

	if (len > BATCH) {
		talk_say_alone(message, len, request, false);
		return;
	}
	if (s->len + len > BATCH)
		socket_flush(s);
	wait_for(s, message, request);
	memcpy(s->queue + s->len, message, len);
	s->len += len;
}

void talk_say_alone(const struct nlmsghdr *message, unsigned int len,
		    const struct request *request, bool give_up)
{
	struct socket *s = any_socket();

	socket_flush(s);
	wait_for(s, message, request);
	socket_send(s, message, MNL_ALIGN(len), give_up);
}

void talk_flush(void)
{
	int i;

	for (i = 0; i < SOCKETS; i++)
		socket_flush(&sockets[i]);
}

/* A program that ends: answers are not read. */
void talk_end_one(void)
{
	struct socket *s = any_socket();

	socket_flush(s);
	mnl_socket_close(s->nl);
	s->nl = NULL;
}

static int find_family(const struct nlattr *attribute, void *data)
{
	(void)data;
	if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID)
		family = mnl_attr_get_u16(attribute);
	return MNL_CB_OK;
}

static int take_family(const struct nlmsghdr *answer, void *data)
{
	return mnl_attr_parse(answer, GENL_HDRLEN, find_family, data);
}

bool talk_find_family(const char *name)
{
	uint8_t data[MESSAGE_MAX];
	struct nlmsghdr *message = mnl_nlmsg_put_header(data);
	struct socket *s = any_socket();
	struct genlmsghdr *head;
	int len;

	message->nlmsg_type = GENL_ID_CTRL;
	message->nlmsg_flags = NLM_F_REQUEST;
	head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
	head->cmd = CTRL_CMD_GETFAMILY;
	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, name);
	mnl_socket_sendto(s->nl, message, message->nlmsg_len);
	len = mnl_socket_recvfrom(s->nl, data, sizeof(data));
	return len > 0 && mnl_cb_run(data, len, 0, 0, take_family, NULL) >= 0 &&
	       family;
}

void talk_tell(void)
{
	unsigned int i;

	printf("answers:");
	for (i = 0; i < ERRORS; i++)
		if (codes[i])
			printf(" %lu %s,", codes[i], i ? strerror(i) : "done");
	printf(" %lu not sent\n", nr_unsent);
}
