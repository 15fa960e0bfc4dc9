// SPDX-License-Identifier: GPL-2.0
/* knat: opening of dynamic mappings. */
#include <linux/random.h>
#include <linux/slab.h>
#include "host.h"
#include "local.h"
#include "look.h"
#include "map.h"
#include "net.h"
#include "open.h"
#include "reap.h"
#include "session.h"

struct open_port {
	struct net	*net;
	u8		proto;
};

static bool open_port_busy(void *arg, u16 port)
{
	const struct open_port *open = arg;

	return knat_local_port_busy(open->net, open->proto, port);
}

/* The port beside that of the neighbouring inside port (RFC 4787 section
 * 4.2.3), or 0.
 */
static u16 open_neighbour(const struct knat_packet *p, __be32 out_addr,
			  union knat_far far)
{
	union knat_ep in = knat_ep(p->proto, p->saddr, p->sport ^ htons(1));
	const struct knat_map *map = knat_map_lookup_in(p->kn, in, far);

	if (!map || map->out.addr != out_addr)
		return 0;
	return be16_to_cpu(map->out.port) ^ 1;
}

/* What tells a mapping without ports from the others of its address */
static struct knat_port_wish open_wish_id(u8 proto)
{
	bool other = knat_port_space(proto) == KNAT_SPACE_OTHER;

	return (struct knat_port_wish) {
		.first = knat_port_place(proto, 1),
		.last = other ? knat_port_place(proto, KNAT_OTHER_IDS - 1) :
				KNAT_PORTS - 1,
		.mode = KNAT_ALLOC_RANDOM,
		.chance = get_random_u64(),
	};
}

/* Which ports would do, whatever the address. */
static struct knat_port_wish open_wish(const struct knat_packet *p,
				       const struct knat_pool_conf *conf)
{
	bool query = p->kind == KNAT_PACKET_QUERY;
	struct knat_port_wish wish;

	if (unlikely(p->kind == KNAT_PACKET_ADDRESS))
		return open_wish_id(p->proto);
	wish = (struct knat_port_wish) {
		.first = READ_ONCE(conf->port_first),
		.last = READ_ONCE(conf->port_last),
		.inside = be16_to_cpu(p->sport),
		.mode = READ_ONCE(conf->alloc),
		.parity = query ? KNAT_PARITY_OFF : READ_ONCE(conf->parity),
		.classes = !query,
		.chance = get_random_u64(),
	};
	/* Of two ranges, one of which has just taken the other's place */
	wish.first = min(wish.first, wish.last);
	if (wish.mode == KNAT_ALLOC_PRESERVE)
		wish.hint = wish.inside;
	return wish;
}

/* A mapping that finds too late that its remote end is taken would leave an id
 * that rests, of which there are few.
 */
static int open_take_id(const struct knat_packet *p, __be32 out_addr,
			struct knat_ports *ports,
			const struct knat_port_wish *wish)
{
	int place;

	if (knat_session_remote_taken(p->kn, p->proto, out_addr, p->daddr))
		return -EADDRINUSE;
	place = unlikely(p->look) ? knat_port_peek(ports, wish) :
				    knat_port_get(ports, wish);
	return place < 0 ? place : place - wish->first + 1;
}

/* A port on this very address, or a negative errno. */
static int open_take_port(const struct knat_packet *p, struct knat_addr *addr,
			  struct knat_port_wish wish, union knat_far far)
{
	struct open_port arg = { .net = p->kn->net, .proto = p->proto };
	struct knat_ports *ports;
	int port;

	ports = knat_addr_ports(addr, knat_port_space(p->proto), GFP_ATOMIC);
	if (!ports)
		return -ENOMEM;
	if (unlikely(p->kind == KNAT_PACKET_ADDRESS))
		return open_take_id(p, addr->addr, ports, &wish);
	/* The gateway's own pings keep their id if they can: see
	 * knat_flow_local().
	 */
	if (p->kind == KNAT_PACKET_QUERY && p->saddr == addr->addr)
		wish.hint = wish.inside;
	else if (!wish.hint && wish.parity == KNAT_PARITY_PAIRS)
		wish.hint = open_neighbour(p, addr->addr, far);
	if ((p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP) &&
	    knat_local_addr_again(arg.net, addr->addr, &addr->local)) {
		wish.busy = open_port_busy;
		wish.arg = &arg;
	}
	if (unlikely(p->look)) {
		p->look->any_port = wish.mode != KNAT_ALLOC_SEQUENTIAL;
		port = knat_port_peek(ports, &wish);
		if (wish.hint && port == wish.hint)
			p->look->any_port = false;
		return port;
	}
	return knat_port_get(ports, &wish);
}

