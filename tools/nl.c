// SPDX-License-Identifier: GPL-2.0
/* natctl: talking to the kernel over generic netlink. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "natctl.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

#define BUF_SIZE	65536

static struct mnl_socket *sock;
static uint16_t family;
static uint32_t seq;
static char request[BUF_SIZE], answer[BUF_SIZE];

void nl_enter_netns(const char *name)
{
	char path[4096];
	int fd;

	if (strchr(name, '/'))
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(EXIT_USAGE, "there is no network namespace \"%s\": %s: %s",
		    name, path, strerror(errno));
	if (setns(fd, CLONE_NEWNET))
		die(EXIT_USAGE, "cannot enter network namespace \"%s\": %s",
		    name, strerror(errno));
	close(fd);
}

static struct nlmsghdr *start(uint16_t type, uint16_t flags, uint8_t cmd,
			      uint8_t version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = ++seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

/* What the kernel says of a refusal, or NULL. */
static const char *extack(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*err);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(&err->msg);
	mnl_attr_for_each(attr, nlh, skip)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			return mnl_attr_get_str(attr);
	return NULL;
}

static void refused(const struct nlmsghdr *nlh, int err, const char *msg)
{
	if (msg)
		die(EXIT_KERNEL, "%s", msg);
	if (nlh->nlmsg_type == GENL_ID_CTRL && err == ENOENT)
		die(EXIT_KERNEL, "module knat is not loaded: modprobe knat");
	if (err == EPERM)
		die(EXIT_KERNEL, "permission denied: CAP_NET_ADMIN is needed in the network namespace");
	if (err == ENOMEM)
		die(EXIT_KERNEL, "the kernel is out of memory");
	die(EXIT_KERNEL, "the kernel refused the request: %s", strerror(err));
}

/* Attributes that we know of; others are from a newer kernel. */
struct table {
	const struct nlattr	**attrs;
	int			max;
};

static int collect(const struct nlattr *attr, void *arg)
{
	struct table *table = arg;

	if (mnl_attr_get_type(attr) <= table->max)
		table->attrs[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

void nl_nest(const struct nlattr *nest, const struct nlattr **attrs, int max)
{
	struct table table = { attrs, max };

	memset(attrs, 0, (max + 1) * sizeof(*attrs));
	mnl_attr_parse_nested(nest, collect, &table);
}

static void receive(const struct nlmsghdr *req, int max, nl_print print)
{
	const struct nlattr *attrs[max + 1];
	struct table table = { attrs, max };
	const struct nlmsghdr *nlh;
	bool interrupted = false;
	ssize_t size;
	int len, err;

	for (;;) {
		size = mnl_socket_recvfrom(sock, answer, sizeof(answer));
		if (size < 0)
			die(EXIT_KERNEL, "no answer from the kernel: %s",
			    strerror(errno));
		len = size;
		for (nlh = (void *)answer; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_seq != req->nlmsg_seq)
				continue;
			interrupted |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
			if (nlh->nlmsg_type == NLMSG_ERROR ||
			    nlh->nlmsg_type == NLMSG_DONE) {
				err = *(int *)mnl_nlmsg_get_payload(nlh);
				if (err < 0)
					refused(req, -err,
						nlh->nlmsg_type == NLMSG_ERROR ?
						extack(nlh) : NULL);
				goto out;
			}
			memset(attrs, 0, sizeof(attrs));
			mnl_attr_parse(nlh, sizeof(struct genlmsghdr), collect,
				       &table);
			if (print)
				print(attrs);
		}
	}
out:
	if (interrupted) {
		fflush(stdout);
		fprintf(stderr, "Warning: the list changed while it was read: some entries may be missing or there twice\n");
	}
}

static void family_found(const struct nlattr *const *attrs)
{
	if (attrs[CTRL_ATTR_FAMILY_ID])
		family = mnl_attr_get_u16(attrs[CTRL_ATTR_FAMILY_ID]);
}

static void connect_kernel(void)
{
	int one = 1, size = 4 << 20;
	struct nlmsghdr *nlh;

	sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		die(EXIT_KERNEL, "cannot open a netlink socket: %s",
		    strerror(errno));
	mnl_socket_setsockopt(sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(sock, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(mnl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUF, &size,
		   sizeof(size));
	nlh = start(GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, 1);
	put_str(nlh, CTRL_ATTR_FAMILY_NAME, KNAT_FAMILY_NAME);
	if (mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) < 0)
		die(EXIT_KERNEL, "cannot send to the kernel: %s",
		    strerror(errno));
	receive(nlh, CTRL_ATTR_MAX, family_found);
}

struct nlmsghdr *nl_request(uint8_t cmd, uint16_t flags)
{
	return start(0, flags, cmd, KNAT_FAMILY_VERSION);
}

static void room(const struct nlmsghdr *nlh, size_t len)
{
	if (nlh->nlmsg_len + len + 64 > sizeof(request))
		die(EXIT_USAGE, "the command is too long for one request");
}

void put_u8(struct nlmsghdr *nlh, int attr, uint8_t value)
{
	room(nlh, sizeof(value));
	mnl_attr_put_u8(nlh, attr, value);
}

void put_u16(struct nlmsghdr *nlh, int attr, uint16_t value)
{
	room(nlh, sizeof(value));
	mnl_attr_put_u16(nlh, attr, value);
}

void put_u32(struct nlmsghdr *nlh, int attr, uint32_t value)
{
	room(nlh, sizeof(value));
	mnl_attr_put_u32(nlh, attr, value);
}

void put_str(struct nlmsghdr *nlh, int attr, const char *value)
{
	room(nlh, strlen(value));
	mnl_attr_put_strz(nlh, attr, value);
}

void nl_talk(struct nlmsghdr *nlh, int max, nl_print print)
{
	static char copy[BUF_SIZE];

	/* The command was right in itself: only now look for the kernel. */
	if (!sock) {
		memcpy(copy, nlh, nlh->nlmsg_len);
		connect_kernel();
		memcpy(nlh, copy, ((struct nlmsghdr *)copy)->nlmsg_len);
		nlh->nlmsg_seq = ++seq;
	}
	nlh->nlmsg_type = family;
	if (mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) < 0)
		die(EXIT_KERNEL, "cannot send to the kernel: %s",
		    strerror(errno));
	receive(nlh, max, print);
}
