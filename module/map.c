// SPDX-License-Identifier: GPL-2.0
/* knat: mappings: the two tables, life and death. */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include "addr.h"
#include "host.h"
#include "map.h"
#include "net.h"
#include "pool.h"
#include "reap.h"

struct kmem_cache *knat_map_cache;

/* Key of map_in: laid out as the members in and far of struct knat_map. */
struct map_in_key {
	union knat_ep	in;
	union knat_far	far;
};

static_assert(offsetof(struct knat_map, far) ==
	      offsetof(struct knat_map, in) + sizeof(union knat_ep));

static u32 map_in_hash(const void *key, u32 len, u32 seed)
{
	return jhash2(key, sizeof(struct map_in_key) / sizeof(u32), seed);
}

static int map_in_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct map_in_key *key = arg->key;
	const struct knat_map *map = obj;

	return map->in.word != key->in.word || map->far.word != key->far.word;
}

static const struct rhashtable_params map_in_params = {
	.head_offset		= offsetof(struct knat_map, in_node),
	.key_offset		= offsetof(struct knat_map, in),
	.key_len		= sizeof(struct map_in_key),
	.hashfn			= map_in_hash,
	.obj_cmpfn		= map_in_cmp,
	.automatic_shrinking	= true,
};

/* The flags share a word with the key, so the hash takes the key by parts. */
static u32 ep_hash(const union knat_ep *ep, u32 seed)
{
	return jhash_2words((__force u32)ep->addr,
			    (__force u32)ep->port << 16 | ep->proto, seed);
}

static u32 map_out_hash(const void *key, u32 len, u32 seed)
{
	return ep_hash(key, seed);
}

static u32 map_out_obj_hash(const void *obj, u32 len, u32 seed)
{
	const struct knat_map *map = obj;

	return ep_hash(&map->out, seed);
}

static int map_out_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const union knat_ep *key = arg->key;
	const struct knat_map *map = obj;

	return !!((map->out.word ^ key->word) & KNAT_EP_MASK);
}

static const struct rhashtable_params map_out_params = {
	.head_offset		= offsetof(struct knat_map, out_node),
	.key_offset		= offsetof(struct knat_map, out),
	.key_len		= sizeof(union knat_ep),
	.hashfn			= map_out_hash,
	.obj_hashfn		= map_out_obj_hash,
	.obj_cmpfn		= map_out_cmp,
	.automatic_shrinking	= true,
};

int knat_map_tables_init(struct knat_net *kn)
{
	int err = rhashtable_init(&kn->map_in, &map_in_params);

	if (err)
		return err;
	err = rhashtable_init(&kn->map_out, &map_out_params);
	if (err)
		rhashtable_destroy(&kn->map_in);
	return err;
}

void knat_map_tables_exit(struct knat_net *kn)
{
	rhashtable_destroy(&kn->map_out);
	rhashtable_destroy(&kn->map_in);
}

u32 knat_map_timeout(const struct knat_net *kn, const struct knat_map *map)
{
	if (map->in.proto == IPPROTO_ICMP)
		return READ_ONCE(kn->timeout[KNAT_A_CONFIG_ICMP_TIMEOUT]);
	if (map->in.proto == IPPROTO_TCP)
		return READ_ONCE(kn->timeout[KNAT_A_CONFIG_TCP_OPENING_TIMEOUT]);
	return READ_ONCE(kn->timeout[KNAT_A_CONFIG_UDP_TIMEOUT]);
}

bool knat_map_expired(const struct knat_net *kn, const struct knat_map *map)
{
	/* @stamp may lag behind the last packet by a second: be generous. */
	if ((u32)jiffies - READ_ONCE(map->stamp) <
	    knat_map_timeout(kn, map) + HZ)
		return false;
	return !(map->out.flags & KNAT_MAP_F_STATIC) &&
	       !atomic_read(&map->refs);
}

struct knat_map *knat_map_lookup_in(struct knat_net *kn, union knat_ep in,
				    union knat_far far)
{
	struct map_in_key key = { .in = in, .far = far };
	struct knat_map *map;

