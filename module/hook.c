// SPDX-License-Identifier: GPL-2.0
/* knat: the netfilter hooks. */
#include <linux/icmp.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_ipv4.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <net/icmp.h>
#include <net/ip.h>
#include "addr.h"
#include "arp.h"
#include "bridge.h"
#include "flow.h"
#include "frag.h"
#include "hairpin.h"
#include "hook.h"
#include "icmp.h"
#include "inward.h"
#include "local.h"
#include "look.h"
#include "net.h"
#include "odd.h"
#include "pptp.h"
#include "prefix.h"
#include "quick.h"
#include "rewrite.h"
#include "rule.h"
#include "session.h"
#include "unsolicited.h"

/* Before conntrack's own, which then finds nothing to put together. */
#define HOOK_PRI_FRAG	(NF_IP_PRI_CONNTRACK_DEFRAG - 1)
/* Before conntrack, so that it sees inside addresses; after defragmentation. */
#define HOOK_PRI_IN	(NF_IP_PRI_CONNTRACK - 50)
/* After conntrack has confirmed, for the same reason. */
#define HOOK_PRI_OUT	NF_IP_PRI_LAST
/* Errors a second about flows that are refused, as many as the kernel sends by
 * default.
 */
#define HOOK_REFUSALS_MAX	10000

static bool is_syn(const struct knat_packet *p)
{
	return p->proto == IPPROTO_TCP && (p->tcp_flags & KNAT_TCP_SYN);
}

/* A redirect is about one link: it is not for the other side (RFC 3022
 * section 2.2).
 */
static bool is_redirect(const struct knat_packet *p)
{
	const struct icmphdr *icmph = (void *)(p->skb->data + p->thoff);

	return p->proto == IPPROTO_ICMP && icmph->type == ICMP_REDIRECT;
}

/* An ICMP type that only whole addresses can be translated for. */
static unsigned int in_other(struct knat_packet *p)
{
	struct knat_way way = { .to.whole_addr = true };

	if (!is_redirect(p) && knat_prefix_inside_of(p->kn, p->daddr, &way.to.addr)) {
		knat_tell(p, IN_TRANSLATED);
		return knat_deliver_dst(p, &way);
	}
	if (knat_local_addr(p->kn->net, p->daddr))
		return NF_ACCEPT;
	knat_tell(p, DROP_UNSUPPORTED);
	return NF_DROP;
}

static unsigned int in_error(struct knat_packet *p)
{
	struct knat_found src = {};
	unsigned int verdict = knat_icmp_error_in(p, &src);

	if (verdict == NF_ACCEPT && src.addr)
		knat_hairpin_mark(p->skb, &src);
	return verdict;
}

/* A question to an address that the gateway shares is for the gateway. */
static bool query_for_gateway(const struct knat_packet *p)
{
	const struct icmphdr *icmph = (void *)(p->skb->data + p->thoff);

	return p->kind == KNAT_PACKET_QUERY &&
	       (icmph->type == ICMP_ECHO || icmph->type == ICMP_TIMESTAMP) &&
	       knat_local_addr(p->kn->net, p->daddr);
}

unsigned int knat_hook_in(struct knat_net *kn, const struct knat_view *view,
			  struct sk_buff *skb, const struct net_device *in,
			  bool outside, struct knat_look *look)
{
	struct knat_way way = {};
	struct knat_packet p;
	enum knat_fate fate;
	__be32 in_addr;

	knat_packet_parse(&p, kn, skb);
	p.look = look;
	if (unlikely(knat_odd_addr(p.saddr))) {
		knat_tell(&p, DROP_MARTIAN_SOURCE);
		return NF_DROP;
	}

	switch (p.kind) {
	case KNAT_PACKET_BAD:
		knat_tell_nr(&p, p.drop);
		return NF_DROP;
	case KNAT_PACKET_ERROR:
		return in_error(&p);
	case KNAT_PACKET_OTHER:
		return in_other(&p);
	case KNAT_PACKET_QUERY:
		if (query_for_gateway(&p) &&
		    !knat_prefix_inside_of(kn, p.daddr, &in_addr)) {
			knat_tell(&p, PASS_LOCAL);
			return NF_ACCEPT;
		}
		break;
	case KNAT_PACKET_PORTS:
	case KNAT_PACKET_ADDRESS:
		break;
	}
	if (!outside)
		return knat_hairpin_in(&p, view);
	if (unlikely(p.saddr == p.daddr)) {
		knat_tell(&p, DROP_LAND);
		return NF_DROP;
	}

	fate = knat_flow_inward(&p, view, p.saddr, p.sport, &way);
	if (unlikely(look))
		look->way = way;
	switch (fate) {
	case KNAT_DROP:
	case KNAT_REFUSE:
		return NF_DROP;
	case KNAT_HOLD:
		return knat_unsolicited_syn(&p);
	case KNAT_PASS:
		return knat_unmatched(&p, true);
	case KNAT_TRANSLATE:
		break;
	}
	if (unlikely(is_syn(&p)) && !knat_clamp(&p, &way, in->mtu)) {
		knat_tell(&p, DROP_MEMORY);
		return NF_DROP;
	}
	if (unlikely(!knat_pptp_read(&p, way.session, false)))
		return NF_DROP;
	knat_tell(&p, IN_TRANSLATED);
	return knat_deliver_dst(&p, &way);
}

