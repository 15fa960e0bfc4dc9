// SPDX-License-Identifier: GPL-2.0
/* differ: the packet of a step for one gateway. */
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#include "differ.h"

/* Where the checksum of TCP or UDP is, 0: of another protocol */
static size_t check_at(uint8_t proto)
{
	return proto == IPPROTO_TCP ? offsetof(struct tcphdr, check) :
	       proto == IPPROTO_UDP ? offsetof(struct udphdr, check) : 0;
}

/* What a host on this side calls the inside end of the flow */
static void set_end(const struct step *step, enum gateway gw, uint8_t *l4)
{
	const struct flow *flow = step->flow;

	if (!flow || step->error || step->from == INSIDE)
		return;
	if (flow->proto == IPPROTO_ICMP)
		put16(l4 + 4, flow->out_port[gw]);
	else if (flow->proto != GRE)
		put16(l4 + 2, flow->out_port[gw]);
}

void plan_make(const struct step *step, enum gateway gw,
	       struct packet_plan *plan)
{
	static uint8_t l4[PACKET_MAX];
	const struct packet_plan *seen;
	size_t len = step->l4_len, quote;
	uint16_t sum;

	memcpy(l4, step->l4, len);
	set_end(step, gw, l4);
	if (step->error) {
		/* Of the other side's packets, as they arrived at this one */
		seen = &step->flow->seen[!step->from][gw];
		quote = step->quote_len < seen->len ? step->quote_len :
						      seen->len;
		memcpy(l4 + len, seen->data, quote);
		len += quote;
	}
	if (step->ip.protocol == IPPROTO_ICMP) {
		memset(l4 + 2, 0, 2);
		sum = sum_fold(sum_add(0, l4, len));
		memcpy(l4 + 2, &sum, 2);
	}
	packet_assemble(&step->ip, step->options, step->options_len, l4, len,
			plan);
	if (step->nocsum)
		memset(plan->data + sizeof(step->ip) + step->options_len +
		       offsetof(struct udphdr, check), 0, 2);
	else
		checksum_complete(plan->data, plan->len);
}

void plan_offload(const struct step *step, struct packet_plan *plan,
		  struct virtio_net_hdr *h)
{
	struct iphdr *ip = (void *)plan->data;
	size_t header = ip->ihl * 4, at = check_at(ip->protocol);
	uint8_t *l4 = plan->data + header;
	uint16_t sum;

	memset(h, 0, sizeof(*h));
	if (!step->partial)
		return;
	sum = ~sum_fold(sum_pseudo(&ip->saddr, &ip->daddr, ip->protocol,
				   plan->len - header));
	memcpy(l4 + at, &sum, 2);
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->csum_start = ETH + header;
	h->csum_offset = at;
	if (!step->gso_size)
		return;
	h->gso_size = step->gso_size;
	if (ip->protocol == IPPROTO_TCP) {
		h->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		h->hdr_len = ETH + header + (l4[12] >> 4) * 4;
	} else {
		h->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
		h->hdr_len = ETH + header + sizeof(struct udphdr);
	}
}
