/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: the netfilter hooks. Each is one function that reads from top to
 * bottom. They run under rcu_read_lock(), in softirq or process context.
 */
#ifndef _KNAT_HOOK_H
#define _KNAT_HOOK_H

#include <linux/netfilter.h>

struct knat_look;
struct knat_net;
struct knat_quick;
struct knat_view;
struct knat_view_dev;

void knat_hook_init(struct knat_net *kn);

/* The hooks of a namespace, knat_hooks of them, or NULL (process context): each is
 * told its namespace. To be freed by kfree(), a grace period after they were
 * unregistered.
 */
struct nf_hook_ops *knat_hooks_new(struct knat_net *kn);
extern const unsigned int knat_hooks;

/* What comes in for an outside address, and what leaves through an outside
 * device, but for the packets that quick.h knows. @outside: @in is such a
 * device. @q: NULL, or what quick.h has found out. @look: NULL, or it is a
 * question, see look.h. Softirq off.
 */
unsigned int knat_hook_in(struct knat_net *kn, const struct knat_view *view,
			  struct sk_buff *skb, const struct net_device *in,
			  bool outside, struct knat_look *look);
unsigned int knat_hook_out(struct knat_net *kn, const struct knat_view *view,
			   struct sk_buff *skb, const struct knat_view_dev *dev,
			   struct knat_quick *q, struct knat_look *look);

#endif /* _KNAT_HOOK_H */
