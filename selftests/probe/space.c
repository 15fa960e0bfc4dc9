// SPDX-License-Identifier: GPL-2.0
/* Network namespaces: opening sockets there, and waiting for the packets. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

/* Packets pass some of these queues, one a link, before they are at rest. */
#define SETTLE_ROUNDS	32

static int home = -1;			/* the namespace we started in */
static int fence = -1;			/* a UDP socket that sends to itself */
static struct sockaddr_in fence_addr;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

bool space_enter(const char *space)
{
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), "/run/netns/%s", space);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	err = setns(fd, CLONE_NEWNET);
	close(fd);
	return !err;
}

void space_leave(void)
{
	int saved = errno;

	if (setns(home, CLONE_NEWNET))
		die("setns");
	errno = saved;
}

int socket_in(const char *space, int domain, int type, int proto)
{
	int fd;

	if (!space_enter(space))
		return -1;
	fd = socket(domain, type | SOCK_CLOEXEC, proto);
	space_leave();
	return fd;
}

int device_in(const char *space, const char *device)
{
	int index;

	if (!space_enter(space))
		return 0;
	index = if_nametoindex(device);
	space_leave();
	return index;
}

/*
 * Packets on veth links wait in a queue of the CPU that sent them. This
 * process stays on one CPU, and its fence packets, over a loopback device of
 * their own, wait in the same queue behind all that went before.
 */
void settle_init(void)
{
	socklen_t len = sizeof(fence_addr);
	struct ifreq ifr = { .ifr_name = "lo" };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity");
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || unshare(CLONE_NEWNET))
		die("network namespace");
	fence = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ifr.ifr_flags = IFF_UP;
	fence_addr.sin_family = AF_INET;
	fence_addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fence < 0 || ioctl(fence, SIOCSIFFLAGS, &ifr) ||
	    bind(fence, (struct sockaddr *)&fence_addr, len) ||
	    getsockname(fence, (struct sockaddr *)&fence_addr, &len))
		die("fence");
	space_leave();
}

void settle_hops(int hops)
{
	char byte = 0;
	int i;

	for (i = 0; i < hops; i++)
		if (sendto(fence, &byte, 1, 0, (struct sockaddr *)&fence_addr,
			   sizeof(fence_addr)) != 1 ||
		    recv(fence, &byte, 1, 0) != 1)
			die("fence");
}

void settle(void)
{
	settle_hops(SETTLE_ROUNDS);
}
