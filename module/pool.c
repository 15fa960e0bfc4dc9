// SPDX-License-Identifier: GPL-2.0
/* knat: pools. */
#include <linux/netdevice.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "host.h"
#include "map.h"
#include "net.h"
#include "pool.h"
#include "rule.h"
#include "static.h"

const struct knat_pool_conf knat_pool_defaults = {
	.port_first	= 1,
	.port_last	= 65535,
	.mss_clamp	= KNAT_MSS_CLAMP_OFF,
	.mapping	= KNAT_MAPPING_EIM,
	.filtering	= KNAT_FILTERING_EIF,
	.alloc		= KNAT_ALLOC_RANDOM,
	.pairing	= KNAT_PAIRING_PAIRED,
	.parity		= KNAT_PARITY_OFF,
	.hairpin	= true,
};

struct knat_pool *knat_pool_find(struct knat_net *kn, const char *name)
{
	struct knat_pool *pool;

	list_for_each_entry(pool, &kn->pools, list)
		if (!strcmp(pool->name, name))
			return pool;
	return NULL;
}

int knat_pool_conf_check(const struct knat_pool_conf *conf,
			 struct netlink_ext_ack *extack)
{
	if (conf->port_first > conf->port_last) {
		NL_SET_ERR_MSG(extack,
			       "the first port of the range is above the last");
		return -EINVAL;
	}
	if (conf->mss_clamp > KNAT_MSS_CLAMP_PMTU &&
	    (conf->mss_clamp < KNAT_MSS_CLAMP_MIN ||
	     conf->mss_clamp > KNAT_MSS_CLAMP_MAX)) {
		NL_SET_ERR_MSG(extack,
			       "mss-clamp must be off, pmtu or 88 to 65495 bytes");
		return -ERANGE;
	}
	return 0;
}

