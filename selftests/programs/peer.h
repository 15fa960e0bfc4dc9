/* SPDX-License-Identifier: GPL-2.0 */
/*
 * peer: small network programs for the tests, each with plain sockets.
 */
#ifndef PEER_H
#define PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How long an answer may take, in milliseconds. */
#define PATIENCE	10000

/* peer.c */

/* Prints why, and ends the program. */
void die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
/* The same with the meaning of errno. */
void die_errno(const char *what) __attribute__((noreturn));
/* Prints one line at once, so that a test can wait for it. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* socket.c: types are SOCK_STREAM and SOCK_DGRAM */

int64_t now_ms(void);
/* Waits until fd is ready for events; false at the deadline. */
bool wait_fd(int fd, short events, int64_t deadline);
struct sockaddr_in parse_end(const char *word);
/* Good until the fourth call after it. */
const char *print_end(const struct sockaddr_in *end);
/* A socket on a local port that other sockets may share; 0 takes any port. */
int socket_bound(int type, in_port_t port);
in_port_t socket_port(int fd);
int socket_listen(int type, const struct sockaddr_in *end);
/* 0, or an errno. */
int socket_connect(int fd, const struct sockaddr_in *end, int64_t deadline);
/* All of it, or the program ends. */
void socket_write(int fd, const void *data, size_t len);
/* Exactly len bytes; false if the other end closes or the deadline passes. */
bool socket_read(int fd, void *data, size_t len, int64_t deadline);
/* One line without its end. */
bool socket_read_line(int fd, char *line, size_t size, int64_t deadline);
/* Runs serve() in a process of its own for each connection; never returns. */
void serve_connections(int fd,
		       void (*serve)(int fd, const struct sockaddr_in *from))
	__attribute__((noreturn));

/* stun.c: RFC 8489, the Binding method */

void stun_serve(const struct sockaddr_in *end);
/* The public end of a datagram socket, or of a connected stream socket. */
struct sockaddr_in stun_ask(int fd, int type, const struct sockaddr_in *server);

/* meet.c: two hosts that connect directly */

void rendezvous_serve(const struct sockaddr_in *end);

struct meeting {
	const char *name;
	int type;
	in_port_t port;			/* local port, 0: any */
	int keep_s;			/* how long to stay connected */
	struct sockaddr_in stun;
	struct sockaddr_in rendezvous;
};

void meet(const struct meeting *m);

#endif