static unsigned int hook_prerouting(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct knat_net *kn = priv;
	const struct knat_view *view = rcu_dereference(kn->view);
	unsigned int verdict;
	bool outside, bridged;

	if (unlikely(!view))
		return NF_ACCEPT;
	bridged = nf_bridge_in_prerouting(skb);
	if (unlikely(bridged))
		knat_hairpin_forget(skb);
	if (!knat_lookup_is_outside(kn, ip_hdr(skb)->daddr)) {
		knat_quick_foresee(kn, skb);
		return NF_ACCEPT;
	}
	if (unlikely(bridged) && knat_bridge_goes_by(skb))
		return NF_ACCEPT;
	outside = knat_view_dev(view, state->in->ifindex);
	if (likely(outside) && likely(knat_quick_in(kn, view, skb))) {
		if (unlikely(bridged))
			knat_bridge_take(skb);
		return NF_ACCEPT;
	}
	/* The gateway talks to itself: hook_local_out() has seen it. */
	if (unlikely(state->in->flags & IFF_LOOPBACK))
		return NF_ACCEPT;
	local_bh_disable();
	verdict = knat_hook_in(kn, view, skb, state->in, outside, NULL);
	local_bh_enable();
	if (unlikely(bridged) && verdict == NF_ACCEPT)
		knat_bridge_take(skb);
	return verdict;
}

/* What cannot be translated must not leave with an inside address. */
static unsigned int out_other(struct knat_packet *p,
			      const struct knat_view *view,
			      const struct knat_view_dev *dev)
{
	struct knat_way way = { .to.whole_addr = true };
	const struct knat_view_rule *rule;

	rule = knat_flow_rule(p, view, dev);
	if (rule && !rule->pool) {
		knat_tell(p, PASS_EXEMPT);
		return NF_ACCEPT;
	}
	if (knat_prefix_outside_of(p->kn, p->saddr, &way.to.addr)) {
		knat_tell(p, OUT_TRANSLATED);
		return knat_deliver_src(p, &way);
	}
	if (!rule) {
		knat_tell(p, PASS_NO_RULE);
		return NF_ACCEPT;
	}
	if (knat_local_addr(p->kn->net, p->saddr)) {
		knat_tell(p, PASS_LOCAL);
		return NF_ACCEPT;
	}
	knat_tell(p, DROP_UNSUPPORTED);
	return NF_DROP;
}

/* The sender of a new flow that was refused is told, within the rate that the
 * namespace allows for ICMP errors; the kernel finds out the route before it
 * looks at that, which is too much for each packet of a flood.
 */
static void out_refused(const struct knat_packet *p)
{
	u32 refusal_icmp = READ_ONCE(p->kn->config[KNAT_A_CONFIG_REFUSAL_ICMP]);

	if (unlikely(p->look) || !refusal_icmp ||
	    !__ratelimit(&p->kn->refusals))
		return;
	icmp_send(p->skb, ICMP_DEST_UNREACH,
		  refusal_icmp == 1 ? ICMP_HOST_UNREACH : ICMP_PKT_FILTERED, 0);
}

void knat_hook_init(struct knat_net *kn)
{
	ratelimit_state_init(&kn->refusals, 1,
			     DIV_ROUND_UP(HOOK_REFUSALS_MAX, HZ));
	/* Nothing to be said of it in the log */
	ratelimit_set_flags(&kn->refusals, RATELIMIT_MSG_ON_RELEASE);
}

