// SPDX-License-Identifier: GPL-2.0
/* STUN, RFC 8489: the Binding method over UDP and TCP. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <signal.h>
#include <unistd.h>

#include "peer.h"

#define STUN_REQUEST		0x0001
#define STUN_SUCCESS		0x0101
#define STUN_COOKIE		0x2112a442
#define STUN_XOR_MAPPED		0x0020
#define STUN_BODY_MAX		512
/* First retransmission, RFC 8489 section 6.2.1; it doubles. */
#define STUN_RTO		500

struct stun_message {
	uint16_t type;
	uint16_t len;			/* of the body */
	uint32_t cookie;
	uint8_t transaction[12];
	uint8_t body[STUN_BODY_MAX];
} __attribute__((packed));

#define STUN_HEADER	offsetof(struct stun_message, body)

struct stun_xor_mapped {
	uint16_t type;
	uint16_t len;
	uint8_t zero;
	uint8_t family;			/* 1: IPv4 */
	uint16_t port;
	uint32_t addr;
} __attribute__((packed));

static bool message_valid(const struct stun_message *m, uint16_t type)
{
	return ntohs(m->type) == type && ntohl(m->cookie) == STUN_COOKIE &&
	       ntohs(m->len) <= STUN_BODY_MAX;
}

/* Turns a request into its answer; returns the length of it. */
static size_t answer_make(struct stun_message *m,
			  const struct sockaddr_in *from)
{
	struct stun_xor_mapped mapped = {
		.type = htons(STUN_XOR_MAPPED),
		.len = htons(8),
		.family = 1,
		.port = from->sin_port ^ htons(STUN_COOKIE >> 16),
		.addr = from->sin_addr.s_addr ^ htonl(STUN_COOKIE),
	};

	m->type = htons(STUN_SUCCESS);
	m->len = htons(sizeof(mapped));
	memcpy(m->body, &mapped, sizeof(mapped));
	return STUN_HEADER + sizeof(mapped);
}

static bool answer_read(const struct stun_message *m, struct sockaddr_in *end)
{
	size_t len = ntohs(m->len);
	size_t at = 0;

	while (at + 4 <= len) {
		struct stun_xor_mapped a;
		size_t size;

		memcpy(&a, m->body + at, 4);
		size = ntohs(a.len);
		if (ntohs(a.type) == STUN_XOR_MAPPED && size == 8 &&
		    at + sizeof(a) <= len) {
			memcpy(&a, m->body + at, sizeof(a));
			end->sin_family = AF_INET;
			end->sin_port = a.port ^ htons(STUN_COOKIE >> 16);
			end->sin_addr.s_addr = a.addr ^ htonl(STUN_COOKIE);
			return true;
		}
		at += 4 + ((size + 3) & ~(size_t)3);
	}
	return false;
}

static void serve_datagrams(int fd)
{
	for (;;) {
		struct stun_message m;
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, &m, sizeof(m), 0,
				     (struct sockaddr *)&from, &from_len);

		if (n < (ssize_t)STUN_HEADER || !message_valid(&m, STUN_REQUEST))
			continue;
		say("udp from %s", print_end(&from));
		if (sendto(fd, &m, answer_make(&m, &from), 0,
			   (struct sockaddr *)&from, from_len) < 0)
			die_errno("sendto");
	}
}

static bool message_receive(int fd, struct stun_message *m, int64_t deadline)
{
	return socket_read(fd, m, STUN_HEADER, deadline) &&
	       ntohs(m->len) <= STUN_BODY_MAX &&
	       socket_read(fd, m->body, ntohs(m->len), deadline);
}

static void serve_stream(int fd, const struct sockaddr_in *from)
{
	struct stun_message m;

	/* The client keeps the connection while it needs the mapping. */
	while (message_receive(fd, &m, now_ms() + 600000)) {
		if (!message_valid(&m, STUN_REQUEST))
			break;
		say("tcp from %s", print_end(from));
		socket_write(fd, &m, answer_make(&m, from));
	}
}

void stun_serve(const struct sockaddr_in *end)
{
	int datagrams = socket_listen(SOCK_DGRAM, end);
	int streams = socket_listen(SOCK_STREAM, end);

	switch (fork()) {
	case -1:
		die_errno("fork");
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(streams);
		serve_datagrams(datagrams);
	}
	close(datagrams);
	say("ready");
	serve_connections(streams, serve_stream);
}

static void ask_datagram(int fd, const struct sockaddr_in *server,
			 const struct stun_message *request,
			 struct stun_message *answer)
{
	int64_t end = now_ms() + PATIENCE;
	int64_t wait = STUN_RTO;

	while (now_ms() < end) {
		int64_t again = now_ms() + wait;

		wait *= 2;
		if (sendto(fd, request, STUN_HEADER, 0,
			   (const struct sockaddr *)server, sizeof(*server)) < 0)
			die_errno("sendto");
		while (wait_fd(fd, POLLIN, again)) {
			ssize_t n = recv(fd, answer, sizeof(*answer), 0);

			if (n >= (ssize_t)STUN_HEADER &&
			    message_valid(answer, STUN_SUCCESS) &&
			    n == (ssize_t)(STUN_HEADER + ntohs(answer->len)) &&
			    !memcmp(answer->transaction, request->transaction,
				    sizeof(answer->transaction)))
				return;
		}
	}
	die("the STUN server %s does not answer", print_end(server));
}

struct sockaddr_in stun_ask(int fd, int type, const struct sockaddr_in *server)
{
	struct stun_message request = {
		.type = htons(STUN_REQUEST),
		.cookie = htonl(STUN_COOKIE),
	};
	struct stun_message answer;
	struct sockaddr_in mapped;

	if (getrandom(request.transaction, sizeof(request.transaction), 0) < 0)
		die_errno("getrandom");
	if (type == SOCK_DGRAM) {
		ask_datagram(fd, server, &request, &answer);
	} else {
		socket_write(fd, &request, STUN_HEADER);
		if (!message_receive(fd, &answer, now_ms() + PATIENCE) ||
		    !message_valid(&answer, STUN_SUCCESS))
			die("the STUN server %s does not answer",
			    print_end(server));
	}
	if (!answer_read(&answer, &mapped))
		die("the STUN answer holds no address");
	return mapped;
}
