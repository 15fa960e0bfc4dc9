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

/* Of a user namespace other than the initial one: bitmaps of ports, 8 KiB for each
 * protocol of an address, are made by packets, which no memory cgroup pays for.
 */
#define POOL_ADDRS_USERNS	256

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

bool knat_pool_meets(const struct knat_pool *pool, u32 first, u32 last)
{
	u32 i;

	for (i = 0; i < pool->nr_ranges; i++)
		if (pool->ranges[i].first <= last &&
		    first <= pool->ranges[i].last)
			return true;
	return false;
}

int knat_pool_check(struct knat_net *kn, const struct knat_pool *pool,
		    struct netlink_ext_ack *extack)
{
	const struct knat_static *fixed;
	const struct knat_pool *other;
	const struct knat_rule *rule;
	u32 i, first;

	list_for_each_entry(other, &kn->pools, list) {
		for (i = 0; other != pool && i < pool->nr_ranges; i++) {
			if (!knat_pool_meets(other, pool->ranges[i].first,
					     pool->ranges[i].last))
				continue;
			NL_SET_ERR_MSG(extack,
				       "an address of the range is in another pool");
			return -EEXIST;
		}
	}
	list_for_each_entry(fixed, &kn->statics, list) {
		first = be32_to_cpu(fixed->out_addr);
		if (fixed->proto ||
		    !knat_pool_meets(pool, first,
				     first + knat_static_size(fixed) - 1))
			continue;
		NL_SET_ERR_MSG(extack,
			       "an address of the range is mapped one to one");
		return -EEXIST;
	}
	list_for_each_entry(rule, &kn->rules, list) {
		if (rule->pool != pool || !knat_rule_overlaps(rule))
			continue;
		NL_SET_ERR_MSG(extack,
			       "a rule of the pool has an address of the range in its src: an address must be inside or outside, not both");
		return -EINVAL;
	}
	return 0;
}

/* A sorted copy of ranges in *@copy: how many addresses they have. */
static u64 ranges_sum(const struct knat_addr_range *ranges, u32 nr)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < nr; i++)
		sum += (u64)ranges[i].last - ranges[i].first + 1;
	return sum;
}

/* Has @kn room for a pool of @sum addresses, which may be @pool as it will be? */
static bool pool_room(const struct knat_net *kn, const struct knat_pool *pool,
		      u64 sum)
{
	const struct knat_pool *other;

	if (kn->net->user_ns == &init_user_ns)
		return true;
	list_for_each_entry(other, &kn->pools, list)
		if (other != pool)
			sum += ranges_sum(other->ranges, other->nr_ranges);
	return sum <= POOL_ADDRS_USERNS;
}

static int ranges_copy(const struct knat_net *kn, const struct knat_pool *pool,
		       const struct knat_addr_range *ranges, u32 nr,
		       struct knat_addr_range **copy,
		       struct netlink_ext_ack *extack)
{
	u64 sum = ranges_sum(ranges, nr);
	struct knat_addr_range *r;
	u32 i;

	r = kvmalloc_array(nr, sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return -ENOMEM;
	memcpy(r, ranges, nr * sizeof(*r));
	sort(r, nr, sizeof(*r), knat_addr_range_cmp, NULL);
	for (i = 0; i < nr; i++) {
		if (i && r[i].first <= r[i - 1].last) {
			NL_SET_ERR_MSG(extack,
				       "the address ranges of the pool overlap");
			kvfree(r);
			return -EINVAL;
		}
	}
	if (!sum || sum > KNAT_POOL_ADDRS_MAX) {
		NL_SET_ERR_MSG(extack,
			       "a pool holds 1 to 65536 addresses");
		kvfree(r);
		return -E2BIG;
	}
	if (!pool_room(kn, pool, sum)) {
		NL_SET_ERR_MSG(extack,
			       "in a user namespace pools hold 256 addresses at most, all together");
		kvfree(r);
		return -E2BIG;
	}
	*copy = r;
	return sum;
}

/* The ports of an address may be handed out from now on. */
static void pool_addrs_open(const struct knat_pool_addrs *addrs,
			    const struct knat_pool_conf *conf)
{
	struct knat_addr *addr;
	u32 i;

	for (i = 0; i < addrs->nr; i++) {
		addr = addrs->addr[i];
		addr->port_first = min(addr->port_first, conf->port_first);
		addr->port_last = max(addr->port_last, conf->port_last);
	}
}

static void pool_addr_in(struct knat_addr *addr)
{
	if (addr->dynamic++)
		return;
	/* None of its ports, see pool_addrs_open(). */
	addr->port_first = U16_MAX;
	addr->port_last = 0;
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
pool_addrs_get(struct knat_net *kn, const struct knat_addr_range *ranges,
	       u32 nr, u32 sum)
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
			pool_addr_in(new);
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
	pool->mappings = alloc_percpu_gfp(int, GFP_KERNEL_ACCOUNT);
	if (!pool->mappings) {
		kfree(pool);
		return NULL;
	}
	INIT_LIST_HEAD(&pool->list);
	pool->conf = *conf;
	return pool;
}

/* The pool does not count the address any more. */
static void leaving_end(struct knat_net *kn, struct knat_leaving *leaving)
{
	leaving->addr->dynamic--;
	knat_addr_put(kn, leaving->addr);
	list_del(&leaving->list);
	kfree(leaving);
}

static void pool_free(struct rcu_head *rcu)
{
	struct knat_pool *pool = container_of(rcu, struct knat_pool, rcu);

	free_percpu(pool->mappings);
	kfree(pool);
}

u32 knat_pool_mappings(const struct knat_pool *pool)
{
	int sum = 0, cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(pool->mappings, cpu));
	/* One may have gone between one CPU and the next. */
	return max(sum, 0);
}