/* What quick.h has read. */
static void packet_of(struct knat_packet *p, struct knat_net *kn,
		      struct sk_buff *skb, const struct knat_quick *q)
{
	*p = (struct knat_packet) {
		.skb		= skb,
		.kn		= kn,
		.saddr		= q->iph->saddr,
		.daddr		= q->iph->daddr,
		.sport		= q->ports[0],
		.dport		= q->ports[1],
		.proto		= IPPROTO_UDP,
		.thoff		= sizeof(*q->iph),
		.unmapped	= true,
		.kind		= KNAT_PACKET_PORTS,
	};
}

unsigned int knat_hook_out(struct knat_net *kn, const struct knat_view *view,
			   struct sk_buff *skb, const struct knat_view_dev *dev,
			   struct knat_quick *q, struct knat_look *look)
{
	struct knat_way way = {};
	struct knat_packet p;
	enum knat_fate fate;

	if (likely(q))
		packet_of(&p, kn, skb, q);
	else
		knat_packet_parse(&p, kn, skb);
	p.look = look;
	/* A source route would show the outside inside addresses, and is not
	 * translated (RFC 5508 section 7.3).
	 */
	if (unlikely(IPCB(skb)->opt.srr) && p.proto == IPPROTO_ICMP) {
		knat_tell(&p, DROP_UNSUPPORTED);
		return NF_DROP;
	}
	switch (p.kind) {
	case KNAT_PACKET_BAD:
		knat_tell_nr(&p, p.drop);
		return NF_DROP;
	case KNAT_PACKET_ERROR:
		return knat_icmp_error_out(&p, dev->ifindex);
	case KNAT_PACKET_OTHER:
		return out_other(&p, view, dev);
	case KNAT_PACKET_PORTS:
	case KNAT_PACKET_QUERY:
	case KNAT_PACKET_ADDRESS:
		break;
	}
	if (unlikely(knat_lookup_is_outside(kn, p.saddr)))
		fate = knat_flow_local(&p, view, dev, &way);
	else
		fate = knat_flow_outward(&p, view, dev, &way);

	if (unlikely(look))
		look->way = way;
	switch (fate) {
	case KNAT_REFUSE:
		out_refused(&p);
		return NF_DROP;
	case KNAT_DROP:
	case KNAT_HOLD:
		return NF_DROP;
	case KNAT_PASS:
		if (knat_lookup_is_outside(kn, p.saddr) ||
		    (!skb->skb_iif && !way.rule))
			knat_tell(&p, PASS_LOCAL);
		else if (way.rule)
			knat_tell(&p, PASS_EXEMPT);
		else
			knat_tell(&p, PASS_NO_RULE);
		return NF_ACCEPT;
	case KNAT_TRANSLATE:
		break;
	}
	if (unlikely(is_syn(&p)) && likely(!look) &&
	    !knat_clamp(&p, &way, dst_mtu(skb_dst(skb)))) {
		knat_tell(&p, DROP_MEMORY);
		return NF_DROP;
	}
	if (unlikely(!knat_pptp_read(&p, way.session, true)))
		return NF_DROP;
	if (likely(q) && likely(!way.to.whole_addr)) {
		knat_quick_leave(kn, skb, q, way.to.addr, way.to.port);
		return NF_ACCEPT;
	}
	knat_tell(&p, OUT_TRANSLATED);
	return knat_deliver_src(&p, &way);
}

static unsigned int hook_postrouting(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	struct knat_net *kn = priv;
	const struct knat_view *view = rcu_dereference(kn->view);
	const struct knat_view_dev *dev;
	unsigned int verdict;
	struct knat_found src;
	struct knat_quick q;

	if (unlikely(knat_hairpin_maybe(skb)) && knat_hairpin_unmark(skb, &src))
		return knat_hairpin_out(kn, skb, &src);
	if (unlikely(!view))
		return NF_ACCEPT;
	dev = knat_view_dev(view, state->out->ifindex);
	if (!dev || unlikely(knat_bridge_passes(skb)))
		return NF_ACCEPT;
	if (likely(knat_quick_out(kn, view, dev, skb, &q)))
		return NF_ACCEPT;
	local_bh_disable();
	verdict = knat_hook_out(kn, view, skb, dev, q.unmapped ? &q : NULL,
				NULL);
	local_bh_enable();
	return verdict;
}

