// SPDX-License-Identifier: GPL-2.0
/* Captures: every IPv4 packet that arrives at a device, kept in order. */
#define _GNU_SOURCE
#include <errno.h>
#include <fnmatch.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"

#define RECEIVE_BUFFER	(64 << 20)

static struct capture *captures;
struct record *records;
size_t records_count;
static size_t records_size;

struct capture *capture_find(const char *name)
{
	struct capture *c;

	for (c = captures; c; c = c->next)
		if (!strcmp(c->name, name))
			return c;
	bad("no capture is named %s", name);
	return NULL;
}

const char *record_describe(const struct record *r)
{
	return describe(r->data, r->len, r->partial);
}

static void keep(struct capture *c, struct msghdr *msg, const uint8_t *data,
		 size_t len)
{
	struct sockaddr_ll *from = msg->msg_name;
	struct tpacket_auxdata aux;
	struct cmsghdr *cmsg;
	struct record *r;

	if (from->sll_pkttype == PACKET_OTHERHOST ||
	    from->sll_pkttype == PACKET_MULTICAST ||
	    from->sll_protocol != htons(ETH_P_IP))
		return;
	if (records_count == records_size) {
		records_size = records_size ? 2 * records_size : 256;
		records = realloc(records, records_size * sizeof(*records));
		if (!records)
			abort();
	}
	r = &records[records_count++];
	memset(r, 0, sizeof(*r));
	r->capture = c;
	r->len = len;
	r->data = malloc(len);
	if (!r->data)
		abort();
	memcpy(r->data, data, len);
	r->outgoing = from->sll_pkttype == PACKET_OUTGOING;
	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level == SOL_PACKET &&
		    cmsg->cmsg_type == PACKET_AUXDATA) {
			memcpy(&aux, CMSG_DATA(cmsg), sizeof(aux));
			r->partial = aux.tp_status & TP_STATUS_CSUMNOTREADY;
		} else if (cmsg->cmsg_level == SOL_SOCKET &&
			   cmsg->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&r->when, CMSG_DATA(cmsg), sizeof(r->when));
		}
	}
}

static void pump(struct capture *c)
{
	static uint8_t data[PACKET_MAX + 1];
	char control[256];
	struct sockaddr_ll from;
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg;
	ssize_t len;

	for (;;) {
		msg = (struct msghdr){ &from, sizeof(from), &iov, 1, control,
				       sizeof(control), 0 };
		len = recvmsg(c->fd, &msg, MSG_DONTWAIT);
		if (len < 0 && errno == EAGAIN)
			return;
		/* A device that went down says so once. */
		if (len >= 0)
			keep(c, &msg, data, len);
		else if (errno != ENETDOWN)
			return;
	}
}

void captures_pump(void)
{
	struct capture *c;

	for (c = captures; c; c = c->next)
		pump(c);
}

void captures_reset(void)
{
	struct capture *c;

	captures_pump();
	while (records_count)
		free(records[--records_count].data);
	for (c = captures; c; c = c->next)
		c->cursor = c->last = 0;
	verdict_reset();
}

void captures_close(void)
{
	struct capture *c;

	captures_reset();
	while (captures) {
		c = captures;
		captures = c->next;
		close(c->fd);
		free(c);
	}
}

const uint8_t *capture_last(const char *name, size_t *len)
{
	static uint8_t data[PACKET_MAX];
	struct capture *c = capture_find(name);
	struct record *r;

	if (!c)
		return NULL;
	if (!c->last) {
		no("capture %s has given no packet", name);
		return NULL;
	}
	r = &records[c->last - 1];
	memcpy(data, r->data, r->len);
	if (r->partial)
		checksum_complete(data, r->len);
	*len = r->len;
	return data;
}

static bool forbid(struct capture *c, const char *word)
{
	unsigned long len;
	char addr[32];
	char *slash;

	snprintf(addr, sizeof(addr), "%s", word);
	slash = strchr(addr, '/');
	if (!slash || c->forbidden_count == FORBIDDEN_MAX)
		return false;
	*slash = 0;
	if (!parse_addr(addr, &c->forbidden[c->forbidden_count].addr) ||
	    !parse_number(slash + 1, 32, &len) || !len)
		return false;
	c->forbidden[c->forbidden_count++].mask = htonl(~0U << (32 - len));
	return true;
}

