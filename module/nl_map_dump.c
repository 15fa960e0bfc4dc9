// SPDX-License-Identifier: GPL-2.0
/*
 * knat: the list of mappings.
 *
 * Static ones come first, as configured. Dynamic ones are found through the
 * port bitmaps, so they come sorted by outside address, protocol and port; a
 * mapping that lives throughout is listed once, whatever comes and goes beside
 * it, and no lock is held between messages.
 */
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include "addr.h"
#include "compat.h"
#include "host.h"
#include "map.h"
#include "net.h"
#include "netlink.h"
#include "nl_map.h"
#include "pool.h"
#include "static.h"

/* Ports looked at between two chances for others to run. */
#define DUMP_BATCH	4096

/**
 * struct map_cursor - where a dump goes on; lives in netlink_callback.ctx
 * @static_id: id of the last static mapping that was listed
 * @addr: outside address, host order
 * @port: port to look at next, KNAT_PORTS at the end of a space
 * @space: place in dump_spaces[]
 * @begun: not the first message
 * @statics_done: on to the dynamic ones
 * @done: nothing is left
 */
struct map_cursor {
	u64	static_id;
	u32	addr;
	u32	port;
	u8	space;
	bool	begun;
	bool	statics_done;
	bool	done;
};

/* Port spaces by protocol number, that of all other protocols last. */
static const enum knat_port_space dump_spaces[] = {
	KNAT_SPACE_ICMP, KNAT_SPACE_TCP, KNAT_SPACE_UDP, KNAT_SPACE_DCCP,
	KNAT_SPACE_GRE, KNAT_SPACE_ESP, KNAT_SPACE_SCTP, KNAT_SPACE_UDPLITE,
	KNAT_SPACE_OTHER,
};

static_assert(ARRAY_SIZE(dump_spaces) == KNAT_SPACES);

static int static_fill_ports(struct sk_buff *skb,
			     const struct knat_static *fixed)
{
	u16 span = fixed->out_port_last - fixed->out_port;

	if (nla_put_u8(skb, KNAT_A_MAP_PROTO, fixed->proto))
		return -EMSGSIZE;
	if (!fixed->out_port)
		return 0;
	if (nla_put_u16(skb, KNAT_A_MAP_OUT_PORT, fixed->out_port) ||
	    nla_put_u16(skb, KNAT_A_MAP_IN_PORT, fixed->in_port))
		return -EMSGSIZE;
	if (span && (nla_put_u16(skb, KNAT_A_MAP_OUT_PORT_LAST,
				 fixed->out_port_last) ||
		     nla_put_u16(skb, KNAT_A_MAP_IN_PORT_LAST,
				 fixed->in_port + span)))
		return -EMSGSIZE;
	return 0;
}

static u32 static_sessions(const struct knat_static *fixed)
{
	u32 i, n = 0;

	for (i = 0; fixed->addr && i <= fixed->out_port_last - fixed->out_port;
	     i++)
		n += knat_map_sessions(fixed->maps[i]);
	return n;
}

int knat_nl_static_put(struct sk_buff *skb, const struct knat_static *fixed)
{
	if (nla_put_u8(skb, KNAT_A_MAP_KIND, KNAT_MAP_STATIC) ||
	    (fixed->outdev && nla_put_string(skb, KNAT_A_MAP_OUT_DEV,
					     fixed->outdev->name)) ||
	    (fixed->out_addr && nla_put_be32(skb, KNAT_A_MAP_OUT_ADDR,
					     fixed->out_addr)) ||
	    nla_put_be32(skb, KNAT_A_MAP_IN_ADDR, fixed->in_addr) ||
	    (fixed->proto ? static_fill_ports(skb, fixed) :
			    nla_put_u8(skb, KNAT_A_MAP_OUT_LEN, fixed->len)) ||
	    (fixed->proto && nla_put_u32(skb, KNAT_A_MAP_SESSIONS,
					 static_sessions(fixed))) ||
	    (fixed->lifetime &&
	     (nla_put_u32(skb, KNAT_A_MAP_LIFETIME, fixed->lifetime) ||
	      nla_put_u32(skb, KNAT_A_MAP_EXPIRES,
			  knat_static_left(fixed)))) ||
	    (fixed->label[0] &&
	     nla_put_string(skb, KNAT_A_MAP_LABEL, fixed->label)))
		return -EMSGSIZE;
	return 0;
}

