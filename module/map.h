/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: mappings, the primary objects.
 *
 * A mapping is found under RCU in kn->map_in and kn->map_out. It is dead once
 * KNAT_MAP_DEAD is in @refs: whoever puts it there (from zero sessions, by
 * cmpxchg) takes the mapping out of the tables, and no session is added to a
 * dead one. A dead mapping with a port hangs on the wheel until it is out of
 * the tables (KNAT_MAP_GONE) and the port has rested; then the port is freed and
 * the memory goes to reap.h.
 */
#ifndef _KNAT_MAP_H
#define _KNAT_MAP_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include "net.h"
#include "tuple.h"
#include "wheel.h"

struct knat_host;
struct knat_static;

/* Flags, in out.flags; constant while the mapping is in the tables. */
#define KNAT_MAP_F_STATIC	0x01	/* @fixed, not @host; never expires */
#define KNAT_MAP_F_SESSIONS	0x02	/* packets need a session */
#define KNAT_MAP_F_ADF		0x04	/* address-dependent filtering */
#define KNAT_MAP_F_APDF		0x08	/* address and port-dependent */
#define KNAT_MAP_F_NO_HAIRPIN	0x10	/* the pool forbids hairpinning */
#define KNAT_MAP_F_ALIAS	0x20	/* static, in map_out alone: the inside
					 * end has another static mapping
					 */

#define KNAT_MAP_DEAD		INT_MIN
/* It has left the tables as well: whoever killed it is done with it. */
#define KNAT_MAP_GONE		BIT(30)

/**
 * struct knat_map - (protocol, inside end) <-> (protocol, outside end)
 * @in_next: chain of kn->map_in
 * @out_next: chain of kn->map_out
 * @in: inside end; key of map_in together with @far
 * @far: realm, and the remote end as far as the mapping depends on it
 * @out: outside end; key of map_out. @out.flags as above
 * @wheel: link in the wheel (dynamic), later in the list of the dead
 * @host: the subscriber, of a dynamic mapping
 * @fixed: the configured object, of a static one
 * @stamp: jiffies of the last use, not older than a second; after death of
 *	the moment from which the port rests
 * @refs: number of sessions; KNAT_MAP_DEAD, KNAT_MAP_GONE
 */
struct knat_map {
	struct knat_map			*in_next;
	struct knat_map			*out_next;
	union knat_ep			in;
	union knat_far			far;
	union knat_ep			out;
	struct llist_node		wheel;
	union {
		struct knat_host	*host;
		struct knat_static	*fixed;
	};
	u32				stamp;
	atomic_t			refs;
};

#if BITS_PER_LONG == 64
static_assert(sizeof(struct knat_map) == 64);
#endif

extern struct kmem_cache *knat_map_cache;

int knat_map_tables_init(struct knat_net *kn);
void knat_map_tables_exit(struct knat_net *kn);

/* Look-ups, under rcu_read_lock(). Dead and expired mappings are not found. */
struct knat_map *knat_map_lookup_in(struct knat_net *kn, union knat_ep in,
				    union knat_far far);
struct knat_map *knat_map_lookup_out(struct knat_net *kn, union knat_ep out);
/* For lists: expired ones are found until the wheel comes to them. */
struct knat_map *knat_map_listed_out(struct knat_net *kn, union knat_ep out);

/* Put a mapping that nobody knows yet into both tables. -EEXIST: another CPU
 * was faster, *other is its mapping, or NULL if that one is about to go; @map
 * is still unknown. Any other error: @map was seen, but is dead now; it may
 * even have sessions. Softirq off, under rcu_read_lock().
 */
int knat_map_insert(struct knat_net *kn, struct knat_map *map,
		    struct knat_map **other);

/* Take a reference for a session; false if the mapping is dead. */
bool knat_map_get(struct knat_map *map);
/* Give it back; the last one kills a dynamic mapping. */
void knat_map_put(struct knat_net *kn, struct knat_map *map);

/* Kill a mapping without sessions: true if this call did it. */
bool knat_map_kill(struct knat_net *kn, struct knat_map *map);
/* Kill it whether or not it has sessions; these must be killed next. */
bool knat_map_condemn(struct knat_net *kn, struct knat_map *map);

