/* SPDX-License-Identifier: GPL-2.0 */
/* knat: messages about events. Process context. */
#ifndef _KNAT_NL_EVENT_H
#define _KNAT_NL_EVENT_H

#include <linux/skbuff.h>
#include "uapi/knat.h"

struct knat_event;
struct knat_net;
struct knat_static;

extern const struct genl_multicast_group knat_groups[__KNAT_GROUP_MAX];

/**
 * struct knat_nl_events - messages that are being put together
 * @skb: by group, NULL while there are none
 * @count: how many each has
 * @unsent: counts those that there was no memory for
 */
struct knat_nl_events {
	struct sk_buff	*skb[__KNAT_GROUP_MAX];
	u32		count[__KNAT_GROUP_MAX];
	u32		*unsent;
};

void knat_nl_event_put(struct knat_net *kn, struct knat_nl_events *out,
		       enum knat_group group, const struct knat_event *event);
/* @lost events of @group were not told. */
void knat_nl_event_lost(struct knat_net *kn, struct knat_nl_events *out,
			enum knat_group group, u32 lost);
/* Send a message about a static mapping, behind those before it. */
void knat_nl_event_pass(struct knat_net *kn, struct knat_nl_events *out,
			struct sk_buff *skb);
/* Send what was put. */
void knat_nl_event_send(struct knat_net *kn, struct knat_nl_events *out,
			enum knat_group group);

/* A message about a static mapping, or NULL. */
struct sk_buff *knat_nl_event_static(const struct knat_static *fixed, u64 time,
				     u8 cmd, enum knat_reason reason);

#endif /* _KNAT_NL_EVENT_H */
