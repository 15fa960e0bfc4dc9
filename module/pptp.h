/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: PPTP behind a shared address (RFC 2637).
 *
 * A packet of a call is GRE of version 1. It names the call by the id that its
 * receiver has given it, and nothing else tells the hosts behind an address apart.
 * The ids are told on a control connection, TCP port 1723, whose messages are
 * read here: the id that an inside host has given becomes one that no other call
 * between the outside address and the remote one has, and is put back in what
 * comes in. All messages keep their length.
 *
 * Of a call each direction is a session of the control connection's mapping, with
 * the id in its ports and the direction in place of the remote port:
 *
 *   remote_port	in_port		out_port	packets with it go
 *   KNAT_CALL_IN	the inside's	the outside's	to the inside
 *   KNAT_CALL_OUT	the remote's	the same	to the remote address
 *
 * Each is made when the host to which its packets go names the id. Its
 * knat_session.ack is the remote port of the control connection, shifted by 16,
 * and, once its state is established, the id of the other direction as the inside
 * knows it. A call that was ended is closing for a while, so that what is sent
 * once more is rewritten as before; its packets are dropped. All end with the
 * control connection.
 *
 * Functions are called under rcu_read_lock(), softirq off, unless they say
 * otherwise.
 */
#ifndef _KNAT_PPTP_H
#define _KNAT_PPTP_H

#include "lookup.h"
#include "net.h"
#include "packet.h"
#include "rule.h"
#include "session.h"

#define KNAT_PPTP_PORT		cpu_to_be16(1723)

/* Where the id is in the header of GRE. */
#define KNAT_PPTP_ID_OFFSET	6

/* Jiffies between two looks at whether the control connection is still there. */
#define KNAT_PPTP_NAP		(2 * HZ)

/* A packet of GRE: is it one of PPTP, with the id of a call? Any context. */
bool knat_pptp_parse(struct knat_packet *p);
/* The same of @len bytes of a GRE header; *@id is set then. Any context. */
bool knat_pptp_id(const void *header, unsigned int len, __be16 *id);

/* The realm of the calls from @saddr to @daddr: rules see their control connection. */
static inline u16 knat_pptp_realm(const struct knat_view_dev *dev,
				  __be32 saddr, __be32 daddr)
{
	return knat_view_realm(dev, IPPROTO_TCP, saddr, daddr, KNAT_PPTP_PORT);
}

/* The session of a packet of a call, from the inside through @dev, or from @raddr;
 * or NULL.
 */
struct knat_session *knat_pptp_outward(const struct knat_packet *p,
				       const struct knat_view_dev *dev);
struct knat_session *knat_pptp_inward(const struct knat_packet *p, __be32 raddr);

/* The destination of a packet of a call and its id: false if there is no memory. */
bool knat_pptp_rewrite_dst(struct knat_packet *p, __be32 addr, __be16 id);

/* See knat_pptp_read(). */
bool knat_pptp_control(struct knat_packet *p, struct knat_session *control,
		       bool from_inside);

/* A packet of @session (or NULL), before its addresses are rewritten: if that is a
 * control connection, the calls that it tells of are noted and their ids
 * rewritten. False: a call was refused or there is no memory, which is counted;
 * the packet must not go on.
 */
static inline bool knat_pptp_read(struct knat_packet *p,
				  struct knat_session *session,
				  bool from_inside)
{
	return likely(!session) || likely(!knat_session_is_control(session)) ||
	       p->look || knat_pptp_control(p, session, from_inside);
}

/* Time passes for one direction of a call: it is refreshed by its control
 * connection, or is over with it. Holding kn->wheel_lock (process context).
 */
void knat_pptp_visit(struct knat_net *kn, struct knat_session *session);

/* Has the call ended that a packet of @session belongs to? */
static inline bool knat_pptp_ended(const struct knat_session *session)
{
	return session->proto == IPPROTO_GRE &&
	       (READ_ONCE(session->ctl.tcp) & KNAT_TCP_IN_FIN);
}

/* Is a new session of TCP a control connection, as the setting has it? */
static inline bool knat_pptp_controls(const struct knat_net *kn,
				      const struct knat_session *session,
				      bool from_inside)
{
	__be16 port = from_inside ? session->remote_port :
				    session->ctl.out_port;

	return unlikely(port == KNAT_PPTP_PORT) &&
	       session->proto == IPPROTO_TCP &&
	       READ_ONCE(kn->config[KNAT_A_CONFIG_PPTP]);
}

#endif /* _KNAT_PPTP_H */
