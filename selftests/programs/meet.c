// SPDX-License-Identifier: GPL-2.0
/*
 * Two hosts behind NATs connect directly: each learns its public end from a
 * STUN server, they exchange these through a rendezvous server, and both open
 * the connection at the same time from the port that the STUN server saw
 * (RFC 5128 sections 3.3 and 3.4).
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

#define LINE_SIZE	128
#define KEEP_ALIVE	1000		/* milliseconds between messages */
#define SILENCE		5000		/* the other one is gone after this */
#define PUNCH		200		/* milliseconds between first tries */
#define OPENING		30000		/* how long the opening may take */

/* Two callers each get the line of the other. */
void rendezvous_serve(const struct sockaddr_in *end)
{
	int listener = socket_listen(SOCK_STREAM, end);

	say("ready");
	for (;;) {
		char line[2][LINE_SIZE];
		int conn[2];

		for (int i = 0; i < 2; i++) {
			struct sockaddr_in from;
			socklen_t len = sizeof(from);

			conn[i] = accept(listener, (struct sockaddr *)&from,
					 &len);
			if (conn[i] < 0)
				die_errno("accept");
			if (!socket_read_line(conn[i], line[i], LINE_SIZE - 1,
					      now_ms() + PATIENCE))
				die("%s says nothing", print_end(&from));
			say("%s, seen as %s", line[i], print_end(&from));
			strcat(line[i], "\n");
		}
		for (int i = 0; i < 2; i++)
			socket_write(conn[i], line[!i], strlen(line[!i]));
		for (int i = 0; i < 2; i++)
			close(conn[i]);
	}
}

static bool same_end(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
	return a->sin_addr.s_addr == b->sin_addr.s_addr &&
	       a->sin_port == b->sin_port;
}

static void connect_or_die(int fd, const struct sockaddr_in *end,
			   const char *what)
{
	int err = socket_connect(fd, end, now_ms() + PATIENCE);

	if (err)
		die("%s %s: %s", what, print_end(end), strerror(err));
}

/* Tells the rendezvous server our end, and returns the other one's. */
static struct sockaddr_in exchange(const struct meeting *m, int fd,
				   const struct sockaddr_in *mapped)
{
	struct sockaddr_in other;
	char line[LINE_SIZE];
	char *space;

	connect_or_die(fd, &m->rendezvous, "rendezvous server");
	snprintf(line, sizeof(line), "%s %s\n", m->name, print_end(mapped));
	socket_write(fd, line, strlen(line));
	if (!socket_read_line(fd, line, sizeof(line), now_ms() + OPENING))
		die("nobody came to the rendezvous");
	space = strchr(line, ' ');
	if (!space)
		die("the rendezvous server says %s", line);
	*space = '\0';
	other = parse_end(space + 1);
	say("%s is at %s", line, print_end(&other));
	return other;
}

/* Sends hello until the other one says that it has heard us. */
static void udp_open(const struct meeting *m, int fd,
		     const struct sockaddr_in *other)
{
	int64_t end = now_ms() + OPENING;
	bool heard = false;

	while (now_ms() < end) {
		int64_t again = now_ms() + PUNCH;
		char text[LINE_SIZE];

		snprintf(text, sizeof(text), "hello from %s%s", m->name,
			 heard ? ", heard you" : "");
		if (sendto(fd, text, strlen(text), 0,
			   (const struct sockaddr *)other, sizeof(*other)) < 0)
			die_errno("sendto");
		while (wait_fd(fd, POLLIN, again)) {
			struct sockaddr_in from;
			socklen_t len = sizeof(from);
			ssize_t n = recvfrom(fd, text, sizeof(text) - 1, 0,
					     (struct sockaddr *)&from, &len);

			if (n < 0)
				die_errno("recvfrom");
			text[n] = '\0';
			/* An answer to a request that was repeated */
			if (same_end(&from, &m->stun))
				continue;
			if (!same_end(&from, other))
				die("\"%s\" from %s, not from %s", text,
				    print_end(&from), print_end(other));
			heard = true;
			if (strstr(text, "heard you")) {
				say("connected: %s", text);
				return;
			}
		}
	}
	die("no connection to %s", print_end(other));
}

