// SPDX-License-Identifier: GPL-2.0
/* UDP and TCP sockets by name. */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>
#include <linux/errqueue.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

#define STREAM_CHUNK	65536

struct sock {
	struct sock *next;
	int fd;
	int type;		/* SOCK_DGRAM or SOCK_STREAM */
	char name[];
};

static struct sock *socks;

static struct sock *find(const char *name)
{
	struct sock *s;

	for (s = socks; s; s = s->next)
		if (!strcmp(s->name, name))
			return s;
	bad("no socket is named %s", name);
	return NULL;
}

static void drop(struct sock *sock)
{
	struct sock **p;

	for (p = &socks; *p != sock; p = &(*p)->next)
		;
	*p = sock->next;
	close(sock->fd);
	free(sock);
}

/* Ends with a reset, so that nothing is sent again later, into another test. */
static void drop_hard(struct sock *sock)
{
	struct linger hard = { .l_onoff = 1 };

	setsockopt(sock->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	drop(sock);
}

static void add(const char *name, int fd, int type)
{
	struct sock *s;

	for (s = socks; s; s = s->next)
		if (!strcmp(s->name, name))
			break;
	if (s)
		drop_hard(s);
	s = malloc(sizeof(*s) + strlen(name) + 1);
	if (!s)
		abort();
	s->fd = fd;
	s->type = type;
	strcpy(s->name, name);
	s->next = socks;
	socks = s;
}

void sockets_reset(void)
{
	while (socks)
		drop_hard(socks);
}

static void set(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)))
		perror("setsockopt");
}

static const char *local_end(int fd)
{
	struct sockaddr_in end = {};
	socklen_t len = sizeof(end);

	getsockname(fd, (struct sockaddr *)&end, &len);
	return print_end(&end);
}

/* Opens a bound socket; answers if it cannot. */
static int open_bound(const char *space, int type, const char *local)
{
	struct sockaddr_in end;
	int fd;

	if (!parse_end(local, &end)) {
		bad("%s is not ADDR:PORT", local);
		return -1;
	}
	fd = socket_in(space, AF_INET, type | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		no_errno(space);
		return -1;
	}
	if (type == SOCK_STREAM) {
		set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
		set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	}
	if (bind(fd, (struct sockaddr *)&end, sizeof(end))) {
		no_errno(local);
		close(fd);
		return -1;
	}
	return fd;
}

void cmd_udp(int argc, char **argv)
{
	struct sockaddr_in remote;
	unsigned long size;
	int fd, i;

	if (argc < 3)
		return usage();
	fd = open_bound(argv[1], SOCK_DGRAM, argv[2]);
	if (fd < 0)
		return;
	set(fd, IPPROTO_IP, IP_RECVERR, 1);
	for (i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "to") && i + 1 < argc) {
			if (!parse_end(argv[++i], &remote)) {
				bad("%s is not ADDR:PORT", argv[i]);
				goto err;
			}
			if (connect(fd, (struct sockaddr *)&remote,
				    sizeof(remote))) {
				no_errno("connect");
				goto err;
			}
		} else if (!strcmp(argv[i], "nocsum")) {
			set(fd, SOL_SOCKET, SO_NO_CHECK, 1);
		} else if (!strcmp(argv[i], "nodf")) {
			set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
		} else if (!strcmp(argv[i], "segment") && i + 1 < argc &&
			   parse_number(argv[i + 1], 65535, &size)) {
			set(fd, IPPROTO_UDP, UDP_SEGMENT, size);
			i++;
		} else {
			bad("%s is no word of udp", argv[i]);
			goto err;
		}
	}
	add(argv[0], fd, SOCK_DGRAM);
	return ok("%s", local_end(fd));
err:
	close(fd);
}

void cmd_send(int argc, char **argv)
{
	static uint8_t data[PACKET_MAX];
	struct sockaddr_in end, *to = NULL;
	struct sock *s;
	size_t len;

	if (argc != 3)
		return usage();
	s = find(argv[0]);
	if (!s)
		return;
	if (strcmp(argv[1], "-")) {
		if (!parse_end(argv[1], &end))
			return bad("%s is not ADDR:PORT", argv[1]);
		to = &end;
	}
	len = payload_make(argv[2], data, sizeof(data));
	/* An ICMP error that came meanwhile is for 'error' to tell. */
	if (sendto(s->fd, data, len, MSG_NOSIGNAL, (struct sockaddr *)to,
		   to ? sizeof(*to) : 0) < 0 &&
	    sendto(s->fd, data, len, MSG_NOSIGNAL, (struct sockaddr *)to,
		   to ? sizeof(*to) : 0) < 0)
		return no_errno("send");
	done();
}

static ssize_t receive(struct sock *s, uint8_t *data, size_t size,
		       struct sockaddr_in *from)
{
	socklen_t len = sizeof(*from);

