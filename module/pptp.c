// SPDX-License-Identifier: GPL-2.0
/* knat: PPTP behind a shared address. */
#include <linux/random.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/gre.h>
#include <net/ip.h>
#include <net/pptp.h>
#include "checksum.h"
#include "host.h"
#include "look.h"
#include "map.h"
#include "pool.h"
#include "pptp.h"
#include "rewrite.h"
#include "tcp.h"

/* RFC 2637 section 2: control message types */
enum pptp_type {
	PPTP_STOP_REQUEST	= 3,
	PPTP_STOP_REPLY		= 4,
	PPTP_OUT_CALL_REQUEST	= 7,
	PPTP_OUT_CALL_REPLY	= 8,
	PPTP_IN_CALL_REQUEST	= 9,
	PPTP_IN_CALL_REPLY	= 10,
	PPTP_IN_CALL_CONNECTED	= 11,
	PPTP_CALL_CLEAR		= 12,
	PPTP_CALL_DISCONNECT	= 13,
	PPTP_WAN_ERROR		= 14,
	PPTP_SET_LINK_INFO	= 15,
};

static_assert(offsetof(struct pptp_gre_header, call_id) == KNAT_PPTP_ID_OFFSET);

#define PPTP_KIND_CONTROL	1
#define PPTP_COOKIE		0x1a2b3c4d
#define PPTP_CONNECTED		1

/**
 * struct pptp_head - what is read of a control message
 * @len: bytes of the message
 * @kind: PPTP_KIND_CONTROL
 * @cookie: PPTP_COOKIE
 * @type: enum pptp_type
 * @reserved: 0
 * @id: ids of the call
 * @result: of replies, PPTP_CONNECTED or why not
 * @error: of replies
 */
struct pptp_head {
	__be16	len;
	__be16	kind;
	__be32	cookie;
	__be16	type;
	__be16	reserved;
	__be16	id[2];
	u8	result;
	u8	error;
} __packed;

/* Every message has as much; results come behind it. */
#define PPTP_HEAD_MIN		offsetof(struct pptp_head, result)
/* The longest message, of which a segment may begin with the rest. */
#define PPTP_LEN_MAX		220
/* Ids tried by chance: with half of them taken one of so many is free. */
#define PPTP_THROWS		64

/* Calls of an inside host's own connections, whatever it or the remote end names */
#define PPTP_CALLS_MAX		4096U
/* Calls of a server that has its port by a static mapping */
#define PPTP_CALLS_STATIC	32768U
/* Messages in one segment, or what GRO has made of several */
#define PPTP_MESSAGES_MAX	64

#define PPTP_SYN_BOTH		(KNAT_TCP_IN_SYN | KNAT_TCP_OUT_SYN)
#define PPTP_FIN_BOTH		(KNAT_TCP_IN_FIN | KNAT_TCP_OUT_FIN)

/* States of a call, which have the timeouts and names of those of TCP */
#define CALL_NAMED		KNAT_TCP_IN_SYN
#define CALL_UP			PPTP_SYN_BOTH
#define CALL_ENDED		PPTP_FIN_BOTH

bool knat_pptp_id(const void *header, unsigned int len, __be16 *id)
{
	const struct pptp_gre_header *gre = header;

	if (len < offsetofend(struct pptp_gre_header, call_id) ||
	    (gre->gre_hd.flags & (GRE_VERSION | GRE_KEY)) !=
	    (GRE_VERSION_1 | GRE_KEY) ||
	    gre->gre_hd.protocol != GRE_PROTO_PPP)
		return false;
	*id = gre->call_id;
	return true;
}

bool knat_pptp_parse(struct knat_packet *p)
{
	const unsigned int len = offsetofend(struct pptp_gre_header, call_id);
	const void *header = knat_packet_pull(p, len);
	__be16 id;

	return header && knat_pptp_id(header, len, &id);
}

static struct pptp_gre_header *packet_gre(const struct knat_packet *p)
{
	return (void *)(p->skb->data + p->thoff);
}

