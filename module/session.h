/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: sessions, one flow of a mapping to one remote end.
 *
 * A session carries the translation itself, so that its packets need not look
 * at the mapping. It holds a reference on its mapping. KNAT_SESSION_F_DEAD in
 * @ctl is set once, by cmpxchg; whoever does it takes the session out of the
 * tables and sets KNAT_SESSION_F_GONE: not before is its memory given back.
 *
 * Where filtering depends on the remote address alone (ADF), a session with
 * remote port 0 stands for the permission; @uses counts the sessions that
 * keep it. It has its outside end in both tables.
 */
#ifndef _KNAT_SESSION_H
#define _KNAT_SESSION_H

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include "net.h"
#include "tuple.h"
#include "uapi/knat.h"
#include "wheel.h"

struct knat_host;
struct knat_map;
struct knat_packet;

/* Flags of a session. */
#define KNAT_SESSION_F_DEAD	0x01
#define KNAT_SESSION_F_PERMIT	0x02	/* a permission, see above */
#define KNAT_SESSION_F_GONE	0x04	/* dead, and out of the tables */

/* What was seen of a TCP connection (RFC 7857 section 2). */
#define KNAT_TCP_IN_SYN		0x01
#define KNAT_TCP_OUT_SYN	0x02
#define KNAT_TCP_IN_FIN		0x04
#define KNAT_TCP_OUT_FIN	0x08
#define KNAT_TCP_RESET		0x10
/* Of a control connection of PPTP: its packets are read, and calls end with it. */
#define KNAT_TCP_CONTROL	0x20
#define KNAT_TCP_STOPPED	0x40

/* What stands in the place of the remote port of a call of PPTP, see pptp.h. */
#define KNAT_CALL_IN		cpu_to_be16(1)
#define KNAT_CALL_OUT		cpu_to_be16(2)

/**
 * union knat_session_ctl - what changes, in one word that cmpxchg can take
 * @out_port: outside port (constant)
 * @flags: KNAT_SESSION_F_*
 * @tcp: KNAT_TCP_*, of TCP, and of DCCP, SCTP and calls what comes to the same
 * @word: all of it
 */
union knat_session_ctl {
	struct {
		__be16	out_port;
		u8	flags;
		u8	tcp;
	};
	u32	word;
};

/**
 * struct knat_session - one flow
 * @in_next: chain of kn->session_in
 * @out_next: chain of kn->session_out
 * @in_addr: inside address
 * @in_port: inside port, 0 for protocols without
 * @proto: IP protocol
 * @spare: zero
 * @in: these; key of session_in together with @far
 * @remote_addr: remote address
 * @remote_port: remote port, 0 for protocols without, ICMP and permissions
 * @realm: as in the mapping
 * @far: these
 * @out_addr: outside address
 * @ctl: outside port, flags and TCP state
 * @wheel: link in the wheel, later in the list of the dead
 * @map: the mapping, with a reference
 * @stamp: jiffies of the last use, not older than a second
 * @uses: sessions that a permission serves
 * @ack: TCP: highest acknowledgment from the inside when @stamp was written;
 *	ESP: see esp.h; calls: see pptp.h
 */
struct knat_session {
	struct knat_session		*in_next;
	struct knat_session		*out_next;
	union {
		struct {
			__be32		in_addr;
			__be16		in_port;
			u8		proto;
			u8		spare;
		};
		union knat_ep		in;
	};
	union {
		struct {
			__be32		remote_addr;
			__be16		remote_port;
			u16		realm;
		};
		union knat_far		far;
	};
	__be32				out_addr;
	union knat_session_ctl		ctl;
	struct llist_node		wheel;
	struct knat_map			*map;
	u32				stamp;
	union {
		atomic_t		uses;
		u32			ack;
	};
};

#if BITS_PER_LONG == 64
static_assert(sizeof(struct knat_session) == 64);
#endif

/**
 * struct knat_flow - the ends of a flow, to look a session up
 * @near: inside end (knat_session_lookup_in) or outside end (.._out)
 * @remote_addr: remote address
 * @remote_port: remote port, 0 for ICMP
 * @realm: only of the inside key
 * @far: these
 */
