// SPDX-License-Identifier: GPL-2.0
/* differ: what not every kernel can. */
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>

#include "differ.h"

static struct outcome outcome;

/* Segments of UDP from packet sockets: since Linux 6.2 */
static bool knows_gso_udp(void)
{
	static struct step step = { .ip = { .protocol = IPPROTO_UDP, .ttl = 1 },
				    .l4_len = 308, .partial = true,
				    .gso_size = 100 };
	static struct packet_plan plan;
	struct virtio_net_hdr h;
	bool knows;

	plan_make(&step, KNAT, &plan);
	plan_offload(&step, &plan, &h);
	knows = wire_send(KNAT, INSIDE, plan.data, plan.len, &h);
	wire_collect(&outcome);
	return knows;
}

/*
 * Whether nf_nat knows the ports of a protocol: it changes that of the second of
 * two hosts that have the same. Otherwise it translates addresses, and leaves
 * checksums wrong.
 */
static bool knows_ports(uint8_t proto)
{
	static struct step step;
	const struct arrivals *at = &outcome.at[NFT][OUTSIDE];
	int host;

	memset(&step, 0, sizeof(step));
	step.ip.protocol = proto;
	step.ip.ttl = 64;
	step.ip.daddr = ADDR(192, 0, 2, 200);
	put16(step.l4, 999);
	put16(step.l4 + 2, 7);
	step.l4_len = 32;
	/* Of SCTP: the beginning */
	if (proto == SCTP)
		memcpy(step.l4 + 12, (uint8_t []){ 1, 0, 0, 20, 1, 1, 1, 1 }, 8);
	for (host = 20; host < 22; host++) {
		step.ip.saddr = ADDR(192, 168, 0, host);
		wire_step(&step, &outcome);
		if (at->count != 1)
			return false;
	}
	return get16(at->list[0].data + sizeof(struct iphdr)) != 999;
}

/* With its part for PPTP, nf_nat drops GRE that is shorter than a header of that. */
static bool takes_short_gre(void)
{
	static struct step step = { .ip = { .protocol = GRE, .ttl = 64 },
				    .l4_len = 4 };

	step.ip.saddr = ADDR(192, 168, 0, 20);
	step.ip.daddr = ADDR(192, 0, 2, 200);
	put16(step.l4 + 2, 0x6558);
	wire_step(&step, &outcome);
	return outcome.at[NFT][OUTSIDE].count == 1;
}

void able_find(struct able *able)
{
	able->gso_udp = knows_gso_udp();
	able->udplite = knows_ports(UDPLITE);
	able->sctp = knows_ports(SCTP);
	able->short_gre = takes_short_gre();
	if (!able->gso_udp)
		puts("differ: without segments of UDP: packet sockets do not take them");
	if (!able->udplite)
		puts("differ: without UDP-Lite: nf_nat does not know its ports");
	if (!able->sctp)
		puts("differ: without SCTP: nf_nat does not know its ports");
	if (!able->short_gre)
		puts("differ: without GRE of less than 8 bytes: nf_nat drops it");
}
