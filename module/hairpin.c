// SPDX-License-Identifier: GPL-2.0
/* knat: hairpinning. */
#include <linux/in.h>
#include <linux/jiffies.h>
#include <linux/netfilter_bridge.h>
#include <linux/percpu.h>
#include "hairpin.h"
#include "inward.h"
#include "look.h"
#include "map.h"
#include "net.h"
#include "pptp.h"
#include "prefix.h"
#include "session.h"

/* The sender's own outside end: on the device that the mapping belongs to if
 * it has one, else on the first that translates the sender.
 */
static enum knat_fate hairpin_source(const struct knat_packet *p,
				     const struct knat_view *view, u16 realm,
				     struct knat_way *src)
{
	enum knat_fate fate = KNAT_PASS;
	u32 i;

	for (i = 0; i < view->nr_devs; i++)
		if (knat_view_has_realm(&view->devs[i], realm))
			return knat_flow_outward(p, view, &view->devs[i], src);
	for (i = 0; i < view->nr_devs && fate == KNAT_PASS; i++)
		fate = knat_flow_outward(p, view, &view->devs[i], src);
	return fate;
}

/* The same for a packet of PPTP, whose call is told of. */
static bool hairpin_call(const struct knat_packet *p,
			 const struct knat_view *view, struct knat_way *src)
{
	struct knat_session *call = NULL;
	u32 i;

	for (i = 0; i < view->nr_devs && !call; i++)
		call = knat_flow_call(p, &view->devs[i]);
	if (!call || knat_pptp_ended(call))
		return false;
	knat_flow_goes_by(p, call, true);
	src->to.addr = call->out_addr;
	return true;
}

/**
 * struct hairpin_note - the last hairpin packet of a CPU
 * @kn: its namespace
 * @when: jiffies
 * @saddr: its source
 * @daddr: its destination after translation
 * @sent_addr: before
 * @sport: source port
 * @dport: destination port after translation
 * @sent_port: before
 * @proto: IP protocol
 */
struct hairpin_note {
	const struct knat_net	*kn;
	unsigned long		when;
	__be32			saddr;
	__be32			daddr;
	__be32			sent_addr;
	__be16			sport;
	__be16			dport;
	__be16			sent_port;
	u8			proto;
};

static DEFINE_PER_CPU(struct hairpin_note, hairpin_notes);

static void hairpin_note(const struct knat_packet *p,
			 const struct knat_found *to)
{
	struct hairpin_note note = {
		.kn = p->kn,
		.when = jiffies,
		.proto = p->proto,
		.saddr = p->saddr,
		.daddr = to->addr,
		.sent_addr = p->daddr,
		.sport = p->sport,
		.dport = to->whole_addr ? p->dport : to->port,
		.sent_port = p->dport,
	};

	*raw_cpu_ptr(&hairpin_notes) = note;
}

bool knat_hairpin_last(const struct knat_net *kn, u8 proto,
		       __be32 saddr, __be16 sport, __be32 daddr, __be16 dport,
		       struct knat_found *sent)
{
	const struct hairpin_note *note = raw_cpu_ptr(&hairpin_notes);

	if (note->kn != kn || note->proto != proto ||
	    time_after(jiffies, note->when + HZ) ||
	    note->saddr != saddr || note->sport != sport ||
	    note->daddr != daddr || note->dport != dport)
		return false;
	sent->addr = note->sent_addr;
	sent->port = note->sent_port;
	sent->whole_addr = false;
	sent->call = false;
	return true;
}

static DEFINE_SPINLOCK(hairpin_lock);
struct knat_hairpin_slot knat_hairpin_slots[1 << KNAT_HAIRPIN_SLOTS_BITS];
bool knat_hairpin_slots_used __read_mostly;

void knat_hairpin_mark(struct sk_buff *skb, const struct knat_found *src)
{
	struct knat_hairpin_slot *slot = knat_hairpin_slot(skb);

	if (likely(!nf_bridge_in_prerouting(skb))) {
		*knat_hairpin_cb(skb) = *src;
		IPCB(skb)->flags |= KNAT_IPSKB_HAIRPIN;
		return;
	}
	spin_lock_bh(&hairpin_lock);
	slot->src = *src;
	slot->saddr = ip_hdr(skb)->saddr;
	slot->id = ip_hdr(skb)->id;
	WRITE_ONCE(slot->skb, skb);
	WRITE_ONCE(knat_hairpin_slots_used, true);
	spin_unlock_bh(&hairpin_lock);
}

