// SPDX-License-Identifier: GPL-2.0
/*
 * Established flows through the gateway, watched while others flood it.
 *
 *   usage: flows INSIDE ADDRESS OUTSIDE ADDRESS FLOWS PACE
 *
 * INSIDE and OUTSIDE are namespaces, and ADDRESS those of hosts there. FLOWS UDP
 * flows and as many TCP connections are opened from the inside to the outside.
 * Says "ready" when an answer has come back on each. Then each flow has a
 * message every PACE milliseconds, in turn, which the other end sends back, until
 * standard input ends; what is on its way then has 10 seconds to arrive. Prints
 *
 *   udp SENT LOST tcp SENT LOST moved N worst MS
 *
 * SENT counts both directions. LOST of TCP are segments that were sent again and
 * had not arrived the first time, messages that never came, and connections that
 * broke. MOVED are messages from somewhere else than those before, WORST is
 * the longest that any was underway, there and back.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FLOWS_MAX	64
#define UDP_PORT	7100
#define TCP_PORT	7200
#define SETTLE		10000	/* ms for what is on its way */

struct message {
	uint32_t number;
	uint32_t flow;
	int64_t sent;
};

static struct flow {
	bool tcp;
	int near, far;
	struct sockaddr_in seen;	/* by the far end, of UDP */
	uint32_t sent, there, back;	/* messages */
} flows[FLOWS_MAX];
static int nr, home, far_udp;
static unsigned long moved;
static int64_t worst;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int open_in(const char *space, int type)
{
	char path[128];
	int there, fd;

	snprintf(path, sizeof(path), "/run/netns/%s", space);
	there = open(path, O_RDONLY | O_CLOEXEC);
	if (there < 0 || setns(there, CLONE_NEWNET))
		die(space);
	fd = socket(AF_INET, type, 0);
	close(there);
	if (fd < 0 || setns(home, CLONE_NEWNET))
		die("socket");
	return fd;
}

static struct sockaddr_in end_of(const char *addr, int port)
{
	struct sockaddr_in end = { .sin_family = AF_INET,
				   .sin_port = htons(port) };

	if (inet_pton(AF_INET, addr, &end.sin_addr) != 1) {
		fprintf(stderr, "flows: %s is no address\n", addr);
		exit(1);
	}
	return end;
}

static int bound(const char *space, const char *addr, int type, int port)
{
	struct sockaddr_in end = end_of(addr, port);
	int fd = open_in(space, type);

	if (bind(fd, (void *)&end, sizeof(end)))
		die("bind");
	return fd;
}

static void open_flows(char **argv, int count)
{
	struct sockaddr_in udp = end_of(argv[4], UDP_PORT);
	struct sockaddr_in tcp = end_of(argv[4], TCP_PORT);
	int listener, i, one = 1;

	far_udp = bound(argv[3], argv[4], SOCK_DGRAM, UDP_PORT);
	listener = bound(argv[3], argv[4], SOCK_STREAM, TCP_PORT);
	if (listen(listener, FLOWS_MAX))
		die("listen");
	for (i = 0; i < count; i++) {
		flows[nr].near = open_in(argv[1], SOCK_DGRAM);
		flows[nr].far = far_udp;
		if (connect(flows[nr++].near, (void *)&udp, sizeof(udp)))
			die("connect");
	}
	for (i = 0; i < count; i++) {
		flows[nr].tcp = true;
		flows[nr].near = open_in(argv[1], SOCK_STREAM);
		if (connect(flows[nr].near, (void *)&tcp, sizeof(tcp)))
			die("connect");
		flows[nr].far = accept(listener, NULL, NULL);
		if (flows[nr].far < 0)
			die("accept");
		setsockopt(flows[nr].near, IPPROTO_TCP, TCP_NODELAY, &one,
			   sizeof(one));
		setsockopt(flows[nr++].far, IPPROTO_TCP, TCP_NODELAY, &one,
			   sizeof(one));
	}
	close(listener);
}

/* An error that has come in for the socket is told first, once. */
static void put(int fd, const struct message *m, const struct sockaddr_in *to)
{
	socklen_t len = to ? sizeof(*to) : 0;
	int tries = 3;

	while (tries-- && sendto(fd, m, sizeof(*m), MSG_DONTWAIT | MSG_NOSIGNAL,
				 (void *)to, len) < 0)
		;
}

static void send_one(int i)
{
	struct message m = { .number = flows[i].sent++, .flow = i,
			     .sent = now() };

	put(flows[i].near, &m, NULL);
}

