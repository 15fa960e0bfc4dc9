// SPDX-License-Identifier: GPL-2.0
/* Captures: every IPv4 packet that arrives at a device, kept in order. */
#define _GNU_SOURCE
#include <errno.h>
#include <fnmatch.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define RECEIVE_BUFFER	(64 << 20)
#define FORBIDDEN_MAX	4
#define TRACE_LINES	25

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

static struct capture *captures;
static struct record *records;
static size_t records_count, records_size;
static bool allow_checksums, allow_addresses;

static struct capture *find(const char *name)
{
	struct capture *c;

	for (c = captures; c; c = c->next)
		if (!strcmp(c->name, name))
			return c;
	bad("no capture is named %s", name);
	return NULL;
}

static const char *record_describe(const struct record *r)
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
	allow_checksums = false;
	allow_addresses = false;
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
	struct capture *c = find(name);
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
	if (setsockopt(c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
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
	c = find(argv[0]);
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

/* The first matching packet at or after *at, where *at then stands. */
static struct record *match(const struct capture *c, size_t *at,
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

/* The rest of the command line is the glob. */
static const char *join(int argc, char **argv)
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
	c = find(argv[0]);
	if (!c)
		return;
	glob = join(argc - 1, argv + 1);
	at = c->cursor;
	for (;;) {
		pump(c);
		r = match(c, &at, glob);
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
	c = find(argv[0]);
	if (!c)
		return;
	settle();
	pump(c);
	at = c->cursor;
	r = match(c, &at, join(argc - 1, argv + 1));
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
	c = find(argv[0]);
	if (!c)
		return;
	glob = join(argc - 1, argv + 1);
	settle();
	pump(c);
	for (at = c->cursor; match(c, &at, glob); at++)
		count++;
	ok("%lu", count);
}

void cmd_clear(int argc, char **argv)
{
	struct capture *c, *only = NULL;

	if (argc > 1)
		return usage();
	if (argc) {
		only = find(argv[0]);
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

/* The outside end of a packet: its source address and port or query id. */
static bool source_of(const struct record *r, struct sockaddr_in *end)
{
	const struct iphdr *ip = (const void *)r->data;
	size_t header = ip->ihl * 4;

	if (r->len < header + 8)
		return false;
	memset(end, 0, sizeof(*end));
	end->sin_family = AF_INET;
	end->sin_addr.s_addr = ip->saddr;
	memcpy(&end->sin_port,
	       r->data + header + (ip->protocol == IPPROTO_ICMP ? 4 : 0), 2);
	return true;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int compare_u16(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static size_t count_different(uint64_t *values, size_t n, int shift)
{
	size_t i, different = 0;

	for (i = 0; i < n; i++)
		if (!i || values[i] >> shift != values[i - 1] >> shift)
			different++;
	return different;
}

/* Of the matching packets: how many sources, and how their ports follow. */
void cmd_ports(int argc, char **argv)
{
	size_t n = 0, ascending = 0, common = 0, run = 0, i;
	unsigned int lowest = 65536, highest = 0, port;
	struct sockaddr_in end;
	uint16_t *ports, *steps;
	struct capture *c;
	struct record *r;
	const char *glob;
	uint64_t *ends;
	size_t at;

	if (argc < 2)
		return usage();
	c = find(argv[0]);
	if (!c)
		return;
	glob = join(argc - 1, argv + 1);
	settle();
	captures_pump();
	ends = calloc(records_count + 1, sizeof(*ends));
	ports = calloc(records_count + 1, sizeof(*ports));
	steps = calloc(records_count + 1, sizeof(*steps));
	if (!ends || !ports || !steps)
		abort();
	for (at = c->cursor; (r = match(c, &at, glob)); at++) {
		if (!source_of(r, &end))
			continue;
		port = ntohs(end.sin_port);
		ends[n] = (uint64_t)ntohl(end.sin_addr.s_addr) << 16 | port;
		ports[n] = port;
		if (n) {
			ascending += ports[n] > ports[n - 1];
			steps[n - 1] = ports[n] - ports[n - 1];
		}
		if (port < lowest)
			lowest = port;
		if (port > highest)
			highest = port;
		n++;
	}
	if (n > 1) {
		qsort(steps, n - 1, sizeof(*steps), compare_u16);
		for (i = 0; i + 1 < n; i++) {
			run = i && steps[i] == steps[i - 1] ? run + 1 : 1;
			if (run > common)
				common = run;
		}
	}
	qsort(ends, n, sizeof(*ends), compare_u64);
	ok("packets %zu sources %zu addresses %zu lowest %u highest %u ascending %zu common %zu",
	   n, count_different(ends, n, 0), count_different(ends, n, 16),
	   n ? lowest : 0, highest, ascending, common);
	free(ends);
	free(ports);
	free(steps);
}

/* Sends a UDP packet back to the source of each captured one. */
void cmd_answer(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint8_t data[sizeof(struct iphdr) + sizeof(struct udphdr)] = {};
	struct iphdr *ip = (void *)data;
	struct udphdr *udp = (void *)(ip + 1);
	const struct iphdr *seen;
	size_t count = 0, i;
	struct capture *c;
	int fd;

	if (argc != 2)
		return usage();
	c = find(argv[0]);
	if (!c)
		return;
	settle();
	captures_pump();
	fd = socket_in(argv[1], AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0)
		return no_errno(argv[1]);
	for (i = 0; i < records_count; i++) {
		seen = (const void *)records[i].data;
		if (records[i].capture != c || seen->protocol != IPPROTO_UDP ||
		    records[i].outgoing)
			continue;
		ip->version = 4;
		ip->ihl = 5;
		ip->ttl = 64;
		ip->id = htons(i);
		ip->protocol = IPPROTO_UDP;
		ip->tot_len = htons(sizeof(data));
		ip->saddr = seen->daddr;
		ip->daddr = seen->saddr;
		memcpy(&udp->dest, records[i].data + seen->ihl * 4, 2);
		memcpy(&udp->source, records[i].data + seen->ihl * 4 + 2, 2);
		udp->len = htons(sizeof(*udp));
		to.sin_addr.s_addr = ip->daddr;
		checksum_complete(data, sizeof(data));
		if (sendto(fd, data, sizeof(data), 0, (struct sockaddr *)&to,
			   sizeof(to)) < 0)
			break;
		count++;
		if (count % 64 == 0) {
			settle();
			captures_pump();
		}
	}
	close(fd);
	ok("%zu", count);
}

static int compare_time(const void *a, const void *b)
{
	const struct record *x = *(struct record *const *)a;
	const struct record *y = *(struct record *const *)b;

	if (x->when.tv_sec != y->when.tv_sec)
		return x->when.tv_sec < y->when.tv_sec ? -1 : 1;
	if (x->when.tv_nsec != y->when.tv_nsec)
		return x->when.tv_nsec < y->when.tv_nsec ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* The last packets of all captures in order of time. */
void cmd_trace(int argc, char **argv)
{
	struct record **sorted;
	double start = 0, when;
	size_t i, first;

	(void)argv;
	if (argc)
		return usage();
	captures_pump();
	sorted = calloc(records_count + 1, sizeof(*sorted));
	if (!sorted)
		abort();
	for (i = 0; i < records_count; i++)
		sorted[i] = &records[i];
	qsort(sorted, records_count, sizeof(*sorted), compare_time);
	first = records_count > TRACE_LINES ? records_count - TRACE_LINES : 0;
	if (first)
		printf("# (%zu packets before these)\n", first);
	for (i = first; i < records_count; i++) {
		when = sorted[i]->when.tv_sec % 100000 +
			sorted[i]->when.tv_nsec / 1e9;
		if (i == first)
			start = when;
		printf("# %8.3f %s at %s: %.300s\n", when - start,
		       sorted[i]->outgoing ? "sent" : "came",
		       sorted[i]->capture->name, record_describe(sorted[i]));
	}
	free(sorted);
	ok("%zu", records_count);
}

/* This test sends, or lets through, what the verdict objects to. */
void cmd_allow(int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "checksums"))
		allow_checksums = true;
	else if (argc == 1 && !strcmp(argv[0], "addresses"))
		allow_addresses = true;
	else
		return usage();
	done();
}

/* Whether a forbidden address shows, in the header or in a quoted one. */
static bool leaks(const struct record *r)
{
	const struct iphdr *ip = (const void *)r->data, *quote = ip;
	size_t header = ip->ihl * 4;
	const struct capture *c = r->capture;
	in_addr_t mask;
	unsigned int i;

	if (ip->protocol == IPPROTO_ICMP && r->len >= header + 28 &&
	    (r->data[header] == 3 || r->data[header] == 5 ||
	     r->data[header] == 11 || r->data[header] == 12))
		quote = (const void *)(r->data + header + 8);
	for (i = 0; i < c->forbidden_count; i++) {
		mask = c->forbidden[i].mask;
		if ((ip->saddr & mask) == c->forbidden[i].addr ||
		    (ip->daddr & mask) == c->forbidden[i].addr ||
		    (quote->saddr & mask) == c->forbidden[i].addr ||
		    (quote->daddr & mask) == c->forbidden[i].addr)
			return true;
	}
	return false;
}

/* What must hold of every packet, whatever the test is about. */
void cmd_verdict(int argc, char **argv)
{
	size_t i, wrong = 0;
	const char *line;
	bool checksum;

	(void)argv;
	if (argc)
		return usage();
	settle();
	captures_pump();
	for (i = 0; i < records_count && wrong < 5; i++) {
		line = record_describe(&records[i]);
		checksum = strstr(line, "BAD-");
		if (checksum && !allow_checksums)
			printf("# malformed at %s: %.300s\n",
			       records[i].capture->name, line);
		else if (!allow_addresses && leaks(&records[i]))
			printf("# inside address at %s: %.300s\n",
			       records[i].capture->name, line);
		else
			continue;
		wrong++;
	}
	if (wrong)
		return no("packets that must not be");
	done();
}
