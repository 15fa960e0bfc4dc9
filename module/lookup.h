/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: where an end is translated to, without creating or refreshing
 * anything. For quoted packets of ICMP errors. Caller holds rcu_read_lock().
 */
#ifndef _KNAT_LOOKUP_H
#define _KNAT_LOOKUP_H

#include <linux/rcupdate.h>
#include <linux/types.h>
#include "addr.h"
#include "net.h"
#include "rule.h"
#include "session.h"

/**
 * struct knat_found - the other side's name for an end
 * @addr: address
 * @port: port or query id; meaningless if @whole_addr
 * @whole_addr: translated one to one, ports stay
 * @call: @port is the id of a call of PPTP
 */
struct knat_found {
	__be32	addr;
	__be16	port;
	bool	whole_addr;
	bool	call;
};

/* The outside name of inside end (@proto, @addr, @port), for a flow with
 * (@raddr, @rport) that leaves through device @ifindex (0: any outside
 * device). For ICMP @port is the id and @rport is 0, for ESP they are the SPI,
 * for a call of PPTP its id and KNAT_CALL_IN; inwards KNAT_CALL_OUT.
 */
bool knat_lookup_outside_of(struct knat_net *kn, int ifindex, u8 proto,
			    __be32 addr, __be16 port,
			    __be32 raddr, __be16 rport,
			    struct knat_found *found);

/* The inside name of outside end (@proto, @addr, @port), for a flow with
 * (@raddr, @rport): where flows have sessions there must be one (RFC 5508
 * REQ-4).
 */
bool knat_lookup_inside_of(struct knat_net *kn, u8 proto,
			   __be32 addr, __be16 port,
			   __be32 raddr, __be16 rport,
			   struct knat_found *found);

/* The session of a flow from the inside that leaves through @dev. One that the
 * outside has opened, or that is older than the rules, is of another realm than
 * they say. knat_lookup_realms() is about those.
 */
struct knat_session *knat_lookup_realms(struct knat_net *kn,
					const struct knat_view_dev *dev,
					const struct knat_flow *flow);

static inline struct knat_session *
knat_lookup_session(struct knat_net *kn, const struct knat_view_dev *dev,
		    const struct knat_flow *flow)
{
	struct knat_session *session = knat_session_lookup_in(kn, flow);

	if (likely(session) || likely(!dev->by_rule))
		return session;
	return knat_lookup_realms(kn, dev, flow);
}

/* The same, or that of a static mapping that no device in particular has. */
static inline struct knat_session *
knat_lookup_outward(struct knat_net *kn, const struct knat_view_dev *dev,
		    struct knat_flow *flow)
{
	struct knat_session *session = knat_lookup_session(kn, dev, flow);

	if (session || !READ_ONCE(kn->nr_static))
		return session;
	flow->realm = KNAT_REALM_STATIC;
	return knat_session_lookup_in(kn, flow);
}

/* The mapping of an inside end in a realm of @dev, or else the static one that it
 * has on @dev.
 */
struct knat_map *knat_lookup_map(struct knat_net *kn,
				 const struct knat_view_dev *dev,
				 union knat_ep in, u16 realm);

/* Is @addr one of our outside addresses? */
static inline bool knat_lookup_is_outside(const struct knat_net *kn, __be32 addr)
{
	return knat_addr_listed(rcu_dereference(kn->addrs), be32_to_cpu(addr));
}

#endif /* _KNAT_LOOKUP_H */
