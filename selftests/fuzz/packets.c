// SPDX-License-Identifier: GPL-2.0
/*
 * Sends packets that no host would send through a device, for a gateway to
 * stumble over. What is sent follows from the seed and from what arrives at
 * the device meanwhile: a part of the packets answers those, so that mappings
 * and sessions are met, and not only their absence.
 *
 *   usage: packets SEED COUNT DEVICE GATEWAY-MAC OWN-NET GATEWAY-ADDR FAR-NET
 *                  [vlan|qinq|pppoe]
 *
 * The nets are the first three bytes of addresses: 192.168.0. With a last word
 * all have such headers, otherwise one in six has some. Prints how many frames
 * were sent, refused by the device, and answered.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "head.h"
#include "make.h"
#include "random.h"

uint64_t random_state;
static uint8_t own_mac[6], gw_mac[6];

/* Spoil what was right: the length that is left */
static int mutate(uint8_t *p, int len)
{
	int i, ihl, times = 1 + rnd(3);

	while (times--) {
		ihl = (p[0] & 15) * 4;
		switch (rnd(7)) {
		case 0:
			p[rnd(len)] ^= 1 << rnd(8);
			break;
		case 1:
			p[rnd(len)] = one_in(2) ? 0 : 255;
			break;
		case 2:		/* shorter than it says */
			len = 1 + rnd(len);
			break;
		case 3:		/* shorter, and says so */
			len = 20 + rnd(len > 20 ? len - 20 : 1);
			put16(p + 2, len);
			break;
		case 4:
			put16(p + 2, rnd(4) ? len + rnd(9) - 4 : rnd(65536));
			break;
		case 5:		/* a fragment */
			put16(p + 6, (one_in(2) ? 0x2000 : 0) | rnd(64));
			break;
		case 6:
			i = len - ihl;
			if (i > 0)
				p[ihl + rnd(i < 20 ? i : 20)] = rnd(256);
			break;
		}
		if (len < 20)
			return len;
		ihl = (p[0] & 15) * 4;
		if (ihl <= len && ihl >= 20 && get16(p + 2) <= len &&
		    get16(p + 2) >= ihl && one_in(2))
			fix_payload(p, get16(p + 2));
		if (ihl <= len && !one_in(30))
			fix_ip(p);
	}
	return len;
}

/*
 * Packet @n of a sweep: each byte of the headers set to each of some values, and
 * each length, for one protocol after the other. Every other one answers what
 * came through.
 */
#define SWEPT_BYTES	64
#define SWEPT_VALUES	6
#define SWEPT_LENGTHS	96

static int make_swept(uint8_t *p, unsigned long n)
{
	static const uint8_t protos[] = { 6, 17, 1, 132, 33, 136, 47, 50 };
	unsigned int at = n % (SWEPT_BYTES * SWEPT_VALUES + SWEPT_LENGTHS);
	uint8_t proto = protos[n / (SWEPT_BYTES * SWEPT_VALUES +
				    SWEPT_LENGTHS) % sizeof(protos)];
	int len;

	if (nr_kept && n & 1) {
		len = make_answer(p);
	} else {
		do {
			len = make_ip(p, 0);
		} while (p[9] != proto);
	}
	if (at < SWEPT_LENGTHS)
		return at < (unsigned int)len ? (int)at : len;
	at -= SWEPT_LENGTHS;
	if (at / SWEPT_VALUES >= (unsigned int)len)
		return len;
	p += at / SWEPT_VALUES;
	switch (at % SWEPT_VALUES) {
	case 0:
		*p = 0;
		break;
	case 1:
		*p = 255;
		break;
	case 2:
		*p ^= 1;
		break;
	case 3:
		*p ^= 128;
		break;
	case 4:
		++*p;
		break;
	case 5:
		--*p;
		break;
	}
	p -= at / SWEPT_VALUES;
	/* Half of them as a receiver takes them */
	if (len >= 20 && (p[0] & 15) >= 5 && (p[0] & 15) * 4 <= len &&
	    one_in(2))
		fix_ip(p);
	return len;
}

