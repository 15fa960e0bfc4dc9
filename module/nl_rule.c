// SPDX-License-Identifier: GPL-2.0
/* knat: requests about rules. */
#include <linux/inetdevice.h>
#include "apply.h"
#include "net.h"
#include "netlink.h"
#include "pool.h"
#include "proto.h"
#include "rule.h"

const struct nla_policy knat_rule_policy[KNAT_A_RULE_MAX + 1] = {
	[KNAT_A_RULE_PRIO]	= { .type = NLA_U32 },
	[KNAT_A_RULE_OIF]	= { .type = NLA_NUL_STRING,
				    .len = IFNAMSIZ - 1 },
	[KNAT_A_RULE_SRC]	= { .type = NLA_U32 },
	[KNAT_A_RULE_SRC_LEN]	= NLA_POLICY_MAX(NLA_U8, 32),
	[KNAT_A_RULE_DST]	= { .type = NLA_U32 },
	[KNAT_A_RULE_DST_LEN]	= NLA_POLICY_MAX(NLA_U8, 32),
	[KNAT_A_RULE_PROTO]	= NLA_POLICY_MIN(NLA_U8, 1),
	[KNAT_A_RULE_ACTION]	= NLA_POLICY_MAX(NLA_U8, KNAT_ACTION_EXEMPT),
	[KNAT_A_RULE_POOL]	= { .type = NLA_NUL_STRING,
				    .len = KNAT_NAME_MAX },
	[KNAT_A_RULE_OPTIONS]	= NLA_POLICY_NESTED(knat_pool_policy),
	[KNAT_A_RULE_ADDR]	= { .type = NLA_REJECT },
	[KNAT_A_RULE_DPORT_FIRST] = NLA_POLICY_MIN(NLA_U16, 1),
	[KNAT_A_RULE_DPORT_LAST] = NLA_POLICY_MIN(NLA_U16, 1),
};

static int rule_prefix(struct genl_info *info, int attr_addr, int attr_len,
		       __be32 *addr, u8 *len)
{
	const struct nlattr *attr = info->attrs[attr_addr];

	if (!attr) {
		if (!info->attrs[attr_len])
			return 0;
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr_len],
				    "a prefix length needs an address");
		return -EINVAL;
	}
	*addr = nla_get_be32(attr);
	*len = info->attrs[attr_len] ? nla_get_u8(info->attrs[attr_len]) : 32;
	return knat_nl_prefix(attr, *len, info->extack) ? 0 : -EINVAL;
}

/* For RFC 6888 REQ-6 and REQ-2.2. */
static int rule_dport(struct genl_info *info, struct knat_rule *rule)
{
	const struct nlattr *first = info->attrs[KNAT_A_RULE_DPORT_FIRST];
	const struct nlattr *last = info->attrs[KNAT_A_RULE_DPORT_LAST];

	if (!first && !last)
		return 0;
	if (!first) {
		NL_SET_ERR_MSG_ATTR(info->extack, last,
				    "the first destination port of the rule is missing");
		return -EINVAL;
	}
	rule->dport_first = nla_get_u16(first);
	rule->dport_last = last ? nla_get_u16(last) : rule->dport_first;
	if (rule->dport_first > rule->dport_last) {
		NL_SET_ERR_MSG_ATTR(info->extack, first,
				    "the first destination port of the rule is above the last");
		return -EINVAL;
	}
	if (!knat_proto_has_ports(rule->proto)) {
		NL_SET_ERR_MSG_ATTR(info->extack, first,
				    "destination ports need a protocol that has ports: tcp, udp, udplite, dccp or sctp");
		return -EINVAL;
	}
	return 0;
}

static int rule_selectors(struct genl_info *info, struct knat_rule *rule)
{
	struct nlattr **attrs = info->attrs;
	int err;

	memset(rule, 0, sizeof(*rule));
	if (GENL_REQ_ATTR_CHECK(info, KNAT_A_RULE_OIF)) {
		NL_SET_ERR_MSG(info->extack,
			       "the outside device of the rule is missing");
		return -EINVAL;
	}
	nla_strscpy(rule->oif, attrs[KNAT_A_RULE_OIF], sizeof(rule->oif));
	rule->prio = attrs[KNAT_A_RULE_PRIO] ?
		nla_get_u32(attrs[KNAT_A_RULE_PRIO]) : KNAT_RULE_PRIO_DEFAULT;
	if (attrs[KNAT_A_RULE_PROTO])
		rule->proto = nla_get_u8(attrs[KNAT_A_RULE_PROTO]);
	err = rule_prefix(info, KNAT_A_RULE_SRC, KNAT_A_RULE_SRC_LEN,
			  &rule->src, &rule->src_len);
	err = err ?: rule_prefix(info, KNAT_A_RULE_DST, KNAT_A_RULE_DST_LEN,
				 &rule->dst, &rule->dst_len);
	return err ?: rule_dport(info, rule);
}

/* The action, and for masquerade its options. */
static int rule_action(struct genl_info *info, struct knat_rule *rule,
		       struct knat_pool_conf *conf)
{
	struct nlattr *opts[KNAT_A_POOL_MAX + 1];
	struct nlattr **attrs = info->attrs;
	bool by_pool;
	int err;

