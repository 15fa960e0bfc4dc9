// SPDX-License-Identifier: GPL-2.0
/* knat: steps of the hooks that hairpinning and they have in common. */
#include <linux/icmp.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "addr.h"
#include "host.h"
#include "inward.h"
#include "local.h"
#include "look.h"
#include "map.h"
#include "net.h"
#include "pptp.h"
#include "proto.h"
#include "session.h"
#include "unsolicited.h"

static unsigned int deliver_failed(struct knat_packet *p)
{
	knat_tell(p, DROP_MEMORY);
	return NF_DROP;
}

unsigned int knat_deliver_dst(struct knat_packet *p, const struct knat_way *way)
{
	bool done;

	if (unlikely(way->to.call))
		done = knat_pptp_rewrite_dst(p, way->to.addr, way->to.port);
	else if (way->to.whole_addr)
		done = knat_rewrite_dst_addr(p, way->to.addr);
	else
		done = knat_rewrite_dst(p, way->to.addr, way->to.port);
	return likely(done) ? NF_ACCEPT : deliver_failed(p);
}

void knat_fresh_id(struct knat_net *kn, struct sk_buff *skb)
{
	struct iphdr *iph = ip_hdr(skb);
	__be16 old = iph->id;

	__ip_select_ident(kn->net, iph, skb_shinfo(skb)->gso_segs ?: 1);
	csum_replace2(&iph->check, old, iph->id);
}

unsigned int knat_deliver_src(struct knat_packet *p, const struct knat_way *way)
{
	if (way->to.whole_addr)
		return likely(knat_rewrite_src_addr(p, way->to.addr)) ?
			NF_ACCEPT : deliver_failed(p);
	if (unlikely(!knat_rewrite_src(p, way->to.addr, way->to.port)))
		return deliver_failed(p);
	if (unlikely(knat_wants_fresh_id(p->skb)))
		knat_fresh_id(p->kn, p->skb);
	return NF_ACCEPT;
}

static bool is_syn(const struct knat_packet *p)
{
	return p->proto == IPPROTO_TCP && p->kind == KNAT_PACKET_PORTS &&
	       (p->tcp_flags & (KNAT_TCP_SYN | KNAT_TCP_ACK)) == KNAT_TCP_SYN;
}

/* A connection request for a port that inside hosts may be given, and that no
 * socket of the gateway has: an answer would end a simultaneous open (RFC 5382
 * REQ-4, RFC 5597 REQ-4).
 */
static bool unsolicited_syn(const struct knat_packet *p, bool local)
{
	const struct knat_addr *addr;
	u16 port = be16_to_cpu(p->dport);

	if (!is_syn(p) && !knat_dccp_unsolicited(p))
		return false;
	addr = knat_addr_find(p->kn, p->daddr);
	return addr && READ_ONCE(addr->dynamic) &&
	       port >= READ_ONCE(addr->port_first) &&
	       port <= READ_ONCE(addr->port_last) &&
	       !(local && knat_local_port_busy(p->kn->net, p->proto, port));
}

unsigned int knat_unmatched(struct knat_packet *p, bool from_outside)
{
	bool local = knat_local_addr(p->kn->net, p->daddr);
	bool syn = from_outside && unsolicited_syn(p, local);

	if (!local) {
		knat_tell(p, DROP_NO_MAPPING);
		return syn ? knat_unsolicited_syn(p) : NF_DROP;
	}
	if (syn) {
		knat_tell(p, DROP_UNSOLICITED_SYN);
		return knat_unsolicited_syn(p);
	}
	knat_tell(p, PASS_LOCAL);
	return NF_ACCEPT;
}

bool knat_clamp(struct knat_packet *p, const struct knat_way *way, u32 mtu)
{
	const struct knat_map *map = way->map;
	u16 clamp;

	if (!map && way->session)
		map = way->session->map;
	if (!map || (map->out.flags & KNAT_MAP_F_STATIC))
		return true;
	clamp = READ_ONCE(map->host->pool->conf.mss_clamp);
	if (clamp == KNAT_MSS_CLAMP_OFF)
		return true;
	if (clamp == KNAT_MSS_CLAMP_PMTU) {
		if (mtu < sizeof(struct iphdr) + sizeof(struct tcphdr) +
			  KNAT_MSS_CLAMP_MIN)
			return true;
		clamp = min_t(u32, mtu - sizeof(struct iphdr) -
				   sizeof(struct tcphdr), U16_MAX);
	}
	return knat_rewrite_mss(p, clamp);
}
