// SPDX-License-Identifier: GPL-2.0
/* knat: sessions: the two tables, life and death, filtering. */
#include <linux/overflow.h>
#include <linux/slab.h>
#include "age.h"
#include "host.h"
#include "map.h"
#include "net.h"
#include "pool.h"
#include "pptp.h"
#include "proto.h"
#include "reap.h"
#include "session.h"
#include "tcp.h"
#include "trace.h"

struct kmem_cache *knat_session_cache;

static_assert(offsetof(struct knat_session, proto) ==
	      offsetof(struct knat_session, in.proto));
static_assert(offsetof(struct knat_session, realm) ==
	      offsetof(struct knat_session, far.realm));

static struct knat_flow session_flow_in(const struct knat_session *session)
{
	struct knat_flow flow = { .near = session->in, .far = session->far };

	return flow;
}

static struct knat_flow session_flow_out(const struct knat_session *session)
{
	struct knat_flow flow = {
		.near = knat_ep(session->proto, session->out_addr,
				session->ctl.out_port),
		.far = session->far,
	};

	return flow;
}

static u64 session_in_hash(const struct knat_table *table, const void *entry)
{
	struct knat_flow flow = session_flow_in(entry);

	return knat_table_hash(table, flow.near.word,
			       flow.far.word & KNAT_FAR_MASK);
}

static const struct knat_table_type session_in_type = {
	.hash	= session_in_hash,
	.link	= offsetof(struct knat_session, in_next),
};

static u64 session_out_hash(const struct knat_table *table, const void *entry)
{
	struct knat_flow flow = session_flow_out(entry);

	return knat_table_hash(table, flow.near.word,
			       flow.far.word & KNAT_FAR_MASK);
}

static const struct knat_table_type session_out_type = {
	.hash	= session_out_hash,
	.link	= offsetof(struct knat_session, out_next),
};

int knat_session_tables_init(struct knat_net *kn)
{
	int err = knat_table_init(&kn->session_in, &session_in_type);

	if (err)
		return err;
	err = knat_table_init(&kn->session_out, &session_out_type);
	if (err)
		knat_table_exit(&kn->session_in);
	return err;
}

void knat_session_tables_exit(struct knat_net *kn)
{
	knat_table_exit(&kn->session_out);
	knat_table_exit(&kn->session_in);
}

u32 knat_session_timeout(const struct knat_net *kn,
			 const struct knat_session *session)
{
	if (session->proto == IPPROTO_TCP)
		return knat_tcp_timeout(kn, READ_ONCE(session->ctl.tcp));
	if (session->proto == IPPROTO_ICMP)
		return READ_ONCE(kn->timeout[KNAT_A_CONFIG_ICMP_TIMEOUT]);
	if (likely(session->proto == IPPROTO_UDP))
		return READ_ONCE(kn->timeout[KNAT_A_CONFIG_UDP_TIMEOUT]);
	return knat_proto_timeout(kn, session->proto,
				  READ_ONCE(session->ctl.tcp));
}

bool knat_session_expired(const struct knat_net *kn,
			  const struct knat_session *session)
{
	return knat_age(READ_ONCE(session->stamp)) >=
	       knat_session_timeout(kn, session) + HZ;
}

enum knat_session_state knat_session_state(const struct knat_session *session)
{
	if (session->proto != IPPROTO_TCP && session->proto != IPPROTO_AH &&
	    !knat_proto_connects(session->proto) &&
	    !knat_session_is_call(session))
		return KNAT_SESSION_NONE;
	return knat_tcp_state(READ_ONCE(session->ctl.tcp));
}

struct knat_session *knat_session_lookup_in(struct knat_net *kn,
					    const struct knat_flow *flow)
{
	struct knat_session *session = knat_session_find_in(kn, flow);

	return session && !knat_session_is_permit(session) ? session : NULL;
}

