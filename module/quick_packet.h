/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: UDP of a mapping and TCP of an established session, with nothing unusual
 * about them: how they are read, found and rewritten. Inlined in the hooks, see
 * quick.h and fastpath.c.
 *
 * Under rcu_read_lock(), softirq off.
 */
#ifndef _KNAT_QUICK_PACKET_H
#define _KNAT_QUICK_PACKET_H

#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "map.h"
#include "odd.h"
#include "rule.h"
#include "session.h"
#include "tcp.h"

/**
 * struct knat_quick - what is to be known of such a packet
 * @iph: IP header, without options
 * @ports: source and destination port
 * @check: transport checksum
 * @unmapped: knat_quick_find_out() has looked for a mapping, and there is none
 */
struct knat_quick {
	struct iphdr	*iph;
	__be16		*ports;
	__sum16		*check;
	bool		unmapped;
};

static __always_inline bool quick_udp(const struct sk_buff *skb,
				      struct knat_quick *q)
{
	struct udphdr *uh = (void *)(q->iph + 1);
	unsigned int len;

	if (skb_headlen(skb) < sizeof(*q->iph) + sizeof(*uh))
		return false;
	len = be16_to_cpu(uh->len);
	if (!uh->check || len < sizeof(*uh) || sizeof(*q->iph) + len > skb->len)
		return false;
	q->check = &uh->check;
	return true;
}

/* What does not change the state of a connection. */
static __always_inline bool quick_tcp(const struct sk_buff *skb,
				      struct knat_quick *q)
{
	struct tcphdr *th = (void *)(q->iph + 1);

	if (skb_headlen(skb) < sizeof(*q->iph) + sizeof(*th) ||
	    th->doff < sizeof(*th) / 4 ||
	    sizeof(*q->iph) + th->doff * 4 > skb->len)
		return false;
	if ((((u8 *)th)[13] & (KNAT_TCP_FIN | KNAT_TCP_SYN | KNAT_TCP_RST |
			       KNAT_TCP_ACK)) != KNAT_TCP_ACK)
		return false;
	q->check = &th->check;
	return true;
}

/* Is it such a packet? Its IPv4 header is readable, skb->data at it. */
static __always_inline bool knat_quick_parse(const struct sk_buff *skb,
					     struct knat_quick *q)
{
	q->iph = ip_hdr(skb);
	if (q->iph->ihl != sizeof(*q->iph) / 4 || ip_is_fragment(q->iph))
		return false;
	q->ports = (void *)(q->iph + 1);
	switch (q->iph->protocol) {
	case IPPROTO_UDP:
		if (!quick_udp(skb, q))
			return false;
		break;
	case IPPROTO_TCP:
		if (!quick_tcp(skb, q))
			return false;
		break;
	default:
		return false;
	}
	/* Of a tunnel's packet the checksum left to the device is another. */
	return skb->ip_summed != CHECKSUM_PARTIAL ||
	       skb_checksum_start_offset(skb) == sizeof(*q->iph);
}

/* See knat_check_update(). */
static __always_inline void
knat_quick_rewrite(struct sk_buff *skb, struct knat_quick *q,
		   __be32 *addr, __be16 *port, __be32 new_addr, __be16 new_port)
{
	__wsum pseudo = csum_sub((__force __wsum)new_addr, (__force __wsum)*addr);
	__wsum header = csum_sub((__force __wsum)new_port, (__force __wsum)*port);

	*addr = new_addr;
	*port = new_port;
	csum_replace_by_diff(&q->iph->check, pseudo);
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		*q->check = ~csum_fold(csum_add(csum_unfold(*q->check), pseudo));
		return;
	}
	csum_replace_by_diff(q->check, csum_add(pseudo, header));
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->csum = csum_sub(skb->csum, pseudo);
	if (!*q->check && q->iph->protocol == IPPROTO_UDP)
		*q->check = CSUM_MANGLED_0;
}

/* May the headers be written to where they are? */
static __always_inline bool knat_quick_writable(const struct sk_buff *skb,
						const struct knat_quick *q)
{
	return !skb_cloned(skb) ||
	       skb_clone_writable(skb, (u8 *)(q->check + 1) - skb->data);
}