/* Messages are whole: they are far smaller than a segment, and so are they sent. */
static bool receive(int fd, struct message *m, struct sockaddr_in *from)
{
	socklen_t len = sizeof(*from);

	return recvfrom(fd, m, sizeof(*m), MSG_DONTWAIT, (void *)from, &len) ==
	       sizeof(*m) && m->flow < (uint32_t)nr;
}

static void there(int fd)
{
	struct sockaddr_in from = {};
	struct message m;
	struct flow *flow;

	while (receive(fd, &m, &from)) {
		flow = &flows[m.flow];
		flow->there++;
		if (flow->tcp) {
			put(fd, &m, NULL);
			continue;
		}
		if (flow->seen.sin_port &&
		    (flow->seen.sin_port != from.sin_port ||
		     flow->seen.sin_addr.s_addr != from.sin_addr.s_addr))
			moved++;
		flow->seen = from;
		put(fd, &m, &from);
	}
}

static void back(int fd)
{
	struct sockaddr_in from;
	struct message m;
	int64_t took;

	while (receive(fd, &m, &from)) {
		flows[m.flow].back++;
		took = now() - m.sent;
		if (took > worst)
			worst = took;
	}
}

/* Handle what arrives until then: true if standard input has ended. */
static bool serve(int64_t until)
{
	struct pollfd fds[2 * FLOWS_MAX + 2] = { { .fd = 0 } };
	int64_t left;
	int i, n = 1;

	fds[n++].fd = far_udp;
	for (i = 0; i < nr; i++) {
		fds[n++].fd = flows[i].near;
		if (flows[i].tcp)
			fds[n++].fd = flows[i].far;
	}
	for (i = 0; i < n; i++)
		fds[i].events = POLLIN;
	do {
		left = until - now();
		if (poll(fds, n, left > 0 ? left : 0) < 0 && errno != EINTR)
			die("poll");
		there(far_udp);
		for (i = 0; i < nr; i++) {
			if (flows[i].tcp)
				there(flows[i].far);
			back(flows[i].near);
		}
		if (fds[0].revents)
			return true;
	} while (now() < until);
	return false;
}

static bool all_back(void)
{
	int i;

	for (i = 0; i < nr; i++)
		if (flows[i].back < flows[i].sent)
			return false;
	return true;
}

/* Segments that had to be sent again because they were lost, not late */
static unsigned long sent_again(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		die("TCP_INFO");
	return info.tcpi_total_retrans > info.tcpi_dsack_dups ?
	       info.tcpi_total_retrans - info.tcpi_dsack_dups : 0;
}

static void report(void)
{
	unsigned long sent[2] = {}, lost[2] = {};
	struct flow *flow;
	int i;

	for (i = 0; i < nr; i++) {
		flow = &flows[i];
		sent[flow->tcp] += flow->sent + flow->there;
		lost[flow->tcp] += flow->sent - flow->back;
		if (flow->tcp)
			lost[1] += sent_again(flow->near) +
				   sent_again(flow->far);
	}
	printf("udp %lu %lu tcp %lu %lu moved %lu worst %lld\n", sent[0],
	       lost[0], sent[1], lost[1], moved, (long long)worst);
}

int main(int argc, char **argv)
{
	int64_t next, limit;
	int count, pace, i;

	if (argc != 7) {
		fprintf(stderr, "usage: flows INSIDE ADDRESS OUTSIDE ADDRESS FLOWS PACE\n");
		return 2;
	}
	count = atoi(argv[5]);
	pace = atoi(argv[6]);
	if (count < 1 || count > FLOWS_MAX / 2 || pace < 1) {
		fprintf(stderr, "flows: 1 to %d flows\n", FLOWS_MAX / 2);
		return 2;
	}
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	open_flows(argv, count);
	for (i = 0; i < nr; i++)
		send_one(i);
	limit = now() + SETTLE;
	while (!all_back() && now() < limit)
		serve(now() + 20);
	if (!all_back()) {
		fprintf(stderr, "flows: no answer before it began\n");
		return 1;
	}
	worst = 0;
	puts("ready");
	fflush(stdout);
	for (i = 0, next = now() + pace;; next += pace, i = (i + 1) % nr) {
		if (serve(next))
			break;
		send_one(i);
	}
	limit = now() + SETTLE;
	while (!all_back() && now() < limit)
		serve(now() + 20);
	report();
	return 0;
}
