// SPDX-License-Identifier: GPL-2.0
/* peer: small network programs for the tests, each with plain sockets. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

#define TEXT_MAX	2048

static const char usage[] =
	"usage: peer echo PROTO ADDRESS:PORT             serves\n"
	"       peer ask [-p PORT] PROTO ADDRESS:PORT TEXT\n"
	"       peer stun-server ADDRESS:PORT\n"
	"       peer stun [-p PORT] PROTO ADDRESS:PORT\n"
	"       peer rendezvous ADDRESS:PORT             serves\n"
	"       peer meet [-p PORT] [-k SECONDS] PROTO NAME STUN RENDEZVOUS\n"
	"PROTO is tcp or udp; -p is the local port; -k keeps the connection.\n";

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("peer: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void die_errno(const char *what)
{
	die("%s: %s", what, strerror(errno));
}

static void echo_stream(int fd, const struct sockaddr_in *from)
{
	char data[65536];
	ssize_t n;

	say("from %s", print_end(from));
	while ((n = recv(fd, data, sizeof(data), 0)) > 0)
		socket_write(fd, data, n);
}

static void echo_datagrams(int fd)
{
	char data[65536];

	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, data, sizeof(data), 0,
				     (struct sockaddr *)&from, &len);

		if (n < 0)
			die_errno("recvfrom");
		say("from %s", print_end(&from));
		if (sendto(fd, data, n, 0, (struct sockaddr *)&from, len) < 0)
			die_errno("sendto");
	}
}

static void echo(int type, const struct sockaddr_in *end)
{
	int fd = socket_listen(type, end);

	say("ready");
	if (type == SOCK_STREAM)
		serve_connections(fd, echo_stream);
	echo_datagrams(fd);
}

/* Sends a text and prints what comes back. */
static void ask(int fd, const struct sockaddr_in *end, const char *text)
{
	int64_t deadline = now_ms() + PATIENCE;
	size_t len = strlen(text);
	char answer[TEXT_MAX + 1];
	int err;

	if (!len || len > TEXT_MAX)
		die("a text has 1 to %d bytes", TEXT_MAX);
	err = socket_connect(fd, end, deadline);
	if (err)
		die("%s: %s", print_end(end), strerror(err));
	socket_write(fd, text, len);
	if (!socket_read(fd, answer, len, deadline))
		die("%s does not answer", print_end(end));
	answer[len] = '\0';
	say("%s", answer);
}

static void stun(int fd, int type, const struct sockaddr_in *server)
{
	struct sockaddr_in mapped;
	int err;

	if (type == SOCK_STREAM) {
		err = socket_connect(fd, server, now_ms() + PATIENCE);
		if (err)
			die("%s: %s", print_end(server), strerror(err));
	}
	mapped = stun_ask(fd, type, server);
	say("%s", print_end(&mapped));
}

static int parse_proto(const char *word)
{
	if (!strcmp(word, "tcp"))
		return SOCK_STREAM;
	if (!strcmp(word, "udp"))
		return SOCK_DGRAM;
	die("%s is neither tcp nor udp", word);
}

static int parse_number(const char *word, long max)
{
	char *rest;
	long value = strtol(word, &rest, 10);

	if (rest == word || *rest || value < 0 || value > max)
		die("%s is not a number of 0 to %ld", word, max);
	return value;
}

static void __attribute__((noreturn)) usage_die(void)
{
	fputs(usage, stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	struct sockaddr_in end;
	int port = 0, keep_s = 0;
	const char *verb;
	int type, opt;

	if (argc < 2)
		usage_die();
	verb = argv[1];
	argc--;
	argv++;
	while ((opt = getopt(argc, argv, "p:k:")) != -1) {
		if (opt == 'p')
			port = parse_number(optarg, 65535);
		else if (opt == 'k')
			keep_s = parse_number(optarg, 3600);
		else
			usage_die();
	}
	argc -= optind;
	argv += optind;

	if (!strcmp(verb, "echo") && argc == 2) {
		end = parse_end(argv[1]);
		echo(parse_proto(argv[0]), &end);
	} else if (!strcmp(verb, "ask") && argc == 3) {
		end = parse_end(argv[1]);
		ask(socket_bound(parse_proto(argv[0]), port), &end, argv[2]);
	} else if (!strcmp(verb, "stun-server") && argc == 1) {
		end = parse_end(argv[0]);
		stun_serve(&end);
	} else if (!strcmp(verb, "stun") && argc == 2) {
		type = parse_proto(argv[0]);
		end = parse_end(argv[1]);
		stun(socket_bound(type, port), type, &end);
	} else if (!strcmp(verb, "rendezvous") && argc == 1) {
		end = parse_end(argv[0]);
		rendezvous_serve(&end);
	} else if (!strcmp(verb, "meet") && argc == 4) {
		struct meeting m = {
			.name = argv[1],
			.type = parse_proto(argv[0]),
			.port = port,
			.keep_s = keep_s,
			.stun = parse_end(argv[2]),
			.rendezvous = parse_end(argv[3]),
		};

		meet(&m);
	} else {
		usage_die();
	}
	return 0;
}