struct knat_session *knat_session_lookup_out(struct knat_net *kn,
					     const struct knat_flow *flow)
{
	struct knat_session *session = knat_session_find_out(kn, flow);

	return session && !knat_session_is_permit(session) ? session : NULL;
}

bool knat_session_remote_taken(struct knat_net *kn, u8 proto, __be32 out_addr,
			       __be32 raddr)
{
	struct knat_flow flow = {
		.near = knat_ep(proto, out_addr, 0),
		.remote_addr = raddr,
	};

	return knat_session_lookup_out(kn, &flow);
}

/* Set a flag: true if this call did it. */
static bool session_mark(struct knat_session *session, u8 flag)
{
	union knat_session_ctl old, new;

	old.word = READ_ONCE(session->ctl.word);
	do {
		if (old.flags & flag)
			return false;
		new = old;
		new.flags |= flag;
	} while (!try_cmpxchg(&session->ctl.word, &old.word, new.word));
	return true;
}

void knat_session_set_state(struct knat_session *session, u8 state)
{
	union knat_session_ctl old, new;

	old.word = READ_ONCE(session->ctl.word);
	do {
		new = old;
		new.tcp = state;
	} while (!try_cmpxchg(&session->ctl.word, &old.word, new.word));
}

static void session_unhash(struct knat_net *kn, struct knat_session *session)
{
	knat_table_remove(&kn->session_in, session);
	knat_table_remove(&kn->session_out, session);
}

/* Does it need a permission of the mapping? Queries have no remote port, so their
 * session is the permission. Calls are sessions of their control connection's
 * mapping, and nobody else's way in.
 */
static bool session_needs_permit(const struct knat_session *session,
				 const struct knat_map *map)
{
	return (map->out.flags & KNAT_MAP_F_ADF) &&
	       session->proto != IPPROTO_ICMP && session->proto != IPPROTO_GRE;
}

/* The inside key of a permission: where mapping depends on the remote port, one
 * inside end has several outside ends towards an address, each with its own.
 */
static union knat_ep permit_key(const struct knat_session *session)
{
	return knat_ep(session->proto, session->out_addr,
		       session->ctl.out_port);
}

/* Found where permit_get() found it. */
static void permit_put(struct knat_net *kn, const struct knat_session *session)
{
	struct knat_flow flow = {
		.near = permit_key(session),
		.far = session->far,
	};
	struct knat_session *permit;

	flow.remote_port = 0;
	rcu_read_lock();
	permit = knat_table_find(&kn->session_in,
				 knat_session_in_hash(kn, &flow),
				 offsetof(struct knat_session, in_next),
				 knat_session_in_match, &flow);
	if (permit && atomic_dec_and_test(&permit->uses) &&
	    session_mark(permit, KNAT_SESSION_F_DEAD)) {
		session_unhash(kn, permit);
		knat_map_put(kn, permit->map);
		knat_reap_session(kn, permit);
	}
	rcu_read_unlock();
}

static void session_count(const struct knat_map *map, int nr)
{
	struct knat_host *host = knat_map_host(map);

	if (host)
		atomic_add(nr, &host->sessions);
}

static bool session_end(struct knat_net *kn, struct knat_session *session,
			enum knat_counter counter)
{
	bool mine;

	/* As for mappings: who finds a dead one counts on its going. */
	local_bh_disable();
	mine = session_mark(session, KNAT_SESSION_F_DEAD);
	if (mine) {
		session_unhash(kn, session);
		knat_event_session_gone(kn, session);
		if (session_needs_permit(session, session->map))
			permit_put(kn, session);
		session_count(session->map, -1);
		knat_map_put(kn, session->map);
		knat_count_nr(kn, counter);
		session_mark(session, KNAT_SESSION_F_GONE);
	}
	local_bh_enable();
	return mine;
}

bool knat_session_kill(struct knat_net *kn, struct knat_session *session)
{
	return session_end(kn, session, KNAT_COUNTER_SESSION_EXPIRED);
}

