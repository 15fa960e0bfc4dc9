/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: packets of devices on top of one with the fast path: of VLANs, and of PPP
 * over Ethernet.
 *
 * What has a tag or a PPPoE header where it comes in belongs to the device that
 * the kernel would give it to. Tags and header are taken off, and from then on it
 * is a packet of that device, for rules, routes and reverse-path filtering. If the
 * fast path does not take it, all is put back.
 *
 * Where something looks at the packets of the device on top - tc, netfilter, XDP,
 * whoever captures there, a bridge that it is a port of - they are left to it.
 *
 * On the way out a VLAN device adds no more than its tag, so that the packet goes
 * to the device beneath at once, unless something looks at it there. A PPP device
 * may compress, encrypt and filter, and tells nobody: packets go through it.
 *
 * Under rcu_read_lock(), softirq off.
 */
#ifndef _KNAT_FASTUPPER_H
#define _KNAT_FASTUPPER_H

#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

struct knat_net;

/**
 * struct knat_fastupper - how a packet came in
 * @dev: through which device; NULL: it is that device's own
 * @vlan: the topmost VLAN device that it is of, or NULL
 * @len: its length there
 * @priority: as skb->priority
 * @protocol: as skb->protocol
 * @pulled: bytes that were taken off
 * @pkt_type: as skb->pkt_type
 */
struct knat_fastupper {
	struct net_device	*dev;
	struct net_device	*vlan;
	unsigned int		len;
	u32			priority;
	__be16			protocol;
	u8			pulled;
	u8			pkt_type;
};

/* Make it a packet of the device on top, skb->dev, without what the device takes
 * off; an accelerated tag stays in the skb. False: there is none, or it is not
 * for the fast path, and the skb is as it was.
 */
bool knat_fastupper_enter(const struct knat_net *kn, struct sk_buff *skb,
			  struct knat_fastupper *came);
/* It is left to the stack, as it came. */
void knat_fastupper_leave(struct sk_buff *skb,
			  const struct knat_fastupper *came);
/* It goes: the tag is gone, and VLAN devices have counted it. */
void knat_fastupper_commit(struct sk_buff *skb,
			   const struct knat_fastupper *came);

/* skb->dev is the VLAN device that the packet leaves through: tag it, and make
 * skb->dev the device beneath, if that is all that would happen.
 */
void knat_fastupper_cross(struct sk_buff *skb);

#endif /* _KNAT_FASTUPPER_H */
