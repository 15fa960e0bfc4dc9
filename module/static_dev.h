/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: the devices that static mappings hold on.
 *
 * A dev mapping holds on its device, at whatever address that has. Another one
 * holds on the device that its outside address belongs to; if none is known, it
 * is loose. Under kn->config_lock.
 */
#ifndef _KNAT_STATIC_DEV_H
#define _KNAT_STATIC_DEV_H

#include <linux/list.h>
#include <linux/types.h>

struct knat_net;
struct knat_static;

/**
 * struct knat_loose - a device that leads to the inside of loose mappings
 * @list: in kn->loose
 * @ifindex: which
 * @held: mappings that point to it
 * @linked: those of them that are in kn->statics
 */
struct knat_loose {
	struct list_head	list;
	int			ifindex;
	u32			held;
	u32			linked;
};

/* The device that leads to @addr, 0 if there is none, or -ENOMEM. */
int knat_static_ifindex(struct knat_net *kn, __be32 addr);

/* The devices of a mapping that names none: 0 or -ENOMEM; and let go of those of
 * any.
 */
int knat_static_devs_get(struct knat_net *kn, struct knat_static *fixed);
void knat_static_devs_put(struct knat_net *kn, struct knat_static *fixed);
/* A loose mapping comes into kn->statics, or goes. */
void knat_loose_link(struct knat_net *kn, struct knat_loose *loose);
void knat_loose_unlink(struct knat_net *kn, struct knat_loose *loose);

/* The address of a device has changed: move its mappings. What leads to the
 * inside of others may have changed with it. False: there was no memory for all
 * of them.
 */
bool knat_static_rebind(struct knat_net *kn);

#endif /* _KNAT_STATIC_DEV_H */
