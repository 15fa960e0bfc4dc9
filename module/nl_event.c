// SPDX-License-Identifier: GPL-2.0
/* knat: messages about events. */
#include <linux/ktime.h>
#include "compat.h"
#include "event.h"
#include "net.h"
#include "netlink.h"
#include "nl_event.h"
#include "nl_map.h"

#define GROUP(NAME, group_name)						\
	[KNAT_GROUP_##NAME] = {						\
		.name	= #group_name,					\
		.flags	= GENL_MCAST_CAP_NET_ADMIN,				\
	},

const struct genl_multicast_group knat_groups[__KNAT_GROUP_MAX] = {
	KNAT_GROUPS(GROUP)
};

static void *event_begin(struct sk_buff *skb, u8 cmd, u64 time)
{
	void *head = genlmsg_put(skb, 0, 0, &knat_family, 0, cmd);

	if (!head)
		return NULL;
	time = ktime_to_ns(ktime_mono_to_real(ns_to_ktime(time)));
	if (!nla_put_u64_64bit(skb, KNAT_A_EVENT_TIME, time, KNAT_A_EVENT_PAD))
		return head;
	genlmsg_cancel(skb, head);
	return NULL;
}

static int event_fill_map(struct sk_buff *skb, const struct knat_event *event)
{
	struct nlattr *nest = nla_nest_start(skb, KNAT_A_EVENT_MAP);

	if (!nest ||
	    nla_put_u8(skb, KNAT_A_MAP_KIND, KNAT_MAP_DYNAMIC) ||
	    nla_put_u8(skb, KNAT_A_MAP_PROTO, event->proto) ||
	    nla_put_be32(skb, KNAT_A_MAP_OUT_ADDR, event->out_addr) ||
	    nla_put_u16(skb, KNAT_A_MAP_OUT_PORT,
			be16_to_cpu(event->out_port)) ||
	    nla_put_be32(skb, KNAT_A_MAP_IN_ADDR, event->in_addr) ||
	    nla_put_u16(skb, KNAT_A_MAP_IN_PORT,
			be16_to_cpu(event->in_port)) ||
	    (event->remote_addr &&
	     nla_put_be32(skb, KNAT_A_MAP_REMOTE_ADDR, event->remote_addr)) ||
	    (event->remote_port &&
	     nla_put_u16(skb, KNAT_A_MAP_REMOTE_PORT,
			 be16_to_cpu(event->remote_port))))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int event_fill_session(struct sk_buff *skb,
			      const struct knat_event *event)
{
	struct nlattr *nest = nla_nest_start(skb, KNAT_A_EVENT_SESSION);

	if (!nest ||
	    nla_put_u8(skb, KNAT_A_SESSION_PROTO, event->proto) ||
	    nla_put_be32(skb, KNAT_A_SESSION_IN_ADDR, event->in_addr) ||
	    nla_put_u16(skb, KNAT_A_SESSION_IN_PORT,
			be16_to_cpu(event->in_port)) ||
	    nla_put_be32(skb, KNAT_A_SESSION_OUT_ADDR, event->out_addr) ||
	    nla_put_u16(skb, KNAT_A_SESSION_OUT_PORT,
			be16_to_cpu(event->out_port)) ||
	    nla_put_be32(skb, KNAT_A_SESSION_REMOTE_ADDR,
			 event->remote_addr) ||
	    (event->remote_port &&
	     nla_put_u16(skb, KNAT_A_SESSION_REMOTE_PORT,
			 be16_to_cpu(event->remote_port))) ||
	    nla_put_u8(skb, KNAT_A_SESSION_STATE, event->state))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int event_fill_limit(struct sk_buff *skb, const struct knat_event *event)
{
	if (nla_put_u8(skb, KNAT_A_EVENT_LIMIT, event->reason) ||
	    nla_put_u8(skb, KNAT_A_EVENT_PROTO, event->proto) ||
	    nla_put_be32(skb, KNAT_A_EVENT_IN_ADDR, event->in_addr))
		return -EMSGSIZE;
	return 0;
}

static int event_fill_what(struct sk_buff *skb, const struct knat_event *event)
{
	switch (event->cmd) {
	case KNAT_CMD_MAP_NEW_NTF:
		return event_fill_map(skb, event);
	case KNAT_CMD_MAP_GONE_NTF:
		return event_fill_map(skb, event) ?:
		       nla_put_u8(skb, KNAT_A_EVENT_REASON, event->reason);
	case KNAT_CMD_SESSION_NEW_NTF:
		return event_fill_session(skb, event);
	case KNAT_CMD_SESSION_GONE_NTF:
		return event_fill_session(skb, event) ?:
		       nla_put_u8(skb, KNAT_A_EVENT_REASON, event->reason);
	}
	return event_fill_limit(skb, event);
}

static int event_fill(struct sk_buff *skb, const struct knat_event *event)
{
	void *head = event_begin(skb, event->cmd, event->time);

	if (!head)
		return -EMSGSIZE;
	return knat_nl_end(skb, head, event_fill_what(skb, event));
}

/* Room for a message, or NULL. */
static struct sk_buff *event_skb(struct knat_nl_events *out,
				 enum knat_group group)
{
	if (!out->skb[group])
		out->skb[group] = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	return out->skb[group];
}

void knat_nl_event_send(struct knat_net *kn, struct knat_nl_events *out,
			enum knat_group group)
{
	struct sk_buff *skb = out->skb[group];

	out->skb[group] = NULL;
	out->count[group] = 0;
	if (!skb)
		return;
	/* Who is too slow to take it is told so by its socket. */
	genlmsg_multicast_netns(&knat_family, kn->net, skb, 0, group,
				GFP_KERNEL);
}

void knat_nl_event_put(struct knat_net *kn, struct knat_nl_events *out,
		       enum knat_group group, const struct knat_event *event)
{
	struct sk_buff *skb = event_skb(out, group);

	if (skb && event_fill(skb, event) && out->count[group]) {
		knat_nl_event_send(kn, out, group);
		skb = event_skb(out, group);
		if (skb && event_fill(skb, event))
			skb = NULL;
	}
	if (skb)
		out->count[group]++;
	else
		out->unsent[group]++;
}

void knat_nl_event_lost(struct knat_net *kn, struct knat_nl_events *out,
			enum knat_group group, u32 lost)
{
	struct sk_buff *skb = event_skb(out, group);
	void *head;

	if (!skb)
		goto err;
	head = event_begin(skb, KNAT_CMD_LOST_NTF, ktime_get_ns());
	if (!head)
		goto err;
	if (knat_nl_end(skb, head,
			nla_put_u8(skb, KNAT_A_EVENT_GROUP, group) ?:
			nla_put_u32(skb, KNAT_A_EVENT_LOST, lost)))
		goto err;
	out->count[group]++;
	return;

err:
	out->unsent[group] += lost;
}

void knat_nl_event_pass(struct knat_net *kn, struct knat_nl_events *out,
			struct sk_buff *skb)
{
	knat_nl_event_send(kn, out, KNAT_GROUP_MAPPINGS);
	skb->tstamp = 0;
	out->skb[KNAT_GROUP_MAPPINGS] = skb;
	knat_nl_event_send(kn, out, KNAT_GROUP_MAPPINGS);
}

struct sk_buff *knat_nl_event_static(const struct knat_static *fixed, u64 time,
				     u8 cmd, enum knat_reason reason)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	struct nlattr *nest;
	void *head;

	if (!skb)
		return NULL;
	head = event_begin(skb, cmd, time);
	if (!head)
		goto err;
	nest = nla_nest_start(skb, KNAT_A_EVENT_MAP);
	if (!nest || knat_nl_static_put(skb, fixed))
		goto err;
	nla_nest_end(skb, nest);
	if (cmd == KNAT_CMD_MAP_GONE_NTF &&
	    nla_put_u8(skb, KNAT_A_EVENT_REASON, reason))
		goto err;
	genlmsg_end(skb, head);
	return skb;

err:
	nlmsg_free(skb);
	return NULL;
}
