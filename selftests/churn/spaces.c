// SPDX-License-Identifier: GPL-2.0
/*
 * Makes network namespaces, one after the other, and a flow in each: what comes
 * in by lo from 10.0.0.2 is forwarded by lo, and has to have another source then.
 * The kernel destroys a namespace when the next one is made.
 *
 *   usage: spaces COUNT COMMAND...
 *
 *   COMMAND   tells a namespace to translate it
 *
 * One process each, as most of the time would go into starting others.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOURCE	12	/* offset in the header of IP */

static bool run(char **command)
{
	int status;
	pid_t pid;

	return !posix_spawnp(&pid, command[0], NULL, NULL, command, environ) &&
	       waitpid(pid, &status, 0) == pid && !status;
}

static bool forward(void)
{
	int fd = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY);
	bool done = fd >= 0 && write(fd, "1", 1) == 1;

	close(fd);
	return done;
}

/* lo goes up, and everything that is forwarded leaves by it. */
static bool set_up_lo(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct rtentry route = { .rt_dev = "lo", .rt_flags = RTF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool done;

	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	done = fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &lo) &&
	       !ioctl(fd, SIOCADDRT, &route);
	close(fd);
	return done;
}

/* The last packet to lo has no life left. */
static bool make_flow(void)
{
	static const uint8_t packet[] = {
		0x45, 0, 0, 29, 0, 1, 0, 0, 3, 17, 0xeb, 0xcc,
		10, 0, 0, 2, 192, 0, 2, 1,
		0x13, 0x88, 0, 53, 0, 9, 0, 0, 'x',
	};
	const struct timeval patience = { .tv_sec = 20 };
	struct sockaddr_ll lo = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = 1,
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	bool seen = false;
	uint8_t data[64];

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	sendto(fd, packet, sizeof(packet), 0, (void *)&lo, sizeof(lo));
	while (!seen && recv(fd, data, sizeof(data), 0) == sizeof(packet))
		seen = memcmp(data + SOURCE, packet + SOURCE, 4);
	close(fd);
	return seen;
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
		if (unshare(CLONE_NEWNET) || !forward() || !set_up_lo() ||
		    !run(argv + 2) || !make_flow()) {
			fprintf(stderr, "spaces: namespace %lu fails\n", i);
			return 1;
		}
	return 0;
}