/* Jiffies of silence after which @map may go. */
u32 knat_map_timeout(const struct knat_net *kn, const struct knat_map *map);
bool knat_map_expired(const struct knat_net *kn, const struct knat_map *map);

/* The subscriber, or NULL: a static mapping has none. */
static inline struct knat_host *knat_map_host(const struct knat_map *map)
{
	return map->out.flags & KNAT_MAP_F_STATIC ? NULL : map->host;
}

static inline u32 knat_map_sessions(const struct knat_map *map)
{
	return atomic_read(&map->refs) & ~(KNAT_MAP_DEAD | KNAT_MAP_GONE);
}

static inline bool knat_map_dead(const struct knat_map *map)
{
	return atomic_read(&map->refs) & KNAT_MAP_DEAD;
}

static inline bool knat_map_gone(const struct knat_map *map)
{
	/* Pairs with map_unhash(). */
	return atomic_read_acquire(&map->refs) & KNAT_MAP_GONE;
}

/* Free the port and the memory of a mapping that is gone. */
void knat_map_release(struct knat_net *kn, struct knat_map *map);
/* The same of one that was never in the tables. */
void knat_map_undo(struct knat_net *kn, struct knat_map *map);

static inline u64 knat_map_in_hash(const struct knat_net *kn, union knat_ep in,
				   union knat_far far)
{
	/* Without the realm: see knat_quick_foresee(). */
	return knat_table_hash(&kn->map_in, in.word, far.word & KNAT_FAR_MASK);
}

static inline u64 knat_map_out_hash(const struct knat_net *kn,
				    union knat_ep out)
{
	return knat_table_hash(&kn->map_out, out.word & KNAT_EP_MASK, 0);
}

/**
 * struct knat_map_key - key of map_in
 * @in: inside end
 * @far: what else it depends on
 */
struct knat_map_key {
	union knat_ep	in;
	union knat_far	far;
};

static inline bool knat_map_in_match(const void *entry, const void *key)
{
	const struct knat_map *map = entry;
	const struct knat_map_key *k = key;

	return map->in.word == k->in.word && map->far.word == k->far.word;
}

static inline bool knat_map_out_match(const void *entry, const void *key)
{
	const struct knat_map *map = entry;
	const union knat_ep *out = key;

	return !((map->out.word ^ out->word) & KNAT_EP_MASK);
}

/* Neither dead nor expired. What was used within this second has not expired,
 * whatever the timeout.
 */
static inline bool knat_map_usable(const struct knat_net *kn,
				   const struct knat_map *map)
{
	if (unlikely(knat_map_dead(map)))
		return false;
	return likely((u32)jiffies - READ_ONCE(map->stamp) < HZ) ||
	       !knat_map_expired(kn, map);
}

/* The same look-ups for the packet path, inlined. */
static __always_inline struct knat_map *
knat_map_find_in(struct knat_net *kn, union knat_ep in, union knat_far far)
{
	struct knat_map_key key = { .in = in, .far = far };
	struct knat_map *map;

	map = knat_table_find(&kn->map_in, knat_map_in_hash(kn, in, far),
			      offsetof(struct knat_map, in_next),
			      knat_map_in_match, &key);
	return likely(map) && likely(knat_map_usable(kn, map)) ? map : NULL;
}

static __always_inline struct knat_map *
knat_map_find_out(struct knat_net *kn, union knat_ep out)
{
	struct knat_map *map;

	map = knat_table_find(&kn->map_out, knat_map_out_hash(kn, out),
			      offsetof(struct knat_map, out_next),
			      knat_map_out_match, &out);
	return likely(map) && likely(knat_map_usable(kn, map)) ? map : NULL;
}

static inline void knat_map_touch(struct knat_map *map)
{
	u32 now = (u32)jiffies;

	if (now - READ_ONCE(map->stamp) >= HZ)
		WRITE_ONCE(map->stamp, now);
}

#endif /* _KNAT_MAP_H */
