// SPDX-License-Identifier: GPL-2.0
/* What captures say of many packets together. */
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture.h"

#define TRACE_LINES	25

static bool allow_checksums, allow_addresses;

void verdict_reset(void)
{
	allow_checksums = false;
	allow_addresses = false;
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
	c = capture_find(argv[0]);
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
	for (at = c->cursor; (r = capture_match(c, &at, glob)); at++) {
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
	c = capture_find(argv[0]);
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