static int static_fill(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct knat_static *fixed)
{
	void *head = knat_nl_row(skb, cb, KNAT_CMD_MAP_GET);

	if (!head)
		return -EMSGSIZE;
	return knat_nl_end(skb, head, knat_nl_static_put(skb, fixed));
}

static int dump_statics(struct sk_buff *skb, struct netlink_callback *cb,
			struct knat_net *kn, struct map_cursor *at,
			const struct knat_map_filter *filter)
{
	const struct knat_static *fixed;
	int err = 0;

	if (at->statics_done || filter->kind == KNAT_MAP_DYNAMIC)
		return 0;
	mutex_lock(&kn->config_lock);
	list_for_each_entry(fixed, &kn->statics, list) {
		if (fixed->id <= at->static_id)
			continue;
		if (knat_nl_static_match(fixed, filter)) {
			err = static_fill(skb, cb, fixed);
			if (err)
				break;
		}
		at->static_id = fixed->id;
	}
	mutex_unlock(&kn->config_lock);
	at->statics_done = !err;
	return err;
}

static int map_fill_ports(struct sk_buff *skb, const struct knat_map *map)
{
	return nla_put_u16(skb, KNAT_A_MAP_OUT_PORT,
			   be16_to_cpu(map->out.port)) ?:
	       nla_put_u16(skb, KNAT_A_MAP_IN_PORT, be16_to_cpu(map->in.port));
}

int knat_nl_map_put(struct sk_buff *skb, const struct knat_net *kn,
		    const struct knat_map *map)
{
	const struct knat_pool *pool = map->host->pool;
	u32 idle = (u32)jiffies - READ_ONCE(map->stamp);
	u32 timeout = knat_map_timeout(kn, map);
	u32 sessions = knat_map_sessions(map);

	if (nla_put_u8(skb, KNAT_A_MAP_KIND, KNAT_MAP_DYNAMIC) ||
	    nla_put_u8(skb, KNAT_A_MAP_PROTO, map->out.proto) ||
	    nla_put_be32(skb, KNAT_A_MAP_OUT_ADDR, map->out.addr) ||
	    nla_put_be32(skb, KNAT_A_MAP_IN_ADDR, map->in.addr) ||
	    (map->in.port && map_fill_ports(skb, map)) ||
	    (pool->name[0] &&
	     nla_put_string(skb, KNAT_A_MAP_POOL, pool->name)) ||
	    (map->far.addr &&
	     nla_put_be32(skb, KNAT_A_MAP_REMOTE_ADDR, map->far.addr)) ||
	    (map->far.port && nla_put_u16(skb, KNAT_A_MAP_REMOTE_PORT,
					  be16_to_cpu(map->far.port))) ||
	    nla_put_u32(skb, KNAT_A_MAP_SESSIONS, sessions))
		return -EMSGSIZE;
	/* A mapping with sessions lives as long as they do. */
	if (!sessions &&
	    (nla_put_u32(skb, KNAT_A_MAP_IDLE, idle / HZ) ||
	     nla_put_u32(skb, KNAT_A_MAP_EXPIRES,
			 idle < timeout ? (timeout - idle + HZ - 1) / HZ : 0)))
		return -EMSGSIZE;
	return 0;
}

static int map_fill(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct knat_net *kn, const struct knat_map *map)
{
	void *head = knat_nl_row(skb, cb, KNAT_CMD_MAP_GET);

	if (!head)
		return -EMSGSIZE;
	return knat_nl_end(skb, head, knat_nl_map_put(skb, kn, map));
}