struct knat_addr *knat_pool_addrs_find(const struct knat_pool_addrs *addrs,
				       __be32 addr, u32 *slot)
{
	u32 low = 0, high = addrs->nr, key = be32_to_cpu(addr);

	while (low < high) {
		u32 mid = (low + high) / 2;
		u32 this = be32_to_cpu(addrs->addr[mid]->addr);

		if (this == key) {
			*slot = mid;
			return addrs->addr[mid];
		}
		if (this < key)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static int range_cmp(const void *a, const void *b)
{
	const struct knat_addr_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static bool ranges_meet(const struct knat_addr_range *a, u32 nr_a,
			u32 first, u32 last)
{
	u32 i;

	for (i = 0; i < nr_a; i++)
		if (a[i].first <= last && first <= a[i].last)
			return true;
	return false;
}

/* What @ranges (sorted) may not meet: each other, other pools, prefixes. */
static int pool_check_ranges(struct knat_net *kn, const struct knat_pool *self,
			     const struct knat_addr_range *ranges, u32 nr,
			     struct netlink_ext_ack *extack)
{
	struct knat_static *fixed;
	struct knat_pool *pool;
	u64 sum = 0;
	u32 i;

	for (i = 0; i < nr; i++) {
		sum += (u64)ranges[i].last - ranges[i].first + 1;
		if (i && ranges[i].first <= ranges[i - 1].last) {
			NL_SET_ERR_MSG(extack,
				       "the address ranges of the pool overlap");
			return -EINVAL;
		}
		list_for_each_entry(pool, &kn->pools, list) {
			if (pool == self ||
			    !ranges_meet(pool->ranges, pool->nr_ranges,
					 ranges[i].first, ranges[i].last))
				continue;
			NL_SET_ERR_MSG(extack,
				       "an address of the range is in another pool");
			return -EEXIST;
		}
		list_for_each_entry(fixed, &kn->statics, list) {
			u32 first = be32_to_cpu(fixed->out_addr);
			struct knat_addr_range out = { .first = first };

			if (fixed->proto)
				continue;
			out.last = first + knat_static_size(fixed) - 1;
			if (!ranges_meet(&out, 1, ranges[i].first,
					 ranges[i].last))
				continue;
			NL_SET_ERR_MSG(extack,
				       "an address of the range is mapped one to one");
			return -EEXIST;
		}
	}
	if (!sum || sum > KNAT_POOL_ADDRS_MAX) {
		NL_SET_ERR_MSG(extack,
			       "a pool holds 1 to 65536 addresses");
		return -E2BIG;
	}
	return sum;
}

static void pool_addr_in(struct knat_addr *addr,
			 const struct knat_pool_conf *conf)
{
	if (!addr->dynamic++) {
		addr->port_first = conf->port_first;
		addr->port_last = conf->port_last;
		return;
	}
	addr->port_first = min(addr->port_first, conf->port_first);
	addr->port_last = max(addr->port_last, conf->port_last);
}

static void pool_addrs_put(struct knat_net *kn, struct knat_pool_addrs *addrs)
{
	u32 i;

	for (i = 0; i < addrs->nr; i++) {
		addrs->addr[i]->dynamic--;
		knat_addr_put(kn, addrs->addr[i]);
	}
}

static struct knat_pool_addrs *
pool_addrs_get(struct knat_net *kn, const struct knat_pool_conf *conf,
	       const struct knat_addr_range *ranges, u32 nr, u32 sum)
{
	struct knat_pool_addrs *addrs;
	u32 i, addr;

	addrs = kvzalloc(struct_size(addrs, addr, sum), GFP_KERNEL_ACCOUNT);
	if (!addrs)
		return NULL;
	for (i = 0; i < nr; i++) {
		for (addr = ranges[i].first; addrs->nr < sum; addr++) {
			struct knat_addr *new;

			new = knat_addr_get(kn, cpu_to_be32(addr));
			if (!new) {
				pool_addrs_put(kn, addrs);
				kvfree(addrs);
				return NULL;
			}
			pool_addr_in(new, conf);
			addrs->addr[addrs->nr++] = new;
			if (addr == ranges[i].last)
				break;
		}
	}
	return addrs;
}

struct knat_pool *knat_pool_new(const struct knat_pool_conf *conf)
{
	struct knat_pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL_ACCOUNT);

	if (!pool)
		return NULL;
	INIT_LIST_HEAD(&pool->list);
	pool->conf = *conf;
	return pool;
}

/* Put a new set of addresses in place; those that are not in it leave. */
static int pool_replace(struct knat_net *kn, struct knat_pool *pool,
			struct knat_pool_addrs *new)
{
	struct knat_pool_addrs *old;
	struct knat_leaving *leaving, *next;
	LIST_HEAD(list);
	u32 i, slot;

	old = rcu_dereference_protected(pool->addrs,
					lockdep_is_held(&kn->config_lock));
	for (i = 0; old && i < old->nr; i++) {
		leaving = kmalloc(sizeof(*leaving), GFP_KERNEL_ACCOUNT);
		if (!leaving)
			goto err;
		leaving->pool = pool;
		leaving->addr = old->addr[i];
		list_add_tail(&leaving->list, &list);
	}
	rcu_assign_pointer(pool->addrs, new);
	if (old)
		kvfree_rcu(old, rcu);

	/* Those that stay were counted twice. */
	list_for_each_entry_safe(leaving, next, &list, list) {
		if (!new || !knat_pool_addrs_find(new, leaving->addr->addr,
						  &slot))
			continue;
		leaving->addr->dynamic--;
		knat_addr_put(kn, leaving->addr);
		list_del(&leaving->list);
		kfree(leaving);
	}
	list_splice_tail(&list, &kn->leaving);
	return 0;

err:
	list_for_each_entry_safe(leaving, next, &list, list)
		kfree(leaving);
	return -ENOMEM;
}

static bool leaving_map(const struct knat_map *map, void *arg)
{
	struct knat_net *kn = arg;
	struct knat_leaving *leaving;

	list_for_each_entry(leaving, &kn->leaving, list)
		if (map->host->pool == leaving->pool &&
		    map->out.addr == leaving->addr->addr)
			return true;
	return false;
}

void knat_pool_leave(struct knat_net *kn)
{
	struct knat_sweep sweep = { .map = leaving_map, .arg = kn };
	struct knat_leaving *leaving, *next;
	u32 slot;

	lockdep_assert_held(&kn->config_lock);

	/* An address that has come back in time keeps its mappings. */
	list_for_each_entry_safe(leaving, next, &kn->leaving, list) {
		struct knat_pool_addrs *addrs;

		addrs = rcu_dereference_protected(leaving->pool->addrs, true);
		if (!addrs || !knat_pool_addrs_find(addrs, leaving->addr->addr,
						    &slot))
			continue;
		leaving->addr->dynamic--;
		knat_addr_put(kn, leaving->addr);
		list_del(&leaving->list);
		kfree(leaving);
	}
	if (list_empty(&kn->leaving))
		return;

	knat_wheel_settle(kn, &sweep);
	list_for_each_entry_safe(leaving, next, &kn->leaving, list) {
		leaving->addr->dynamic--;
		knat_addr_put(kn, leaving->addr);
		list_del(&leaving->list);
		kfree(leaving);
	}
	knat_addr_publish(kn);
}

int knat_pool_set_addr(struct knat_net *kn, struct knat_pool *pool,
		       __be32 addr)
{
	u32 host = be32_to_cpu(addr);
	struct knat_addr_range range = { .first = host, .last = host };
	struct knat_pool_addrs *addrs = NULL;
	int err;

	if (addr) {
		addrs = pool_addrs_get(kn, &pool->conf, &range, 1, 1);
		if (!addrs)
			return -ENOMEM;
	}
	err = pool_replace(kn, pool, addrs);
	if (err && addrs) {
		pool_addrs_put(kn, addrs);
		kvfree(addrs);
	}
	return err;
}

bool knat_pool_has_addr(const struct knat_pool *pool, __be32 addr)
{
	const struct knat_pool_addrs *addrs;

	addrs = rcu_dereference_protected(pool->addrs, true);
	if (!addrs || !addrs->nr)
		return !addr;
	return addrs->addr[0]->addr == addr;
}

static bool pool_map(const struct knat_map *map, void *arg)
{
	return map->host->pool == arg;
}

void knat_pool_destroy(struct knat_net *kn, struct knat_pool *pool)
{
	struct knat_sweep sweep = { .map = pool_map, .arg = pool };
	struct knat_pool_addrs *addrs;
	struct knat_leaving *leaving, *next;

	lockdep_assert_held(&kn->config_lock);

	knat_wheel_settle(kn, &sweep);
	list_for_each_entry_safe(leaving, next, &kn->leaving, list) {
		if (leaving->pool != pool)
			continue;
		leaving->addr->dynamic--;
		knat_addr_put(kn, leaving->addr);
		list_del(&leaving->list);
		kfree(leaving);
	}
	addrs = rcu_dereference_protected(pool->addrs, true);
	if (addrs) {
		pool_addrs_put(kn, addrs);
		kvfree(addrs);
	}
	knat_addr_publish(kn);
	kvfree(pool->ranges);
	kfree_rcu(pool, rcu);
}

int knat_pool_add(struct knat_net *kn, const char *name,
		  const struct knat_pool_conf *conf,
		  const struct knat_addr_range *ranges, u32 nr_ranges,
		  struct netlink_ext_ack *extack)
{
	struct knat_pool *pool;
	struct knat_pool_addrs *addrs;
	int err;

	if (knat_pool_find(kn, name)) {
		NL_SET_ERR_MSG(extack, "a pool of this name exists already");
		return -EEXIST;
	}
	err = knat_pool_conf_check(conf, extack);
	if (err)
		return err;
	pool = knat_pool_new(conf);
	if (!pool)
		return -ENOMEM;
	strscpy(pool->name, name, sizeof(pool->name));
	err = -ENOMEM;
	pool->ranges = kvmalloc_array(nr_ranges, sizeof(*ranges),
				      GFP_KERNEL_ACCOUNT);
	if (!pool->ranges)
		goto err_pool;
	memcpy(pool->ranges, ranges, nr_ranges * sizeof(*ranges));
	pool->nr_ranges = nr_ranges;
	sort(pool->ranges, nr_ranges, sizeof(*ranges), range_cmp, NULL);
	err = pool_check_ranges(kn, NULL, pool->ranges, nr_ranges, extack);
	if (err < 0)
		goto err_ranges;
	addrs = pool_addrs_get(kn, conf, pool->ranges, nr_ranges, err);
	err = -ENOMEM;
	if (!addrs)
		goto err_ranges;
	rcu_assign_pointer(pool->addrs, addrs);
	err = knat_addr_publish(kn);
	if (err)
		goto err_addrs;
	list_add_tail(&pool->list, &kn->pools);
	return 0;

err_addrs:
	pool_addrs_put(kn, addrs);
	kvfree(addrs);
err_ranges:
	kvfree(pool->ranges);
err_pool:
	kfree(pool);
	return err;
}

int knat_pool_set(struct knat_net *kn, struct knat_pool *pool,
		  const struct knat_pool_conf *conf,
		  const struct knat_addr_range *ranges, u32 nr_ranges,
		  struct netlink_ext_ack *extack)
{
	struct knat_addr_range *new = NULL;
	struct knat_pool_addrs *addrs;
	int err;

	err = knat_pool_conf_check(conf, extack);
	if (err)
		return err;
	if (ranges) {
		new = kvmalloc_array(nr_ranges, sizeof(*new),
				     GFP_KERNEL_ACCOUNT);
		if (!new)
			return -ENOMEM;
		memcpy(new, ranges, nr_ranges * sizeof(*new));
		sort(new, nr_ranges, sizeof(*new), range_cmp, NULL);
		err = pool_check_ranges(kn, pool, new, nr_ranges, extack);
		if (err < 0)
			goto err_ranges;
		addrs = pool_addrs_get(kn, conf, new, nr_ranges, err);
		err = -ENOMEM;
		if (!addrs)
			goto err_ranges;
		err = pool_replace(kn, pool, addrs);
		if (err) {
			pool_addrs_put(kn, addrs);
			kvfree(addrs);
			goto err_ranges;
		}
		kvfree(pool->ranges);
		pool->ranges = new;
		pool->nr_ranges = nr_ranges;
		knat_pool_leave(kn);
	}
	pool->conf = *conf;
	err = knat_addr_publish(kn);
	return err ?: knat_rule_publish(kn, extack);

err_ranges:
	kvfree(new);
	return err;
}

int knat_pool_del(struct knat_net *kn, struct knat_pool *pool,
		  struct netlink_ext_ack *extack)
{
	if (pool->rules) {
		NL_SET_ERR_MSG(extack,
			       "a rule uses the pool: delete the rule first");
		return -EBUSY;
	}
	list_del(&pool->list);
	knat_pool_destroy(kn, pool);
	return 0;
}