/* What a card or another guest could say of a packet at @at, and more. */
static void make_vnet(struct virtio_net_hdr *h, int at, int len)
{
	static const uint8_t types[] = { 0, 1, 3, 5, 0x81 };
	static const uint16_t edges[] = { 0, 1, 8, 536, 1300, 1448, 1472, 1500,
					  65535 };

	memset(h, 0, sizeof(*h));
	if (one_in(2)) {
		h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		h->csum_start = one_in(4) ? rnd(len) : at + 20;
		h->csum_offset = one_in(4) ? rnd(len) :
				 (uint8_t[]){ 6, 16 }[rnd(2)];
	}
	if (one_in(2)) {
		h->gso_type = types[rnd(sizeof(types))];
		h->gso_size = one_in(4) ? rnd(65536) :
			      one_in(2) ? edges[rnd(sizeof(edges) / 2)] :
					  1 + rnd(100);
		h->hdr_len = one_in(4) ? rnd(65536) : at + 40;
	}
}

/*
 * Of what a flow sends, more than the device would take in one piece: its length.
 * The checksum is that of the addresses, and the rest left to the device.
 */
static int make_long(uint8_t *p, uint8_t *tcp)
{
	int ihl, len, size = 1500 + rnd(one_in(2) ? 6000 : 64036);

	do {
		len = nr_kept && one_in(2) ? make_answer(p) : make_ip(p, 0);
	} while (p[9] != IPPROTO_TCP && p[9] != IPPROTO_UDP);
	*tcp = p[9] == IPPROTO_TCP;
	ihl = (p[0] & 15) * 4;
	/* Each is as good as any other, and quick to make. */
	memset(p + len, rnd(256), size - len);
	put16(p + 2, size);
	put16(p + 6, one_in(2) ? 0x4000 : 0);
	if (!*tcp)
		put16(p + ihl + 4, size - ihl);
	put16(p + ihl + (*tcp ? 16 : 6), sum(p + 12, 8, p[9] + size - ihl));
	fix_ip(p);
	return size;
}

/*
 * How to cut it into segments, of which there are not so many that the gateway
 * does nothing else. What is beyond the length of the headers is in pages:
 * in some a part of the headers, too.
 */
static void make_long_vnet(struct virtio_net_hdr *h, int at, int ihl, int len,
			   int tcp)
{
	static const uint16_t sizes[] = { 536, 1200, 1300, 1400, 1448, 1472 };

	make_vnet(h, at, len);
	if (one_in(8)) {
		if (h->gso_size < 256)
			h->gso_size = 256;
		return;
	}
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->csum_start = at + ihl;
	h->csum_offset = tcp ? 16 : 6;
	h->gso_type = tcp ? 1 : one_in(4) ? 3 : 5;
	h->gso_size = one_in(8) ? 256 + rnd(65280) :
				  sizes[rnd(sizeof(sizes) / 2)];
	h->hdr_len = one_in(2) ? at + ihl + (tcp ? 20 : 8) :
		     one_in(2) ? 0 : rnd(at + 128);
}

static struct queue plain, vnet;
static unsigned long nr_frames;

static void send_long(const struct head *head)
{
	static uint8_t frame[HEAD_MAX + 65536 + MAX];
	uint8_t *p = frame + HEAD_MAX, tcp;
	struct virtio_net_hdr h;
	int len, ihl;

	len = make_long(p, &tcp);
	ihl = (p[0] & 15) * 4;
	if (one_in(2))
		len = mutate(p, len);
	len = head_put(head, p, len);
	make_long_vnet(&h, head->len, ihl, len, tcp);
	nr_frames++;
	enqueue(&vnet, &h, p - head->len, len);
}

static void send_frame(const struct head *head, uint8_t *ip, int len)
{
	struct virtio_net_hdr h;

	len = head_put(head, ip, len);
	nr_frames++;
	if (one_in(8)) {
		make_vnet(&h, head->len, len);
		enqueue(&vnet, &h, ip - head->len, len);
	} else {
		enqueue(&plain, NULL, ip - head->len, len);
	}
}

static void bytes_of(const char *text, uint8_t *out, int n, int base, char by)
{
	char *end = (char *)text;

	while (n--) {
		*out++ = strtoul(end, &end, base);
		if (*end == by)
			end++;
	}
}

static void swap_ints(int *a, int *b)
{
	int t = *a;

	*a = *b;
	*b = t;
}