bool knat_session_condemn(struct knat_net *kn, struct knat_session *session)
{
	return session_end(kn, session, KNAT_COUNTER_SESSION_REMOVED);
}

static struct knat_session *session_new(const struct knat_map *map,
					__be32 remote_addr, __be16 remote_port)
{
	struct knat_session *session;

	session = kmem_cache_zalloc(knat_session_cache,
				    GFP_ATOMIC | __GFP_NOWARN);
	if (!session)
		return NULL;
	session->in_addr = map->in.addr;
	session->in_port = map->in.port;
	session->remote_addr = remote_addr;
	session->remote_port = remote_port;
	session->realm = map->far.realm;
	session->proto = map->in.proto;
	session->out_addr = map->out.addr;
	/* Where a protocol has no ports the mapping has a number for its own. */
	session->ctl.out_port = map->in.port ? map->out.port : 0;
	session->map = (struct knat_map *)map;
	session->stamp = (u32)jiffies;
	return session;
}

static struct knat_session *session_insert_in(struct knat_net *kn,
					      struct knat_session *session)
{
	struct knat_flow flow = session_flow_in(session);

	return knat_table_insert(&kn->session_in,
				 knat_session_in_hash(kn, &flow),
				 offsetof(struct knat_session, in_next),
				 session, knat_session_in_match, &flow);
}

/* One with the same ends may still be on its way out, which hurts nobody. */
static bool session_match_none(const void *entry, const void *key)
{
	return false;
}

/* What is known by address alone can be one host's at a time (RFC 3022 section
 * 4.3): then the session that is there already.
 */
static struct knat_session *session_insert_out(struct knat_net *kn,
					       struct knat_session *session)
{
	struct knat_flow flow = session_flow_out(session);
	u64 hash = knat_session_out_hash(kn, &flow);

	if (unlikely(knat_proto_by_address(session->proto)))
		return knat_table_insert(&kn->session_out, hash,
					 offsetof(struct knat_session, out_next),
					 session, knat_session_out_match,
					 &flow);
	return knat_table_insert(&kn->session_out, hash,
				 offsetof(struct knat_session, out_next),
				 session, session_match_none, NULL);
}

/* Into both tables: NULL when done, the session that is there already, or an
 * ERR_PTR.
 */
static struct knat_session *session_insert(struct knat_net *kn,
					   struct knat_session *session)
{
	struct knat_session *old = session_insert_in(kn, session);

	if (old && !knat_session_is_permit(old) &&
	    knat_session_expired(kn, old) && knat_session_kill(kn, old))
		old = session_insert_in(kn, session);
	if (old)
		return old;
	old = session_insert_out(kn, session);
	if (old && knat_session_expired(kn, old) && knat_session_kill(kn, old))
		old = session_insert_out(kn, session);
	if (!old)
		return NULL;
	knat_table_remove(&kn->session_in, session);
	return ERR_PTR(-EADDRINUSE);
}

static void session_refuse(struct knat_net *kn, const struct knat_map *map,
			   enum knat_counter counter)
{
	knat_count_nr(kn, counter);
	trace_knat_refuse(kn, map, knat_counter_name(counter));
}

static enum knat_counter session_why(int err)
{
	switch (err) {
	case -EEXIST:
	case -EBUSY:
		return KNAT_COUNTER_REFUSE_RACE;
	case -EADDRINUSE:
		return KNAT_COUNTER_REFUSE_REMOTE;
	}
	return KNAT_COUNTER_REFUSE_MEMORY;
}