/* The mappings of one address and port space, DUMP_BATCH ports at most: 0 when
 * through, -EAGAIN when not, -EMSGSIZE when the message is full.
 */
static int dump_space(struct sk_buff *skb, struct netlink_callback *cb,
		      struct knat_net *kn, const struct knat_addr *addr,
		      struct map_cursor *at,
		      const struct knat_map_filter *filter)
{
	enum knat_port_space space = dump_spaces[at->space];
	const struct knat_ports *ports = rcu_dereference(addr->ports[space]);
	const struct knat_map *map;
	u16 port;
	u8 proto;
	int n;

	if (!ports ||
	    (filter->proto && knat_port_space(filter->proto) != space))
		return 0;
	for (n = 0; n < DUMP_BATCH; n++, at->port++) {
		at->port = knat_port_next_taken(ports, at->port);
		if (at->port >= KNAT_PORTS)
			return 0;
		proto = knat_port_space_proto(space, at->port);
		port = at->port - knat_port_place(proto, 0);
		map = knat_map_listed_out(kn, knat_ep(proto, addr->addr,
						      cpu_to_be16(port)));
		if (!map || (map->out.flags & KNAT_MAP_F_STATIC) ||
		    !knat_nl_map_match(map, filter))
			continue;
		if (map_fill(skb, cb, kn, map))
			return -EMSGSIZE;
	}
	return -EAGAIN;
}

static int dump_some(struct sk_buff *skb, struct netlink_callback *cb,
		     struct knat_net *kn, struct map_cursor *at,
		     const struct knat_map_filter *filter)
{
	u32 last = filter->out_addr ? be32_to_cpu(filter->out_addr) : U32_MAX;
	const struct knat_addr *addr;
	u32 from = at->addr;
	int err;

	addr = knat_addr_next(kn, &from, last);
	if (!addr) {
		at->done = true;
		return 0;
	}
	if (from != at->addr) {
		at->addr = from;
		at->space = 0;
		at->port = 0;
	}
	err = dump_space(skb, cb, kn, addr, at, filter);
	if (err)
		return err == -EAGAIN ? 0 : err;
	at->port = 0;
	if (++at->space < KNAT_SPACES)
		return 0;
	at->space = 0;
	if (at->addr == last)
		at->done = true;
	else
		at->addr++;
	return 0;
}

/* A pool that goes away while its mappings are listed only ends the list. Not
 * when the dump starts: Linux 6.1 would not say why it was refused.
 */
static int dump_begin(struct netlink_callback *cb, struct knat_net *kn,
		      struct map_cursor *at)
{
	int err;

	if (at->begun)
		return 0;
	mutex_lock(&kn->config_lock);
	err = knat_nl_map_pool(kn, knat_dump_attrs(cb), cb->extack);
	mutex_unlock(&kn->config_lock);
	at->begun = !err;
	return err;
}

int knat_nl_map_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct knat_net *kn = knat_net(sock_net(cb->skb->sk));
	struct map_cursor *at = (void *)cb->ctx;
	struct knat_map_filter filter;
	int err;

	BUILD_BUG_ON(sizeof(*at) > sizeof(cb->ctx));

	err = knat_nl_map_filter(knat_dump_attrs(cb), &filter, cb->extack);
	if (!err)
		err = dump_begin(cb, kn, at);
	if (err)
		return err;
	err = dump_statics(skb, cb, kn, at, &filter);
	if (filter.kind == KNAT_MAP_STATIC)
		at->done |= !err;
	if (!at->addr && filter.out_addr)
		at->addr = be32_to_cpu(filter.out_addr);
	while (!err && !at->done && !fatal_signal_pending(current)) {
		rcu_read_lock();
		err = dump_some(skb, cb, kn, at, &filter);
		rcu_read_unlock();
		cond_resched();
	}
	return skb->len;
}
