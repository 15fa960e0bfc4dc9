/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: what becomes of the packet of a flow, in either direction: find the
 * session or mapping, open one where that is due.
 *
 * Softirq off or process context, under rcu_read_lock().
 */
#ifndef _KNAT_FLOW_H
#define _KNAT_FLOW_H

#include "lookup.h"
#include "packet.h"
#include "rule.h"

struct knat_map;

/**
 * enum knat_fate - what becomes of a packet
 * @KNAT_TRANSLATE: rewrite it as found
 * @KNAT_PASS: leave it alone; not counted yet
 * @KNAT_DROP: drop it; it was counted
 * @KNAT_REFUSE: the same, and its sender may be told: a new flow was refused
 * @KNAT_HOLD: the same of a connection request that filtering forbids, which
 *	is not answered at once
 */
enum knat_fate {
	KNAT_TRANSLATE,
	KNAT_PASS,
	KNAT_DROP,
	KNAT_REFUSE,
	KNAT_HOLD,
};

/**
 * struct knat_way - the outcome
 * @to: the new source (outward) or destination (inward)
 * @map: the mapping, where it was looked at: NULL if the session sufficed
 * @session: the session, if the flow has one
 * @rule: outward: the rule that matched, where rules were looked at
 */
struct knat_way {
	struct knat_found		to;
	struct knat_map			*map;
	struct knat_session		*session;
	const struct knat_view_rule	*rule;
};

/* The rule of @dev for a packet. One that came in through an outside device is
 * only meant by a rule that names its source: else what is routed back out
 * would be taken for an inside host's.
 */
const struct knat_view_rule *knat_flow_rule(const struct knat_packet *p,
					    const struct knat_view *view,
					    const struct knat_view_dev *dev);

/* The call of PPTP that a packet from the inside is of, if it is told of, or NULL. */
struct knat_session *knat_flow_call(const struct knat_packet *p,
				    const struct knat_view_dev *dev);

/* A packet that leaves through @dev: its source. */
enum knat_fate knat_flow_outward(const struct knat_packet *p,
				 const struct knat_view *view,
				 const struct knat_view_dev *dev,
				 struct knat_way *way);

/* A packet of the gateway itself from outside address @p->saddr: KNAT_PASS
 * unless an inside host has its port.
 */
enum knat_fate knat_flow_local(const struct knat_packet *p,
			       const struct knat_view *view,
			       const struct knat_view_dev *dev,
			       struct knat_way *way);

/* A packet for an outside address: its destination, as seen by the remote end
 * @raddr:@rport (of hairpin packets not its source). KNAT_PASS: no mapping.
 */
enum knat_fate knat_flow_inward(const struct knat_packet *p,
				const struct knat_view *view,
				__be32 raddr, __be16 rport,
				struct knat_way *way);

/* A packet of @session goes by: advance its state and refresh it, unless it is
 * only looked at.
 */
void knat_flow_goes_by(const struct knat_packet *p,
		       struct knat_session *session, bool from_inside);

/* The mapping that such a packet would meet, without opening anything. */
struct knat_map *knat_flow_target(const struct knat_packet *p);

#endif /* _KNAT_FLOW_H */