/**
 * struct open_addrs - which outside addresses are looked at for a port
 * @addrs: those of the pool
 * @first: where to begin
 * @nr: how many, round @addrs
 */
struct open_addrs {
	const struct knat_pool_addrs	*addrs;
	u32				first;
	u32				nr;
};

/* The paired address, or all of the pool: false if it has none. */
static bool open_choose_addrs(const struct knat_packet *p,
			      struct knat_host *host, struct open_addrs *from)
{
	const struct knat_pool *pool = host->pool;

	from->addrs = rcu_dereference(pool->addrs);
	if (!from->addrs || !from->addrs->nr)
		return false;
	if (READ_ONCE(pool->conf.pairing) == KNAT_PAIRING_PAIRED) {
		from->first = knat_host_addr(p->kn, host, from->addrs);
		from->nr = 1;
	} else {
		from->first = reciprocal_scale(get_random_u32(),
					       from->addrs->nr);
		from->nr = from->addrs->nr;
	}
	return true;
}

/* The lines that a new mapping will need, of the bitmap and of the table, are
 * fetched while it is made.
 */
static void open_foresee(const struct knat_packet *p,
			 const struct open_addrs *from,
			 const struct knat_port_wish *wish)
{
	struct knat_addr *addr = from->addrs->addr[from->first];
	struct knat_ports *ports;
	union knat_ep out;
	u16 port;

	ports = rcu_dereference(addr->ports[knat_port_space(p->proto)]);
	if (!ports)
		return;
	port = knat_port_foresee(ports, wish);
	if (!port || p->kind == KNAT_PACKET_ADDRESS)
		return;
	out = knat_ep(p->proto, addr->addr, cpu_to_be16(port));
	knat_table_prefetchw(&p->kn->map_out, knat_map_out_hash(p->kn, out));
}

static int open_take(const struct knat_packet *p,
		     const struct open_addrs *from,
		     const struct knat_port_wish *wish, union knat_far far,
		     union knat_ep *out)
{
	const struct knat_pool_addrs *addrs = from->addrs;
	struct knat_addr *addr;
	int port = -ENOSPC;
	u32 i;

	for (i = 0; i < from->nr &&
	     (port == -ENOSPC || port == -EADDRINUSE); i++) {
		addr = addrs->addr[(from->first + i) % addrs->nr];
		port = open_take_port(p, addr, *wish, far);
	}
	if (port < 0)
		return port;
	*out = knat_ep(p->proto, addr->addr, cpu_to_be16(port));
	return 0;
}

static u8 open_flags(const struct knat_packet *p,
		     const struct knat_pool_conf *conf)
{
	u8 filtering = READ_ONCE(conf->filtering), flags = 0;

	/* Without ports the session says it all. */
	if (p->kind == KNAT_PACKET_ADDRESS)
		filtering = KNAT_FILTERING_EIF;
	switch (filtering) {
	case KNAT_FILTERING_ADF:
		flags = KNAT_MAP_F_SESSIONS | KNAT_MAP_F_ADF;
		break;
	case KNAT_FILTERING_APDF:
		flags = KNAT_MAP_F_SESSIONS | KNAT_MAP_F_APDF;
		break;
	}
	if (p->tracked ||
	    READ_ONCE(conf->mapping) != KNAT_MAPPING_EIM)
		flags |= KNAT_MAP_F_SESSIONS;
	if (!READ_ONCE(conf->hairpin))
		flags |= KNAT_MAP_F_NO_HAIRPIN;
	return flags;
}

