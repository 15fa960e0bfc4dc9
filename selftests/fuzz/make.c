// SPDX-License-Identifier: GPL-2.0
/* Packets of every protocol that knat knows, and answers to those that arrive. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <string.h>

#include "device.h"
#include "make.h"
#include "random.h"

uint8_t own_net[3], far_net[3], gw_addr[4];

uint32_t sum(const uint8_t *p, int len, uint32_t start)
{
	for (; len > 1; len -= 2, p += 2)
		start += get16(p);
	if (len)
		start += p[0] << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

/* CRC-32c, of SCTP */
static uint32_t crc32c(const uint8_t *p, int len)
{
	uint32_t crc = ~0U;
	int i;

	while (len--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void any_addr(uint8_t *addr)
{
	static const uint8_t odd[][4] = {
		{ 0, 0, 0, 0 }, { 255, 255, 255, 255 }, { 127, 0, 0, 1 },
		{ 224, 0, 0, 1 }, { 169, 254, 1, 1 }, { 240, 0, 0, 1 },
		{ 198, 51, 100, 1 }, { 198, 51, 100, 20 }, { 203, 0, 113, 1 },
		{ 192, 168, 0, 1 }, { 203, 0, 113, 255 },
	};

	switch (rnd(8)) {
	case 0:
		memcpy(addr, odd[rnd(sizeof(odd) / 4)], 4);
		return;
	case 1:
		memcpy(addr, gw_addr, 4);
		return;
	case 2: case 3:
		memcpy(addr, own_net, 3);
		break;
	default:
		memcpy(addr, far_net, 3);
	}
	addr[3] = 2 + rnd(60);
}

static int any_port(void)
{
	static const uint16_t some[] = { 0, 1, 21, 53, 80, 443, 500, 1023, 1024,
					 1723, 1723, 4500, 5000, 5001, 5004,
					 8000, 65535 };

	return one_in(8) ? rnd(65536) : some[rnd(sizeof(some) / 2)];
}

/* Control messages of PPTP at @p, some of them spoiled: their length */
static int make_pptp(uint8_t *p)
{
	static const uint8_t lens[] = { 0, 156, 156, 16, 16, 16, 20, 168, 32,
					220, 24, 28, 16, 148, 40, 24 };
	int len = one_in(8) ? any_bytes(p, rnd(40)) : 0, one, n = 1 + rnd(4);
	uint8_t *m;

	while (n--) {
		m = p + len;
		memset(m, 0, 18);
		m[9] = one_in(6) ? rnd(256) : rnd(sizeof(lens));
		one = m[9] < sizeof(lens) ? lens[m[9]] : 16 + rnd(32);
		any_bytes(m + 10, one > 10 ? one - 10 : 0);
		put16(m, one_in(12) ? rnd(65536) : one_in(20) ? rnd(20) : one);
		m[3] = 1;
		memcpy(m + 4, (uint8_t[]){ 0x1a, 0x2b, 0x3c, 0x4d }, 4);
		if (one_in(16))
			m[2 + rnd(6)] ^= 1 << rnd(8);
		/* Few ids, so that calls are met. */
		m[12] = m[14] = 0;
		m[13] = rnd(4);
		m[15] = rnd(4);
		if (!one_in(4))
			m[16] = 1;
		len += one;
	}
	return one_in(6) ? rnd(len + 1) : len;
}

/* Of data: more than one segment at times, but not in quotes */
static int any_size(int depth)
{
	return !depth && one_in(8) ? rnd(1300) : rnd(64);
}

/* Transport header and data at @p: their length */
static int make_payload(uint8_t *p, uint8_t proto, int depth)
{
	static const uint8_t chunks[] = { 0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 14 };
	int len;

	memset(p, 0, 64);
	switch (proto) {
	case IPPROTO_TCP:
		put16(p, any_port());
		put16(p + 2, any_port());
		any_bytes(p + 4, 8);
		p[12] = 5 << 4;
		p[13] = one_in(4) ? rnd(256) :
			(uint8_t[]){ 2, 18, 16, 16, 24, 17, 4, 20 }[rnd(8)];
		put16(p + 14, 65535);
		len = 20;
		if (one_in(3)) {
			p[20] = one_in(4) ? rnd(256) : 2;
			p[21] = one_in(4) ? rnd(256) : 4;
			put16(p + 22, rnd(65536));
			p[12] = 6 << 4;
			len = 24;
		}
		if (one_in(16))
			p[12] = rnd(256);
		if (get16(p) == 1723 || get16(p + 2) == 1723)
			return len + make_pptp(p + len);
		return len + any_bytes(p + len, any_size(depth));
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		put16(p, any_port());
		put16(p + 2, any_port());
		len = 8 + any_bytes(p + 8, any_size(depth));
		put16(p + 4, one_in(10) ? rnd(65536) :
			     proto == IPPROTO_UDPLITE ? rnd(3) * 8 : len);
		return len;
	case IPPROTO_ICMP:
		p[0] = one_in(6) ? rnd(256) :
		       (uint8_t[]){ 8, 0, 3, 11, 12, 4, 5, 13, 14 }[rnd(9)];
		p[1] = one_in(3) ? rnd(256) : rnd(6);
		put16(p + 4, any_port());
		put16(p + 6, one_in(4) ? rnd(65536) : 576);
		if (p[0] == 8 || p[0] == 0 || depth > 1)
			return 8 + any_bytes(p + 8, rnd(48));
		return 8 + make_ip(p + 8, depth + 1);
	case IPPROTO_SCTP:
		put16(p, any_port());
		put16(p + 2, any_port());
		any_bytes(p + 4, 4);
		p[12] = chunks[rnd(sizeof(chunks))];
		p[13] = rnd(4);
		len = 4 + rnd(40);
		put16(p + 14, one_in(6) ? rnd(65536) : len);
		any_bytes(p + 16, len);
		return 12 + len;
	case IPPROTO_DCCP:
		put16(p, any_port());
		put16(p + 2, any_port());
		p[4] = one_in(6) ? rnd(256) : 4 + rnd(4);
		p[8] = rnd(16) << 1 | rnd(2);
		return 16 + any_bytes(p + 16, rnd(32));
	case IPPROTO_GRE:
		any_bytes(p, 8);
		if (one_in(3))
			return rnd(40);
		/* A packet of a call of PPTP */
		p[0] = 0x20 | (one_in(2) ? 0x10 : 0);
		p[1] = one_in(8) ? rnd(256) : 1;
		put16(p + 2, one_in(8) ? rnd(65536) : 0x880b);
		put16(p + 6, rnd(4));
		return one_in(8) ? rnd(10) : 8 + any_bytes(p + 8, rnd(40));
	case IPPROTO_ESP:
	case IPPROTO_AH:
		any_bytes(p, 8);
		/* Few SPIs, so that flows are met, and some that are reserved. */
		put16(p, 0);
		p[2] = rnd(4);
		p[3] &= 15;
		return 8 + any_bytes(p + 8, rnd(40));
	}
	return any_bytes(p, rnd(60));
}

void fix_ip(uint8_t *p)
{
	int ihl = (p[0] & 15) * 4;

	put16(p + 10, 0);
	put16(p + 10, ~sum(p, ihl, 0));
}

void fix_payload(uint8_t *p, int len)
{
	int ihl = (p[0] & 15) * 4, off = -1;
	uint8_t *l4 = p + ihl;
	uint32_t start = 0, crc;

	len -= ihl;
	if (p[9] != IPPROTO_ICMP)
		start = sum(p + 12, 8, p[9] + len);
	switch (p[9]) {
	case IPPROTO_TCP:
		off = 16;
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		off = 6;
		break;
	case IPPROTO_ICMP:
		off = 2;
		break;
	case IPPROTO_SCTP:
		if (len < 12)
			return;
		memset(l4 + 8, 0, 4);
		crc = crc32c(l4, len);
		memcpy(l4 + 8, &crc, 4);
		return;
	}
	if (off < 0 || len < off + 2)
		return;
	put16(l4 + off, 0);
	put16(l4 + off, ~sum(l4, len, start));
}

int make_ip(uint8_t *p, int depth)
{
	static const uint8_t protos[] = { 6, 6, 6, 17, 17, 17, 1, 1, 1, 132, 33,
					  136, 47, 50, 51, 4 };
	int ihl = 20, len;

	memset(p, 0, 60);
	p[1] = rnd(256);
	put16(p + 4, one_in(3) ? 7 : rnd(65536));
	put16(p + 6, one_in(8) ? rnd(65536) : one_in(2) ? 0x4000 : 0);
	p[8] = one_in(10) ? rnd(3) : 64;
	p[9] = one_in(30) ? rnd(256) : protos[rnd(sizeof(protos))];
	if (depth) {
		any_addr(p + 12);
		any_addr(p + 16);
	} else {
		memcpy(p + 12, own_net, 3);
		p[15] = 2 + rnd(60);
		if (one_in(12))
			any_addr(p + 12);
		any_addr(p + 16);
	}
	if (one_in(12)) {
		ihl += 4 * (1 + rnd(10));
		any_bytes(p + 20, ihl - 20);
		if (one_in(2))
			memset(p + 20, 1, ihl - 20);
		if (one_in(2))
			p[20] = (uint8_t[]){ 7, 68, 131, 137, 148 }[rnd(5)];
	}
	p[0] = 0x40 | ihl / 4;
	len = ihl + make_payload(p + ihl, p[9], depth);
	put16(p + 2, len);
	if (!one_in(12))
		fix_payload(p, len);
	fix_ip(p);
	return len;
}

static void swap(uint8_t *a, uint8_t *b, int len)
{
	uint8_t t;

	while (len--) {
		t = *a;
		*a++ = *b;
		*b++ = t;
	}
}

int make_answer(uint8_t *p)
{
	const struct packet *from = &kept[rnd(nr_kept < KEPT ? nr_kept : KEPT)];
	int ihl = (from->data[0] & 15) * 4, len;

	if (one_in(3)) {
		memset(p, 0, 28);
		p[0] = 0x45;
		p[8] = 64;
		p[9] = IPPROTO_ICMP;
		memcpy(p + 12, own_net, 3);
		p[15] = 2 + rnd(60);
		memcpy(p + 16, from->data + 12, 4);
		p[20] = (uint8_t[]){ 3, 11, 12, 4, 5 }[rnd(5)];
		p[21] = rnd(6);
		put16(p + 26, 576);
		len = from->len > 500 ? 500 : from->len;
		if (one_in(4))
			len = 20 + rnd(20);
		memcpy(p + 28, from->data, len);
		len += 28;
	} else {
		len = from->len;
		memcpy(p, from->data, len);
		swap(p + 12, p + 16, 4);
		if (len >= ihl + 4 && p[9] != IPPROTO_ICMP)
			swap(p + ihl, p + ihl + 2, 2);
		if (p[9] == IPPROTO_ICMP && len > ihl && p[ihl] == 8)
			p[ihl] = 0;
		if (p[9] == IPPROTO_TCP && len >= ihl + 20)
			p[ihl + 13] = (uint8_t[]){ 18, 16, 17, 4, 2, 24 }[rnd(6)];
		if (p[9] == IPPROTO_TCP && len >= ihl + 20 && one_in(2) &&
		    (get16(p + ihl) == 1723 || get16(p + ihl + 2) == 1723)) {
			p[ihl + 12] = 5 << 4;
			len = ihl + 20 + make_pptp(p + ihl + 20);
		}
		p[8] = 64;
	}
	put16(p + 2, len);
	fix_payload(p, len);
	fix_ip(p);
	return len;
}

int make_again(uint8_t *p)
{
	static struct packet made[KEPT];
	static unsigned int nr_made;
	struct packet *one;

	if (nr_made && one_in(2)) {
		one = &made[rnd(nr_made < KEPT ? nr_made : KEPT)];
		memcpy(p, one->data, one->len);
		return one->len;
	}
	one = &made[nr_made++ % KEPT];
	one->len = make_ip(p, 0);
	memcpy(one->data, p, one->len);
	return one->len;
}