static struct knat_flow call_flow(__be32 near, __be16 id, __be32 raddr,
				  __be16 dir, u16 realm)
{
	struct knat_flow flow = {
		.near = knat_ep(IPPROTO_GRE, near, id),
		.far = knat_far(raddr, dir, realm),
	};

	return flow;
}

struct knat_session *knat_pptp_outward(const struct knat_packet *p,
				       const struct knat_view_dev *dev)
{
	struct knat_flow flow = call_flow(p->saddr, packet_gre(p)->call_id,
					  p->daddr, KNAT_CALL_OUT,
					  knat_pptp_realm(dev, p->saddr,
							  p->daddr));

	return knat_lookup_outward(p->kn, dev, &flow);
}

struct knat_session *knat_pptp_inward(const struct knat_packet *p, __be32 raddr)
{
	struct knat_flow flow = call_flow(p->daddr, packet_gre(p)->call_id,
					  raddr, KNAT_CALL_IN, 0);

	return knat_session_lookup_out(p->kn, &flow);
}

bool knat_pptp_rewrite_dst(struct knat_packet *p, __be32 addr, __be16 id)
{
	struct pptp_gre_header *gre;

	if (skb_ensure_writable(p->skb, p->thoff +
				offsetofend(struct pptp_gre_header, call_id)))
		return false;
	gre = packet_gre(p);
	if (p->skb->ip_summed == CHECKSUM_COMPLETE)
		p->skb->csum = csum_add(csum_sub(p->skb->csum,
						 (__force __wsum)gre->call_id),
					(__force __wsum)id);
	gre->call_id = id;
	return knat_rewrite_dst_addr(p, addr);
}

/* The direction @dir of a call of @control by its id inside. */
static struct knat_session *call_find(struct knat_net *kn,
				      const struct knat_session *control,
				      __be16 id, __be16 dir)
{
	struct knat_flow flow = call_flow(control->in_addr, id,
					  control->remote_addr, dir,
					  control->realm);

	return knat_session_lookup_in(kn, &flow);
}

/* The same by its id outside. */
static struct knat_session *call_find_out(struct knat_net *kn,
					  const struct knat_session *control,
					  __be16 id, __be16 dir)
{
	struct knat_flow flow = call_flow(control->out_addr, id,
					  control->remote_addr, dir, 0);

	return knat_session_lookup_out(kn, &flow);
}

static void call_set_state(struct knat_session *call, u8 state)
{
	knat_session_set_state(call, state);
	/* The timeout has changed: it counts from now. */
	WRITE_ONCE(call->stamp, (u32)jiffies);
}

/* What knat_session.ack of a call of @control is, with the other direction. */
static u32 call_ack(const struct knat_session *control, __be16 other)
{
	return (u32)be16_to_cpu(control->remote_port) << 16 |
	       be16_to_cpu(other);
}

static bool call_of(const struct knat_session *call,
		    const struct knat_session *control)
{
	return call->map == control->map &&
	       READ_ONCE(call->ack) >> 16 == be16_to_cpu(control->remote_port);
}

static void call_join(struct knat_session *in, struct knat_session *out,
		      const struct knat_session *control)
{
	if (!in || !out || knat_pptp_ended(in) || knat_pptp_ended(out) ||
	    !call_of(in, control) || !call_of(out, control))
		return;
	WRITE_ONCE(in->ack, call_ack(control, out->in_port));
	WRITE_ONCE(out->ack, call_ack(control, in->in_port));
	call_set_state(in, CALL_UP);
	call_set_state(out, CALL_UP);
}

/* Both directions, if the other one is still that of this call. */
static void call_end(struct knat_net *kn, struct knat_session *call,
		     const struct knat_session *control)
{
	__be16 dir = call->remote_port == KNAT_CALL_IN ? KNAT_CALL_OUT :
							 KNAT_CALL_IN;
	struct knat_session *other = NULL;

	if (!call_of(call, control) || knat_pptp_ended(call))
		return;
	if (READ_ONCE(call->ctl.tcp) == CALL_UP)
		other = call_find(kn, control,
				  cpu_to_be16((u16)READ_ONCE(call->ack)), dir);
	call_set_state(call, CALL_ENDED);
	if (other && READ_ONCE(other->ctl.tcp) == CALL_UP &&
	    READ_ONCE(other->ack) == call_ack(control, call->in_port))
		call_set_state(other, CALL_ENDED);
}