/*
 * Two fragments or three, in any order, that make up the packet: whatever is
 * wrong with it is met when it is whole again. Now and then some overlap, or
 * come twice. False if it has no header to go by, or too little behind it.
 */
static int send_fragments(const struct head *head, const uint8_t *p, int len)
{
	static uint8_t frame[HEAD_MAX + MAX];
	int order[3] = { 0, 1, 2 }, ends[4] = { 0 };
	int ihl = (p[0] & 15) * 4, units = (len - ihl + 7) / 8;
	int i, n, start, size, id = rnd(65536);
	uint8_t *part = frame + HEAD_MAX;

	if (ihl < 20 || units < 2)
		return 0;
	n = units > 2 && one_in(2) ? 3 : 2;
	ends[1] = 1 + rnd(units - n + 1);
	ends[2] = ends[1] + 1 + (n > 2 ? rnd(units - ends[1] - 1) : 0);
	ends[n] = units;
	for (i = 1; i < n; i++)
		swap_ints(&order[i], &order[rnd(i + 1)]);
	for (i = 0; i < n; i++) {
		start = ends[order[i]] * 8;
		size = ends[order[i] + 1] * 8 - start;
		if (start && one_in(16)) {
			start -= 8;
			size += 8;
		}
		if (start + size > len - ihl)
			size = len - ihl - start;
		memcpy(part, p, ihl);
		memcpy(part + ihl, p + ihl + start, size);
		put16(part + 2, ihl + size);
		put16(part + 4, id);
		put16(part + 6, (order[i] < n - 1 ? 0x2000 : 0) | start / 8);
		fix_ip(part);
		send_frame(head, part, ihl + size);
		if (one_in(16))
			send_frame(head, part, ihl + size);
	}
	return 1;
}

static enum head_sort sort_of(const char *name)
{
	enum head_sort sort = SORT_PLAIN;

	while (sort < SORTS && strcmp(name, sort_names[sort]))
		sort++;
	return sort;
}

int main(int argc, char **argv)
{
	static uint8_t frame[HEAD_MAX + MAX];
	enum head_sort only = argc == 9 ? sort_of(argv[8]) : SORT_PLAIN, sort;
	uint8_t *ip = frame + HEAD_MAX;
	unsigned long i, count;
	struct head head;
	int ifindex, len;

	if (argc < 8 || argc > 9 || only == SORTS) {
		fprintf(stderr, "usage: packets SEED COUNT DEVICE GATEWAY-MAC "
				"OWN-NET GATEWAY-ADDR FAR-NET "
				"[vlan|qinq|pppoe]\n");
		return 2;
	}
	random_seed(strtoull(argv[1], NULL, 0));
	count = strtoul(argv[2], NULL, 0);
	ifindex = if_nametoindex(argv[3]);
	bytes_of(argv[4], gw_mac, 6, 16, ':');
	bytes_of(argv[5], own_net, 3, 10, '.');
	bytes_of(argv[6], gw_addr, 4, 10, '.');
	bytes_of(argv[7], far_net, 3, 10, '.');
	plain.fd = device_open(ifindex, 0);
	vnet.fd = device_open(ifindex, 1);
	if (plain.fd < 0 || vnet.fd < 0) {
		perror("packets");
		return 2;
	}
	memset(own_mac, 2, sizeof(own_mac));
	for (i = 0; nr_frames < count; i++) {
		if (i % BATCH == 0)
			keep_arrivals(plain.fd);
		sort = only;
		if (!only && one_in(6))
			sort = 1 + rnd(SORTS - 1);
		head_make(&head, sort, gw_mac, own_mac);
		if (one_in(512)) {
			send_long(&head);
			continue;
		}
		if (i % 3 == 0) {
			len = make_swept(ip, i / 3);
		} else {
			len = nr_kept && one_in(2) ? make_answer(ip) :
						     make_again(ip);
			if (!one_in(3))
				len = mutate(ip, len);
			if (one_in(8) && send_fragments(&head, ip, len))
				continue;
		}
		send_frame(&head, ip, len);
	}
	flush(&plain);
	flush(&vnet);
	printf("%lu sent, %lu refused, %u long ones and %u others arrived\n",
	       nr_sent, nr_refused, nr_long, nr_kept);
	return 0;
}
