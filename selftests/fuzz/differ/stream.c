// SPDX-License-Identifier: GPL-2.0
/*
 * differ: what comes next. Flows begin, go on in both directions, and end;
 * everything is as a host would send it.
 */
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#include "differ.h"

static struct flow flows[FLOWS];
static unsigned int begun;
static struct able can;

void stream_start(const struct able *able)
{
	memset(flows, 0, sizeof(flows));
	begun = 0;
	can = *able;
}

static in_addr_t any_remote(void)
{
	switch (rnd(4)) {
	case 0:
		return ADDR(203, 0, 113, 11);
	case 1:
		return ADDR(198, 51, 100, 1 + rnd(4));
	default:
		return ADDR(192, 0, 2, 1 + rnd(4));
	}
}

/* One that another flow has, too, if all ends are the same */
static bool taken(const struct flow *flow)
{
	const struct flow *other;

	for (other = flows; other < flows + FLOWS; other++)
		if (other != flow && other->proto == flow->proto &&
		    other->remote == flow->remote &&
		    other->remote_port == flow->remote_port &&
		    other->in == flow->in && other->in_port == flow->in_port)
			return true;
	return false;
}

/* All of it but the packets, of which only the length counts */
static void forget(struct flow *flow)
{
	int side, gw;

	memset(flow, 0, offsetof(struct flow, sent));
	for (side = 0; side < SIDES; side++)
		for (gw = 0; gw < GATEWAYS; gw++)
			flow->seen[side][gw].len = 0;
}

static void begin(struct flow *flow)
{
	static const uint8_t protos[] = { IPPROTO_UDP, IPPROTO_UDP, IPPROTO_UDP,
					  IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP,
					  IPPROTO_ICMP, IPPROTO_ICMP, UDPLITE,
					  SCTP, GRE };

	do {
		forget(flow);
		flow->proto = protos[rnd(sizeof(protos))];
		flow->in = ADDR(192, 168, 0, (one_in(3) ? 130 : 2) + rnd(4));
		flow->remote = any_remote();
		flow->remote_port = 1 + rnd(one_in(2) ? 3 : 65535);
		/*
		 * Hosts have the same ports, so that not all can keep them.
		 * Connections never come back with the same ends: four in a
		 * row are of the same port.
		 */
		flow->in_port = 2000 + rnd(12);
		if (flow->proto == IPPROTO_TCP || flow->proto == SCTP) {
			flow->in_port = 10000 + begun / 4 % 50000;
			flow->in = (flow->in & htonl(0xffffff80)) |
				   htonl(2 + begun % 4);
		}
		begun++;
	} while (taken(flow) || (flow->proto == UDPLITE && !can.udplite) ||
		 (flow->proto == SCTP && !can.sctp));
	switch (flow->proto) {
	case IPPROTO_ICMP:
		flow->remote_port = 0;
		break;
	case GRE:
		/* By address alone: there is one host for it. */
		flow->in = ADDR(192, 168, 0, 2);
		flow->in_port = flow->remote_port = 0;
		break;
	case SCTP:
		sctp_start(flow);
		break;
	case IPPROTO_TCP:
		tcp_start(flow);
		/* fall through */
	case IPPROTO_UDP:
		if (!one_in(6))
			break;
		flow->forward = true;
		flow->in = FORWARD_ADDR;
		flow->in_port = FORWARD_PORT + rnd(FORWARDS);
		flow->remote_port = 1024 + begun % 60000;
		flow->out_port[KNAT] = flow->out_port[NFT] = flow->in_port;
		break;
	}
}

static size_t any_size(void)
{
	switch (rnd(12)) {
	case 0:
		return 0;
	case 1:
		return rnd(8000);
	case 2:
		return one_in(6) ? rnd(60000) : 1440 + rnd(40);
	case 3: case 4: case 5:
		return rnd(1400);
	default:
		return rnd(80);
	}
}

static void udp_next(struct step *step)
{
	size_t len = any_size();

	if (can.gso_udp && one_in(12)) {
		step->gso_size = 100 + rnd(1100);
		len = step->gso_size * (1 + rnd(16)) + 1 + rnd(step->gso_size);
		step->sorts[SORT_GSO_UDP] = true;
	} else if (one_in(5)) {
		step->nocsum = true;
		step->sorts[SORT_UDP_NOCSUM] = true;
	}
	step->l4_len = sizeof(struct udphdr) +
		       any_bytes(step->l4 + sizeof(struct udphdr), len);
	put16(step->l4 + 4, step->l4_len);
	step->sorts[SORT_UDP] = true;
}

static void udplite_next(struct step *step)
{
	size_t len = rnd(1400);

	step->l4_len = 8 + any_bytes(step->l4 + 8, len);
	put16(step->l4 + 4, one_in(2) ? 0 : 8 + rnd(len + 1));
	step->sorts[SORT_UDPLITE] = true;
}