/* Does another connection still use the call? */
static bool call_is_busy(const struct knat_session *call)
{
	return !knat_pptp_ended(call) &&
	       (u32)jiffies - READ_ONCE(call->stamp) < HZ;
}

/* A subscriber has no more calls on a mapping than mappings in all. */
static bool call_allowed(const struct knat_packet *p, const struct knat_map *map)
{
	u32 limit;

	if (map->out.flags & KNAT_MAP_F_STATIC)
		limit = PPTP_CALLS_STATIC;
	else
		limit = min_not_zero(READ_ONCE(map->host->pool->conf.limit),
				     PPTP_CALLS_MAX);
	/* The control connection, and two directions of each. */
	if (DIV_ROUND_UP(knat_map_sessions(map), 2) <= limit)
		return true;
	knat_tell(p, REFUSE_SUBSCRIBER);
	knat_event_limit(p->kn, KNAT_LIMIT_SUBSCRIBER, IPPROTO_GRE,
			 map->in.addr);
	return false;
}

/* An id that no call between these outside addresses has, or 0. */
static __be16 call_choose(const struct knat_packet *p,
			  const struct knat_session *control)
{
	__be16 id;
	int i;

	for (i = 0; i < PPTP_THROWS; i++) {
		id = cpu_to_be16(get_random_u16());
		if (id && !call_find_out(p->kn, control, id, KNAT_CALL_IN))
			return id;
	}
	knat_tell(p, REFUSE_PORTS);
	knat_event_limit(p->kn, KNAT_LIMIT_PORTS, IPPROTO_GRE,
			 control->in_addr);
	return 0;
}

/* Direction @dir of a call whose receiver has just given it @id: made, or the one
 * that is there. NULL: refused and counted.
 */
static struct knat_session *call_name(const struct knat_packet *p,
				      const struct knat_session *control,
				      __be16 id, __be16 dir)
{
	struct knat_net *kn = p->kn;
	struct knat_session *call = call_find(kn, control, id, dir), *old;
	__be16 out_id = id;

	if (call && call_of(call, control)) {
		if (knat_pptp_ended(call))
			call_set_state(call, CALL_NAMED);
		return call;
	}
	/* Who names it last has it, unless it is used: the connection that named
	 * it first is one that a host has forgotten.
	 */
	old = call;
	if (!old && dir == KNAT_CALL_OUT)
		old = call_find_out(kn, control, id, dir);
	if (old && call_is_busy(old)) {
		knat_tell(p, REFUSE_REMOTE);
		return NULL;
	}
	if (old)
		knat_session_kill(kn, old);
	if (!call_allowed(p, control->map))
		return NULL;
	if (dir == KNAT_CALL_IN) {
		out_id = call_choose(p, control);
		if (!out_id)
			return NULL;
	}
	call = knat_session_open_call(kn, control->map, control->remote_addr,
				      dir, id, out_id, call_ack(control, 0));
	/* Another CPU may have made it for another connection. */
	if (call && !call_of(call, control)) {
		knat_tell(p, REFUSE_RACE);
		return NULL;
	}
	return call;
}

/**
 * struct pptp_message - a control message
 * @p: the segment
 * @off: its offset from skb->data
 * @head: its beginning
 */
struct pptp_message {
	struct knat_packet	*p;
	unsigned int		off;
	struct pptp_head	head;
};

static bool message_set_id(struct pptp_message *m, unsigned int n, __be16 id)
{
	unsigned int off = m->off + offsetof(struct pptp_head, id[n]);
	struct knat_packet *p = m->p;
	unsigned int len = off + sizeof(id);
	struct tcphdr *th;
	__wsum diff;

	/* Half of an skb of a list cannot be told from a whole one when the list
	 * is to be cut into segments again.
	 */
	if (skb_has_frag_list(p->skb))
		len = p->skb->len;
	if (skb_ensure_writable(p->skb, len)) {
		knat_tell(p, DROP_MEMORY);
		return false;
	}
	th = (void *)(p->skb->data + p->thoff);
	diff = csum_sub((__force __wsum)id, (__force __wsum)m->head.id[n]);
	/* At an odd place the id lies across two words of the checksum. */
	knat_check_update(&th->check, p, 0, csum_shift(diff, off - p->thoff));
	memcpy(p->skb->data + off, &id, sizeof(id));
	return true;
}