	*conf = knat_pool_defaults;
	if (GENL_REQ_ATTR_CHECK(info, KNAT_A_RULE_ACTION)) {
		NL_SET_ERR_MSG(info->extack,
			       "the action of the rule is missing: masquerade, pool or exempt");
		return -EINVAL;
	}
	rule->action = nla_get_u8(attrs[KNAT_A_RULE_ACTION]);
	by_pool = rule->action == KNAT_ACTION_POOL;
	if (!attrs[KNAT_A_RULE_POOL] == by_pool) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[KNAT_A_RULE_ACTION],
				    "the action pool, and no other, needs the name of a pool");
		return -EINVAL;
	}
	if (!attrs[KNAT_A_RULE_OPTIONS])
		return 0;
	if (rule->action != KNAT_ACTION_MASQUERADE) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[KNAT_A_RULE_OPTIONS],
				    "only the action masquerade takes options of a pool");
		return -EINVAL;
	}
	err = nla_parse_nested(opts, KNAT_A_POOL_MAX,
			       attrs[KNAT_A_RULE_OPTIONS], knat_pool_policy,
			       info->extack);
	if (err)
		return err;
	if (opts[KNAT_A_POOL_NAME] || opts[KNAT_A_POOL_RANGE]) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[KNAT_A_RULE_OPTIONS],
				    "a masquerade rule takes its address from the device: name and addr are for pools");
		return -EINVAL;
	}
	return knat_nl_pool_conf(opts, conf, info->extack);
}

int knat_nl_rule_add(struct knat_apply *apply, struct genl_info *info,
		     const struct nlattr *nest)
{
	struct knat_pool_conf conf;
	struct knat_rule rule;
	int err;

	err = rule_selectors(info, &rule) ?: rule_action(info, &rule, &conf);
	if (err)
		return err;
	if (rule.action == KNAT_ACTION_POOL) {
		rule.pool = knat_pool_find(apply->kn,
					   nla_data(info->attrs[KNAT_A_RULE_POOL]));
		if (!rule.pool) {
			NL_SET_ERR_MSG_ATTR(info->extack,
					    info->attrs[KNAT_A_RULE_POOL],
					    "there is no pool of this name: add it first");
			return -ENOENT;
		}
	}
	NL_SET_BAD_ATTR(info->extack, info->attrs[KNAT_A_RULE_OIF]);
	return knat_apply_rule_add(apply, &rule, &conf);
}

/* Whoever names the action or the pool wants to delete no other. */
static bool rule_is_meant(const struct genl_info *info,
			  const struct knat_rule *rule)
{
	const struct nlattr *action = info->attrs[KNAT_A_RULE_ACTION];
	const struct nlattr *pool = info->attrs[KNAT_A_RULE_POOL];

	if (action && nla_get_u8(action) != rule->action)
		return false;
	return !pool || (rule->action == KNAT_ACTION_POOL &&
			 !nla_strcmp(pool, rule->pool->name));
}

int knat_nl_rule_del(struct knat_apply *apply, struct genl_info *info,
		     const struct nlattr *nest)
{
	struct knat_rule tmpl, *rule;
	int err;

	err = rule_selectors(info, &tmpl);
	if (err)
		return err;
	rule = knat_rule_find(apply->kn, &tmpl);
	if (!rule) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[KNAT_A_RULE_OIF],
				    "there is no rule with this priority and these selectors");
		return -ENOENT;
	}
	if (!rule_is_meant(info, rule)) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[KNAT_A_RULE_ACTION],
				    "the rule with this priority and these selectors has another action");
		return -ENOENT;
	}
	return knat_apply_rule_del(apply, rule);
}

static int rule_fill_action(struct sk_buff *skb, const struct knat_rule *rule)
{
	struct nlattr *nest;

	switch (rule->action) {
	case KNAT_ACTION_POOL:
		return nla_put_string(skb, KNAT_A_RULE_POOL, rule->pool->name);
	case KNAT_ACTION_MASQUERADE:
		nest = nla_nest_start(skb, KNAT_A_RULE_OPTIONS);
		if (!nest || knat_nl_pool_conf_fill(skb, &rule->pool->conf))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
		if (rule->outdev->addr)
			return nla_put_be32(skb, KNAT_A_RULE_ADDR,
					    rule->outdev->addr);
	}
	return 0;
}

int knat_nl_rule_put(struct sk_buff *skb, const struct knat_rule *rule)
{
	if (nla_put_u32(skb, KNAT_A_RULE_PRIO, rule->prio) ||
	    nla_put_string(skb, KNAT_A_RULE_OIF, rule->oif) ||
	    (rule->src_len &&
	     (nla_put_be32(skb, KNAT_A_RULE_SRC, rule->src) ||
	      nla_put_u8(skb, KNAT_A_RULE_SRC_LEN, rule->src_len))) ||
	    (rule->dst_len &&
	     (nla_put_be32(skb, KNAT_A_RULE_DST, rule->dst) ||
	      nla_put_u8(skb, KNAT_A_RULE_DST_LEN, rule->dst_len))) ||
	    (rule->proto && nla_put_u8(skb, KNAT_A_RULE_PROTO, rule->proto)) ||
	    (rule->dport_first &&
	     (nla_put_u16(skb, KNAT_A_RULE_DPORT_FIRST, rule->dport_first) ||
	      nla_put_u16(skb, KNAT_A_RULE_DPORT_LAST, rule->dport_last))) ||
	    nla_put_u8(skb, KNAT_A_RULE_ACTION, rule->action))
		return -EMSGSIZE;
	return rule_fill_action(skb, rule);
}

static int rule_row(struct sk_buff *skb, const struct list_head *entry)
{
	return knat_nl_rule_put(skb, list_entry(entry, struct knat_rule, list));
}

int knat_nl_rule_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct knat_net *kn = knat_net(sock_net(cb->skb->sk));

	return knat_nl_list(skb, cb, kn, &kn->rules, KNAT_CMD_RULE_GET,
			    rule_row);
}
