// SPDX-License-Identifier: GPL-2.0
/* Headers of frames, right ones and others. */
#define _GNU_SOURCE
#include <net/ethernet.h>
#include <string.h>

#include "device.h"
#include "head.h"
#include "random.h"

#define TYPE_QINQ	0x88a8
#define TYPE_DISCOVERY	0x8863
#define TYPE_SESSION	0x8864

#define VLAN_ID		5
#define OUTER_ID	9
#define INNER_ID	6
#define SESSION_ID	7

const char *const sort_names[SORTS] = { "plain", "vlan", "qinq", "pppoe" };

static void add16(struct head *h, uint32_t value)
{
	put16(h->bytes + h->len, value);
	h->len += 2;
}

static void add_tag(struct head *h, uint32_t type, uint32_t id)
{
	add16(h, type);
	add16(h, rnd(8) << 13 | one_in(8) << 12 | id);
}

static void add_session(struct head *h)
{
	add16(h, TYPE_SESSION);
	add16(h, 0x1100);
	add16(h, SESSION_ID);
	h->length_at = h->len;
	add16(h, 0);
	add16(h, 0x0021);
}

/* Neither the length of PPPoE nor what follows the tags need be what it says. */
static void add_odd(struct head *h, enum head_sort sort)
{
	static const uint16_t types[] = { ETHERTYPE_IPV6, ETHERTYPE_ARP,
					  ETHERTYPE_VLAN, TYPE_QINQ,
					  TYPE_SESSION, TYPE_DISCOVERY, 4, 0 };

	switch (rnd(6)) {
	case 0:		/* of another one, or of none */
		add_tag(h, ETHERTYPE_VLAN, one_in(2) ? rnd(8) : rnd(4096));
		break;
	case 1:		/* more of them */
		add_tag(h, ETHERTYPE_VLAN, VLAN_ID);
		add_tag(h, ETHERTYPE_VLAN, INNER_ID);
		add_tag(h, TYPE_QINQ, OUTER_ID);
		break;
	case 2:		/* a session in a VLAN */
		add_tag(h, ETHERTYPE_VLAN, VLAN_ID);
		add_session(h);
		return;
	case 3:		/* something else inside */
		add_tag(h, ETHERTYPE_VLAN, VLAN_ID);
		add16(h, types[rnd(sizeof(types) / 2)]);
		return;
	case 4:		/* a length that is not right */
		add_session(h);
		put16(h->bytes + h->length_at, rnd(one_in(2) ? 65536 : 64));
		h->length_at = 0;
		return;
	case 5:		/* the protocol in one byte, with a header of odd length */
		add_session(h);
		h->bytes[--h->len - 1] = 0x21;
		return;
	}
	if (sort == SORT_PPPOE)
		add_session(h);
	else
		add16(h, ETHERTYPE_IP);
}

static void add_right(struct head *h, enum head_sort sort)
{
	switch (sort) {
	case SORT_PPPOE:
		add_session(h);
		return;
	case SORT_VLAN:
		add_tag(h, ETHERTYPE_VLAN, VLAN_ID);
		break;
	case SORT_QINQ:
		add_tag(h, TYPE_QINQ, OUTER_ID);
		add_tag(h, ETHERTYPE_VLAN, INNER_ID);
		break;
	default:
		break;
	}
	add16(h, ETHERTYPE_IP);
}

void head_make(struct head *h, enum head_sort sort, const uint8_t *to,
	       const uint8_t *from)
{
	int odd = sort != SORT_PLAIN && one_in(4) ? 1 + rnd(3) : 0;

	h->length_at = 0;
	h->cut = 0;
	memcpy(h->bytes, to, 6);
	memcpy(h->bytes + 6, from, 6);
	h->len = 12;
	if (odd == 1)
		add_odd(h, sort);
	else
		add_right(h, sort);
	if (odd == 2)
		/* An address is of another host or of a group then, too. */
		h->bytes[rnd(h->len)] ^= 1 << rnd(8);
	if (odd == 3)
		h->cut = ETH + rnd(h->len - ETH + 24);
}

int head_put(const struct head *h, uint8_t *ip, int len)
{
	uint8_t *frame = ip - h->len;

	memcpy(frame, h->bytes, h->len);
	/* It begins with the two bytes of the protocol, or the one that is left of them. */
	if (h->length_at)
		put16(frame + h->length_at, h->len - h->length_at - 2 + len);
	len += h->len;
	return h->cut && h->cut < len ? h->cut : len;
}
