// SPDX-License-Identifier: GPL-2.0
/* knat: sessions: the two tables, life and death, filtering. */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include "map.h"
#include "net.h"
#include "reap.h"
#include "session.h"
#include "tcp.h"

struct kmem_cache *knat_session_cache;

/* Key of session_in: laid out as the members from in_addr to spare. */
struct session_in_key {
	__be32	in_addr;
	__be16	in_port;
	__be16	remote_port;
	__be32	remote_addr;
	u16	realm;
	u8	proto;
	u8	spare;
};

static_assert(sizeof(struct session_in_key) == 16);
static_assert(offsetof(struct knat_session, out_addr) -
	      offsetof(struct knat_session, in_addr) == 16);

/* Key of session_out. */
struct session_out_key {
	__be32	out_addr;
	__be32	remote_addr;
	__be16	out_port;
	__be16	remote_port;
	u32	proto;
};

static u32 session_in_hash(const void *key, u32 len, u32 seed)
{
	return jhash2(key, sizeof(struct session_in_key) / sizeof(u32), seed);
}

static int session_in_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct knat_session *session = obj;

	return memcmp(&session->in_addr, arg->key,
		      sizeof(struct session_in_key));
}

static const struct rhashtable_params session_in_params = {
	.head_offset		= offsetof(struct knat_session, in_node),
	.key_offset		= offsetof(struct knat_session, in_addr),
	.key_len		= sizeof(struct session_in_key),
	.hashfn			= session_in_hash,
	.obj_cmpfn		= session_in_cmp,
	.automatic_shrinking	= true,
};

static u32 session_out_hash(const void *data, u32 len, u32 seed)
{
	return jhash2(data, sizeof(struct session_out_key) / sizeof(u32), seed);
}

static u32 session_out_obj_hash(const void *obj, u32 len, u32 seed)
{
	const struct knat_session *session = obj;
	struct session_out_key key = {
		.out_addr = session->out_addr,
		.remote_addr = session->remote_addr,
		.out_port = session->ctl.out_port,
		.remote_port = session->remote_port,
		.proto = session->proto,
	};

	return session_out_hash(&key, sizeof(key), seed);
}

static int session_out_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct session_out_key *key = arg->key;
	const struct knat_session *session = obj;

	return session->out_addr != key->out_addr ||
	       session->remote_addr != key->remote_addr ||
	       session->ctl.out_port != key->out_port ||
	       session->remote_port != key->remote_port ||
	       session->proto != key->proto;
}

static const struct rhashtable_params session_out_params = {
	.head_offset		= offsetof(struct knat_session, out_node),
	.key_len		= sizeof(struct session_out_key),
	.hashfn			= session_out_hash,
	.obj_hashfn		= session_out_obj_hash,
	.obj_cmpfn		= session_out_cmp,
	.automatic_shrinking	= true,
};

int knat_session_tables_init(struct knat_net *kn)
{
	int err = rhashtable_init(&kn->session_in, &session_in_params);

	if (err)
		return err;
	err = rhashtable_init(&kn->session_out, &session_out_params);
	if (err)
		rhashtable_destroy(&kn->session_in);
	return err;
}

void knat_session_tables_exit(struct knat_net *kn)
{
	rhashtable_destroy(&kn->session_out);
	rhashtable_destroy(&kn->session_in);
}

u32 knat_session_timeout(const struct knat_net *kn,
			 const struct knat_session *session)
{
	if (session->proto == IPPROTO_TCP)
		return knat_tcp_timeout(kn, READ_ONCE(session->ctl.tcp));
	if (session->proto == IPPROTO_ICMP)
		return READ_ONCE(kn->timeout[KNAT_A_CONFIG_ICMP_TIMEOUT]);
	return READ_ONCE(kn->timeout[KNAT_A_CONFIG_UDP_TIMEOUT]);
}

bool knat_session_expired(const struct knat_net *kn,
			  const struct knat_session *session)
{
	return (u32)jiffies - READ_ONCE(session->stamp) >=
	       knat_session_timeout(kn, session) + HZ;
}