	memset(from, 0, sizeof(*from));
	if (s->type == SOCK_STREAM)
		getpeername(s->fd, (struct sockaddr *)from, &len);
	return recvfrom(s->fd, data, size, 0,
			s->type == SOCK_DGRAM ? (struct sockaddr *)from : NULL,
			s->type == SOCK_DGRAM ? &len : NULL);
}

void cmd_recv(int argc, char **argv)
{
	static uint8_t data[PACKET_MAX];
	int64_t deadline = now_ms() + patience;
	struct sockaddr_in from;
	struct sock *s;
	ssize_t len;

	if (argc != 1)
		return usage();
	s = find(argv[0]);
	if (!s)
		return;
	for (;;) {
		len = receive(s, data, sizeof(data), &from);
		if (len > 0 || (!len && s->type == SOCK_DGRAM))
			return ok("%s %s", print_end(&from),
				  payload_print(data, len));
		if (!len)
			return no("EOF");
		if (errno != EAGAIN && s->type == SOCK_STREAM)
			return no_errno("recv");
		if (now_ms() >= deadline)
			return no("timeout");
		wait_fd(s->fd, POLLIN, deadline);
	}
}

/* Nothing has arrived once all packets are at rest. */
void cmd_quiet(int argc, char **argv)
{
	static uint8_t data[PACKET_MAX];
	struct sockaddr_in from;
	struct sock *s;
	ssize_t len;

	if (argc != 1)
		return usage();
	s = find(argv[0]);
	if (!s)
		return;
	settle();
	do
		len = receive(s, data, sizeof(data), &from);
	while (len < 0 && errno != EAGAIN && s->type == SOCK_DGRAM);
	if (len < 0 && errno == EAGAIN)
		return done();
	if (len < 0)
		return no_errno("recv");
	no("%s %s", print_end(&from), payload_print(data, len));
}

/* The ICMP error that a UDP socket was told of. */
static void udp_error(struct sock *s)
{
	int64_t deadline = now_ms() + patience;
	char control[512], data[64];
	struct sockaddr_in to;
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg;
	struct cmsghdr *c;
	struct sock_extended_err *e;
	struct sockaddr_in *from;

	for (;;) {
		msg = (struct msghdr){ &to, sizeof(to), &iov, 1, control,
				       sizeof(control), 0 };
		if (recvmsg(s->fd, &msg, MSG_ERRQUEUE) >= 0)
			break;
		if (!wait_fd(s->fd, 0, deadline))
			return no("timeout");
	}
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_RECVERR)
			continue;
		e = (struct sock_extended_err *)CMSG_DATA(c);
		from = (struct sockaddr_in *)SO_EE_OFFENDER(e);
		if (e->ee_origin == SO_EE_ORIGIN_LOCAL)
			return ok("local %s info %u",
				  strerrorname_np(e->ee_errno), e->ee_info);
		return ok("%u/%u from %s about %s info %u", e->ee_type,
			  e->ee_code, print_addr(from->sin_addr.s_addr),
			  print_end(&to), e->ee_info);
	}
	no("no error in the error queue");
}

static void tcp_error(struct sock *s)
{
	int64_t deadline = now_ms() + patience;
	socklen_t len;
	int err;

	do {
		err = 0;
		len = sizeof(err);
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err)
			return ok("%s", strerrorname_np(err));
	} while (wait_fd(s->fd, 0, deadline));
	no("timeout");
}

void cmd_error(int argc, char **argv)
{
	struct sock *s;

	if (argc != 1)
		return usage();
	s = find(argv[0]);
	if (!s)
		return;
	if (s->type == SOCK_DGRAM)
		udp_error(s);
	else
		tcp_error(s);
}

void cmd_listen(int argc, char **argv)
{
	int fd;

	if (argc != 3)
		return usage();
	fd = open_bound(argv[1], SOCK_STREAM, argv[2]);
	if (fd < 0)
		return;
	if (listen(fd, 64)) {
		no_errno("listen");
		close(fd);
		return;
	}
	add(argv[0], fd, SOCK_STREAM);
	ok("%s", local_end(fd));
}

static bool start(int argc, char **argv)
{
	struct sockaddr_in remote;
	unsigned long tos;
	int fd;

	if (!parse_end(argv[3], &remote)) {
		bad("%s is not ADDR:PORT", argv[3]);
		return false;
	}
	fd = open_bound(argv[1], SOCK_STREAM, argv[2]);
	if (fd < 0)
		return false;
	if (argc == 6 && !strcmp(argv[4], "tos") &&
	    parse_number(argv[5], 255, &tos))
		set(fd, IPPROTO_IP, IP_TOS, tos);
	if (connect(fd, (struct sockaddr *)&remote, sizeof(remote)) &&
	    errno != EINPROGRESS) {
		no_errno("connect");
		close(fd);
		return false;
	}
	add(argv[0], fd, SOCK_STREAM);
	return true;
}

void cmd_start(int argc, char **argv)
{
	if (argc != 4 && argc != 6)
		return usage();
	if (start(argc, argv))
		done();
}

