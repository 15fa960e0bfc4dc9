// SPDX-License-Identifier: GPL-2.0
/* knat: mappings: the two tables, life and death. */
#include <linux/slab.h>
#include "addr.h"
#include "age.h"
#include "host.h"
#include "map.h"
#include "net.h"
#include "pool.h"
#include "proto.h"
#include "reap.h"

struct kmem_cache *knat_map_cache;

static u64 map_in_hash(const struct knat_table *table, const void *entry)
{
	const struct knat_map *map = entry;

	return knat_table_hash(table, map->in.word,
			       map->far.word & KNAT_FAR_MASK);
}

static const struct knat_table_type map_in_type = {
	.hash	= map_in_hash,
	.link	= offsetof(struct knat_map, in_next),
};

static u64 map_out_hash(const struct knat_table *table, const void *entry)
{
	const struct knat_map *map = entry;

	return knat_table_hash(table, map->out.word & KNAT_EP_MASK, 0);
}

static const struct knat_table_type map_out_type = {
	.hash	= map_out_hash,
	.link	= offsetof(struct knat_map, out_next),
};

int knat_map_tables_init(struct knat_net *kn)
{
	int err = knat_table_init(&kn->map_in, &map_in_type);

	if (err)
		return err;
	err = knat_table_init(&kn->map_out, &map_out_type);
	if (err)
		knat_table_exit(&kn->map_in);
	return err;
}

void knat_map_tables_exit(struct knat_net *kn)
{
	knat_table_exit(&kn->map_out);
	knat_table_exit(&kn->map_in);
}

u32 knat_map_timeout(const struct knat_net *kn, const struct knat_map *map)
{
	if (likely(map->in.proto == IPPROTO_UDP))
		return READ_ONCE(kn->timeout[KNAT_A_CONFIG_UDP_TIMEOUT]);
	if (map->in.proto == IPPROTO_ICMP)
		return READ_ONCE(kn->timeout[KNAT_A_CONFIG_ICMP_TIMEOUT]);
	if (map->in.proto == IPPROTO_TCP)
		return READ_ONCE(kn->timeout[KNAT_A_CONFIG_TCP_OPENING_TIMEOUT]);
	return knat_proto_timeout(kn, map->in.proto, 0);
}

bool knat_map_expired(const struct knat_net *kn, const struct knat_map *map)
{
	/* @stamp may lag behind the last packet by a second: be generous. */
	if (knat_age(READ_ONCE(map->stamp)) < knat_map_timeout(kn, map) + HZ)
		return false;
	return !(map->out.flags & KNAT_MAP_F_STATIC) &&
	       !atomic_read(&map->refs);
}

struct knat_map *knat_map_lookup_in(struct knat_net *kn, union knat_ep in,
				    union knat_far far)
{
	return knat_map_find_in(kn, in, far);
}

struct knat_map *knat_map_lookup_out(struct knat_net *kn, union knat_ep out)
{
	return knat_map_find_out(kn, out);
}

struct knat_map *knat_map_listed_out(struct knat_net *kn, union knat_ep out)
{
	struct knat_map *map;

	map = knat_table_find(&kn->map_out, knat_map_out_hash(kn, out),
			      offsetof(struct knat_map, out_next),
			      knat_map_out_match, &out);
	return map && !knat_map_dead(map) ? map : NULL;
}

static struct knat_map *map_insert_in(struct knat_net *kn,
				      struct knat_map *map)
{
	struct knat_map_key key = { .in = map->in, .far = map->far };

	return knat_table_insert(&kn->map_in,
				 knat_map_in_hash(kn, map->in, map->far),
				 offsetof(struct knat_map, in_next), map,
				 knat_map_in_match, &key);
}

static struct knat_map *map_insert_out(struct knat_net *kn,
				       struct knat_map *map)
{
	return knat_table_insert(&kn->map_out, knat_map_out_hash(kn, map->out),
				 offsetof(struct knat_map, out_next), map,
				 knat_map_out_match, &map->out);
}

int knat_map_insert(struct knat_net *kn, struct knat_map *map,
		    struct knat_map **other)
{
	bool alias = map->out.flags & KNAT_MAP_F_ALIAS;
	struct knat_map *old = NULL;
	int err = 0;

