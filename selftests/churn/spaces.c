// SPDX-License-Identifier: GPL-2.0
/*
 * Makes network namespaces, one after the other: in each, lo goes up, a command
 * is run, and a packet is sent. The kernel destroys it when the next one is made.
 *
 *   usage: spaces COUNT COMMAND...
 *
 * One process each, as most of the time would go into starting others.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int run(char **command)
{
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, command[0], NULL, NULL, command, environ))
		return -1;
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static int one_space(char **command)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd, failed;

	if (unshare(CLONE_NEWNET))
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return -1;
	failed = ioctl(fd, SIOCSIFFLAGS, &lo) || run(command) ||
		 sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)) != 1;
	close(fd);
	return failed;
}

int main(int argc, char **argv)
{
	unsigned long i, count;

	if (argc < 3) {
		fprintf(stderr, "usage: spaces COUNT COMMAND...\n");
		return 2;
	}
	count = strtoul(argv[1], NULL, 0);
	for (i = 0; i < count; i++)
		if (one_space(argv + 2)) {
			fprintf(stderr, "spaces: namespace %lu fails\n", i);
			return 1;
		}
	return 0;
}