/* What the mapping depends on besides the inside end. */
static union knat_far open_far(const struct knat_packet *p,
			       const struct knat_pool_conf *conf, u16 realm)
{
	switch (READ_ONCE(conf->mapping)) {
	case KNAT_MAPPING_ADM:
		return knat_far(p->daddr, 0, realm);
	case KNAT_MAPPING_APDM:
		return knat_far(p->daddr, knat_packet_far_port(p, p->dport),
				realm);
	}
	return knat_far(0, 0, realm);
}

static void open_limit(const struct knat_packet *p, enum knat_limit limit)
{
	if (likely(!p->look))
		knat_event_limit(p->kn, limit, p->proto, p->saddr);
}

static void open_refuse(const struct knat_packet *p, int err)
{
	if (unlikely(p->look)) {
		p->look->new_map = false;
		p->look->new_session = false;
	}
	switch (err) {
	case -ENOSPC:
		knat_tell(p, REFUSE_PORTS);
		open_limit(p, KNAT_LIMIT_PORTS);
		break;
	case -EADDRNOTAVAIL:
		knat_tell(p, REFUSE_NO_ADDRESS);
		break;
	case -EDQUOT:
		knat_tell(p, REFUSE_SUBSCRIBER);
		open_limit(p, KNAT_LIMIT_SUBSCRIBER);
		break;
	case -EAGAIN:
		knat_tell(p, REFUSE_RATE);
		open_limit(p, KNAT_LIMIT_SUBSCRIBER);
		break;
	case -ENFILE:
		knat_tell(p, REFUSE_MAPPINGS);
		open_limit(p, KNAT_LIMIT_MAPPINGS);
		break;
	case -EUSERS:
		knat_tell(p, REFUSE_SESSIONS);
		open_limit(p, KNAT_LIMIT_SESSIONS);
		break;
	case -EADDRINUSE:
		knat_tell(p, REFUSE_REMOTE);
		break;
	case -EEXIST:
	case -EBUSY:
		knat_tell(p, REFUSE_RACE);
		break;
	default:
		knat_tell(p, REFUSE_MEMORY);
	}
}

static bool open_full(struct knat_net *kn)
{
	return knat_table_full(&kn->map_out,
			       READ_ONCE(kn->config[KNAT_A_CONFIG_MAX_MAPPINGS]));
}

struct knat_map *knat_map_open(const struct knat_packet *p,
			       const struct knat_view_rule *rule)
{
	union knat_ep in = knat_ep(p->proto, p->saddr, p->sport);
	struct knat_pool *pool = rule->pool;
	union knat_far far = open_far(p, &pool->conf, rule->realm);
	struct knat_net *kn = p->kn;
	struct knat_map *map, *other = NULL;
	struct knat_port_wish wish;
	struct open_addrs from;
	struct knat_host *host;
	u32 limit, rate;
	bool sessions;
	u8 flags;
	int err;

	if (far.addr) {
		map = knat_map_lookup_in(kn, in, far);
		if (map)
			return map;
	}
	if (open_full(kn)) {
		open_refuse(p, -ENFILE);
		return NULL;
	}
	/* A mapping made for a session that is refused would leave a port that
	 * rests: the one who is refused could have all of them.
	 */
	flags = open_flags(p, &pool->conf);
	sessions = flags & KNAT_MAP_F_SESSIONS;
	if (sessions && knat_session_full(kn, true)) {
		open_refuse(p, -EUSERS);
		return NULL;
	}
	host = knat_host_get(kn, pool, p->saddr);
	if (IS_ERR(host)) {
		open_refuse(p, PTR_ERR(host));
		return NULL;
	}
	err = -EADDRNOTAVAIL;
	if (!open_choose_addrs(p, host, &from))
		goto err_put;
	wish = open_wish(p, &pool->conf);
	open_foresee(p, &from, &wish);
	err = -ENOMEM;
	map = kmem_cache_alloc(knat_map_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!map)
		goto err_put;
	prefetchw(map);
	/* Count first, then look, so that two CPUs cannot both be the last. */
	limit = READ_ONCE(pool->conf.limit);
	err = -EDQUOT;
	if (atomic_inc_return(&host->mappings) > limit && limit)
		goto err_host;
	if (sessions && knat_session_full_host(host, true))
		goto err_host;
	err = -EAGAIN;
	rate = READ_ONCE(pool->conf.rate);
	if ((sessions && !knat_session_rate_allows(host, true)) ||
	    !knat_rate_allows(&host->new_mappings, rate))
		goto err_host;
	this_cpu_inc(*pool->mappings);
	err = open_take(p, &from, &wish, far, &map->out);
	if (err)
		goto err_count;
	/* It may be another port than foreseen. */
	knat_table_prefetchw(&kn->map_out, knat_map_out_hash(kn, map->out));
	map->out.flags = flags;
	map->in = in;
	map->far = far;
	map->host = host;
	map->stamp = (u32)jiffies;

	err = knat_map_insert(kn, map, &other);
	if (!err) {
		knat_rate_take(&host->new_mappings, rate);
		knat_wheel_add_map(kn, map);
		knat_count(kn, MAP_CREATED);
		return map;
	}

	this_cpu_dec(*pool->mappings);
	atomic_dec(&host->mappings);
	/* A port that nobody has seen need not rest. */
	if (err == -EEXIST)
		knat_map_undo(kn, map);
	else
		knat_wheel_add_map(kn, map);
	if (!other)
		open_refuse(p, err);
	return other;

err_count:
	this_cpu_dec(*pool->mappings);
err_host:
	atomic_dec(&host->mappings);
	atomic_inc(&host->refused);
	kmem_cache_free(knat_map_cache, map);
err_put:
	knat_host_put(kn, host);
	open_refuse(p, err);
	return NULL;
}

