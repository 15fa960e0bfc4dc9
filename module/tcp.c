// SPDX-License-Identifier: GPL-2.0
/* knat: the TCP connection tracker.
 *
 * The states of RFC 7857 section 2 (from RFC 6146) are what was seen of each
 * side: a SYN, a FIN, or a RST of either. An established connection needs no
 * write but that of the time stamp.
 */
#include <linux/tcp.h>
#include "checksum.h"
#include "net.h"
#include "tcp.h"

/* A RST or FIN from the outside counts so far beyond what the inside
 * acknowledged last, as far as the note of that tells: it follows whatever is
 * under way. A FIN does less harm.
 */
#define TCP_RST_WINDOW	0x100000U
#define TCP_FIN_WINDOW	0x1000000U
/* What is read, see pptp.h, is short and comes rarely. */
#define TCP_NEAR_WINDOW	0x10000U
/* It may be older than that by what is sent once more. */
#define TCP_BEHIND	0x10000U

#define TCP_SYN_BOTH	(KNAT_TCP_IN_SYN | KNAT_TCP_OUT_SYN)
#define TCP_FIN_BOTH	(KNAT_TCP_IN_FIN | KNAT_TCP_OUT_FIN)

u32 knat_tcp_timeout(const struct knat_net *kn, u8 tcp)
{
	if (tcp & KNAT_TCP_RESET)
		return READ_ONCE(kn->timeout[KNAT_A_CONFIG_TCP_RESET_TIMEOUT]);
	if ((tcp & TCP_FIN_BOTH) == TCP_FIN_BOTH)
		return READ_ONCE(kn->timeout[KNAT_A_CONFIG_TCP_CLOSING_TIMEOUT]);
	if ((tcp & TCP_SYN_BOTH) == TCP_SYN_BOTH)
		return READ_ONCE(kn->timeout[KNAT_A_CONFIG_TCP_ESTABLISHED_TIMEOUT]);
	return READ_ONCE(kn->timeout[KNAT_A_CONFIG_TCP_OPENING_TIMEOUT]);
}

enum knat_session_state knat_tcp_state(u8 tcp)
{
	if (tcp & KNAT_TCP_RESET)
		return KNAT_SESSION_TRANS;
	switch (tcp & TCP_FIN_BOTH) {
	case TCP_FIN_BOTH:
		return KNAT_SESSION_CLOSING;
	case KNAT_TCP_IN_FIN:
		return KNAT_SESSION_IN_FIN;
	case KNAT_TCP_OUT_FIN:
		return KNAT_SESSION_OUT_FIN;
	}
	if ((tcp & TCP_SYN_BOTH) == TCP_SYN_BOTH)
		return KNAT_SESSION_ESTABLISHED;
	return KNAT_SESSION_INIT;
}

u8 knat_tcp_next(u8 tcp, u8 flags, bool from_inside)
{
	u8 syn = from_inside ? KNAT_TCP_IN_SYN : KNAT_TCP_OUT_SYN;
	u8 fin = from_inside ? KNAT_TCP_IN_FIN : KNAT_TCP_OUT_FIN;

	if (flags & KNAT_TCP_RST)
		return tcp | KNAT_TCP_RESET;
	if (flags & KNAT_TCP_SYN) {
		/* A new connection on the ports of one that has ended. */
		if (!(flags & KNAT_TCP_ACK) &&
		    ((tcp & KNAT_TCP_RESET) ||
		     (tcp & TCP_FIN_BOTH) == TCP_FIN_BOTH))
			return syn | (tcp & KNAT_TCP_CONTROL);
		return tcp | syn;
	}
	/* RFC 7857 section 2.2: data after a RST, so it was not the end. */
	tcp &= ~KNAT_TCP_RESET;
	if (flags & KNAT_TCP_FIN)
		tcp |= fin;
	return tcp;
}

/* RFC 5382 section 9, RFC 7857 section 2.2: the RST, FIN or SYN of an off-path
 * attacker changes nothing. The SYN of a peer that has forgotten the connection
 * changes nothing either: the answer to it does.
 */
static bool tcp_plausible(u8 tcp, u32 ack, u32 seq, u8 flags)
{
	u32 window;

	if (flags & KNAT_TCP_RST)
		window = TCP_RST_WINDOW;
	else if (flags & KNAT_TCP_SYN)
		return knat_tcp_state(tcp) == KNAT_SESSION_INIT ||
		       knat_tcp_next(tcp, flags, false) != tcp;
	else if (flags & KNAT_TCP_FIN)
		window = TCP_FIN_WINDOW;
	else
		return true;
	return !ack || seq - ack + TCP_BEHIND < window + TCP_BEHIND;
}

bool knat_tcp_near(const struct knat_session *session, u32 seq)
{
	u32 ack = READ_ONCE(session->ack);

	return ack && seq - ack + TCP_BEHIND < TCP_NEAR_WINDOW + TCP_BEHIND;
}

void knat_tcp_segment(struct knat_net *kn, struct knat_session *session,
		      const struct knat_packet *p, bool from_inside)
{
	const struct tcphdr *th = (void *)(p->skb->data + p->thoff);
	u32 ack = READ_ONCE(session->ack), now = (u32)jiffies;
	union knat_session_ctl old, new;
	u8 flags = p->tcp_flags;
	bool acks = from_inside && (flags & KNAT_TCP_ACK);

	old.word = READ_ONCE(session->ctl.word);

	if (!from_inside && !tcp_plausible(old.tcp, ack, ntohl(th->seq), flags))
		return;

	if (now - READ_ONCE(session->stamp) >= HZ) {
		WRITE_ONCE(session->stamp, now);
		if (acks)
			WRITE_ONCE(session->ack, ntohl(th->ack_seq));
	} else if (acks && knat_tcp_ack_due(ack, ntohl(th->ack_seq))) {
		WRITE_ONCE(session->ack, ntohl(th->ack_seq));
	}

	do {
		new = old;
		new.tcp = knat_tcp_next(old.tcp, flags, from_inside);
		if (likely(new.tcp == old.tcp) || knat_checksum_wrong(p))
			return;
	} while (!try_cmpxchg(&session->ctl.word, &old.word, new.word));

	/* The timeout has changed: it counts from now. */
	WRITE_ONCE(session->stamp, now);
	/* A new connection has other numbers than the last. */
	if (acks || (flags & KNAT_TCP_SYN))
		WRITE_ONCE(session->ack, acks ? ntohl(th->ack_seq) : 0);
}