static void leaving_free(struct list_head *list)
{
	struct knat_leaving *leaving, *next;

	list_for_each_entry_safe(leaving, next, list, list) {
		list_del(&leaving->list);
		kfree(leaving);
	}
}

/* What is needed to let all addresses leave the pool, in @list. */
static int leaving_new(struct knat_net *kn, struct knat_pool *pool,
		       struct list_head *list)
{
	struct knat_leaving *leaving;
	struct knat_pool_addrs *old;
	u32 i;

	old = rcu_dereference_protected(pool->addrs,
					lockdep_is_held(&kn->config_lock));
	for (i = 0; old && i < old->nr; i++) {
		leaving = kmalloc(sizeof(*leaving), GFP_KERNEL_ACCOUNT);
		if (!leaving) {
			leaving_free(list);
			return -ENOMEM;
		}
		leaving->pool = pool;
		leaving->addr = old->addr[i];
		list_add_tail(&leaving->list, list);
	}
	return 0;
}

/* Put a new set of addresses in place; those of @list, the old ones, leave if
 * they are not in it.
 */
static void pool_replace(struct knat_net *kn, struct knat_pool *pool,
			 struct knat_pool_addrs *new, struct list_head *list)
{
	struct knat_leaving *leaving, *next;
	struct knat_pool_addrs *old;
	u32 slot;

	old = rcu_dereference_protected(pool->addrs,
					lockdep_is_held(&kn->config_lock));
	rcu_assign_pointer(pool->addrs, new);
	if (old)
		kvfree_rcu(old, rcu);

	/* Those that stay were counted twice. */
	list_for_each_entry_safe(leaving, next, list, list) {
		if (!new || !knat_pool_addrs_find(new, leaving->addr->addr,
						  &slot))
			continue;
		leaving_end(kn, leaving);
	}
	list_splice_tail_init(list, &kn->leaving);
}

/* There may be as many addresses that leave as mappings: it is not to be looked
 * for one in the list of the other.
 */
static bool leaving_map(const struct knat_map *map, void *arg)
{
	const struct knat_pool_addrs *addrs;
	u32 slot;

	addrs = rcu_dereference_protected(map->host->pool->addrs, true);
	return !addrs || !knat_pool_addrs_find(addrs, map->out.addr, &slot);
}

void knat_pool_leave(struct knat_net *kn)
{
	struct knat_sweep sweep = { .map = leaving_map };
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
		leaving_end(kn, leaving);
	}
	if (list_empty(&kn->leaving))
		return;

	knat_wheel_settle(kn, &sweep);
	list_for_each_entry_safe(leaving, next, &kn->leaving, list) {
		leaving_end(kn, leaving);
	}
	knat_addr_publish(kn);
}

