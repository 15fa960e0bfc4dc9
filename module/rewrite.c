// SPDX-License-Identifier: GPL-2.0
/* knat: rewriting of headers. */
#include <linux/dccp.h>
#include <linux/icmp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/tcp.h>
#include "rewrite.h"

/* How much of the transport header must be writable to change ports. */
static unsigned int transport_span(const struct knat_packet *p)
{
	switch (p->kind) {
	case KNAT_PACKET_PORTS:
		return p->proto == IPPROTO_TCP ? sizeof(struct tcphdr) :
						 sizeof(struct udphdr);
	case KNAT_PACKET_QUERY:
		return sizeof(struct icmphdr);
	default:
		return 0;
	}
}

static void tcp_change(struct knat_packet *p, __be32 from, __be32 to,
		       __be16 old_port, __be16 port)
{
	struct tcphdr *th = (void *)(p->skb->data + p->thoff);

	inet_proto_csum_replace4(&th->check, p->skb, from, to, true);
	if (old_port != port)
		inet_proto_csum_replace2(&th->check, p->skb, old_port, port,
					 false);
}

static void udp_change(struct knat_packet *p, __be32 from, __be32 to,
		       __be16 old_port, __be16 port)
{
	struct udphdr *uh = (void *)(p->skb->data + p->thoff);

	/* A sender that has not made a checksum (RFC 768). */
	if (!uh->check && p->skb->ip_summed != CHECKSUM_PARTIAL)
		return;
	inet_proto_csum_replace4(&uh->check, p->skb, from, to, true);
	if (old_port != port)
		inet_proto_csum_replace2(&uh->check, p->skb, old_port, port,
					 false);
	if (!uh->check)
		uh->check = CSUM_MANGLED_0;
}

static void transport_change(struct knat_packet *p, __be32 from, __be32 to,
			     __be16 old_port, __be16 port)
{
	struct icmphdr *icmph;

	if (p->kind == KNAT_PACKET_QUERY) {
		icmph = (void *)(p->skb->data + p->thoff);
		if (old_port == port)
			return;
		inet_proto_csum_replace2(&icmph->checksum, p->skb, old_port,
					 port, false);
		icmph->un.echo.id = port;
	} else if (p->kind == KNAT_PACKET_PORTS) {
		if (p->proto == IPPROTO_TCP)
			tcp_change(p, from, to, old_port, port);
		else
			udp_change(p, from, to, old_port, port);
	}
}

bool knat_rewrite_src(struct knat_packet *p, __be32 addr, __be16 port)
{
	struct iphdr *iph;

	if (unlikely(skb_ensure_writable(p->skb,
					 p->thoff + transport_span(p))))
		return false;
	iph = ip_hdr(p->skb);
	transport_change(p, iph->saddr, addr, p->sport, port);
	if (p->kind == KNAT_PACKET_PORTS)
		*(__be16 *)(p->skb->data + p->thoff) = port;
	csum_replace4(&iph->check, iph->saddr, addr);
	iph->saddr = addr;
	p->saddr = addr;
	p->sport = port;
	return true;
}

bool knat_rewrite_dst(struct knat_packet *p, __be32 addr, __be16 port)
{
	struct iphdr *iph;

	if (unlikely(skb_ensure_writable(p->skb,
					 p->thoff + transport_span(p))))
		return false;
	iph = ip_hdr(p->skb);
	transport_change(p, iph->daddr, addr, p->dport, port);
	if (p->kind == KNAT_PACKET_PORTS)
		*(__be16 *)(p->skb->data + p->thoff + 2) = port;
	csum_replace4(&iph->check, iph->daddr, addr);
	iph->daddr = addr;
	p->daddr = addr;
	p->dport = port;
	return true;
}

/* The checksum of protocols that knat knows by address alone, but whose
 * pseudo header covers it: its offset, or 0.
 */
static unsigned int pseudo_csum_offset(u8 proto)
{
	switch (proto) {
	case IPPROTO_UDPLITE:
		return offsetof(struct udphdr, check);
	case IPPROTO_DCCP:
		return offsetof(struct dccp_hdr, dccph_checksum);
	}
	return 0;
}

static bool rewrite_addr(struct knat_packet *p, bool src, __be32 addr)
{
	unsigned int span = transport_span(p);
	unsigned int off = span ? 0 : pseudo_csum_offset(p->proto);
	struct iphdr *iph;
	__be32 *field;

	if (off && p->thoff + off + sizeof(__sum16) <= p->skb->len)
		span = off + sizeof(__sum16);
	if (unlikely(skb_ensure_writable(p->skb, p->thoff + span)))
		return false;
	iph = ip_hdr(p->skb);
	field = src ? &iph->saddr : &iph->daddr;
	if (off && span)
		inet_proto_csum_replace4((void *)(p->skb->data + p->thoff + off),
					 p->skb, *field, addr, true);
	else
		transport_change(p, *field, addr, 0, 0);
	csum_replace4(&iph->check, *field, addr);
	*field = addr;
	if (src)
		p->saddr = addr;
	else
		p->daddr = addr;
	return true;
}

bool knat_rewrite_src_addr(struct knat_packet *p, __be32 addr)
{
	return rewrite_addr(p, true, addr);
}

bool knat_rewrite_dst_addr(struct knat_packet *p, __be32 addr)
{
	return rewrite_addr(p, false, addr);
}

static __be16 swab_be16(__be16 value)
{
	return (__force __be16)swab16((__force u16)value);
}

bool knat_rewrite_mss(struct knat_packet *p, u16 mss)
{
	struct tcphdr *th = (void *)(p->skb->data + p->thoff);
	unsigned int len = th->doff * 4, i;
	u8 *opt;

	if (len == sizeof(*th))
		return true;
	if (skb_ensure_writable(p->skb, p->thoff + len))
		return false;
	th = (void *)(p->skb->data + p->thoff);
	opt = (u8 *)th;
	for (i = sizeof(*th); i + TCPOLEN_MSS <= len; ) {
		__be16 old, new;

		if (opt[i] == TCPOPT_EOL)
			break;
		if (opt[i] == TCPOPT_NOP) {
			i++;
			continue;
		}
		if (opt[i] == TCPOPT_MSS && opt[i + 1] == TCPOLEN_MSS) {
			old = cpu_to_be16(opt[i + 2] << 8 | opt[i + 3]);
			if (be16_to_cpu(old) <= mss)
				break;
			/* The value may lie across two checksum words. */
			new = cpu_to_be16(mss);
			if (i & 1) {
				old = swab_be16(old);
				new = swab_be16(new);
			}
			inet_proto_csum_replace2(&th->check, p->skb, old, new,
						 false);
			opt[i + 2] = mss >> 8;
			opt[i + 3] = mss;
			break;
		}
		if (opt[i + 1] < 2)
			break;
		i += opt[i + 1];
	}
	return true;
}
