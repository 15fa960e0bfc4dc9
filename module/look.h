/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: what would become of a packet.
 *
 * The question is a packet that was never sent, with @look set in struct
 * knat_packet. It goes the way of all packets through the slow parts of the
 * hooks, which decide as ever, and is rewritten itself. Where they would count,
 * refresh, open or answer, they note that here.
 */
#ifndef _KNAT_LOOK_H
#define _KNAT_LOOK_H

#include "flow.h"
#include "net.h"
#include "trace.h"

/**
 * struct knat_look - the answer
 * @counter: what would be counted, enum knat_counter + 1; the last of several
 * @way: how it is translated
 * @new_map: it would open a mapping
 * @new_session: it would open a session
 * @any_addr: of the pool's addresses one is chosen then
 * @any_port: and a port
 * @held: the sender would be answered later
 */
struct knat_look {
	u32		counter;
	struct knat_way	way;
	bool		new_map;
	bool		new_session;
	bool		any_addr;
	bool		any_port;
	bool		held;
};

/* Count, or note, for packet @p. */
#define knat_tell(p, NAME)	knat_tell_nr(p, KNAT_COUNTER_##NAME)

static inline void knat_tell_nr(const struct knat_packet *p, u32 nr)
{
	if (unlikely(p->look)) {
		p->look->counter = nr + 1;
		return;
	}
	knat_count_nr(p->kn, nr);
	if (knat_counter_is_drop(nr))
		trace_knat_drop(p->kn, p->skb, nr);
}

/**
 * struct knat_look_packet - the packet in question
 * @proto: IP protocol
 * @saddr: source
 * @daddr: destination
 * @sport: source port; of ICMP the id of an echo request
 * @dport: destination port
 * @in: the device that it comes in through, or NULL
 * @out: the device that it leaves through, or NULL
 */
struct knat_look_packet {
	u8			proto;
	__be32			saddr;
	__be32			daddr;
	__be16			sport;
	__be16			dport;
	struct net_device	*in;
	struct net_device	*out;
};

/* What would become of it: true if it goes on. @packet is as it would go on,
 * and names the device that it would leave through as far as that is known.
 * Caller holds kn->config_lock, so that rules can be told, and the RCU read lock
 * for what is named in the answer.
 */
int knat_look(struct knat_net *kn, struct knat_look_packet *packet,
	      struct knat_look *look, bool *goes);

#endif /* _KNAT_LOOK_H */
