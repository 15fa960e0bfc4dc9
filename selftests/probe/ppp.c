// SPDX-License-Identifier: GPL-2.0
/*
 * PPP devices on PPPoE sessions. Nothing is negotiated: both ends are told the
 * number of the session, and the kernel passes IP on a device as it is made.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

/* After <netinet/in.h>, whose types it has as well otherwise. */
#include <linux/if_pppox.h>
#include <linux/ppp-ioctl.h>

struct ppp {
	struct ppp *next;
	int unit_fd;		/* the device goes when it is closed */
	int unit;
	int session_fd;		/* -1: none */
	char space[32], name[];
};

static struct ppp *ppps;

static struct ppp *find(const char *name)
{
	struct ppp *p;

	for (p = ppps; p; p = p->next)
		if (!strcmp(p->name, name))
			return p;
	bad("no PPP device is named %s", name);
	return NULL;
}

void ppps_close(void)
{
	struct ppp *p;

	while (ppps) {
		p = ppps;
		ppps = p->next;
		if (p->session_fd >= 0)
			close(p->session_fd);
		close(p->unit_fd);
		free(p);
	}
}

/* Makes a device, and answers with its name. */
void cmd_ppp(int argc, char **argv)
{
	struct ppp *p;

	if (argc != 2 || strlen(argv[1]) >= sizeof(p->space))
		return usage();
	p = calloc(1, sizeof(*p) + strlen(argv[0]) + 1);
	if (!p)
		abort();
	strcpy(p->name, argv[0]);
	strcpy(p->space, argv[1]);
	p->unit = -1;
	p->session_fd = -1;
	p->unit_fd = -1;
	if (space_enter(p->space)) {
		p->unit_fd = open("/dev/ppp", O_RDWR | O_CLOEXEC);
		if (p->unit_fd >= 0 &&
		    ioctl(p->unit_fd, PPPIOCNEWUNIT, &p->unit)) {
			close(p->unit_fd);
			p->unit_fd = -1;
		}
		space_leave();
	}
	if (p->unit_fd < 0) {
		no_errno("ppp");
		free(p);
		return;
	}
	p->next = ppps;
	ppps = p;
	ok("ppp%d", p->unit);
}

static int connect_channel(struct ppp *p)
{
	int fd, err, channel;

	if (ioctl(p->session_fd, PPPIOCGCHAN, &channel))
		return -1;
	fd = open("/dev/ppp", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = ioctl(fd, PPPIOCATTCHAN, &channel) ||
	      ioctl(fd, PPPIOCCONNECT, &p->unit) ? -1 : 0;
	close(fd);
	return err;
}

/* Puts the device on a session, in place of the one that it is on. */
void cmd_dial(int argc, char **argv)
{
	struct sockaddr_pppox to = {
		.sa_family = AF_PPPOX,
		.sa_protocol = PX_PROTO_OE,
	};
	unsigned char *mac = to.sa_addr.pppoe.remote;
	unsigned long sid;
	struct ppp *p;
	int err = -1;

	if (argc != 4 || !parse_number(argv[2], 65535, &sid) ||
	    sscanf(argv[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1,
		   mac + 2, mac + 3, mac + 4, mac + 5) != 6)
		return usage();
	p = find(argv[0]);
	if (!p)
		return;
	if (p->session_fd >= 0)
		close(p->session_fd);
	to.sa_addr.pppoe.sid = htons(sid);
	snprintf(to.sa_addr.pppoe.dev, sizeof(to.sa_addr.pppoe.dev), "%s",
		 argv[1]);
	p->session_fd = socket_in(p->space, AF_PPPOX, SOCK_STREAM, PX_PROTO_OE);
	if (p->session_fd >= 0 &&
	    !connect(p->session_fd, (struct sockaddr *)&to, sizeof(to)) &&
	    space_enter(p->space)) {
		err = connect_channel(p);
		space_leave();
	}
	if (err)
		no_errno("dial");
	else
		done();
}

/* Ends the session; the device stays. */
void cmd_hangup(int argc, char **argv)
{
	struct ppp *p;

	if (argc != 1)
		return usage();
	p = find(argv[0]);
	if (!p)
		return;
	if (p->session_fd >= 0)
		close(p->session_fd);
	p->session_fd = -1;
	done();
}
