/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: the fast path. On devices that the operator names, packets of
 * established flows are translated where they come in, and go to the output
 * device at once: they do not see routing, filter rules and conntrack. All else,
 * and whatever is in doubt, is left to the hooks of hook.c.
 *
 * Devices are kept by name, and followed as they come and go. Their list changes
 * under kn->config_lock and kn->fast_lock, so that either keeps it as it is;
 * kn->fast_lock alone is what device notifiers wait for. The hook runs in
 * softirq, under rcu_read_lock().
 */
#ifndef _KNAT_FASTPATH_H
#define _KNAT_FASTPATH_H

#include <linux/if.h>
#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>

struct knat_net;

/**
 * struct knat_fastdev - a device with the fast path
 * @list: in kn->fastdevs, in order of addition
 * @rcu: frees it: lists of hooks may still look at @ops
 * @name: its name; it need not exist
 * @deleted: by a request that may yet fail; it works until it is freed
 * @ops: the hook; @ops.dev is NULL while there is no device of that name
 */
struct knat_fastdev {
	struct list_head	list;
	struct rcu_head		rcu;
	char			name[IFNAMSIZ];
	bool			deleted;
	struct nf_hook_ops	ops;
};

/* All but refresh under kn->config_lock; kn->fast_lock is taken within. Make one,
 * the last of kn->fastdevs; it is started, if its device is there, by
 * knat_fastdev_start() or when the device comes.
 */
struct knat_fastdev *knat_fastdev_new(struct knat_net *kn, const char *name,
				      struct netlink_ext_ack *extack);
int knat_fastdev_start(struct knat_net *kn, struct knat_fastdev *fastdev,
		       struct netlink_ext_ack *extack);
struct knat_fastdev *knat_fastdev_find(struct knat_net *kn, const char *name);
void knat_fastdev_free(struct knat_net *kn, struct knat_fastdev *fastdev);
/* All of them. */
void knat_fastdev_flush(struct knat_net *kn);

/* Device @changed has come, gone, or been renamed; @leaving, it or none, is on its way
 * out. Under rtnl.
 */
void knat_fastdev_refresh(struct knat_net *kn, struct net_device *changed,
			  struct net_device *leaving);

#endif /* _KNAT_FASTPATH_H */