struct knat_flow {
	union knat_ep	near;
	union {
		struct {
			__be32	remote_addr;
			__be16	remote_port;
			u16	realm;
		};
		union knat_far	far;
	};
};

extern struct kmem_cache *knat_session_cache;

int knat_session_tables_init(struct knat_net *kn);
void knat_session_tables_exit(struct knat_net *kn);

/* Look-ups, under rcu_read_lock(). Dead and expired sessions are not found, nor
 * are permissions, which a packet of port 0 would have for its session.
 */
struct knat_session *knat_session_lookup_in(struct knat_net *kn,
					    const struct knat_flow *flow);
struct knat_session *knat_session_lookup_out(struct knat_net *kn,
					     const struct knat_flow *flow);

/* What is known by address alone can be one host's at a time (RFC 3022 section
 * 4.3): is it somebody's, between @out_addr and @raddr?
 */
bool knat_session_remote_taken(struct knat_net *kn, u8 proto, __be32 out_addr,
			       __be32 raddr);

/* Is there no room for another one? What the outside opens may have three
 * quarters of a limit, so that nobody there can keep the inside from opening
 * its own.
 */
bool knat_session_full(struct knat_net *kn, bool from_inside);
/* The same for a subscriber, */
bool knat_session_full_host(const struct knat_host *host, bool from_inside);
/* and for what it may open in this second. */
bool knat_session_rate_allows(const struct knat_host *host, bool from_inside);

/* Find or make the session of @map towards a remote end, and its permission
 * where the mapping filters by address. NULL when refused; it was counted.
 * Softirq off, under rcu_read_lock().
 */
struct knat_session *knat_session_open(struct knat_net *kn,
				       struct knat_map *map,
				       __be32 remote_addr, __be16 remote_port,
				       bool from_inside);

/* The same for one direction of ESP, under @proto and its SPI, see esp.h; @state
 * goes into knat_session_ctl.tcp. The inside has asked for it, unless not
 * @from_inside.
 */
struct knat_session *knat_session_open_spi(struct knat_net *kn,
					   struct knat_map *map, u8 proto,
					   __be32 remote_addr, u32 spi,
					   u8 state, bool from_inside);
/* Put @state into knat_session_ctl.tcp. */
void knat_session_set_state(struct knat_session *session, u8 state);

/* The same for one direction of a call of PPTP, see pptp.h. It is another's if its
 * outside end and @remote_addr have the id already.
 */
struct knat_session *knat_session_open_call(struct knat_net *kn,
					    struct knat_map *map,
					    __be32 remote_addr, __be16 dir,
					    __be16 in_id, __be16 out_id,
					    u32 ack);

/* May @remote_addr:@remote_port reach @map? (RFC 4787 section 5) */
bool knat_session_permitted(struct knat_net *kn, const struct knat_map *map,
			    __be32 remote_addr, __be16 remote_port);

/* Kill a session whose time is over: true if this call did it. */
bool knat_session_kill(struct knat_net *kn, struct knat_session *session);
/* The same of one that goes with its mapping, or by request. */
bool knat_session_condemn(struct knat_net *kn, struct knat_session *session);

u32 knat_session_timeout(const struct knat_net *kn,
			 const struct knat_session *session);
bool knat_session_expired(const struct knat_net *kn,
			  const struct knat_session *session);
enum knat_session_state
knat_session_state(const struct knat_session *session);

static inline bool knat_session_is_permit(const struct knat_session *session)
{
	return session->ctl.flags & KNAT_SESSION_F_PERMIT;
}

static inline bool knat_session_is_note(const struct knat_session *session)
{
	return session->proto == IPPROTO_ESP && session->ctl.tcp;
}

/* For users both directions of ESP are ESP. */
static inline u8 knat_session_proto(const struct knat_session *session)
{
	return session->proto == IPPROTO_AH ? IPPROTO_ESP : session->proto;
}

/* What is known by address alone has no remote port. */
static inline bool knat_session_is_call(const struct knat_session *session)
{
	return session->proto == IPPROTO_GRE && session->remote_port;
}

/* The control connection of calls */
static inline bool knat_session_is_control(const struct knat_session *session)
{
	return session->proto == IPPROTO_TCP &&
	       (READ_ONCE(session->ctl.tcp) & KNAT_TCP_CONTROL);
}