bool knat_map_foresee(const struct knat_packet *p,
		      const struct knat_view_rule *rule, struct knat_way *way)
{
	struct open_addrs from = {
		.addrs = rcu_dereference(rule->pool->addrs),
	};
	union knat_far far = open_far(p, &rule->pool->conf, rule->realm);
	u32 limit = READ_ONCE(rule->pool->conf.limit);
	struct knat_map *map = NULL;
	struct knat_port_wish wish;
	struct knat_host *host;
	union knat_ep out;
	int err;

	way->to.whole_addr = false;
	if (far.addr)
		map = knat_map_lookup_in(p->kn,
					 knat_ep(p->proto, p->saddr, p->sport),
					 far);
	p->look->new_map = !map;
	p->look->new_session = open_flags(p, &rule->pool->conf) &
			       KNAT_MAP_F_SESSIONS;
	if (map) {
		way->map = map;
		way->to.addr = map->out.addr;
		way->to.port = map->out.port;
		return true;
	}
	if (open_full(p->kn)) {
		open_refuse(p, -ENFILE);
		return false;
	}
	if (!from.addrs || !from.addrs->nr) {
		open_refuse(p, -EADDRNOTAVAIL);
		return false;
	}
	host = knat_host_find(p->kn, rule->pool, p->saddr);
	if (host && ((limit && atomic_read(&host->mappings) >= limit) ||
		     (p->look->new_session &&
		      knat_session_full_host(host, true)))) {
		open_refuse(p, -EDQUOT);
		return false;
	}
	if (host && (!knat_rate_allows(&host->new_mappings,
				       READ_ONCE(rule->pool->conf.rate)) ||
		     (p->look->new_session &&
		      !knat_session_rate_allows(host, true)))) {
		open_refuse(p, -EAGAIN);
		return false;
	}
	/* A new subscriber is paired by chance. */
	from.nr = from.addrs->nr;
	if (host && READ_ONCE(rule->pool->conf.pairing) == KNAT_PAIRING_PAIRED &&
	    knat_pool_addrs_find(from.addrs, READ_ONCE(host->paired), &from.first))
		from.nr = 1;
	wish = open_wish(p, &rule->pool->conf);
	err = open_take(p, &from, &wish, far, &out);
	if (err) {
		open_refuse(p, err);
		return false;
	}
	p->look->any_addr = from.nr > 1;
	way->to.addr = out.addr;
	way->to.port = out.port;
	return true;
}