enum knat_session_state knat_session_state(const struct knat_session *session)
{
	if (session->proto != IPPROTO_TCP)
		return KNAT_SESSION_NONE;
	return knat_tcp_state(READ_ONCE(session->ctl.tcp));
}

/* A permission has no time of its own: it lives as long as its sessions. */
static bool session_usable(const struct knat_net *kn,
			   const struct knat_session *session)
{
	if (unlikely(knat_session_dead(session)))
		return false;
	return knat_session_is_permit(session) ||
	       likely(!knat_session_expired(kn, session));
}

struct knat_session *knat_session_lookup_in(struct knat_net *kn,
					    const struct knat_flow *flow)
{
	struct session_in_key key = {
		.in_addr = flow->near.addr,
		.in_port = flow->near.port,
		.remote_port = flow->remote_port,
		.remote_addr = flow->remote_addr,
		.realm = flow->realm,
		.proto = flow->near.proto,
	};
	struct knat_session *session;

	session = rhashtable_lookup(&kn->session_in, &key, session_in_params);
	return session && session_usable(kn, session) ? session : NULL;
}

struct knat_session *knat_session_lookup_out(struct knat_net *kn,
					     const struct knat_flow *flow)
{
	struct session_out_key key = {
		.out_addr = flow->near.addr,
		.remote_addr = flow->remote_addr,
		.out_port = flow->near.port,
		.remote_port = flow->remote_port,
		.proto = flow->near.proto,
	};
	struct knat_session *session;

	session = rhashtable_lookup(&kn->session_out, &key,
				    session_out_params);
	return session && session_usable(kn, session) ? session : NULL;
}

static bool session_claim(struct knat_session *session)
{
	union knat_session_ctl old, new;

	old.word = READ_ONCE(session->ctl.word);
	do {
		if (old.flags & KNAT_SESSION_F_DEAD)
			return false;
		new = old;
		new.flags |= KNAT_SESSION_F_DEAD;
	} while (!try_cmpxchg(&session->ctl.word, &old.word, new.word));
	return true;
}

static void session_unhash(struct knat_net *kn, struct knat_session *session)
{
	rhashtable_remove_fast(&kn->session_in, &session->in_node,
			       session_in_params);
	rhashtable_remove_fast(&kn->session_out, &session->out_node,
			       session_out_params);
}

/* Does the mapping need a permission beside the session? Queries have no
 * remote port, so their session is the permission.
 */
static bool map_needs_permit(const struct knat_map *map)
{
	return (map->out.flags & KNAT_MAP_F_ADF) &&
	       map->in.proto != IPPROTO_ICMP;
}

static void permit_put(struct knat_net *kn, const struct knat_session *session)
{
	struct knat_session *permit;
	struct session_out_key key = {
		.out_addr = session->out_addr,
		.remote_addr = session->remote_addr,
		.out_port = session->ctl.out_port,
		.proto = session->proto,
	};

	rcu_read_lock();
	permit = rhashtable_lookup(&kn->session_out, &key, session_out_params);
	if (permit && atomic_dec_and_test(&permit->uses) &&
	    session_claim(permit)) {
		session_unhash(kn, permit);
		knat_map_put(kn, permit->map);
		knat_reap_session(kn, permit);
	}
	rcu_read_unlock();
}

bool knat_session_kill(struct knat_net *kn, struct knat_session *session)
{
	bool mine;

	/* As for mappings: who finds a dead one counts on its going. */
	local_bh_disable();
	mine = session_claim(session);
	if (mine) {
		session_unhash(kn, session);
		knat_event_session_gone(kn, session);
		if (map_needs_permit(session->map))
			permit_put(kn, session);
		knat_map_put(kn, session->map);
	}
	local_bh_enable();
	return mine;
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
	session->ctl.out_port = map->out.port;
	session->map = (struct knat_map *)map;
	session->stamp = (u32)jiffies;
	return session;
}

/* Into both tables: NULL when done, the session that is there already, or an
 * ERR_PTR.
 */
