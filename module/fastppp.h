/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: PPP devices over Ethernet, by their sessions.
 *
 * The kernel tells of a PPP device on which session it is, but of a session not
 * which device is on it. So each device is asked when it comes up, and noted;
 * when a packet comes, the note is held against what the device says, once a
 * second.
 *
 * Notes change under kn->fast_lock, and are read under RCU.
 */
#ifndef _KNAT_FASTPPP_H
#define _KNAT_FASTPPP_H

#include <linux/if_ether.h>
#include <linux/rculist.h>
#include <linux/types.h>

struct knat_net;
struct net_device;

#define KNAT_FASTPPP_BITS	10

/**
 * struct knat_fastppp - a PPP device
 * @node: in the bucket of its session
 * @rcu: frees it
 * @ifindex: its own
 * @beneath: that of the device that the session is on
 * @stamp: jiffies, when the device was asked last
 * @sid: number of the session
 * @remote: hardware address of the other end
 * @live: the device has said that it is still on it
 */
struct knat_fastppp {
	struct hlist_node	node;
	struct rcu_head		rcu;
	int			ifindex;
	int			beneath;
	u32			stamp;
	u16			sid;
	u8			remote[ETH_ALEN];
	bool			live;
};

/**
 * struct knat_fastppps - those of a namespace
 * @bucket: by number of the session
 */
struct knat_fastppps {
	struct hlist_head bucket[1 << KNAT_FASTPPP_BITS];
};

/* Note those that there are; and free what is noted. Under kn->fast_lock, but that
 * at the end nobody else is there.
 */
int knat_fastppp_init(struct knat_net *kn);
void knat_fastppp_exit(struct knat_net *kn);

/* A device has come up, gone down, or something about it has changed. Under
 * kn->fast_lock.
 */
void knat_fastppp_refresh(struct knat_net *kn, struct net_device *dev);

/* The device of a packet that came in through @beneath from @remote, or NULL. Under
 * rcu_read_lock().
 */
struct net_device *knat_fastppp_find(const struct knat_net *kn,
				     const struct net_device *beneath, u16 sid,
				     const u8 *remote);

#endif /* _KNAT_FASTPPP_H */