	map = rhashtable_lookup(&kn->map_in, &key, map_in_params);
	if (!map || unlikely(knat_map_dead(map) || knat_map_expired(kn, map)))
		return NULL;
	return map;
}

struct knat_map *knat_map_find_out(struct knat_net *kn, union knat_ep out)
{
	struct knat_map *map;

	map = rhashtable_lookup(&kn->map_out, &out, map_out_params);
	return map && !knat_map_dead(map) ? map : NULL;
}

struct knat_map *knat_map_lookup_out(struct knat_net *kn, union knat_ep out)
{
	struct knat_map *map;

	map = rhashtable_lookup(&kn->map_out, &out, map_out_params);
	if (!map || unlikely(knat_map_dead(map) || knat_map_expired(kn, map)))
		return NULL;
	return map;
}

int knat_map_insert(struct knat_net *kn, struct knat_map *map,
		    struct knat_map **other)
{
	bool alias = map->out.flags & KNAT_MAP_F_ALIAS;
	struct knat_map *old;
	int err;

	/* Nobody is to kill it before it is in both tables. */
	atomic_set(&map->refs, 1);
	if (alias)
		goto out;
	old = rhashtable_lookup_get_insert_fast(&kn->map_in, &map->in_node,
						map_in_params);
	if (IS_ERR(old))
		return PTR_ERR(old);
	if (old && knat_map_expired(kn, old) && knat_map_kill(kn, old))
		old = rhashtable_lookup_get_insert_fast(&kn->map_in,
							&map->in_node,
							map_in_params);
	if (IS_ERR(old))
		return PTR_ERR(old);
	if (old) {
		*other = knat_map_dead(old) ? NULL : old;
		return -EEXIST;
	}

out:
	err = rhashtable_lookup_insert_key(&kn->map_out, &map->out,
					   &map->out_node, map_out_params);
	if (err) {
		atomic_or(KNAT_MAP_DEAD, &map->refs);
		if (!(map->out.flags & KNAT_MAP_F_STATIC))
			atomic_inc(&kn->nr_resting);
		if (!alias)
			rhashtable_remove_fast(&kn->map_in, &map->in_node,
					       map_in_params);
		/* Two live mappings with one outside end cannot be. */
		if (WARN_ON_ONCE(err == -EEXIST))
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

static void map_unhash(struct knat_net *kn, struct knat_map *map,
		       enum knat_reason reason)
{
	if (!(map->out.flags & KNAT_MAP_F_ALIAS))
		rhashtable_remove_fast(&kn->map_in, &map->in_node,
				       map_in_params);
	rhashtable_remove_fast(&kn->map_out, &map->out_node, map_out_params);
	if (map->out.flags & KNAT_MAP_F_STATIC)
		return;
	atomic_dec(&map->host->mappings);
	atomic_dec(&map->host->pool->mappings);
	atomic_inc(&kn->nr_resting);
	WRITE_ONCE(map->stamp, (u32)jiffies);
	knat_event_map_gone(kn, map, reason);
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
	/* A TCP mapping lives as long as its connections; others have a time
	 * of their own as well.
	 */
	if ((map->in.proto == IPPROTO_TCP || knat_map_expired(kn, map)) &&
	    knat_map_kill(kn, map))
		knat_count(kn, MAP_EXPIRED);
}

void knat_map_release(struct knat_net *kn, struct knat_map *map)
{
	atomic_dec(&kn->nr_resting);
	knat_map_undo(kn, map);
}

void knat_map_undo(struct knat_net *kn, struct knat_map *map)
{
	int space = knat_port_space(map->out.proto);
	struct knat_addr *addr;

	rcu_read_lock();
	addr = knat_addr_find(kn, map->out.addr);
	if (addr)
		knat_port_put(rcu_dereference(addr->ports[space]),
			      be16_to_cpu(map->out.port));
	rcu_read_unlock();
	knat_host_put(kn, map->host);
	knat_reap_map(kn, map);
}