/* Count one more session on the permission for @remote_addr; make it. */
static int permit_get(struct knat_net *kn, struct knat_map *map,
		      __be32 remote_addr)
{
	struct knat_session *permit, *old;

	permit = session_new(map, remote_addr, 0);
	if (!permit)
		return -ENOMEM;
	permit->in = permit_key(permit);
	permit->ctl.flags = KNAT_SESSION_F_PERMIT;
	atomic_set(&permit->uses, 1);
	if (!knat_map_get(map)) {
		kmem_cache_free(knat_session_cache, permit);
		return -EBUSY;
	}
	old = session_insert(kn, permit);
	if (!old)
		return 0;
	knat_map_put(kn, map);
	/* The in table may have shown it before insertion failed. */
	if (IS_ERR(old)) {
		knat_reap_session(kn, permit);
		return PTR_ERR(old);
	}
	kmem_cache_free(knat_session_cache, permit);
	/* That of an earlier mapping of this outside end is about to go. */
	return old->map == map && atomic_inc_not_zero(&old->uses) ? 0 : -EBUSY;
}

static u32 session_share(u32 max, bool from_inside)
{
	/* The outside never has all of it, unless that is one. */
	return from_inside || max <= 1 ? max : max - max_t(u32, max / 4, 1);
}

bool knat_session_full(struct knat_net *kn, bool from_inside)
{
	u32 max = READ_ONCE(kn->config[KNAT_A_CONFIG_MAX_SESSIONS]);

	return knat_table_full(&kn->session_out,
			       session_share(max, from_inside));
}

bool knat_session_full_host(const struct knat_host *host, bool from_inside)
{
	u32 max = READ_ONCE(host->pool->conf.sessions);
	u32 limit = READ_ONCE(host->pool->conf.limit);

	if (likely(!max && !limit))
		return false;
	if (!max && check_mul_overflow(limit, (u32)KNAT_SESSIONS_PER_MAPPING,
				       &max))
		max = U32_MAX;
	return (u32)atomic_read(&host->sessions) >=
	       session_share(max, from_inside);
}

static u32 session_rate(const struct knat_host *host, bool from_inside)
{
	return session_share(READ_ONCE(host->pool->conf.session_rate),
			     from_inside);
}

bool knat_session_rate_allows(const struct knat_host *host, bool from_inside)
{
	return knat_rate_allows(&host->new_sessions,
				session_rate(host, from_inside));
}

static void session_refuse_host(struct knat_net *kn, const struct knat_map *map,
				struct knat_host *host,
				enum knat_counter counter)
{
	atomic_inc(&host->refused);
	session_refuse(kn, map, counter);
	knat_event_limit(kn, KNAT_LIMIT_SUBSCRIBER, map->in.proto,
			 map->in.addr);
}

/* Two CPUs may both take the last place. A note is not a flow: no rate is for it. */
static bool session_room(struct knat_net *kn, const struct knat_map *map,
			 bool from_inside, bool note)
{
	struct knat_host *host = knat_map_host(map);

	if (unlikely(knat_session_full(kn, from_inside))) {
		session_refuse(kn, map, KNAT_COUNTER_REFUSE_SESSIONS);
		knat_event_limit(kn, KNAT_LIMIT_SESSIONS, map->in.proto,
				 map->in.addr);
		return false;
	}
	if (host && unlikely(knat_session_full_host(host, from_inside))) {
		session_refuse_host(kn, map, host,
				    KNAT_COUNTER_REFUSE_SUBSCRIBER);
		return false;
	}
	if (host && !note && !knat_session_rate_allows(host, from_inside)) {
		session_refuse_host(kn, map, host, KNAT_COUNTER_REFUSE_RATE);
		return false;
	}
	return true;
}

/* Make a new session (or NULL: no memory) known. */
static struct knat_session *session_add(struct knat_net *kn,
					struct knat_map *map,
					struct knat_session *session)
{
	struct knat_host *host = knat_map_host(map);
	struct knat_session *old;
	int err = -ENOMEM;

	if (!session)
		goto err_count;
	err = -EBUSY;
	if (!knat_map_get(map))
		goto err_free;
	if (session_needs_permit(session, map)) {
		err = permit_get(kn, map, session->remote_addr);
		if (err)
			goto err_map;
	}