static void echo_next(struct step *step)
{
	bool asks = (step->from == INSIDE) != step->flow->forward;

	step->l4[0] = asks ? ICMP_ECHO : ICMP_ECHOREPLY;
	put16(step->l4 + 6, rnd(65536));
	step->l4_len = sizeof(struct icmphdr) +
		       any_bytes(step->l4 + sizeof(struct icmphdr), any_size());
	step->sorts[SORT_ECHO] = true;
}

static void gre_next(struct step *step)
{
	int least = can.short_gre ? 0 : 4;

	put16(step->l4 + 2, 0x6558);
	step->l4_len = 4 + any_bytes(step->l4 + 4, least + rnd(1200 - least));
	step->sorts[SORT_GRE] = true;
}

static void set_ends(struct step *step)
{
	const struct flow *flow = step->flow;
	bool out = step->from == INSIDE;

	step->ip.protocol = flow->proto;
	step->ip.saddr = out ? flow->in : flow->remote;
	step->ip.daddr = out ? flow->remote : OUT_ADDR;
	if (flow->proto == IPPROTO_ICMP) {
		put16(step->l4 + 4, flow->in_port);
	} else if (flow->proto != GRE) {
		put16(step->l4, out ? flow->in_port : flow->remote_port);
		put16(step->l4 + 2, out ? flow->remote_port : flow->in_port);
	}
}

/* The gateway answers a question, or tells that there is no such port. */
static void gateway_next(struct step *step)
{
	step->from = rnd(SIDES);
	step->ip.saddr = step->from == INSIDE ? ADDR(192, 168, 0, 7) :
						ADDR(192, 0, 2, 77);
	step->ip.daddr = step->from == INSIDE ? IN_ADDR : OUT_ADDR;
	if (one_in(2)) {
		step->ip.protocol = IPPROTO_ICMP;
		step->l4[0] = ICMP_ECHO;
		put16(step->l4 + 4, 1000 + rnd(1000));
		step->l4_len = 8 + any_bytes(step->l4 + 8, rnd(1200));
	} else {
		step->ip.protocol = IPPROTO_UDP;
		put16(step->l4, 1 + rnd(65535));
		put16(step->l4 + 2, 300 + rnd(200));
		step->l4_len = 8 + any_bytes(step->l4 + 8, rnd(1200));
		put16(step->l4 + 4, step->l4_len);
	}
	step->near = true;
	step->sorts[SORT_GATEWAY] = true;
}

void stream_next(struct step *step)
{
	struct flow *flow = &flows[rnd(FLOWS)];

	memset(step, 0, sizeof(*step));
	if (one_in(40)) {
		gateway_next(step);
		ip_dress(step);
		return;
	}
	if (!flow->proto || flow->over || one_in(60))
		begin(flow);
	step->flow = flow;
	step->sorts[SORT_FORWARD] = flow->forward;
	if (one_in(10) && error_next(step)) {
		ip_dress(step);
		return;
	}
	step->from = (flow->open && one_in(2)) || (!flow->open && flow->forward) ?
		     OUTSIDE : INSIDE;
	switch (flow->proto) {
	case IPPROTO_UDP:
		udp_next(step);
		break;
	case IPPROTO_TCP:
		tcp_next(step);
		break;
	case IPPROTO_ICMP:
		echo_next(step);
		break;
	case UDPLITE:
		udplite_next(step);
		break;
	case SCTP:
		sctp_next(step);
		break;
	case GRE:
		gre_next(step);
		break;
	}
	set_ends(step);
	ip_dress(step);
}

/* What one gateway's far host has: a packet as a whole, or nothing */
static void remember(struct packet_plan *seen, const struct arrivals *arrivals)
{
	const struct arrival *one = arrivals->list;
	const struct iphdr *ip = (const void *)one->data;

	seen->len = 0;
	if (arrivals->count != 1 || one->len > sizeof(seen->data) ||
	    ip->frag_off & htons(IP_MF | IP_OFFMASK))
		return;
	seen->len = one->len;
	memcpy(seen->data, one->data, one->len);
	if (one->h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		checksum_complete(seen->data, seen->len);
}

void stream_done(struct step *step, const struct outcome *outcome)
{
	struct flow *flow = step->flow;
	int gw;

	if (!flow || step->error)
		return;
	for (gw = 0; gw < GATEWAYS; gw++)
		remember(&flow->seen[step->from][gw],
			 &outcome->at[gw][!step->from]);
	if (step->near)
		return;
	flow->open = true;
	if (flow->proto == IPPROTO_TCP)
		tcp_done(step);
	else if (flow->proto == SCTP)
		sctp_done(step);
}
