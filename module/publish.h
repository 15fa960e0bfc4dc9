/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: what the packet path reads of the configuration, made anew from it.
 *
 * In two steps, of which only the first can fail, so that a change of many
 * things is seen whole or not at all. Under kn->config_lock.
 */
#ifndef _KNAT_PUBLISH_H
#define _KNAT_PUBLISH_H

#include <linux/netlink.h>
#include <linux/types.h>

struct knat_addr_list;
struct knat_net;
struct knat_prefixes;
struct knat_view;

/**
 * struct knat_publication - what is about to be published
 * @addrs: the outside addresses, NULL: as they are
 * @prefixes: the one-to-one mappings, if @new_prefixes
 * @view: the rules, if @new_view; NULL: there is nothing to translate
 * @new_prefixes: they have changed
 * @new_view: they have changed
 */
struct knat_publication {
	struct knat_addr_list	*addrs;
	struct knat_prefixes	*prefixes;
	struct knat_view	*view;
	bool			new_prefixes;
	bool			new_view;
};

/* Make what has changed; the hooks are up if they will be needed. */
int knat_publish_prepare(struct knat_net *kn, struct knat_publication *pub,
			 struct netlink_ext_ack *extack);
void knat_publish_cancel(struct knat_net *kn, struct knat_publication *pub);
/* Addresses first: no packet is to leave with one that answers do not find. */
void knat_publish_addrs(struct knat_net *kn, struct knat_publication *pub);
void knat_publish_view(struct knat_net *kn, struct knat_publication *pub);

/* No packet finds a rule any more. */
void knat_publish_nothing(struct knat_net *kn);

/* All of it at once. */
int knat_publish(struct knat_net *kn, struct netlink_ext_ack *extack);

#endif /* _KNAT_PUBLISH_H */
