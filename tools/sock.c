// SPDX-License-Identifier: GPL-2.0
/* natctl: the netlink socket. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "error.h"
#include "sock.h"

static const char *netns;
static struct mnl_socket *sock;

void sock_netns(const char *name)
{
	netns = name;
}

static void netns_enter(void)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s%s", strchr(netns, '/') ? "" : "/run/netns/",
		     netns) < 0)
		fail("there is no memory for the name of the network namespace");
	/* The path may be of anything, a named pipe for instance. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		fail("there is no network namespace %s: ip netns list shows those that are there",
		     said(netns));
	if (fd < 0)
		fail("the network namespace %s cannot be opened: %s",
		     said(netns), strerror(errno));
	if (setns(fd, CLONE_NEWNET)) {
		if (errno == EPERM)
			fail("permission denied: to enter the network namespace %s, CAP_SYS_ADMIN is needed",
			     said(netns));
		if (errno == EINVAL)
			fail("%s is not a network namespace", said(netns));
		fail("the network namespace %s cannot be entered: %s",
		     said(netns), strerror(errno));
	}
	close(fd);
	free(path);
}

void sock_open(void)
{
	/* What an old kernel does not know, it does without. */
	static const int wanted[] = {
		NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK,
	};
	int one = 1;
	size_t i;

	if (netns)
		netns_enter();
	sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		fail("a generic netlink socket cannot be opened: %s",
		     strerror(errno));
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		mnl_socket_setsockopt(sock, wanted[i], &one, sizeof(one));
}

void sock_room(size_t len)
{
	/* The kernel doubles it, and counts what is around a message as well. */
	int size = len < INT_MAX / 2 ? len : INT_MAX / 2;
	int fd = mnl_socket_get_fd(sock);

	/* Beyond the limit only with privileges; else what the limit allows. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

void sock_send(const void *message, size_t len)
{
	while (mnl_socket_sendto(sock, message, len) < 0)
		if (errno != EINTR)
			fail("the request cannot be sent to the kernel: %s",
			     strerror(errno));
}

size_t sock_receive(void *buf, size_t size)
{
	ssize_t len;

	do {
		len = mnl_socket_recvfrom(sock, buf, size);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		fail("the kernel's answer cannot be received: %s",
		     strerror(errno));
	return len;
}

/* What happens while the output is written waits here. */
#define HEAR_BUFFER	(8 << 20)
/* What waits when a signal comes is printed, but not for ever. */
#define HEAR_REST	10000

/* Becomes readable when a signal asks the process to end. */
static int end_fd = -1;

static void hear_begin(void)
{
	int size = HEAR_BUFFER, fd = mnl_socket_get_fd(sock);
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	end_fd = signalfd(-1, &ends, SFD_CLOEXEC);
	if (end_fd < 0)
		fail("signals cannot be waited for: %s", strerror(errno));
	/* Beyond the limit only with privileges; else what the limit allows. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

void sock_join(uint32_t group)
{
	if (end_fd < 0)
		hear_begin();
	if (!mnl_socket_setsockopt(sock, NETLINK_ADD_MEMBERSHIP, &group,
				   sizeof(group)))
		return;
	if (errno == EPERM)
		fail("permission denied: CAP_NET_ADMIN is needed in the network namespace, so be root or say sudo");
	fail("events cannot be listened to: %s", strerror(errno));
}

ssize_t sock_hear(void *buf, size_t size)
{
	struct pollfd fds[] = {
		{ .fd = mnl_socket_get_fd(sock), .events = POLLIN },
		{ .fd = end_fd, .events = POLLIN },
		/* An error or a hang-up: nobody reads. */
		{ .fd = STDOUT_FILENO },
	};
	/* Datagrams still to be read when the end has come. */
	static int rest = -1;
	ssize_t len;

	for (;;) {
		if (poll(fds, sizeof(fds) / sizeof(fds[0]),
			 rest < 0 ? -1 : 0) < 0)
			fail("events cannot be waited for: %s",
			     strerror(errno));
		if (fds[1].revents && rest < 0)
			rest = HEAR_REST;
		if (fds[2].revents ||
		    (rest >= 0 && (!fds[0].revents || !rest--)))
			return 0;
		if (!fds[0].revents)
			continue;
		len = mnl_socket_recvfrom(sock, buf, size);
		if (len >= 0)
			return len;
		if (errno == ENOBUFS)
			return SOCK_OVERRUN;
		if (errno != EINTR && errno != EAGAIN)
			fail("events cannot be received: %s", strerror(errno));
	}
}
