// SPDX-License-Identifier: GPL-2.0
/* knat: connection requests from the outside that nobody waits for. */
#include <linux/icmp.h>
#include <linux/netfilter.h>
#include <linux/tcp.h>
#include <net/icmp.h>
#include <net/route.h>
#include "checksum.h"
#include "compat.h"
#include "look.h"
#include "net.h"
#include "session.h"
#include "unsolicited.h"

/* How many are kept at a time, and how big one may be: a flood of them is
 * dropped without an answer, and costs no memory.
 */
#define UNSOLICITED_MAX		256
#define UNSOLICITED_SIZE	SKB_TRUESIZE(2048)

/**
 * struct unsolicited_cb - in skb->cb, behind the IP control block
 * @due: jiffies when it is to be answered
 * @ifindex: the device that it came in through
 */
struct unsolicited_cb {
	unsigned long	due;
	int		ifindex;
};

static struct unsolicited_cb *unsolicited_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(ALIGN(sizeof(struct inet_skb_parm), 8) +
		     sizeof(struct unsolicited_cb) > sizeof(skb->cb));
	return (void *)&skb->cb[ALIGN(sizeof(struct inet_skb_parm), 8)];
}

/* The ports, which are where those of TCP are. */
static const struct tcphdr *unsolicited_tcp(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	return (void *)iph + iph->ihl * 4;
}

/* Sent once more while the first one is kept? */
static bool unsolicited_again(const struct sk_buff *a, const struct sk_buff *b)
{
	return ip_hdr(a)->protocol == ip_hdr(b)->protocol &&
	       ip_hdr(a)->saddr == ip_hdr(b)->saddr &&
	       ip_hdr(a)->daddr == ip_hdr(b)->daddr &&
	       unsolicited_tcp(a)->source == unsolicited_tcp(b)->source &&
	       unsolicited_tcp(a)->dest == unsolicited_tcp(b)->dest;
}

static bool unsolicited_keep(struct knat_net *kn, struct sk_buff *skb)
{
	u32 hold = READ_ONCE(kn->timeout[KNAT_A_CONFIG_TCP_SYN_HOLD]);
	struct sk_buff_head *queue = &kn->unsolicited.queue;
	const struct sk_buff *old;
	bool keep;

	spin_lock_bh(&queue->lock);
	keep = skb_queue_len(queue) < UNSOLICITED_MAX;
	skb_queue_walk(queue, old)
		keep = keep && !unsolicited_again(old, skb);
	if (keep) {
		unsolicited_cb(skb)->ifindex = skb->dev->ifindex;
		unsolicited_cb(skb)->due = jiffies + hold;
		/* It must not hold on to a device or a socket for so long. */
		skb->dev = NULL;
		__skb_queue_tail(queue, skb);
	}
	spin_unlock_bh(&queue->lock);
	if (keep)
		queue_delayed_work(system_dfl_wq, &kn->unsolicited.work,
				   hold);
	return keep;
}

unsigned int knat_unsolicited_syn(struct knat_packet *p)
{
	struct knat_net *kn = p->kn;
	struct sk_buff *skb = p->skb;

	if (unlikely(p->look)) {
		p->look->held = READ_ONCE(kn->config[KNAT_A_CONFIG_TCP_SYN_ANSWER]);
		return NF_DROP;
	}
	if (!READ_ONCE(kn->config[KNAT_A_CONFIG_TCP_SYN_ANSWER]) ||
	    skb_queue_len_lockless(&kn->unsolicited.queue) >= UNSOLICITED_MAX ||
	    skb->truesize > UNSOLICITED_SIZE || knat_checksum_wrong(p))
		return NF_DROP;
	skb_orphan(skb);
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	nf_reset_ct(skb);
	return unsolicited_keep(kn, skb) ? NF_STOLEN : NF_DROP;
}

/* Has the inside opened this very connection meanwhile? */
static bool unsolicited_met(struct knat_net *kn, const struct sk_buff *skb)
{
	const struct tcphdr *th = unsolicited_tcp(skb);
	struct knat_flow flow = {
		.near = knat_ep(ip_hdr(skb)->protocol, ip_hdr(skb)->daddr,
				th->dest),
		.remote_addr = ip_hdr(skb)->saddr,
		.remote_port = th->source,
	};

	return knat_session_lookup_out(kn, &flow);
}

static void unsolicited_answer(struct knat_net *kn, struct sk_buff *skb)
{
	struct net_device *dev;

	/* As if it came in just now: packets are handled with softirq off. */
	local_bh_disable();
	rcu_read_lock();
	dev = dev_get_by_index_rcu(kn->net, unsolicited_cb(skb)->ifindex);
	if (dev && !unsolicited_met(kn, skb)) {
		skb->dev = dev;
		if (knat_route_input(skb, ip_hdr(skb), dev)) {
			icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
			knat_count(kn, SYN_ANSWERED);
		}
	}
	rcu_read_unlock();
	local_bh_enable();
	kfree_skb(skb);
}

static struct sk_buff *unsolicited_due(struct sk_buff_head *queue)
{
	struct sk_buff *skb;

	spin_lock_bh(&queue->lock);
	skb = skb_peek(queue);
	if (skb && time_before(jiffies, unsolicited_cb(skb)->due))
		skb = NULL;
	if (skb)
		__skb_unlink(skb, queue);
	spin_unlock_bh(&queue->lock);
	return skb;
}

static void unsolicited_work(struct work_struct *work)
{
	struct knat_unsolicited *unsolicited =
		container_of(to_delayed_work(work), struct knat_unsolicited,
			     work);
	struct knat_net *kn = container_of(unsolicited, struct knat_net,
					   unsolicited);
	struct sk_buff *skb;
	long left;

	while ((skb = unsolicited_due(&unsolicited->queue)))
		unsolicited_answer(kn, skb);

	spin_lock_bh(&unsolicited->queue.lock);
	skb = skb_peek(&unsolicited->queue);
	left = skb ? unsolicited_cb(skb)->due - jiffies : 0;
	spin_unlock_bh(&unsolicited->queue.lock);
	if (skb)
		mod_delayed_work(system_dfl_wq, &unsolicited->work,
				 max(left, 1L));
}

void knat_unsolicited_init(struct knat_net *kn)
{
	skb_queue_head_init(&kn->unsolicited.queue);
	INIT_DELAYED_WORK(&kn->unsolicited.work, unsolicited_work);
}

void knat_unsolicited_flush(struct knat_net *kn)
{
	skb_queue_purge(&kn->unsolicited.queue);
}

void knat_unsolicited_exit(struct knat_net *kn)
{
	cancel_delayed_work_sync(&kn->unsolicited.work);
	knat_unsolicited_flush(kn);
}