	session_count(map, 1);
	old = session_insert(kn, session);
	if (!old) {
		if (host && !knat_session_is_note(session))
			knat_rate_take(&host->new_sessions,
				       session_rate(host, true));
		/* Told before the wheel, which may tell of its end, has it. */
		knat_event_session_new(kn, session);
		knat_wheel_add_session(kn, session);
		knat_count(kn, SESSION_CREATED);
		return session;
	}

	session_count(map, -1);
	if (session_needs_permit(session, map))
		permit_put(kn, session);
	knat_map_put(kn, map);
	if (IS_ERR(old)) {
		session_refuse(kn, map, session_why(PTR_ERR(old)));
		knat_reap_session(kn, session);
		return NULL;
	}
	kmem_cache_free(knat_session_cache, session);
	if (!knat_session_dead(old))
		return old;
	session_refuse(kn, map, KNAT_COUNTER_REFUSE_RACE);
	return NULL;

err_map:
	knat_map_put(kn, map);
err_free:
	kmem_cache_free(knat_session_cache, session);
err_count:
	session_refuse(kn, map, session_why(err));
	return NULL;
}

struct knat_session *knat_session_open(struct knat_net *kn,
				       struct knat_map *map,
				       __be32 remote_addr, __be16 remote_port,
				       bool from_inside)
{
	struct knat_flow out = {
		.near = knat_ep(map->out.proto, map->out.addr, map->out.port),
		.far = knat_far(remote_addr, remote_port, 0),
	};
	struct knat_session *session;

	if (!session_room(kn, map, from_inside, false))
		return NULL;
	/* It will go there. */
	knat_table_prefetchw(&kn->session_out, knat_session_out_hash(kn, &out));
	session = session_new(map, remote_addr, remote_port);
	if (session && (map->in.proto == IPPROTO_TCP ||
			knat_proto_connects(map->in.proto)))
		session->ctl.tcp = from_inside ? KNAT_TCP_IN_SYN :
						 KNAT_TCP_OUT_SYN;
	if (session && unlikely(knat_pptp_controls(kn, session, from_inside)))
		session->ctl.tcp |= KNAT_TCP_CONTROL;
	return session_add(kn, map, session);
}

struct knat_session *knat_session_open_spi(struct knat_net *kn,
					   struct knat_map *map, u8 proto,
					   __be32 remote_addr, u32 spi,
					   u8 state, bool from_inside)
{
	struct knat_session *session;

	if (!session_room(kn, map, from_inside,
			  proto == IPPROTO_ESP && state))
		return NULL;
	session = session_new(map, remote_addr,
			      cpu_to_be16(spi & 0xffff));
	if (session) {
		session->proto = proto;
		session->in_port = cpu_to_be16(spi >> 16);
		session->ctl.out_port = session->in_port;
		session->ctl.tcp = state;
	}
	return session_add(kn, map, session);
}

struct knat_session *knat_session_open_call(struct knat_net *kn,
					    struct knat_map *map,
					    __be32 remote_addr, __be16 dir,
					    __be16 in_id, __be16 out_id,
					    u32 ack)
{
	struct knat_session *session;

	if (!session_room(kn, map, true, false))
		return NULL;
	session = session_new(map, remote_addr, dir);
	if (session) {
		session->proto = IPPROTO_GRE;
		session->in_port = in_id;
		session->ctl.out_port = out_id;
		session->ctl.tcp = KNAT_TCP_IN_SYN;
		session->ack = ack;
	}
	return session_add(kn, map, session);
}

bool knat_session_permitted(struct knat_net *kn, const struct knat_map *map,
			    __be32 remote_addr, __be16 remote_port)
{
	struct knat_flow flow = {
		.near = knat_ep(map->out.proto, map->out.addr, map->out.port),
		.remote_addr = remote_addr,
	};

	if (map->out.flags & KNAT_MAP_F_ADF)
		return knat_session_find_out(kn, &flow);
	/* With APDF the session was looked up before, and was not there. */
	return !(map->out.flags & KNAT_MAP_F_APDF);
}