static void udp_keep(const struct meeting *m, int fd,
		     const struct sockaddr_in *other)
{
	int64_t start = now_ms();
	int64_t last = start;
	char text[LINE_SIZE];

	while (now_ms() < start + m->keep_s * 1000) {
		int64_t again = now_ms() + KEEP_ALIVE;

		snprintf(text, sizeof(text), "hello from %s, heard you",
			 m->name);
		if (sendto(fd, text, strlen(text), 0,
			   (const struct sockaddr *)other, sizeof(*other)) < 0)
			die_errno("sendto");
		while (wait_fd(fd, POLLIN, again)) {
			if (recv(fd, text, sizeof(text), 0) < 0)
				die_errno("recv");
			last = now_ms();
		}
		if (now_ms() > last + SILENCE)
			die("no keep-alive since %d s",
			    (int)((now_ms() - last) / 1000));
	}
}

static void meet_udp(const struct meeting *m)
{
	int fd = socket_bound(SOCK_DGRAM, m->port);
	struct sockaddr_in mapped = stun_ask(fd, SOCK_DGRAM, &m->stun);
	struct sockaddr_in other, again;

	say("%s is at %s", m->name, print_end(&mapped));
	other = exchange(m, socket_bound(SOCK_STREAM, 0), &mapped);
	udp_open(m, fd, &other);
	udp_keep(m, fd, &other);
	say("kept for %d s", m->keep_s);

	again = stun_ask(fd, SOCK_DGRAM, &m->stun);
	if (!same_end(&again, &mapped))
		die("the public end is now %s", print_end(&again));
	say("still at %s", print_end(&again));
}

/*
 * Nobody listens: only two requests that cross make a connection. One that
 * comes before the other end has sent its own is answered with a RST, or by
 * nothing where a filter stands, and is tried again.
 */
static int tcp_open(in_port_t port, const struct sockaddr_in *other)
{
	int64_t end = now_ms() + OPENING;
	int err = 0;

	for (int tries = 1; now_ms() < end; tries++) {
		int fd = socket_bound(SOCK_STREAM, port);

		err = socket_connect(fd, other, end);
		if (!err) {
			say("connected at attempt %d", tries);
			return fd;
		}
		close(fd);
		usleep(random() % 100000);
	}
	die("no connection to %s: %s", print_end(other), strerror(err));
}

static void meet_tcp(const struct meeting *m)
{
	int stun = socket_bound(SOCK_STREAM, m->port);
	in_port_t port = socket_port(stun);
	struct sockaddr_in mapped, other;
	char line[LINE_SIZE];
	int fd;

	connect_or_die(stun, &m->stun, "STUN server");
	mapped = stun_ask(stun, SOCK_STREAM, &m->stun);
	say("%s is at %s", m->name, print_end(&mapped));
	other = exchange(m, socket_bound(SOCK_STREAM, port), &mapped);

	srandom(getpid());
	fd = tcp_open(port, &other);
	snprintf(line, sizeof(line), "hello from %s\n", m->name);
	socket_write(fd, line, strlen(line));
	if (!socket_read_line(fd, line, sizeof(line), now_ms() + PATIENCE))
		die("connected, but nothing comes");
	say("connected: %s", line);

	for (int64_t over = now_ms() + m->keep_s * 1000; now_ms() < over;) {
		int64_t again = now_ms() + KEEP_ALIVE;

		socket_write(fd, "alive\n", strlen("alive\n"));
		if (!socket_read_line(fd, line, sizeof(line),
				      now_ms() + SILENCE))
			die("no keep-alive");
		while (now_ms() < again)
			usleep(10000);
	}
	say("kept for %d s", m->keep_s);
	/* Not before the other one has read what it waits for. */
	shutdown(fd, SHUT_WR);
	while (recv(fd, line, sizeof(line), 0) > 0)
		;
}

void meet(const struct meeting *m)
{
	if (m->type == SOCK_DGRAM)
		meet_udp(m);
	else
		meet_tcp(m);
}
