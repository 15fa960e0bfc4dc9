/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: memory of entries that left the tables, given back after a grace
 * period.
 *
 * Entries have no room for an rcu_head of their own: they wait on a list in
 * the link that they no longer need, batch by batch. knat_reap_*() may be
 * called from any context.
 */
#ifndef _KNAT_REAP_H
#define _KNAT_REAP_H

#include <linux/llist.h>
#include <linux/workqueue.h>

struct knat_map;
struct knat_net;
struct knat_session;

/**
 * struct knat_reap - entries on their way out
 * @maps: mappings whose grace period has not begun
 * @sessions: sessions likewise
 * @old_maps: mappings that @work will free
 * @old_sessions: sessions likewise
 * @work: runs a grace period after it was queued
 * @busy: @work is queued or running
 */
struct knat_reap {
	struct llist_head	maps;
	struct llist_head	sessions;
	struct llist_node	*old_maps;
	struct llist_node	*old_sessions;
	struct rcu_work		work;
	unsigned long		busy;
};

void knat_reap_init(struct knat_reap *reap);
void knat_reap_map(struct knat_net *kn, struct knat_map *map);
void knat_reap_session(struct knat_net *kn, struct knat_session *session);

/* Wait until all is freed; nothing may be added any more. */
void knat_reap_drain(struct knat_reap *reap);

#endif /* _KNAT_REAP_H */
