// SPDX-License-Identifier: GPL-2.0
/* knat: the list of subscribers. */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "compat.h"
#include "host.h"
#include "net.h"
#include "netlink.h"
#include "pool.h"

const struct nla_policy knat_host_policy[KNAT_A_HOST_MAX + 1] = {
	[KNAT_A_HOST_IN_ADDR]	= { .type = NLA_U32 },
	[KNAT_A_HOST_OUT_ADDR]	= { .type = NLA_REJECT },
	[KNAT_A_HOST_POOL]	= { .type = NLA_REJECT },
	[KNAT_A_HOST_MAPPINGS]	= { .type = NLA_REJECT },
	[KNAT_A_HOST_LIMIT]	= { .type = NLA_REJECT },
	[KNAT_A_HOST_REFUSED]	= { .type = NLA_REJECT },
};

/* Subscribers are listed by inside address, which the table does not know. It is
 * walked for the first of them, this many, then for those that follow: fifty
 * thousand take 7 walks and a quarter of a megabyte.
 */
#define HOST_PART	8192
/* Entries of the table between two pauses */
#define HOST_PAUSE	1024

/**
 * struct host_place - a place in the list
 * @addr: inside address, host order
 * @pool: address of the pool, for those that have the same
 */
struct host_place {
	u32			addr;
	struct knat_pool	*pool;
};

/**
 * struct host_dump - a dump on its way
 * @in_addr: the address that is wanted, 0: all
 * @last: what was listed last
 * @bound: what is behind this belongs to a later part, if @more
 * @more: there is a later part
 * @nr: places in @part
 * @next: the next of them to be listed
 * @room: how many places there is room for; a part is half of it
 * @part: places, in order once the walk is over
 */
struct host_dump {
	__be32			in_addr;
	struct host_place	last;
	struct host_place	bound;
	bool			more;
	u32			nr;
	u32			next;
	u32			room;
	struct host_place	part[];
};

static int place_cmp(const void *a, const void *b)
{
	const struct host_place *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->pool < y->pool ? -1 : x->pool > y->pool;
}

/* Sort, each once, and keep no more than a part. */
static void part_trim(struct host_dump *dump)
{
	u32 i, nr = 0;

	sort(dump->part, dump->nr, sizeof(*dump->part), place_cmp, NULL);
	for (i = 0; i < dump->nr; i++)
		if (!nr || place_cmp(&dump->part[nr - 1], &dump->part[i]))
			dump->part[nr++] = dump->part[i];
	if (nr > dump->room / 2) {
		nr = dump->room / 2;
		dump->bound = dump->part[nr - 1];
		dump->more = true;
	}
	dump->nr = nr;
}

static void part_add(struct host_dump *dump, const struct knat_host *host)
{
	struct host_place place = {
		.addr = be32_to_cpu(host->in_addr), .pool = host->pool,
	};

	if ((dump->in_addr && dump->in_addr != host->in_addr) ||
	    place_cmp(&place, &dump->last) <= 0 ||
	    (dump->more && place_cmp(&place, &dump->bound) > 0))
		return;
	dump->part[dump->nr++] = place;
}

/* The part behind what was listed last. */
static void part_collect(struct knat_net *kn, struct host_dump *dump)
{
	struct rhashtable_iter iter;
	struct knat_host *host;
	u32 steps = 0;

	dump->nr = 0;
	dump->next = 0;
	dump->more = false;
	rhashtable_walk_enter(&kn->hosts, &iter);
	rhashtable_walk_start(&iter);
	while ((host = rhashtable_walk_next(&iter))) {
		/* An error: the table is resized, and the walk begins anew. */
		if (!IS_ERR(host))
			part_add(dump, host);
		if (dump->nr < dump->room && ++steps % HOST_PAUSE)
			continue;
		rhashtable_walk_stop(&iter);
		if (dump->nr == dump->room)
			part_trim(dump);
		cond_resched();
		rhashtable_walk_start(&iter);
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	part_trim(dump);
}

int knat_nl_host_start(struct netlink_callback *cb)
{
	struct knat_net *kn = knat_net(sock_net(cb->skb->sk));
	const struct nlattr *attr = knat_dump_attrs(cb)[KNAT_A_HOST_IN_ADDR];
	struct host_dump *dump;
	u32 room;

	if (!knat_nl_not_zero(attr, cb->extack))
		return -EINVAL;
	room = 2 * clamp(atomic_read(&kn->hosts.nelems), 64, HOST_PART);
	dump = kvzalloc(struct_size(dump, part, room), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	if (attr)
		dump->in_addr = nla_get_be32(attr);
	dump->room = room;
	dump->more = true;
	cb->args[0] = (long)dump;
	return 0;
}

int knat_nl_host_done(struct netlink_callback *cb)
{
	kvfree((void *)cb->args[0]);
	return 0;
}

static int host_put(struct sk_buff *skb, const struct knat_host *host)
{
	const struct knat_pool *pool = host->pool;
	u32 limit = READ_ONCE(pool->conf.limit);

	if (nla_put_be32(skb, KNAT_A_HOST_IN_ADDR, host->in_addr) ||
	    nla_put_be32(skb, KNAT_A_HOST_OUT_ADDR, READ_ONCE(host->paired)) ||
	    (pool->name[0] &&
	     nla_put_string(skb, KNAT_A_HOST_POOL, pool->name)) ||
	    nla_put_u32(skb, KNAT_A_HOST_MAPPINGS,
			atomic_read(&host->mappings)) ||
	    (limit && nla_put_u32(skb, KNAT_A_HOST_LIMIT, limit)) ||
	    nla_put_u32(skb, KNAT_A_HOST_REFUSED,
			atomic_read(&host->refused)))
		return -EMSGSIZE;
	return 0;
}

static int host_fill(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct knat_host *host)
{
	void *head = knat_nl_row(skb, cb, KNAT_CMD_HOST_GET);

	if (!head)
		return -EMSGSIZE;
	return knat_nl_end(skb, head, host_put(skb, host));
}

/* One that is gone since is left out, and one that lives only as long as a port
 * of it rests.
 */
static int host_list(struct sk_buff *skb, struct netlink_callback *cb,
		     struct knat_net *kn, const struct host_place *place)
{
	const struct knat_host *host;
	int err = 0;

	rcu_read_lock();
	host = knat_host_find(kn, place->pool, cpu_to_be32(place->addr));
	if (host && atomic_read(&host->mappings))
		err = host_fill(skb, cb, host);
	rcu_read_unlock();
	return err;
}

int knat_nl_host_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct knat_net *kn = knat_net(sock_net(cb->skb->sk));
	struct host_dump *dump = (void *)cb->args[0];

	for (;;) {
		if (dump->next == dump->nr && dump->more)
			part_collect(kn, dump);
		if (dump->next == dump->nr ||
		    host_list(skb, cb, kn, &dump->part[dump->next]))
			break;
		dump->last = dump->part[dump->next++];
	}
	return skb->len;
}
