// SPDX-License-Identifier: GPL-2.0
/* Faults in requests: bytes, lengths, numbers, nests in nests. */
#include <string.h>

#include "netlink.h"

#define DEEP	60	/* nests in each other */

struct body {
	uint8_t		*data;
	unsigned int	len;
};

static void add(struct body *body, const void *data, unsigned int len)
{
	if (body->len + len > BODY_MAX)
		len = BODY_MAX - body->len;
	memcpy(body->data + body->len, data, len);
	body->len += len;
}

static void add_header(struct body *body, uint16_t len, uint16_t number)
{
	add(body, &(struct nlattr){ len, number }, sizeof(struct nlattr));
}

static void add_any(struct body *body, unsigned int len)
{
	uint8_t data[64];

	any_bytes(data, len);
	add(body, data, len);
}

static void add_unknown(struct body *body)
{
	static const uint16_t numbers[] = { 0, 1, 5, 40, 255, 0x3fff, 0x8001,
					    0x4001 };
	unsigned int len = rnd(40);

	add_header(body, sizeof(struct nlattr) + len, numbers[rnd(8)]);
	add_any(body, MNL_ALIGN(len));
}

static void add_deep(struct body *body)
{
	unsigned int depth = rnd(DEEP);

	while (depth--)
		add_header(body, sizeof(struct nlattr) * (depth + 1),
			   rnd(20) | NLA_F_NESTED);
}

static void set_length(struct body *body)
{
	static const uint16_t lengths[] = { 0, 3, 4, 5, 0xffff };
	unsigned int at = rnd(body->len) & ~3U;

	if (at + 2 <= body->len)
		memcpy(body->data + at, &lengths[rnd(5)], 2);
}

static void spoil_once(struct body *body)
{
	static const uint8_t bytes[] = { 0, 1, 127, 128, 255 };

	if (!body->len) {
		add_unknown(body);
		return;
	}
	switch (rnd(8)) {
	case 0:
		add_unknown(body);
		break;
	case 1:
		body->data[rnd(body->len)] = bytes[rnd(5)];
		break;
	case 2:
		body->data[rnd(body->len)] ^= 1 << rnd(8);
		break;
	case 3:
		body->len = rnd(body->len);
		break;
	case 4:
		set_length(body);
		break;
	case 5:
		add(body, body->data, rnd(body->len) & ~3U);
		break;
	case 6:
		add_any(body, rnd(64));
		break;
	case 7:
		add_deep(body);
		break;
	}
}

void spoil(struct nlmsghdr *message)
{
	const unsigned int head = MNL_NLMSG_HDRLEN + GENL_HDRLEN;
	struct body body = {
		.data = (uint8_t *)message + head,
		.len = message->nlmsg_len - head,
	};
	int times = (uint8_t[]){ 1, 1, 2, 5 }[rnd(4)];

	while (times--)
		spoil_once(&body);
	message->nlmsg_len = head + body.len;
}
