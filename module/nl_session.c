// SPDX-License-Identifier: GPL-2.0
/* knat: requests about sessions. */
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "compat.h"
#include "map.h"
#include "net.h"
#include "netlink.h"
#include "session.h"

const struct nla_policy knat_session_policy[KNAT_A_SESSION_MAX + 1] = {
	[KNAT_A_SESSION_PROTO]	     = NLA_POLICY_MIN(NLA_U8, 1),
	[KNAT_A_SESSION_IN_ADDR]     = { .type = NLA_U32 },
	[KNAT_A_SESSION_IN_PORT]     = NLA_POLICY_MIN(NLA_U16, 1),
	[KNAT_A_SESSION_OUT_ADDR]    = { .type = NLA_U32 },
	[KNAT_A_SESSION_OUT_PORT]    = NLA_POLICY_MIN(NLA_U16, 1),
	[KNAT_A_SESSION_REMOTE_ADDR] = { .type = NLA_U32 },
	[KNAT_A_SESSION_REMOTE_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[KNAT_A_SESSION_STATE]	     = NLA_POLICY_MAX(NLA_U8,
						      KNAT_SESSION_TRANS),
	[KNAT_A_SESSION_IDLE]	     = { .type = NLA_REJECT },
	[KNAT_A_SESSION_EXPIRES]     = { .type = NLA_REJECT },
	[KNAT_A_SESSION_COUNT]	     = { .type = NLA_REJECT },
};

/**
 * struct session_filter - what a session must match
 * @tmpl: members that are not 0 must be equal
 * @state: enum knat_session_state, if @by_state
 * @by_state: the state matters
 * @notes: it is a note
 */
struct session_filter {
	struct knat_session	tmpl;
	u8			state;
	bool			by_state;
	bool			notes;
};

static int filter_get(struct nlattr **attrs, struct session_filter *filter,
		      struct netlink_ext_ack *extack)
{
	struct knat_session *tmpl = &filter->tmpl;

	if (!knat_nl_not_zero(attrs[KNAT_A_SESSION_IN_ADDR], extack) ||
	    !knat_nl_not_zero(attrs[KNAT_A_SESSION_OUT_ADDR], extack) ||
	    !knat_nl_not_zero(attrs[KNAT_A_SESSION_REMOTE_ADDR], extack))
		return -EINVAL;
	memset(filter, 0, sizeof(*filter));
	if (attrs[KNAT_A_SESSION_PROTO])
		tmpl->proto = nla_get_u8(attrs[KNAT_A_SESSION_PROTO]);
	if (attrs[KNAT_A_SESSION_IN_ADDR])
		tmpl->in_addr = nla_get_be32(attrs[KNAT_A_SESSION_IN_ADDR]);
	if (attrs[KNAT_A_SESSION_IN_PORT])
		tmpl->in_port = cpu_to_be16(nla_get_u16(attrs[KNAT_A_SESSION_IN_PORT]));
	if (attrs[KNAT_A_SESSION_OUT_ADDR])
		tmpl->out_addr = nla_get_be32(attrs[KNAT_A_SESSION_OUT_ADDR]);
	if (attrs[KNAT_A_SESSION_OUT_PORT])
		tmpl->ctl.out_port = cpu_to_be16(nla_get_u16(attrs[KNAT_A_SESSION_OUT_PORT]));
	if (attrs[KNAT_A_SESSION_REMOTE_ADDR])
		tmpl->remote_addr = nla_get_be32(attrs[KNAT_A_SESSION_REMOTE_ADDR]);
	if (attrs[KNAT_A_SESSION_REMOTE_PORT])
		tmpl->remote_port = cpu_to_be16(nla_get_u16(attrs[KNAT_A_SESSION_REMOTE_PORT]));
	filter->by_state = attrs[KNAT_A_SESSION_STATE];
	if (filter->by_state)
		filter->state = nla_get_u8(attrs[KNAT_A_SESSION_STATE]);
	return 0;
}

static bool differs(u32 wanted, u32 seen)
{
	return wanted && wanted != seen;
}

static bool differs_addr(__be32 wanted, __be32 seen)
{
	return differs((__force u32)wanted, (__force u32)seen);
}

static bool differs_port(__be16 wanted, __be16 seen)
{
	return differs((__force u16)wanted, (__force u16)seen);
}

/* Permissions and notes are not for users' eyes. */
static bool session_match(const struct knat_session *session, void *arg)
{
	const struct session_filter *filter = arg;
	const struct knat_session *tmpl = &filter->tmpl;
	struct knat_session_ports ports = knat_session_ports(session);

	if (knat_session_is_permit(session) ||
	    knat_session_is_note(session) != filter->notes ||
	    differs(tmpl->proto, knat_session_proto(session)) ||
	    differs_addr(tmpl->in_addr, session->in_addr) ||
	    differs_port(tmpl->in_port, ports.in) ||
	    differs_addr(tmpl->out_addr, session->out_addr) ||
	    differs_port(tmpl->ctl.out_port, ports.out) ||
	    differs_addr(tmpl->remote_addr, session->remote_addr) ||
	    differs_port(tmpl->remote_port, ports.remote))
		return false;
	return !filter->by_state ||
	       filter->state == knat_session_state(session);
}

static bool session_visible(const struct knat_session *session,
			    struct session_filter *filter)
{
	return !knat_session_dead(session) && session_match(session, filter);
}

/**
 * struct session_dump - a dump under way
 * @cursor: where in the table
 * @filter: what is wanted
 * @kn: the namespace
 * @skb: the message that is filled
 * @cb: of the dump
 */
struct session_dump {
	struct knat_table_cursor	cursor;
	struct session_filter		filter;
	struct knat_net			*kn;
	struct sk_buff			*skb;
	struct netlink_callback		*cb;
};

int knat_nl_session_start(struct netlink_callback *cb)
{
	struct session_dump *dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	int err;

	if (!dump)
		return -ENOMEM;
	err = filter_get(knat_dump_attrs(cb), &dump->filter, cb->extack);
	if (err) {
		kfree(dump);
		return err;
	}
	dump->kn = knat_net(sock_net(cb->skb->sk));
	dump->cb = cb;
	cb->args[0] = (long)dump;
	return 0;
}

int knat_nl_session_done(struct netlink_callback *cb)
{
	kfree((void *)cb->args[0]);
	return 0;
}

/* Not every end has a port. */
static int put_port(struct sk_buff *skb, int attr, __be16 port)
{
	return port ? nla_put_u16(skb, attr, be16_to_cpu(port)) : 0;
}

int knat_nl_session_put(struct sk_buff *skb, const struct knat_net *kn,
			const struct knat_session *session)
{
	struct knat_session_ports ports = knat_session_ports(session);
	u32 idle = (u32)jiffies - READ_ONCE(session->stamp);
	u32 timeout = knat_session_timeout(kn, session);

	if (nla_put_u8(skb, KNAT_A_SESSION_PROTO, knat_session_proto(session)) ||
	    nla_put_be32(skb, KNAT_A_SESSION_IN_ADDR, session->in_addr) ||
	    put_port(skb, KNAT_A_SESSION_IN_PORT, ports.in) ||
	    nla_put_be32(skb, KNAT_A_SESSION_OUT_ADDR, session->out_addr) ||
	    put_port(skb, KNAT_A_SESSION_OUT_PORT, ports.out) ||
	    nla_put_be32(skb, KNAT_A_SESSION_REMOTE_ADDR,
			 session->remote_addr) ||
	    put_port(skb, KNAT_A_SESSION_REMOTE_PORT, ports.remote) ||
	    nla_put_u8(skb, KNAT_A_SESSION_STATE,
		       knat_session_state(session)) ||
	    nla_put_u32(skb, KNAT_A_SESSION_IDLE, idle / HZ) ||
	    nla_put_u32(skb, KNAT_A_SESSION_EXPIRES,
			idle < timeout ? (timeout - idle + HZ - 1) / HZ : 0))
		return -EMSGSIZE;
	return 0;
}

static int session_fill(struct sk_buff *skb, struct netlink_callback *cb,
			const struct knat_net *kn,
			const struct knat_session *session)
{
	void *head = knat_nl_row(skb, cb, KNAT_CMD_SESSION_GET);

	if (!head)
		return -EMSGSIZE;
	return knat_nl_end(skb, head, knat_nl_session_put(skb, kn, session));
}

static int session_dump(void *entry, void *arg)
{
	struct session_dump *dump = arg;

	if (!session_visible(entry, &dump->filter))
		return 0;
	return session_fill(dump->skb, dump->cb, dump->kn, entry);
}

int knat_nl_session_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct session_dump *dump = (void *)cb->args[0];

	dump->skb = skb;
	knat_table_walk(&dump->kn->session_out, &dump->cursor, session_dump,
			dump);
	return skb->len;
}

