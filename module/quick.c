// SPDX-License-Identifier: GPL-2.0
/* knat: the packets that there are most of. */
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "map.h"
#include "odd.h"
#include "quick.h"
#include "session.h"
#include "tcp.h"

/**
 * struct quick - what is to be known of such a packet
 * @iph: IP header, without options
 * @ports: source and destination port
 * @check: transport checksum
 */
struct quick {
	struct iphdr	*iph;
	__be16		*ports;
	__sum16		*check;
};

static __always_inline bool quick_udp(const struct sk_buff *skb,
				      struct quick *q)
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
				      struct quick *q)
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

static __always_inline bool quick_parse(const struct sk_buff *skb,
					struct quick *q)
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
	if (skb_cloned(skb) &&
	    !skb_clone_writable(skb, (u8 *)(q->check + 1) - skb->data))
		return false;
	/* Of a tunnel's packet the checksum left to the device is another. */
	return skb->ip_summed != CHECKSUM_PARTIAL ||
	       skb_checksum_start_offset(skb) == sizeof(*q->iph);
}

/* See knat_check_update(). */
static __always_inline void quick_rewrite(struct sk_buff *skb, struct quick *q,
					  __be32 *addr, __be16 *port,
					  __be32 new_addr, __be16 new_port)
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

/* Refresh an established session: false if it is none. */
static __always_inline bool quick_session(struct knat_session *session,
					  const struct quick *q,
					  bool from_inside)
{
	const struct tcphdr *th = (void *)q->ports;
	u32 now = (u32)jiffies;

	if ((READ_ONCE(session->ctl.tcp) &
	     (KNAT_TCP_IN_SYN | KNAT_TCP_OUT_SYN | KNAT_TCP_RESET)) !=
	    (KNAT_TCP_IN_SYN | KNAT_TCP_OUT_SYN))
		return false;
	if (from_inside && !READ_ONCE(session->ack))
		return false;
	if (now - READ_ONCE(session->stamp) >= HZ) {
		WRITE_ONCE(session->stamp, now);
		if (from_inside)
			WRITE_ONCE(session->ack, ntohl(th->ack_seq));
	}
	return true;
}

bool knat_quick_in(struct knat_net *kn, const struct knat_view *view,
		   struct sk_buff *skb)
{
	struct knat_session *session;
	struct knat_map *map;
	struct knat_flow flow;
	struct quick q;

	if (!quick_parse(skb, &q))
		return false;
	flow.near = knat_ep(q.iph->protocol, q.iph->daddr, q.ports[1]);
	if (flow.near.proto == IPPROTO_TCP) {
		flow.far = knat_far(q.iph->saddr, q.ports[0], 0);
		session = knat_session_find_out(kn, &flow);
		if (!session || !quick_session(session, &q, false))
			return false;
		quick_rewrite(skb, &q, &q.iph->daddr, &q.ports[1],
			      session->in_addr, session->in_port);
	} else {
		if (view->sessions_first || knat_odd_addr(q.iph->saddr))
			return false;
		map = knat_map_find_out(kn, flow.near);
		if (!map || (map->out.flags & KNAT_MAP_F_SESSIONS) ||
		    unlikely(q.iph->saddr == map->in.addr))
			return false;
		if (READ_ONCE(kn->config[KNAT_A_CONFIG_UDP_INBOUND_REFRESH]))
			knat_map_touch(map);
		quick_rewrite(skb, &q, &q.iph->daddr, &q.ports[1],
			      map->in.addr, map->in.port);
	}
	knat_count(kn, IN_TRANSLATED);
	return true;
}

bool knat_quick_out(struct knat_net *kn, const struct knat_view *view,
		    const struct knat_view_dev *dev, struct sk_buff *skb)
{
	struct knat_session *session;
	struct knat_map *map;
	struct knat_flow flow;
	struct quick q;

	if (dev->by_rule || !quick_parse(skb, &q))
		return false;
	flow.near = knat_ep(q.iph->protocol, q.iph->saddr, q.ports[0]);
	if (flow.near.proto == IPPROTO_TCP) {
		flow.far = knat_far(q.iph->daddr, q.ports[1], dev->realm);
		session = knat_session_find_in(kn, &flow);
		if (!session || !quick_session(session, &q, true))
			return false;
		quick_rewrite(skb, &q, &q.iph->saddr, &q.ports[0],
			      session->out_addr, session->ctl.out_port);
	} else {
		if (view->sessions_first)
			return false;
		map = knat_map_find_in(kn, flow.near, knat_far(0, 0, dev->realm));
		if (!map || (map->out.flags & KNAT_MAP_F_SESSIONS))
			return false;
		knat_map_touch(map);
		quick_rewrite(skb, &q, &q.iph->saddr, &q.ports[0],
			      map->out.addr, map->out.port);
	}
	knat_count(kn, OUT_TRANSLATED);
	return true;
}

void knat_quick_foresee(struct knat_net *kn, const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const __be16 *ports = (void *)(iph + 1);
	struct knat_flow flow;

	/* UDP has the shorter header; a wrong guess does no harm. */
	if (skb_headlen(skb) < sizeof(*iph) + sizeof(struct udphdr))
		return;
	flow.near = knat_ep(iph->protocol, iph->saddr, ports[0]);
	if (iph->protocol == IPPROTO_UDP) {
		knat_table_prefetch(&kn->map_in,
				    knat_map_in_hash(kn, flow.near,
						     knat_far(0, 0, 0)));
	} else if (iph->protocol == IPPROTO_TCP) {
		flow.far = knat_far(iph->daddr, ports[1], 0);
		knat_table_prefetch(&kn->session_in,
				    knat_session_in_hash(kn, &flow));
	}
}
