// SPDX-License-Identifier: GPL-2.0
/* Tests of natctl: netlink messages made by hand, without libmnl. */
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include "knat.h"
#include "wire.h"

void wire_clear(struct wire *wire)
{
	memset(wire, 0, sizeof(*wire));
}

void wire_cut(struct wire *wire)
{
	wire->ends[wire->nr_ends++] = wire->len;
}

/* The message is as long as it is now. */
static void set_length(struct wire *wire)
{
	struct nlmsghdr *nlh = (void *)(wire->bytes + wire->message);

	nlh->nlmsg_len = wire->len - wire->message;
}

void wire_put(struct wire *wire, const void *data, size_t len)
{
	if (wire->len + len + 4 > sizeof(wire->bytes))
		abort();
	memcpy(wire->bytes + wire->len, data, len);
	wire->len += NLMSG_ALIGN(len);
	set_length(wire);
}

void wire_message(struct wire *wire, uint16_t type, uint16_t flags)
{
	struct nlmsghdr nlh = { .nlmsg_type = type, .nlmsg_flags = flags };

	wire->message = wire->len;
	wire_put(wire, &nlh, sizeof(nlh));
}

void wire_genl(struct wire *wire, uint16_t type, uint16_t flags, uint8_t cmd)
{
	struct genlmsghdr genl = {
		.cmd = cmd, .version = KNAT_FAMILY_VERSION,
	};

	wire_message(wire, type, flags);
	wire_put(wire, &genl, sizeof(genl));
}

void wire_attr(struct wire *wire, int attr, const void *data, size_t len)
{
	struct nlattr nla = { .nla_len = sizeof(nla) + len, .nla_type = attr };

	wire_put(wire, &nla, sizeof(nla));
	wire_put(wire, data, len);
}

void wire_u8(struct wire *wire, int attr, uint8_t value)
{
	wire_attr(wire, attr, &value, sizeof(value));
}

void wire_u16(struct wire *wire, int attr, uint16_t value)
{
	wire_attr(wire, attr, &value, sizeof(value));
}

void wire_u32(struct wire *wire, int attr, uint32_t value)
{
	wire_attr(wire, attr, &value, sizeof(value));
}

void wire_u64(struct wire *wire, int attr, uint64_t value)
{
	wire_attr(wire, attr, &value, sizeof(value));
}

void wire_string(struct wire *wire, int attr, const char *value)
{
	wire_attr(wire, attr, value, strlen(value) + 1);
}

void wire_addr(struct wire *wire, int attr, const char *value)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, value, &addr) != 1)
		abort();
	wire_attr(wire, attr, &addr, sizeof(addr));
}

size_t wire_nest(struct wire *wire, int attr)
{
	size_t nest = wire->len;

	wire_attr(wire, attr | NLA_F_NESTED, "", 0);
	return nest;
}

void wire_nest_end(struct wire *wire, size_t nest)
{
	struct nlattr *nla = (void *)(wire->bytes + nest);

	nla->nla_len = wire->len - nest;
}

static void extack(struct wire *wire, const char *text)
{
	if (!text)
		return;
	/* As the kernel does: where the bad attribute is, too. */
	wire_string(wire, NLMSGERR_ATTR_MSG, text);
	wire_u32(wire, NLMSGERR_ATTR_OFFS, 20);
}

void wire_refusal(struct wire *wire, int err, const char *text)
{
	struct nlmsgerr error = { .error = -err };

	wire_message(wire, NLMSG_ERROR,
		     NLM_F_CAPPED | (text ? NLM_F_ACK_TLVS : 0));
	wire_put(wire, &error, sizeof(error));
	extack(wire, text);
}

void wire_ack(struct wire *wire)
{
	wire_refusal(wire, 0, NULL);
}

void wire_done(struct wire *wire, int err, const char *text)
{
	int error = -err;

	wire_message(wire, NLMSG_DONE,
		     NLM_F_MULTI | (text ? NLM_F_ACK_TLVS : 0));
	wire_put(wire, &error, sizeof(error));
	extack(wire, text);
}