static void finish(const char *name)
{
	struct sock *s = find(name);
	socklen_t len = sizeof(int);
	int err;

	if (!s)
		return;
	if (!wait_fd(s->fd, POLLOUT, now_ms() + patience))
		return no("timeout");
	getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err)
		return no("%s", strerrorname_np(err));
	ok("%s", local_end(s->fd));
}

void cmd_finish(int argc, char **argv)
{
	if (argc != 1)
		return usage();
	finish(argv[0]);
}

void cmd_connect(int argc, char **argv)
{
	if (argc != 4)
		return usage();
	if (start(argc, argv))
		finish(argv[0]);
}

void cmd_accept(int argc, char **argv)
{
	struct sockaddr_in from = {};
	socklen_t len = sizeof(from);
	struct sock *s;
	int fd;

	if (argc != 2)
		return usage();
	s = find(argv[1]);
	if (!s)
		return;
	if (!wait_fd(s->fd, POLLIN, now_ms() + patience))
		return no("timeout");
	fd = accept4(s->fd, (struct sockaddr *)&from, &len,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return no_errno("accept");
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	add(argv[0], fd, SOCK_STREAM);
	ok("%s at %s", print_end(&from), local_end(fd));
}

void cmd_local(int argc, char **argv)
{
	struct sock *s;

	if (argc != 1)
		return usage();
	s = find(argv[0]);
	if (s)
		ok("%s", local_end(s->fd));
}

/* The path MTU that a connected socket knows. */
void cmd_mtu(int argc, char **argv)
{
	socklen_t len = sizeof(int);
	struct sock *s;
	int mtu = 0;

	if (argc != 1)
		return usage();
	s = find(argv[0]);
	if (!s)
		return;
	if (getsockopt(s->fd, IPPROTO_IP, IP_MTU, &mtu, &len))
		return no_errno("mtu");
	ok("%d", mtu);
}

static uint8_t stream_byte(unsigned long at)
{
	return at * 31 + (at >> 11);
}

/* Sends bytes through a connection and checks that the same come out. */
void cmd_stream(int argc, char **argv)
{
	static uint8_t out[STREAM_CHUNK], in[STREAM_CHUNK];
	unsigned long total, sent = 0, got = 0, i, chunk;
	int64_t deadline;
	struct sock *from, *to;
	struct pollfd p[2];
	ssize_t n;

	if (argc != 3 || !parse_number(argv[2], 1UL << 32, &total))
		return usage();
	from = find(argv[0]);
	if (!from)
		return;
	to = find(argv[1]);
	if (!to)
		return;
	deadline = now_ms() + patience;
	while (got < total && now_ms() < deadline) {
		p[0] = (struct pollfd){ .fd = to->fd, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = from->fd, .events = POLLOUT };
		poll(p, sent < total ? 2 : 1, 100);
		captures_pump();
		chunk = total - sent < sizeof(out) ? total - sent : sizeof(out);
		for (i = 0; i < chunk; i++)
			out[i] = stream_byte(sent + i);
		n = chunk ? send(from->fd, out, chunk, MSG_NOSIGNAL) : 0;
		if (n > 0)
			sent += n;
		else if (n < 0 && errno != EAGAIN)
			return no("%s after sending %lu bytes",
				  strerrorname_np(errno), sent);
		n = recv(to->fd, in, sizeof(in), 0);
		if (n < 0 && errno != EAGAIN)
			return no("%s after %lu bytes", strerrorname_np(errno),
				  got);
		if (n <= 0)
			continue;
		for (i = 0; i < (unsigned long)n; i++)
			if (in[i] != stream_byte(got + i))
				return no("wrong byte at %lu", got + i);
		got += n;
		deadline = now_ms() + patience;
	}
	if (got < total)
		return no("timeout after %lu bytes", got);
	ok("%lu", got);
}

void cmd_eof(int argc, char **argv)
{
	struct sock *s;
	char byte;
	ssize_t n;

	if (argc != 1)
		return usage();
	s = find(argv[0]);
	if (!s)
		return;
	if (!wait_fd(s->fd, POLLIN, now_ms() + patience))
		return no("timeout");
	n = recv(s->fd, &byte, 1, 0);
	if (!n)
		return done();
	if (n < 0)
		return no_errno("recv");
	no("data");
}

void cmd_shut(int argc, char **argv)
{
	struct sock *s;

	if (argc != 1)
		return usage();
	s = find(argv[0]);
	if (!s)
		return;
	if (shutdown(s->fd, SHUT_WR))
		return no_errno("shut");
	done();
}

void cmd_close(int argc, char **argv)
{
	struct sock *s;

	if (!argc || argc > 2 || (argc == 2 && strcmp(argv[1], "reset")))
		return usage();
	s = find(argv[0]);
	if (!s)
		return;
	if (argc == 2)
		drop_hard(s);
	else
		drop(s);
	done();
}
