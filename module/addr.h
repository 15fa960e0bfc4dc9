/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: outside addresses.
 *
 * There is one struct knat_addr for each outside address of a namespace,
 * however many pools, masquerade rules and static mappings use it, so that a
 * port has one owner. Created, counted and removed under kn->config_lock;
 * read under RCU.
 */
#ifndef _KNAT_ADDR_H
#define _KNAT_ADDR_H

#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include "port.h"

struct knat_net;

/* Protocols with a port space of their own, and one for all others. Where a
 * protocol has no ports, a number tells mappings of one outside address apart.
 */
enum knat_port_space {
	KNAT_SPACE_UDP,
	KNAT_SPACE_TCP,
	KNAT_SPACE_ICMP,
	KNAT_SPACE_UDPLITE,
	KNAT_SPACE_DCCP,
	KNAT_SPACE_SCTP,
	KNAT_SPACE_GRE,
	KNAT_SPACE_ESP,
	KNAT_SPACE_OTHER,
	KNAT_SPACES,
};

/* In KNAT_SPACE_OTHER each protocol has this many. */
#define KNAT_OTHER_IDS	256

enum knat_port_space knat_port_space(u8 proto);
/* The protocol of a place in the bitmap, and the place of a port. */
u8 knat_port_space_proto(enum knat_port_space space, u32 place);
u16 knat_port_place(u8 proto, u16 port);

/**
 * struct knat_addr - one outside address
 * @node: link in kn->addr_table
 * @list: link in kn->addr_all
 * @rcu: frees it
 * @addr: the address
 * @users: pools, static and prefix mappings (config_lock)
 * @dynamic: pools that hand out its ports (config_lock to write)
 * @port_first: lowest port that a pool may hand out
 * @port_last: highest
 * @local: for knat_local_addr_again()
 * @ports: bitmaps, made when first needed
 */
struct knat_addr {
	struct rhash_head		node;
	struct list_head		list;
	struct rcu_head			rcu;
	__be32				addr;
	u32				users;
	u32				dynamic;
	u16				port_first;
	u16				port_last;
	u32				local;
	struct knat_ports __rcu		*ports[KNAT_SPACES];
};

/**
 * struct knat_addr_range - outside addresses next to each other
 * @first: lowest, in host order
 * @last: highest
 */
struct knat_addr_range {
	u32	first;
	u32	last;
};

/**
 * struct knat_addr_list - the outside addresses of a namespace, sorted
 * @rcu: frees it
 * @nr: number of addresses
 * @nr_ranges: number of ranges
 * @first: the lowest of @ranges, if any
 * @span: from there to the highest
 * @ranges: the same addresses (and those of prefix mappings) as ranges
 * @addr: the addresses in ascending order, host order; not where they are:
 *	one may be gone before there is another list
 */
struct knat_addr_list {
	struct rcu_head		rcu;
	u32			nr;
	u32			nr_ranges;
	u32			first;
	u32			span;
	struct knat_addr_range	*ranges;
	u32			addr[];
};

int knat_addr_table_init(struct knat_net *kn);
void knat_addr_table_exit(struct knat_net *kn);

/* Under RCU or config_lock. */
struct knat_addr *knat_addr_find(struct knat_net *kn, __be32 addr);

/* Find or make, and count a user. Call knat_addr_publish() when done. */
struct knat_addr *knat_addr_get(struct knat_net *kn, __be32 addr);
/* The last user takes it out of the table. */
void knat_addr_put(struct knat_net *kn, struct knat_addr *addr);
/* Make kn->addrs anew, if it is out of date: at once, or in two steps of which
 * only the first can fail (NULL: no memory).
 */
int knat_addr_publish(struct knat_net *kn);
struct knat_addr_list *knat_addr_list_new(struct knat_net *kn);
void knat_addr_list_publish(struct knat_net *kn, struct knat_addr_list *list);
void knat_addr_list_free(struct knat_addr_list *list);

/* The bitmap for a port space; made if @gfp allows and there is none. */
struct knat_ports *knat_addr_ports(struct knat_addr *addr,
				   enum knat_port_space space, gfp_t gfp);

/* The lowest address in [*@from, @last] (host order); *@from becomes it. Under
 * RCU or config_lock.
 */
struct knat_addr *knat_addr_next(struct knat_net *kn, u32 *from, u32 last);

/* Orders ranges by their first address, for sort(). */
int knat_addr_range_cmp(const void *a, const void *b);

/* Is @addr (host order) within the ranges? Most are not, and far away. */
bool knat_addr_listed_among(const struct knat_addr_list *list, u32 addr);

static inline bool knat_addr_listed(const struct knat_addr_list *list, u32 addr)
{
	return unlikely(addr - list->first <= list->span) &&
	       knat_addr_listed_among(list, addr);
}

#endif /* _KNAT_ADDR_H */
