/* SPDX-License-Identifier: GPL-2.0 */
/* knat: the TCP connection tracker (RFC 5382, RFC 7857 section 2). */
#ifndef _KNAT_TCP_H
#define _KNAT_TCP_H

#include "packet.h"
#include "session.h"

/* A segment of @session goes by: advance its state and refresh it. */
void knat_tcp_segment(struct knat_net *kn, struct knat_session *session,
		      const struct knat_packet *p, bool from_inside);

/* Bytes after which, if not after a second, the note of what the inside
 * acknowledged is made anew.
 */
#define KNAT_TCP_ACK_STEP	0x40000

/* Is the note @ack due? The first one counts at once: a RST may be next. */
static inline bool knat_tcp_ack_due(u32 ack, u32 ack_seq)
{
	return !ack || (s32)(ack_seq - ack) >= KNAT_TCP_ACK_STEP;
}

/* May a segment without a session open one? */
static inline bool knat_tcp_opens(const struct knat_packet *p)
{
	return (p->tcp_flags & (KNAT_TCP_SYN | KNAT_TCP_RST | KNAT_TCP_FIN |
				KNAT_TCP_ACK)) == KNAT_TCP_SYN;
}

/* May a segment from the outside with these numbers be of the connection, as far
 * as the note of what the inside acknowledged tells?
 */
bool knat_tcp_near(const struct knat_session *session, u32 seq);

/* What was seen of a connection, after one more segment. */
u8 knat_tcp_next(u8 tcp, u8 flags, bool from_inside);

u32 knat_tcp_timeout(const struct knat_net *kn, u8 tcp);
enum knat_session_state knat_tcp_state(u8 tcp);

#endif /* _KNAT_TCP_H */