void cmd_capture(int argc, char **argv)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	int one = 1, size = RECEIVE_BUFFER, i;
	uint16_t proto = htons(ETH_P_IP);
	struct capture *c;

	if (argc < 3)
		return usage();
	c = calloc(1, sizeof(*c) + strlen(argv[0]) + 1);
	if (!c)
		abort();
	strcpy(c->name, argv[0]);
	for (i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "both")) {
			proto = htons(ETH_P_ALL);
		} else if (strcmp(argv[i], "forbid") || ++i == argc ||
			   !forbid(c, argv[i])) {
			bad("%s is no word of capture", argv[i < argc ? i : 3]);
			goto err;
		}
	}
	at.sll_protocol = proto;
	at.sll_ifindex = device_in(argv[1], argv[2]);
	c->fd = at.sll_ifindex ?
		socket_in(argv[1], AF_PACKET, SOCK_DGRAM, 0) : -1;
	if (c->fd < 0) {
		no_errno(argv[2]);
		goto err;
	}
	/* Root of a user namespace gets what everybody may have. */
	if ((setsockopt(c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) &&
	     setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size))) ||
	    setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) ||
	    setsockopt(c->fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    bind(c->fd, (struct sockaddr *)&at, sizeof(at))) {
		no_errno(argv[2]);
		close(c->fd);
		goto err;
	}
	c->cursor = records_count;
	c->next = captures;
	captures = c;
	return done();
err:
	free(c);
}

/* The packets stay for the trace, without the name. */
void cmd_uncapture(int argc, char **argv)
{
	struct capture *c, **p;

	if (argc != 1)
		return usage();
	c = capture_find(argv[0]);
	if (!c)
		return;
	pump(c);
	for (p = &captures; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	close(c->fd);
	/* Not freed: records point at it. */
	c->fd = -1;
	done();
}

struct record *capture_match(const struct capture *c, size_t *at,
			     const char *glob)
{
	struct record *r;

	for (; *at < records_count; (*at)++) {
		r = &records[*at];
		if (r->capture == c && !fnmatch(glob, record_describe(r), 0))
			return r;
	}
	return NULL;
}

const char *join(int argc, char **argv)
{
	static char glob[1024];
	size_t len = 0;
	int i;

	glob[0] = 0;
	for (i = 0; i < argc && len < sizeof(glob); i++)
		len += snprintf(glob + len, sizeof(glob) - len, "%s%s",
				i ? " " : "", argv[i]);
	return glob;
}

/* The next packet that matches; those before it are passed over. */
void cmd_next(int argc, char **argv)
{
	int64_t deadline = now_ms() + patience;
	struct record *r;
	struct capture *c;
	const char *glob;
	size_t at;

	if (argc < 2)
		return usage();
	c = capture_find(argv[0]);
	if (!c)
		return;
	glob = join(argc - 1, argv + 1);
	at = c->cursor;
	for (;;) {
		pump(c);
		r = capture_match(c, &at, glob);
		if (r)
			break;
		if (!wait_fd(c->fd, POLLIN, deadline))
			return no("timeout");
	}
	c->cursor = c->last = at + 1;
	ok("%s", record_describe(r));
}

/* Passes nothing over. */
void cmd_none(int argc, char **argv)
{
	struct capture *c;
	struct record *r;
	size_t at;

	if (argc < 2)
		return usage();
	c = capture_find(argv[0]);
	if (!c)
		return;
	settle();
	pump(c);
	at = c->cursor;
	r = capture_match(c, &at, join(argc - 1, argv + 1));
	if (r)
		return no("%s", record_describe(r));
	done();
}

/* Passes nothing over. */
void cmd_count(int argc, char **argv)
{
	unsigned long count = 0;
	struct capture *c;
	const char *glob;
	size_t at;

	if (argc < 2)
		return usage();
	c = capture_find(argv[0]);
	if (!c)
		return;
	glob = join(argc - 1, argv + 1);
	settle();
	pump(c);
	for (at = c->cursor; capture_match(c, &at, glob); at++)
		count++;
	ok("%lu", count);
}

void cmd_clear(int argc, char **argv)
{
	struct capture *c, *only = NULL;

	if (argc > 1)
		return usage();
	if (argc) {
		only = capture_find(argv[0]);
		if (!only)
			return;
	}
	settle();
	captures_pump();
	for (c = captures; c; c = c->next)
		if (!only || c == only)
			c->cursor = records_count;
	done();
}
