// SPDX-License-Identifier: GPL-2.0
/* knat: rewriting of headers. */
#include <linux/icmp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/tcp.h>
#include "proto.h"
#include "rewrite.h"

/* How much of the transport header must be writable. */
static unsigned int transport_span(const struct knat_packet *p)
{
	switch (p->kind) {
	case KNAT_PACKET_PORTS:
		if (p->proto == IPPROTO_TCP)
			return offsetofend(struct tcphdr, check);
		if (likely(p->proto == IPPROTO_UDP))
			return sizeof(struct udphdr);
		return knat_proto_span(p->proto);
	case KNAT_PACKET_QUERY:
		return sizeof(struct icmphdr);
	default:
		return 0;
	}
}

/* Does the checksum of this header hold the pseudo header alone, for the
 * device to complete? Of a packet that is a tunnel, CHECKSUM_PARTIAL speaks of
 * the inner one; the tunnel's own checksum is then whole or 0, but for GSO
 * (udp_set_csum()).
 */
static bool check_is_partial(const struct knat_packet *p)
{
	const struct sk_buff *skb = p->skb;

	return skb->ip_summed == CHECKSUM_PARTIAL &&
	       (skb_checksum_start_offset(skb) == p->thoff || skb_is_gso(skb));
}

void knat_check_update(__sum16 *check, struct knat_packet *p,
		       __wsum pseudo, __wsum header)
{
	if (check_is_partial(p)) {
		*check = ~csum_fold(csum_add(csum_unfold(*check), pseudo));
		return;
	}
	csum_replace_by_diff(check, csum_add(pseudo, header));
	/* The packet as a whole changes by what the checksum makes good for
	 * the pseudo header; the IP header always sums up to the same.
	 */
	if (p->skb->ip_summed == CHECKSUM_COMPLETE)
		p->skb->csum = csum_sub(p->skb->csum, pseudo);
}

/* 0 says that the sender has made none (RFC 768): it stays. A checksum that is
 * left to the device is never 0, its pseudo header has a protocol.
 */
static void udp_check_update(struct knat_packet *p, struct udphdr *uh,
			     __wsum pseudo, __wsum header)
{
	if (uh->check) {
		knat_check_update(&uh->check, p, pseudo, header);
		if (!uh->check)
			uh->check = CSUM_MANGLED_0;
	} else if (p->skb->ip_summed == CHECKSUM_COMPLETE) {
		p->skb->csum = csum_add(p->skb->csum, header);
	}
}

/* The transport header: its port or id and its checksum. */
static void transport_change(struct knat_packet *p, bool src, __be16 port,
			     __wsum pseudo, __wsum header)
{
	void *th = p->skb->data + p->thoff;
	struct icmphdr *icmph = th;
	__be16 *ports = th;

	switch (p->kind) {
	case KNAT_PACKET_PORTS:
		if (unlikely(p->proto != IPPROTO_TCP &&
			     p->proto != IPPROTO_UDP)) {
			knat_proto_rewrite(p, src, port, pseudo, header);
			break;
		}
		ports[src ? 0 : 1] = port;
		if (p->proto == IPPROTO_TCP)
			knat_check_update(&((struct tcphdr *)th)->check, p,
					  pseudo, header);
		else
			udp_check_update(p, th, pseudo, header);
		break;
	case KNAT_PACKET_QUERY:
		icmph->un.echo.id = port;
		knat_check_update(&icmph->checksum, p, 0, header);
		break;
	default:
		break;
	}
}

static __always_inline bool rewrite(struct knat_packet *p, bool src,
				    __be32 addr, __be16 port)
{
	unsigned int span = transport_span(p);
	__be16 old_port = src ? p->sport : p->dport;
	__wsum pseudo, header;
	struct iphdr *iph;
	__be32 *field;

	if (unlikely(skb_ensure_writable(p->skb, p->thoff + span)))
		return false;
	iph = ip_hdr(p->skb);
	field = src ? &iph->saddr : &iph->daddr;
	pseudo = csum_sub((__force __wsum)addr, (__force __wsum)*field);
	header = csum_sub((__force __wsum)port, (__force __wsum)old_port);

	if (span)
		transport_change(p, src, port, pseudo, header);
	csum_replace_by_diff(&iph->check, pseudo);
	*field = addr;

	if (src)
		p->saddr = addr;
	else
		p->daddr = addr;
	/* Both ends of a query have the id. */
	if (src || p->kind == KNAT_PACKET_QUERY)
		p->sport = port;
	if (!src || p->kind == KNAT_PACKET_QUERY)
		p->dport = port;
	return true;
}

bool knat_rewrite_src(struct knat_packet *p, __be32 addr, __be16 port)
{
	return rewrite(p, true, addr, port);
}

bool knat_rewrite_dst(struct knat_packet *p, __be32 addr, __be16 port)
{
	return rewrite(p, false, addr, port);
}

bool knat_rewrite_src_addr(struct knat_packet *p, __be32 addr)
{
	return rewrite(p, true, addr, p->sport);
}

bool knat_rewrite_dst_addr(struct knat_packet *p, __be32 addr)
{
	return rewrite(p, false, addr, p->dport);
}

/* The offset of the MSS option in a TCP header of @len bytes, or 0. */
static unsigned int mss_option(const u8 *th, unsigned int len)
{
	unsigned int i = sizeof(struct tcphdr);

	while (i + TCPOLEN_MSS <= len) {
		switch (th[i]) {
		case TCPOPT_EOL:
			return 0;
		case TCPOPT_NOP:
			i++;
			continue;
		case TCPOPT_MSS:
			return th[i + 1] == TCPOLEN_MSS ? i : 0;
		}
		if (th[i + 1] < 2)
			return 0;
		i += th[i + 1];
	}
	return 0;
}

bool knat_rewrite_mss(struct knat_packet *p, u16 mss)
{
	struct tcphdr *th = (void *)(p->skb->data + p->thoff);
	unsigned int len = th->doff * 4, i;
	__wsum diff;
	u8 *value;
	u16 old;

	if (len == sizeof(*th))
		return true;
	if (skb_ensure_writable(p->skb, p->thoff + len))
		return false;
	th = (void *)(p->skb->data + p->thoff);
	i = mss_option((u8 *)th, len);
	if (!i)
		return true;
	value = (u8 *)th + i + 2;
	old = value[0] << 8 | value[1];
	if (old <= mss)
		return true;
	diff = csum_sub((__force __wsum)cpu_to_be16(mss),
			(__force __wsum)cpu_to_be16(old));
	/* At an odd place the value lies across two words of the checksum. */
	knat_check_update(&th->check, p, 0, csum_shift(diff, i));
	value[0] = mss >> 8;
	value[1] = mss;
	return true;
}
