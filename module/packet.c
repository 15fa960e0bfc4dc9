// SPDX-License-Identifier: GPL-2.0
/* knat: reading the headers of a packet. */
#include <linux/icmp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include "odd.h"
#include "packet.h"
#include "proto.h"
#include "uapi/knat.h"

void *knat_packet_pull(struct knat_packet *p, unsigned int len)
{
	if (unlikely(!pskb_may_pull(p->skb, p->thoff + len)))
		return NULL;
	return p->skb->data + p->thoff;
}

static enum knat_packet_kind parse_tcp(struct knat_packet *p)
{
	const struct tcphdr *th = knat_packet_pull(p, sizeof(*th));

	if (unlikely(!th || th->doff < sizeof(*th) / 4 ||
		     p->thoff + th->doff * 4 > p->skb->len))
		return KNAT_PACKET_BAD;
	p->sport = th->source;
	p->dport = th->dest;
	p->tcp_flags = ((const u8 *)th)[13];
	p->tracked = true;
	return KNAT_PACKET_PORTS;
}

static enum knat_packet_kind parse_udp(struct knat_packet *p)
{
	const struct udphdr *uh = knat_packet_pull(p, sizeof(*uh));
	unsigned int len;

	if (unlikely(!uh))
		return KNAT_PACKET_BAD;
	len = be16_to_cpu(uh->len);
	/* The length of a tunnel's GSO packet may have wrapped round. */
	if (unlikely((len < sizeof(*uh) || p->thoff + len > p->skb->len) &&
		     !skb_is_gso(p->skb)))
		return KNAT_PACKET_BAD;
	p->sport = uh->source;
	p->dport = uh->dest;
	return KNAT_PACKET_PORTS;
}

static enum knat_packet_kind parse_icmp(struct knat_packet *p)
{
	const struct icmphdr *icmph = knat_packet_pull(p, sizeof(*icmph));

	if (unlikely(!icmph))
		return KNAT_PACKET_BAD;
	switch (icmph->type) {
	case ICMP_ECHO:
	case ICMP_ECHOREPLY:
	case ICMP_TIMESTAMP:
	case ICMP_TIMESTAMPREPLY:
	case ICMP_ADDRESS:
	case ICMP_ADDRESSREPLY:
		p->sport = icmph->un.echo.id;
		p->dport = icmph->un.echo.id;
		return KNAT_PACKET_QUERY;
	case ICMP_DEST_UNREACH:
	case ICMP_SOURCE_QUENCH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return KNAT_PACKET_ERROR;
	}
	return KNAT_PACKET_OTHER;
}

void knat_packet_parse(struct knat_packet *p, struct knat_net *kn,
		       struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	p->kn = kn;
	p->skb = skb;
	p->saddr = iph->saddr;
	p->daddr = iph->daddr;
	p->sport = 0;
	p->dport = 0;
	p->proto = iph->protocol;
	p->tcp_flags = 0;
	p->tracked = false;
	p->unmapped = false;
	p->thoff = iph->ihl * 4;
	p->drop = KNAT_COUNTER_DROP_MALFORMED;
	p->look = NULL;

	/* Fragments were put together before: this is not one that could be.
	 * A header that is too short comes from raw sockets of old kernels.
	 */
	if (unlikely(ip_is_fragment(iph) || iph->ihl != 5)) {
		p->kind = KNAT_PACKET_BAD;
		if (ip_is_fragment(iph) || iph->ihl < 5)
			return;
		if (knat_odd_route(iph)) {
			p->drop = KNAT_COUNTER_DROP_SOURCE_ROUTE;
			return;
		}
	}
	switch (p->proto) {
	case IPPROTO_TCP:
		p->kind = parse_tcp(p);
		break;
	case IPPROTO_UDP:
		p->kind = parse_udp(p);
		break;
	case IPPROTO_ICMP:
		p->kind = parse_icmp(p);
		break;
	default:
		p->kind = knat_proto_parse(p);
	}
}
