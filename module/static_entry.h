/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: the entries that static mappings of ports have in the tables.
 *
 * A mapping has one for each port while there is an outside address; its ports
 * are taken in the bitmap. Under kn->config_lock, like all of a static mapping.
 */
#ifndef _KNAT_STATIC_ENTRY_H
#define _KNAT_STATIC_ENTRY_H

#include <linux/types.h>

struct knat_net;
struct knat_static;
struct list_head;

/* All memory that entries on @fixed->out_addr need: 0 or -ENOMEM. */
int knat_static_reserve(struct knat_net *kn, struct knat_static *fixed);
/* Give back what was reserved and no table has. */
void knat_static_release(struct knat_net *kn, struct knat_static *fixed);
/* The entries into the tables, once addresses and view are published. False,
 * with none of them there, if traffic was faster each of many times.
 */
bool knat_static_enter(struct knat_net *kn, struct knat_static *fixed);
/* Out of the tables, with their sessions and what was reserved: of one mapping,
 * and of all on a list in the time of one.
 */
void knat_static_unmap(struct knat_net *kn, struct knat_static *fixed);
void knat_static_unmap_all(struct knat_net *kn, struct list_head *list);

#endif /* _KNAT_STATIC_ENTRY_H */
