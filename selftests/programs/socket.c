// SPDX-License-Identifier: GPL-2.0
/* Sockets with deadlines. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool wait_fd(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline - now_ms();
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			die_errno("poll");
		if (n == 0 && left <= 0)
			return false;
	}
}

struct sockaddr_in parse_end(const char *word)
{
	struct sockaddr_in end = { .sin_family = AF_INET };
	const char *colon = strchr(word, ':');
	char addr[INET_ADDRSTRLEN] = "";
	char *rest;
	unsigned long port;

	if (!colon || (size_t)(colon - word) >= sizeof(addr))
		die("%s is not ADDRESS:PORT", word);
	memcpy(addr, word, colon - word);
	port = strtoul(colon + 1, &rest, 10);
	if (inet_pton(AF_INET, addr, &end.sin_addr) != 1 ||
	    rest == colon + 1 || *rest || port > 65535)
		die("%s is not ADDRESS:PORT", word);
	end.sin_port = htons(port);
	return end;
}

const char *print_end(const struct sockaddr_in *end)
{
	static char ring[4][INET_ADDRSTRLEN + sizeof(":65535")];
	static unsigned int turn;
	char addr[INET_ADDRSTRLEN];
	char *text = ring[turn++ % 4];

	inet_ntop(AF_INET, &end->sin_addr, addr, sizeof(addr));
	snprintf(text, sizeof(ring[0]), "%s:%u", addr, ntohs(end->sin_port));
	return text;
}

static int socket_bind(int type, const struct sockaddr_in *end)
{
	int one = 1;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die_errno("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		die_errno("SO_REUSEADDR");
	if (bind(fd, (const struct sockaddr *)end, sizeof(*end)))
		die_errno(print_end(end));
	return fd;
}

int socket_bound(int type, in_port_t port)
{
	struct sockaddr_in any = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	return socket_bind(type, &any);
}

in_port_t socket_port(int fd)
{
	struct sockaddr_in end;
	socklen_t len = sizeof(end);

	if (getsockname(fd, (struct sockaddr *)&end, &len))
		die_errno("getsockname");
	return ntohs(end.sin_port);
}

int socket_listen(int type, const struct sockaddr_in *end)
{
	int fd = socket_bind(type, end);

	if (type == SOCK_STREAM && listen(fd, 64))
		die_errno("listen");
	return fd;
}

int socket_connect(int fd, const struct sockaddr_in *end, int64_t deadline)
{
	int flags = fcntl(fd, F_GETFL);
	int err = 0;
	socklen_t len = sizeof(err);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	if (connect(fd, (const struct sockaddr *)end, sizeof(*end))) {
		err = errno;
		if (err == EINPROGRESS) {
			if (!wait_fd(fd, POLLOUT, deadline))
				return ETIMEDOUT;
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
		}
	}
	fcntl(fd, F_SETFL, flags);
	return err;
}

void socket_write(int fd, const void *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			die_errno("send");
		if (n > 0) {
			data = (const char *)data + n;
			len -= n;
		}
	}
}

bool socket_read(int fd, void *data, size_t len, int64_t deadline)
{
	while (len) {
		ssize_t n;

		if (!wait_fd(fd, POLLIN, deadline))
			return false;
		n = recv(fd, data, len, 0);
		if (n == 0)
			return false;
		if (n < 0 && errno != EINTR)
			die_errno("recv");
		if (n > 0) {
			data = (char *)data + n;
			len -= n;
		}
	}
	return true;
}

bool socket_read_line(int fd, char *line, size_t size, int64_t deadline)
{
	size_t used = 0;

	while (used + 1 < size) {
		if (!socket_read(fd, line + used, 1, deadline))
			return false;
		if (line[used] == '\n') {
			line[used] = '\0';
			return true;
		}
		used++;
	}
	die("a line is too long");
}

void serve_connections(int fd,
		       void (*serve)(int fd, const struct sockaddr_in *from))
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		int conn = accept(fd, (struct sockaddr *)&from, &len);

		if (conn < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			die_errno("accept");
		}
		switch (fork()) {
		case -1:
			die_errno("fork");
		case 0:
			close(fd);
			serve(conn, &from);
			exit(0);
		}
		close(conn);
	}
}