/* Refresh an established session: false if it is none. */
static __always_inline bool quick_session(struct knat_session *session,
					  const struct knat_quick *q,
					  bool from_inside)
{
	const struct tcphdr *th = (void *)q->ports;
	u32 now = (u32)jiffies;

	if ((READ_ONCE(session->ctl.tcp) &
	     (KNAT_TCP_IN_SYN | KNAT_TCP_OUT_SYN | KNAT_TCP_RESET |
	      KNAT_TCP_CONTROL)) != (KNAT_TCP_IN_SYN | KNAT_TCP_OUT_SYN))
		return false;
	if (from_inside &&
	    unlikely(knat_tcp_ack_due(READ_ONCE(session->ack),
				      ntohl(th->ack_seq))))
		return false;
	if (now - READ_ONCE(session->stamp) >= HZ) {
		WRITE_ONCE(session->stamp, now);
		if (from_inside)
			WRITE_ONCE(session->ack, ntohl(th->ack_seq));
	}
	return true;
}

/* Where a packet that came in through an outside device goes, and a refresh of
 * what says so. False: it is another's business.
 */
static __always_inline bool
knat_quick_find_in(struct knat_net *kn, const struct knat_view *view,
		   const struct knat_quick *q, __be32 *addr, __be16 *port)
{
	const struct iphdr *iph = q->iph;
	struct knat_session *session;
	struct knat_map *map;
	struct knat_flow flow;

	flow.near = knat_ep(iph->protocol, iph->daddr, q->ports[1]);
	if (flow.near.proto == IPPROTO_TCP) {
		flow.far = knat_far(iph->saddr, q->ports[0], 0);
		session = knat_session_find_out(kn, &flow);
		if (!session || !quick_session(session, q, false))
			return false;
		*addr = session->in_addr;
		*port = session->in_port;
		return true;
	}
	if (view->sessions_first || knat_odd_addr(iph->saddr))
		return false;
	map = knat_map_find_out(kn, flow.near);
	if (!map || (map->out.flags & KNAT_MAP_F_SESSIONS) ||
	    unlikely(iph->saddr == map->in.addr))
		return false;
	if (READ_ONCE(kn->config[KNAT_A_CONFIG_UDP_INBOUND_REFRESH]))
		knat_map_touch(map);
	*addr = map->in.addr;
	*port = map->in.port;
	return true;
}

/* From whom a packet that leaves through outside device @dev comes, likewise. */
static __always_inline bool
knat_quick_find_out(struct knat_net *kn, const struct knat_view *view,
		    const struct knat_view_dev *dev, struct knat_quick *q,
		    __be32 *addr, __be16 *port)
{
	const struct iphdr *iph = q->iph;
	struct knat_session *session;
	struct knat_map *map;
	struct knat_flow flow;

	if (dev->by_rule)
		return false;
	flow.near = knat_ep(iph->protocol, iph->saddr, q->ports[0]);
	if (flow.near.proto == IPPROTO_TCP) {
		flow.far = knat_far(iph->daddr, q->ports[1], dev->realm);
		session = knat_session_find_in(kn, &flow);
		if (unlikely(!session) && READ_ONCE(kn->nr_static)) {
			flow.far.realm = KNAT_REALM_STATIC;
			session = knat_session_lookup_in(kn, &flow);
		}
		if (!session || !quick_session(session, q, true))
			return false;
		*addr = session->out_addr;
		*port = session->ctl.out_port;
		return true;
	}
	if (view->sessions_first)
		return false;
	map = knat_map_find_in(kn, flow.near, knat_far(0, 0, dev->realm));
	if (unlikely(!map) && READ_ONCE(kn->nr_static))
		map = knat_map_lookup_in(kn, flow.near,
					 knat_far(0, 0, KNAT_REALM_STATIC));
	q->unmapped = !map;
	if (!map || (map->out.flags & KNAT_MAP_F_SESSIONS))
		return false;
	knat_map_touch(map);
	*addr = map->out.addr;
	*port = map->out.port;
	return true;
}

#endif /* _KNAT_QUICK_PACKET_H */