/* The place of the id that the sender has given to the call, or -1. */
static int message_own(const struct pptp_message *m)
{
	switch (be16_to_cpu(m->head.type)) {
	case PPTP_OUT_CALL_REQUEST:
	case PPTP_OUT_CALL_REPLY:
	case PPTP_IN_CALL_REQUEST:
	case PPTP_IN_CALL_REPLY:
	case PPTP_CALL_CLEAR:
	case PPTP_CALL_DISCONNECT:
		return 0;
	}
	return -1;
}

/* The place of the id that its receiver has given, or -1. */
static int message_peer(const struct pptp_message *m)
{
	switch (be16_to_cpu(m->head.type)) {
	case PPTP_OUT_CALL_REPLY:
	case PPTP_IN_CALL_REPLY:
		return 1;
	case PPTP_IN_CALL_CONNECTED:
	case PPTP_WAN_ERROR:
	case PPTP_SET_LINK_INFO:
		return 0;
	}
	return -1;
}

static bool message_is_reply(const struct pptp_message *m)
{
	return message_own(m) >= 0 && message_peer(m) >= 0;
}

/* Does it end the call that it names? */
static bool message_ends(const struct pptp_message *m)
{
	switch (be16_to_cpu(m->head.type)) {
	case PPTP_CALL_CLEAR:
	case PPTP_CALL_DISCONNECT:
		return true;
	}
	return message_is_reply(m) && m->head.result != PPTP_CONNECTED;
}

static void message_end(const struct pptp_message *m, struct knat_session *call,
			const struct knat_session *control)
{
	/* A refusal is about a call that is not up yet; one of its ids may be
	 * no id at all.
	 */
	if (call && !(message_is_reply(m) &&
		      READ_ONCE(call->ctl.tcp) == CALL_UP))
		call_end(m->p->kn, call, control);
}

static bool message_out(struct pptp_message *m, struct knat_session *control)
{
	int own = message_own(m), peer = message_peer(m);
	struct knat_session *in = NULL, *out = NULL;
	struct knat_net *kn = m->p->kn;

	if (peer >= 0)
		out = call_find(kn, control, m->head.id[peer], KNAT_CALL_OUT);
	if (own < 0)
		return true;
	if (message_ends(m))
		in = call_find(kn, control, m->head.id[own], KNAT_CALL_IN);
	else
		in = call_name(m->p, control, m->head.id[own],
			       KNAT_CALL_IN);
	if (!in && !message_ends(m))
		return false;
	if (in && !message_set_id(m, own, in->ctl.out_port))
		return false;
	if (!message_ends(m)) {
		call_join(in, out, control);
		return true;
	}
	message_end(m, in, control);
	message_end(m, out, control);
	return true;
}

static bool message_in(struct pptp_message *m, struct knat_session *control)
{
	int own = message_own(m), peer = message_peer(m);
	struct knat_session *in = NULL, *out = NULL;
	struct knat_net *kn = m->p->kn;

	if (peer >= 0)
		in = call_find_out(kn, control, m->head.id[peer], KNAT_CALL_IN);
	/* What another inside host calls its own is none of this one's business. */
	if (in && in->in_addr != control->in_addr)
		in = NULL;
	if (in && !message_set_id(m, peer, in->in_port))
		return false;
	if (own < 0)
		return true;
	if (message_ends(m)) {
		out = call_find(kn, control, m->head.id[own], KNAT_CALL_OUT);
		message_end(m, out, control);
		message_end(m, in, control);
		return true;
	}
	out = call_name(m->p, control, m->head.id[own], KNAT_CALL_OUT);
	if (!out)
		return false;
	call_join(in, out, control);
	return true;
}