/**
 * struct knat_session_ports - the ports of a session as users see them
 * @in: inside port
 * @out: outside port
 * @remote: remote port
 */
struct knat_session_ports {
	__be16	in;
	__be16	out;
	__be16	remote;
};

/* The id of a call belongs to whom its packets go to; what stands there of ESP is
 * its SPI.
 */
static inline struct knat_session_ports
knat_session_ports(const struct knat_session *session)
{
	struct knat_session_ports ports = {
		.in = session->in_port,
		.out = session->ctl.out_port,
		.remote = session->remote_port,
	};

	if (knat_session_proto(session) == IPPROTO_ESP)
		return (struct knat_session_ports){};
	if (!knat_session_is_call(session))
		return ports;
	ports.remote = 0;
	if (session->remote_port == KNAT_CALL_OUT) {
		ports.remote = session->in_port;
		ports.in = 0;
		ports.out = 0;
	}
	return ports;
}

static inline bool knat_session_dead(const struct knat_session *session)
{
	return READ_ONCE(session->ctl.flags) & KNAT_SESSION_F_DEAD;
}

static inline bool knat_session_gone(const struct knat_session *session)
{
	/* Pairs with session_mark(). */
	return smp_load_acquire(&session->ctl.flags) & KNAT_SESSION_F_GONE;
}

static inline u64 knat_session_in_hash(const struct knat_net *kn,
				       const struct knat_flow *flow)
{
	return knat_table_hash(&kn->session_in, flow->near.word,
			       flow->far.word & KNAT_FAR_MASK);
}

static inline u64 knat_session_out_hash(const struct knat_net *kn,
					const struct knat_flow *flow)
{
	return knat_table_hash(&kn->session_out, flow->near.word,
			       flow->far.word & KNAT_FAR_MASK);
}

static inline bool knat_session_in_match(const void *entry, const void *key)
{
	const struct knat_session *session = entry;
	const struct knat_flow *flow = key;

	return session->in.word == flow->near.word &&
	       session->far.word == flow->far.word;
}

static inline bool knat_session_out_match(const void *entry, const void *key)
{
	const struct knat_session *session = entry;
	const struct knat_flow *flow = key;

	return session->out_addr == flow->near.addr &&
	       session->ctl.out_port == flow->near.port &&
	       session->proto == flow->near.proto &&
	       !((session->far.word ^ flow->far.word) & KNAT_FAR_MASK);
}

/* Neither dead nor expired; see knat_map_usable(). A permission has no time of
 * its own: it lives as long as its sessions.
 */
static inline bool knat_session_usable(const struct knat_net *kn,
				       const struct knat_session *session)
{
	if (unlikely(knat_session_dead(session)))
		return false;
	return likely((u32)jiffies - READ_ONCE(session->stamp) < HZ) ||
	       knat_session_is_permit(session) ||
	       !knat_session_expired(kn, session);
}

/* Look-ups for the packet path, inlined; these find permissions, too. */
static __always_inline struct knat_session *
knat_session_find_in(struct knat_net *kn, const struct knat_flow *flow)
{
	struct knat_session *session;

	session = knat_table_find(&kn->session_in,
				  knat_session_in_hash(kn, flow),
				  offsetof(struct knat_session, in_next),
				  knat_session_in_match, flow);
	return likely(session) && likely(knat_session_usable(kn, session)) ?
		session : NULL;
}

static __always_inline struct knat_session *
knat_session_find_out(struct knat_net *kn, const struct knat_flow *flow)
{
	struct knat_session *session;

	session = knat_table_find(&kn->session_out,
				  knat_session_out_hash(kn, flow),
				  offsetof(struct knat_session, out_next),
				  knat_session_out_match, flow);
	return likely(session) && likely(knat_session_usable(kn, session)) ?
		session : NULL;
}

static inline void knat_session_touch(struct knat_session *session)
{
	u32 now = (u32)jiffies;

	if (now - READ_ONCE(session->stamp) >= HZ)
		WRITE_ONCE(session->stamp, now);
}

#endif /* _KNAT_SESSION_H */