	/* Nobody is to kill it before it is in both tables. */
	atomic_set(&map->refs, 1);
	if (!alias)
		old = map_insert_in(kn, map);
	if (old && knat_map_expired(kn, old) && knat_map_kill(kn, old))
		old = map_insert_in(kn, map);
	if (old) {
		*other = knat_map_dead(old) ? NULL : old;
		return -EEXIST;
	}

	/* Two live mappings with one outside end cannot be. */
	if (WARN_ON_ONCE(map_insert_out(kn, map))) {
		atomic_or(KNAT_MAP_DEAD, &map->refs);
		if (!(map->out.flags & KNAT_MAP_F_STATIC))
			atomic_inc(&kn->nr_resting);
		if (!alias)
			knat_table_remove(&kn->map_in, map);
		atomic_or(KNAT_MAP_GONE, &map->refs);
		err = -EBUSY;
	} else if (!(map->out.flags & KNAT_MAP_F_STATIC)) {
		knat_event_map_new(kn, map);
	}
	atomic_dec(&map->refs);
	return err;
}

bool knat_map_get(struct knat_map *map)
{
	/* Negative is dead. */
	return atomic_inc_unless_negative(&map->refs);
}

/* Nobody may free it before this is done: a grace period that began earlier
 * does not wait for those who find it in the tables still.
 */
static void map_unhash(struct knat_net *kn, struct knat_map *map,
		       enum knat_reason reason)
{
	if (!(map->out.flags & KNAT_MAP_F_ALIAS))
		knat_table_remove(&kn->map_in, map);
	knat_table_remove(&kn->map_out, map);
	if (!(map->out.flags & KNAT_MAP_F_STATIC)) {
		atomic_dec(&map->host->mappings);
		this_cpu_dec(*map->host->pool->mappings);
		atomic_inc(&kn->nr_resting);
		WRITE_ONCE(map->stamp, (u32)jiffies);
		knat_event_map_gone(kn, map, reason);
		if (reason == KNAT_REASON_EXPIRED)
			knat_count(kn, MAP_EXPIRED);
		else
			knat_count(kn, MAP_REMOVED);
	}
	/* Pairs with knat_map_gone(). */
	atomic_fetch_or_release(KNAT_MAP_GONE, &map->refs);
}

bool knat_map_kill(struct knat_net *kn, struct knat_map *map)
{
	bool mine;

	/* Whoever finds a dead mapping in its way expects it to be gone from
	 * the tables in no time.
	 */
	local_bh_disable();
	mine = atomic_cmpxchg(&map->refs, 0, KNAT_MAP_DEAD) == 0;
	if (mine)
		map_unhash(kn, map, KNAT_REASON_EXPIRED);
	local_bh_enable();
	return mine;
}

bool knat_map_condemn(struct knat_net *kn, struct knat_map *map)
{
	bool mine;

	local_bh_disable();
	mine = atomic_fetch_or(KNAT_MAP_DEAD, &map->refs) >= 0;
	if (mine)
		map_unhash(kn, map, KNAT_REASON_REMOVED);
	local_bh_enable();
	return mine;
}

void knat_map_put(struct knat_net *kn, struct knat_map *map)
{
	if (atomic_dec_return(&map->refs))
		return;
	if (map->out.flags & KNAT_MAP_F_STATIC)
		return;
	/* A TCP mapping lives as long as its connections; UDP and ICMP have a
	 * time of their own as well.
	 */
	if (knat_proto_tracked(map->in.proto) || knat_map_expired(kn, map))
		knat_map_kill(kn, map);
}

void knat_map_release(struct knat_net *kn, struct knat_map *map)
{
	atomic_dec(&kn->nr_resting);
	knat_map_undo(kn, map);
}

void knat_map_undo(struct knat_net *kn, struct knat_map *map)
{
	enum knat_port_space space = knat_port_space(map->out.proto);
	struct knat_addr *addr;

	rcu_read_lock();
	addr = knat_addr_find(kn, map->out.addr);
	if (addr)
		knat_port_put(rcu_dereference(addr->ports[space]),
			      knat_port_place(map->out.proto,
					      be16_to_cpu(map->out.port)));
	rcu_read_unlock();
	knat_host_put(kn, map->host);
	knat_reap_map(kn, map);
}
