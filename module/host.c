// SPDX-License-Identifier: GPL-2.0
/* knat: subscribers. */
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include "age.h"
#include "host.h"
#include "net.h"
#include "pool.h"

struct host_key {
	struct knat_pool	*pool;
	__be32			in_addr;
};

static u32 host_hash(const void *data, u32 len, u32 seed)
{
	const struct host_key *key = data;
	u64 pool = (unsigned long)key->pool;

	return jhash_3words((__force u32)key->in_addr, pool, pool >> 32, seed);
}

static u32 host_obj_hash(const void *obj, u32 len, u32 seed)
{
	const struct knat_host *host = obj;
	struct host_key key = { .pool = host->pool, .in_addr = host->in_addr };

	return host_hash(&key, 0, seed);
}

static int host_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct host_key *key = arg->key;
	const struct knat_host *host = obj;

	return host->in_addr != key->in_addr || host->pool != key->pool;
}

static const struct rhashtable_params host_params = {
	.head_offset		= offsetof(struct knat_host, node),
	.key_len		= offsetofend(struct host_key, in_addr),
	.hashfn			= host_hash,
	.obj_hashfn		= host_obj_hash,
	.obj_cmpfn		= host_cmp,
	.automatic_shrinking	= true,
};

int knat_host_table_init(struct knat_net *kn)
{
	spin_lock_init(&kn->host_lock);
	return rhashtable_init(&kn->hosts, &host_params);
}

void knat_host_table_exit(struct knat_net *kn)
{
	rhashtable_destroy(&kn->hosts);
}

static u32 addr_used(const struct knat_addr *addr)
{
	const struct knat_ports *ports;
	u32 used = 0;
	int i;

	for (i = 0; i < KNAT_SPACES; i++) {
		ports = rcu_dereference(addr->ports[i]);
		if (ports)
			used += READ_ONCE(ports->used);
	}
	return used;
}

/* Of two addresses taken by chance the emptier one: nearly as even as looking
 * at all of them.
 */
static u32 host_choose(const struct knat_pool_addrs *addrs)
{
	u32 a = reciprocal_scale(get_random_u32(), addrs->nr);
	u32 b = reciprocal_scale(get_random_u32(), addrs->nr);

	return addr_used(addrs->addr[b]) < addr_used(addrs->addr[a]) ? b : a;
}

static struct knat_host *host_new(struct knat_net *kn, struct knat_pool *pool,
				  const struct knat_pool_addrs *addrs,
				  __be32 in_addr)
{
	struct knat_host *host = kzalloc(sizeof(*host),
					 GFP_ATOMIC | __GFP_NOWARN);
	int err;

	if (!host)
		return ERR_PTR(-ENOMEM);
	host->pool = pool;
	host->in_addr = in_addr;
	host->slot = host_choose(addrs);
	host->paired = addrs->addr[host->slot]->addr;
	refcount_set(&host->refs, 1);
	err = rhashtable_insert_fast(&kn->hosts, &host->node, host_params);
	if (err) {
		kfree(host);
		return ERR_PTR(err);
	}
	atomic_inc(&pool->hosts);
	return host;
}

struct knat_host *knat_host_find(struct knat_net *kn, struct knat_pool *pool,
				 __be32 in_addr)
{
	struct host_key key = { .pool = pool, .in_addr = in_addr };

	return rhashtable_lookup(&kn->hosts, &key, host_params);
}

struct knat_host *knat_host_get(struct knat_net *kn, struct knat_pool *pool,
				__be32 in_addr)
{
	struct host_key key = { .pool = pool, .in_addr = in_addr };
	const struct knat_pool_addrs *addrs = rcu_dereference(pool->addrs);
	struct knat_host *host;

	if (!addrs || !addrs->nr)
		return ERR_PTR(-EADDRNOTAVAIL);
	host = rhashtable_lookup(&kn->hosts, &key, host_params);
	if (host && refcount_inc_not_zero(&host->refs))
		return host;

	/* The last reference is dropped under the lock: what is in the table
	 * now is alive.
	 */
	spin_lock_bh(&kn->host_lock);
	host = rhashtable_lookup(&kn->hosts, &key, host_params);
	if (host)
		refcount_inc(&host->refs);
	else
		host = host_new(kn, pool, addrs, in_addr);
	spin_unlock_bh(&kn->host_lock);
	return host;
}

/* What @word becomes with one more, or the same if that is one too many. */
static u64 rate_next(u64 word, u32 max)
{
	u32 now = (u32)jiffies;

	if (!(u32)word || knat_age(word >> 32) >= HZ)
		return (u64)now << 32 | 1;
	return (u32)word < max ? word + 1 : word;
}

bool knat_rate_allows(const struct knat_rate *rate, u32 max)
{
	u64 word = atomic64_read(&rate->word);

	return likely(!max) || rate_next(word, max) != word;
}

void knat_rate_take(struct knat_rate *rate, u32 max)
{
	s64 old, new;

	if (likely(!max))
		return;
	old = atomic64_read(&rate->word);
	do {
		new = rate_next(old, max);
	} while (new != old &&
		 !atomic64_try_cmpxchg(&rate->word, &old, new));
}

u32 knat_host_addr(struct knat_net *kn, struct knat_host *host,
		   const struct knat_pool_addrs *addrs)
{
	__be32 paired = READ_ONCE(host->paired);
	u32 slot = READ_ONCE(host->slot);

	if (likely(slot < addrs->nr && addrs->addr[slot]->addr == paired))
		return slot;

	/* The pool's addresses have changed since. */
	spin_lock_bh(&kn->host_lock);
	if (!knat_pool_addrs_find(addrs, host->paired, &slot))
		slot = host_choose(addrs);
	WRITE_ONCE(host->paired, addrs->addr[slot]->addr);
	WRITE_ONCE(host->slot, slot);
	spin_unlock_bh(&kn->host_lock);
	return slot;
}

void knat_host_put(struct knat_net *kn, struct knat_host *host)
{
	bool last;

	if (refcount_dec_not_one(&host->refs))
		return;
	spin_lock_bh(&kn->host_lock);
	last = refcount_dec_and_test(&host->refs);
	if (last)
		rhashtable_remove_fast(&kn->hosts, &host->node, host_params);
	spin_unlock_bh(&kn->host_lock);
	if (!last)
		return;
	atomic_dec(&host->pool->hosts);
	kfree_rcu(host, rcu);
}