static struct knat_session *session_insert(struct knat_net *kn,
					   struct knat_session *session)
{
	struct knat_session *old;
	int err;

	old = rhashtable_lookup_get_insert_fast(&kn->session_in,
						&session->in_node,
						session_in_params);
	if (!IS_ERR_OR_NULL(old) && !knat_session_is_permit(old) &&
	    knat_session_expired(kn, old) && knat_session_kill(kn, old))
		old = rhashtable_lookup_get_insert_fast(&kn->session_in,
							&session->in_node,
							session_in_params);
	if (old)
		return old;
	err = rhashtable_insert_fast(&kn->session_out, &session->out_node,
				     session_out_params);
	if (!err)
		return NULL;
	rhashtable_remove_fast(&kn->session_in, &session->in_node,
			       session_in_params);
	return ERR_PTR(err);
}

static void session_refuse(struct knat_net *kn, int err)
{
	if (err == -EEXIST || err == -EBUSY)
		knat_count(kn, REFUSE_RACE);
	else
		knat_count(kn, REFUSE_MEMORY);
}

/* Count one more session on the permission for @remote_addr; make it. */
static int permit_get(struct knat_net *kn, struct knat_map *map,
		      __be32 remote_addr)
{
	struct knat_session *permit, *old;

	permit = session_new(map, remote_addr, 0);
	if (!permit)
		return -ENOMEM;
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
	return atomic_inc_not_zero(&old->uses) ? 0 : -EBUSY;
}

struct knat_session *knat_session_open(struct knat_net *kn,
				       struct knat_map *map,
				       __be32 remote_addr, __be16 remote_port,
				       bool from_inside)
{
	struct knat_session *session, *old;
	int err = -ENOMEM;

	if ((u32)atomic_read(&kn->session_out.nelems) >=
	    READ_ONCE(kn->config[KNAT_A_CONFIG_MAX_SESSIONS])) {
		knat_count(kn, REFUSE_SESSIONS);
		knat_event_limit(kn, KNAT_LIMIT_SESSIONS, map->in.proto,
				 map->in.addr);
		return NULL;
	}
	session = session_new(map, remote_addr, remote_port);
	if (!session)
		goto err_count;
	if (map->in.proto == IPPROTO_TCP)
		session->ctl.tcp = from_inside ? KNAT_TCP_IN_SYN :
						 KNAT_TCP_OUT_SYN;
	err = -EBUSY;
	if (!knat_map_get(map))
		goto err_free;
	if (map_needs_permit(map)) {
		err = permit_get(kn, map, remote_addr);
		if (err)
			goto err_map;
	}

	old = session_insert(kn, session);
	if (!old) {
		knat_wheel_add_session(kn, session);
		knat_count(kn, SESSION_CREATED);
		knat_event_session_new(kn, session);
		return session;
	}

	if (map_needs_permit(map))
		permit_put(kn, session);
	knat_map_put(kn, map);
	if (IS_ERR(old)) {
		session_refuse(kn, PTR_ERR(old));
		knat_reap_session(kn, session);
		return NULL;
	}
	kmem_cache_free(knat_session_cache, session);
	if (!knat_session_dead(old))
		return old;
	knat_count(kn, REFUSE_RACE);
	return NULL;

err_map:
	knat_map_put(kn, map);
err_free:
	kmem_cache_free(knat_session_cache, session);
err_count:
	session_refuse(kn, err);
	return NULL;
}

bool knat_session_permitted(struct knat_net *kn, const struct knat_map *map,
			    __be32 remote_addr, __be16 remote_port)
{
	struct knat_flow flow = {
		.near = knat_ep(map->out.proto, map->out.addr, map->out.port),
		.remote_addr = remote_addr,
	};

	if (map->out.flags & KNAT_MAP_F_ADF)
		return knat_session_lookup_out(kn, &flow);
	/* With APDF the session was looked up before, and was not there. */
	return !(map->out.flags & KNAT_MAP_F_APDF);
}