bool knat_hairpin_unmark(struct sk_buff *skb, struct knat_found *src)
{
	struct knat_hairpin_slot *slot = knat_hairpin_slot(skb);
	const struct iphdr *iph = ip_hdr(skb);
	bool marked;

	if (IPCB(skb)->flags & KNAT_IPSKB_HAIRPIN) {
		*src = *knat_hairpin_cb(skb);
		IPCB(skb)->flags &= ~KNAT_IPSKB_HAIRPIN;
		return true;
	}
	spin_lock_bh(&hairpin_lock);
	marked = slot->skb == skb && slot->saddr == iph->saddr &&
		 slot->id == iph->id;
	*src = slot->src;
	if (slot->skb == skb)
		WRITE_ONCE(slot->skb, NULL);
	spin_unlock_bh(&hairpin_lock);
	return marked;
}

void knat_hairpin_forget(struct sk_buff *skb)
{
	struct knat_hairpin_slot *slot = knat_hairpin_slot(skb);

	if (likely(!knat_hairpin_in_slot(skb)))
		return;
	spin_lock_bh(&hairpin_lock);
	if (slot->skb == skb)
		WRITE_ONCE(slot->skb, NULL);
	spin_unlock_bh(&hairpin_lock);
}

unsigned int knat_hairpin_in(struct knat_packet *p,
			     const struct knat_view *view)
{
	struct knat_map *map = knat_flow_target(p);
	struct knat_way src = {}, dst = {};
	bool call = p->proto == IPPROTO_GRE && hairpin_call(p, view, &src);
	enum knat_fate fate;
	__be32 in_addr;

	if (!map && !call && !knat_prefix_inside_of(p->kn, p->daddr, &in_addr)) {
		knat_hairpin_answer(p, view);
		return knat_unmatched(p, false);
	}
	if (map && (map->out.flags & KNAT_MAP_F_NO_HAIRPIN)) {
		knat_tell(p, DROP_HAIRPIN);
		return NF_DROP;
	}
	fate = call ? KNAT_TRANSLATE : KNAT_PASS;
	/* What goes no further opens nothing. */
	if (likely(!call) && likely(ip_hdr(p->skb)->ttl > 1))
		fate = hairpin_source(p, view, map ? map->far.realm : 0, &src);
	if (fate != KNAT_PASS && fate != KNAT_TRANSLATE)
		return NF_DROP;
	if (fate == KNAT_PASS) {
		/* No rule translates this host: it is seen as it is. */
		src.to.addr = p->saddr;
		src.to.port = p->sport;
	} else if (src.to.whole_addr) {
		src.to.port = p->sport;
	}

	fate = knat_flow_inward(p, view, src.to.addr, src.to.port, &dst);
	if (fate == KNAT_PASS)
		return knat_unmatched(p, false);
	if (fate != KNAT_TRANSLATE ||
	    !knat_pptp_read(p, src.session, true) ||
	    !knat_pptp_read(p, dst.session, false))
		return NF_DROP;
	if (src.to.addr != p->saddr || src.to.port != p->sport)
		knat_hairpin_mark(p->skb, &src.to);
	knat_tell(p, HAIRPIN);
	if (unlikely(p->look))
		p->look->way = dst;
	else
		hairpin_note(p, &dst.to);
	return knat_deliver_dst(p, &dst);
}

unsigned int knat_hairpin_out(struct knat_net *kn, struct sk_buff *skb,
			      const struct knat_found *src)
{
	struct knat_way way = { .to = *src };
	struct knat_packet p;

	knat_packet_parse(&p, kn, skb);
	if (p.kind == KNAT_PACKET_ERROR)
		way.to.whole_addr = true;
	return knat_deliver_src(&p, &way);
}

void knat_hairpin_answer(struct knat_packet *p, const struct knat_view *view)
{
	struct knat_flow flow = {
		.near = knat_ep(p->proto, p->saddr, p->sport),
		.remote_addr = p->daddr,
		.remote_port = knat_packet_far_port(p, p->dport),
		.realm = KNAT_REALM_STATIC,
	};
	struct knat_session *session = knat_session_lookup_in(p->kn, &flow);
	struct knat_way way = {};
	u32 i;

	for (i = 0; i < view->nr_devs && !session; i++) {
		flow.realm = view->devs[i].realm;
		session = knat_lookup_session(p->kn, &view->devs[i], &flow);
	}
	if (!session)
		return;
	way.to.addr = session->out_addr;
	way.to.port = session->ctl.out_port;
	way.to.whole_addr = false;
	knat_hairpin_mark(p->skb, &way.to);
	knat_flow_goes_by(p, session, true);
}