int knat_nl_session_del(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));
	struct session_filter filter;
	struct knat_sweep sweep = {
		.session = session_match, .arg = &filter,
	};
	struct sk_buff *answer;
	u32 *count;
	int err;

	err = filter_get(info->attrs, &filter, info->extack);
	if (err)
		return err;
	answer = knat_nl_answer_u32(info, KNAT_A_SESSION_COUNT, &count);
	if (!answer)
		return -ENOMEM;
	knat_nl_lock(kn);
	knat_wheel_sweep(kn, &sweep);
	*count = sweep.sessions;
	/* What is noted of them goes as well, uncounted. */
	filter.notes = !filter.by_state &&
		       !differs(filter.tmpl.proto, IPPROTO_ESP);
	if (filter.notes)
		knat_wheel_sweep(kn, &sweep);
	mutex_unlock(&kn->config_lock);
	return genlmsg_reply(answer, info);
}

/**
 * struct session_count - a count under way
 * @filter: what is counted
 * @nr: so far
 */
struct session_count {
	struct session_filter	filter;
	u32			nr;
};

static int session_count(void *entry, void *arg)
{
	struct session_count *count = arg;

	count->nr += session_visible(entry, &count->filter);
	return 0;
}

int knat_nl_session_count(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));
	struct knat_table_cursor cursor = {};
	struct session_count count = {};
	struct sk_buff *answer;
	u32 *nr;
	int err;

	err = filter_get(info->attrs, &count.filter, info->extack);
	if (err)
		return err;
	answer = knat_nl_answer_u32(info, KNAT_A_SESSION_COUNT, &nr);
	if (!answer)
		return -ENOMEM;
	knat_table_walk(&kn->session_out, &cursor, session_count, &count);
	*nr = count.nr;
	return genlmsg_reply(answer, info);
}