int knat_pool_set_addr(struct knat_net *kn, struct knat_pool *pool,
		       __be32 addr)
{
	u32 host = be32_to_cpu(addr);
	struct knat_addr_range range = { .first = host, .last = host };
	struct knat_pool_addrs *addrs = NULL;
	LIST_HEAD(list);

	if (leaving_new(kn, pool, &list))
		return -ENOMEM;
	if (addr) {
		addrs = pool_addrs_get(kn, &range, 1, 1);
		if (!addrs) {
			leaving_free(&list);
			return -ENOMEM;
		}
		pool_addrs_open(addrs, &pool->conf);
	}
	pool_replace(kn, pool, addrs, &list);
	return 0;
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
		leaving_end(kn, leaving);
	}
	addrs = rcu_dereference_protected(pool->addrs, true);
	if (addrs) {
		pool_addrs_put(kn, addrs);
		kvfree(addrs);
	}
	kvfree(pool->ranges);
	kn->view_changed |= pool->sessions_first;
	call_rcu(&pool->rcu, pool_free);
}

struct knat_pool *knat_pool_add(struct knat_net *kn, const char *name,
				const struct knat_pool_conf *conf,
				const struct knat_addr_range *ranges,
				u32 nr_ranges, struct netlink_ext_ack *extack)
{
	struct knat_pool_addrs *addrs;
	struct knat_pool *pool;
	int err;

	if (knat_pool_find(kn, name)) {
		NL_SET_ERR_MSG(extack,
			       "a pool of this name exists already: pool set changes it");
		return ERR_PTR(-EEXIST);
	}
	pool = knat_pool_new(conf);
	if (!pool)
		return ERR_PTR(-ENOMEM);
	strscpy(pool->name, name, sizeof(pool->name));
	err = ranges_copy(kn, NULL, ranges, nr_ranges, &pool->ranges, extack);
	if (err < 0)
		goto err_pool;
	pool->nr_ranges = nr_ranges;
	addrs = pool_addrs_get(kn, pool->ranges, nr_ranges, err);
	err = -ENOMEM;
	if (!addrs)
		goto err_ranges;
	rcu_assign_pointer(pool->addrs, addrs);
	list_add_tail(&pool->list, &kn->pools);
	return pool;

err_ranges:
	kvfree(pool->ranges);
err_pool:
	pool_free(&pool->rcu);
	return ERR_PTR(err);
}

void knat_pool_open(struct knat_pool *pool)
{
	pool_addrs_open(rcu_dereference_protected(pool->addrs, true),
			&pool->conf);
}

int knat_pool_set(struct knat_net *kn, struct knat_pool *pool,
		  const struct knat_pool_conf *conf,
		  const struct knat_addr_range *ranges, u32 nr_ranges,
		  struct knat_pool_turn *turn, struct netlink_ext_ack *extack)
{
	int err;

	if (pool->next) {
		NL_SET_ERR_MSG(extack, "the pool is set twice at once");
		return -EINVAL;
	}
	memset(turn, 0, sizeof(*turn));
	INIT_LIST_HEAD(&turn->leaving);
	if (ranges) {
		err = ranges_copy(kn, pool, ranges, nr_ranges, &turn->ranges,
				  extack);
		if (err < 0)
			return err;
		turn->addrs = pool_addrs_get(kn, turn->ranges, nr_ranges, err);
		err = -ENOMEM;
		if (!turn->addrs)
			goto err_ranges;
		err = leaving_new(kn, pool, &turn->leaving);
		if (err)
			goto err_addrs;
		turn->nr_ranges = pool->nr_ranges;
		swap(pool->ranges, turn->ranges);
		pool->nr_ranges = nr_ranges;
	}
	turn->conf = *conf;
	pool->next = &turn->conf;
	kn->view_changed = true;
	return 0;

err_addrs:
	pool_addrs_put(kn, turn->addrs);
	kvfree(turn->addrs);
err_ranges:
	kvfree(turn->ranges);
	return err;
}

void knat_pool_turn(struct knat_net *kn, struct knat_pool *pool,
		    struct knat_pool_turn *turn)
{
	pool->conf = turn->conf;
	pool->next = NULL;
	if (!turn->addrs)
		return;
	kvfree(turn->ranges);
	pool_addrs_open(turn->addrs, &pool->conf);
	pool_replace(kn, pool, turn->addrs, &turn->leaving);
}

void knat_pool_unset(struct knat_net *kn, struct knat_pool *pool,
		     struct knat_pool_turn *turn)
{
	pool->next = NULL;
	if (!turn->addrs)
		return;
	pool_addrs_put(kn, turn->addrs);
	kvfree(turn->addrs);
	leaving_free(&turn->leaving);
	kvfree(pool->ranges);
	pool->ranges = turn->ranges;
	pool->nr_ranges = turn->nr_ranges;
}