/* The flow of the gateway itself to @map. */
static struct knat_session *local_session(const struct knat_packet *p,
					  struct knat_map *map)
{
	struct knat_flow flow = {
		.near = knat_ep(p->proto, p->daddr, p->dport),
		.remote_addr = p->saddr,
		.remote_port = p->sport,
	};
	struct knat_session *session = knat_session_lookup_out(p->kn, &flow);

	if (!session)
		return knat_session_open(p->kn, map, p->saddr, p->sport, false);
	knat_flow_goes_by(p, session, false);
	return session;
}

/* See hook_local_out(). *@changed: the packet is for another address now. Softirq
 * off.
 */
static unsigned int local_out(struct knat_packet *p,
			      const struct knat_view *view, bool *changed)
{
	struct knat_way way = {};
	struct knat_map *map;

	if (p->kind == KNAT_PACKET_ERROR) {
		*changed = true;
		return in_error(p);
	}
	if (p->kind != KNAT_PACKET_PORTS)
		return NF_ACCEPT;
	map = knat_flow_target(p);
	if (!map)
		return NF_ACCEPT;
	switch (knat_flow_inward(p, view, p->saddr, p->sport, &way)) {
	case KNAT_DROP:
	case KNAT_REFUSE:
	case KNAT_HOLD:
		return NF_DROP;
	case KNAT_PASS:
		return NF_ACCEPT;
	case KNAT_TRANSLATE:
		break;
	}
	/* Its answers must be told from those to other hosts. */
	if (!way.session && !local_session(p, map))
		return NF_DROP;
	knat_count(p->kn, HAIRPIN);
	*changed = true;
	return knat_deliver_dst(p, &way);
}

/* The gateway itself sends to an outside address that leads inside: a port
 * forward, or an ICMP error about a packet that was translated already.
 */
static unsigned int hook_local_out(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct knat_net *kn = priv;
	const struct knat_view *view = rcu_dereference(kn->view);
	struct knat_packet p;
	unsigned int verdict;
	bool changed = false;

	if (unlikely(!view))
		return NF_ACCEPT;
	if (likely(!knat_lookup_is_outside(kn, ip_hdr(skb)->daddr))) {
		if (ip_hdr(skb)->protocol != IPPROTO_ICMP)
			return NF_ACCEPT;
		knat_packet_parse(&p, kn, skb);
		return knat_icmp_about_hairpin(&p);
	}

	knat_packet_parse(&p, kn, skb);
	local_bh_disable();
	verdict = local_out(&p, view, &changed);
	local_bh_enable();
	if (verdict == NF_ACCEPT && changed &&
	    ip_route_me_harder(state->net, state->sk, skb, RTN_UNSPEC) < 0)
		return NF_DROP;
	return verdict;
}

static unsigned int hook_local_in(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct knat_found src;

	if (likely(!knat_hairpin_maybe(skb)) || !knat_hairpin_unmark(skb, &src))
		return NF_ACCEPT;
	return knat_hairpin_out(priv, skb, &src);
}

static const struct nf_hook_ops hook_ops[] = {
	{
		.hook		= knat_hook_frag,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= HOOK_PRI_FRAG,
	},
	{
		.hook		= knat_hook_frag,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= HOOK_PRI_FRAG,
	},
	{
		.hook		= hook_prerouting,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= HOOK_PRI_IN,
	},
	{
		.hook		= hook_local_in,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= HOOK_PRI_OUT,
	},
	{
		.hook		= hook_local_out,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= HOOK_PRI_IN,
	},
	{
		.hook		= hook_postrouting,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= HOOK_PRI_OUT,
	},
#ifdef CONFIG_NETFILTER_FAMILY_ARP
	{
		.hook		= knat_arp_in,
		.pf		= NFPROTO_ARP,
		.hooknum	= NF_ARP_IN,
		.priority	= NF_IP_PRI_LAST,
	},
#endif
};

const unsigned int knat_hooks = ARRAY_SIZE(hook_ops);

struct nf_hook_ops *knat_hooks_new(struct knat_net *kn)
{
	struct nf_hook_ops *ops = kmemdup(hook_ops, sizeof(hook_ops),
					  GFP_KERNEL_ACCOUNT);
	unsigned int i;

	for (i = 0; ops && i < knat_hooks; i++)
		ops[i].priv = kn;
	return ops;
}
