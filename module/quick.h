/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: the packets that there are most of, in one function each way: UDP of a
 * mapping and TCP of an established session, with nothing unusual about them.
 * They are treated as the rest of the code would treat them, to which all
 * others are left.
 *
 * Called by the hooks, under rcu_read_lock().
 */
#ifndef _KNAT_QUICK_H
#define _KNAT_QUICK_H

#include <linux/skbuff.h>
#include "rule.h"

struct knat_net;
struct knat_quick;

/* Translate a packet for one of our outside addresses, that came in through an
 * outside device. False: nothing was done.
 */
bool knat_quick_in(struct knat_net *kn, const struct knat_view *view,
		   struct sk_buff *skb);

/* Translate a packet that leaves through outside device @dev; likewise. Else, if
 * @q->unmapped, @q tells all of it: it is UDP, and there is no mapping for it. Once
 * there is one, it leaves as @addr:@port.
 */
bool knat_quick_out(struct knat_net *kn, const struct knat_view *view,
		    const struct knat_view_dev *dev, struct sk_buff *skb,
		    struct knat_quick *q);
void knat_quick_leave(struct knat_net *kn, struct sk_buff *skb,
		      struct knat_quick *q, __be32 addr, __be16 port);

/* A packet has come in that may leave through an outside device: have the line
 * of the table that it will need fetched while it is routed.
 */
void knat_quick_foresee(struct knat_net *kn, const struct sk_buff *skb);

#endif /* _KNAT_QUICK_H */