static void control_stop(struct knat_session *control)
{
	union knat_session_ctl old, new;

	old.word = READ_ONCE(control->ctl.word);
	do {
		new = old;
		new.tcp |= KNAT_TCP_STOPPED;
	} while (!try_cmpxchg(&control->ctl.word, &old.word, new.word));
}

/* Read the message at @m->off: false if there is none. */
static bool message_read(struct pptp_message *m)
{
	unsigned int len = m->p->skb->len - m->off;

	if (m->off > m->p->skb->len || len < PPTP_HEAD_MIN)
		return false;
	m->head.result = PPTP_CONNECTED;
	if (skb_copy_bits(m->p->skb, m->off, &m->head,
			  min_t(unsigned int, len, sizeof(m->head))))
		return false;
	return m->head.kind == cpu_to_be16(PPTP_KIND_CONTROL) &&
	       m->head.cookie == cpu_to_be32(PPTP_COOKIE) &&
	       be16_to_cpu(m->head.len) >= PPTP_HEAD_MIN;
}

/* Find the first message: a segment may begin with the rest of one that the
 * segment before has begun.
 */
static bool message_first(struct pptp_message *m)
{
	unsigned int end = m->off + PPTP_LEN_MAX;

	for (; m->off < end; m->off++)
		if (message_read(m))
			return true;
	return false;
}

/* Is it a connection that both sides have opened, and the segment one of it? */
static bool control_speaks(const struct knat_packet *p,
			   const struct knat_session *control, bool from_inside)
{
	const struct tcphdr *th = (void *)(p->skb->data + p->thoff);

	return (READ_ONCE(control->ctl.tcp) & PPTP_SYN_BOTH) == PPTP_SYN_BOTH &&
	       (from_inside || knat_tcp_near(control, ntohl(th->seq)));
}

bool knat_pptp_control(struct knat_packet *p, struct knat_session *control,
		       bool from_inside)
{
	const struct tcphdr *th = (void *)(p->skb->data + p->thoff);
	struct pptp_message m = { .p = p, .off = p->thoff + th->doff * 4 };
	unsigned int n = 0;
	bool more;

	if (!control_speaks(p, control, from_inside) || knat_checksum_wrong(p))
		return true;
	for (more = message_first(&m); more; more = message_read(&m)) {
		if (++n > PPTP_MESSAGES_MAX) {
			knat_tell(p, REFUSE_SUBSCRIBER);
			return false;
		}
		switch (be16_to_cpu(m.head.type)) {
		case PPTP_STOP_REQUEST:
		case PPTP_STOP_REPLY:
			control_stop(control);
			break;
		default:
			if (from_inside ? !message_out(&m, control) :
					  !message_in(&m, control))
				return false;
		}
		m.off += be16_to_cpu(m.head.len);
	}
	return true;
}

static struct knat_session *call_control(struct knat_net *kn,
					 const struct knat_session *call)
{
	struct knat_flow flow = {
		.near = knat_ep(IPPROTO_TCP, call->out_addr,
				call->map->out.port),
		.remote_addr = call->remote_addr,
		.remote_port = cpu_to_be16(READ_ONCE(call->ack) >> 16),
	};

	return knat_session_lookup_out(kn, &flow);
}

void knat_pptp_visit(struct knat_net *kn, struct knat_session *session)
{
	struct knat_session *control;
	u32 stamp;
	u8 tcp;

	lockdep_assert_held(&kn->wheel_lock);

	rcu_read_lock();
	control = call_control(kn, session);
	tcp = control ? READ_ONCE(control->ctl.tcp) : KNAT_TCP_STOPPED;
	if ((tcp & KNAT_TCP_STOPPED) ||
	    (tcp & PPTP_FIN_BOTH) == PPTP_FIN_BOTH) {
		stamp = (u32)jiffies - knat_session_timeout(kn, session) - HZ;
		WRITE_ONCE(session->stamp, stamp);
	} else if (READ_ONCE(session->ctl.tcp) == CALL_UP) {
		stamp = READ_ONCE(control->stamp);
		if ((s32)(stamp - READ_ONCE(session->stamp)) > 0)
			WRITE_ONCE(session->stamp, stamp);
	}
	rcu_read_unlock();
}
