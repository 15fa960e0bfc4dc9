// SPDX-License-Identifier: GPL-2.0
/* knat: requests that change the configuration, one change or many. */
#include "apply.h"
#include "net.h"
#include "netlink.h"

static const struct nla_policy change_policy[KNAT_A_CHANGE_MAX + 1] = {
	[KNAT_A_CHANGE_CMD]	= { .type = NLA_U8 },
	[KNAT_A_CHANGE_POOL]	= NLA_POLICY_NESTED(knat_pool_policy),
	[KNAT_A_CHANGE_RULE]	= NLA_POLICY_NESTED(knat_rule_policy),
	[KNAT_A_CHANGE_MAP]	= NLA_POLICY_NESTED(knat_map_policy),
	[KNAT_A_CHANGE_CONFIG]	= NLA_POLICY_NESTED(knat_config_policy),
	[KNAT_A_CHANGE_FASTPATH] = NLA_POLICY_NESTED(knat_fastpath_policy),
};

const struct nla_policy knat_apply_policy[KNAT_A_APPLY_MAX + 1] = {
	[KNAT_A_APPLY_CHANGE]	= NLA_POLICY_NESTED(change_policy),
	[KNAT_A_APPLY_CHECK]	= { .type = NLA_FLAG },
};

/* The attribute of a change, its policy and what does it, by command. */
static const struct {
	int			attr;
	int			max;
	const struct nla_policy	*policy;
	int			(*run)(struct knat_apply *apply,
				       struct genl_info *info,
				       const struct nlattr *nest);
} changes[] = {
#define CHANGE(CMD, TYPE, fn, pol)					\
	[KNAT_CMD_##CMD] = { KNAT_A_CHANGE_##TYPE, KNAT_A_##TYPE##_MAX, pol, fn }
	CHANGE(POOL_ADD, POOL, knat_nl_pool_add, knat_pool_policy),
	CHANGE(POOL_SET, POOL, knat_nl_pool_set, knat_pool_policy),
	CHANGE(POOL_DEL, POOL, knat_nl_pool_del, knat_pool_policy),
	CHANGE(RULE_ADD, RULE, knat_nl_rule_add, knat_rule_policy),
	CHANGE(RULE_DEL, RULE, knat_nl_rule_del, knat_rule_policy),
	CHANGE(MAP_ADD, MAP, knat_nl_map_add, knat_map_policy),
	CHANGE(MAP_SET, MAP, knat_nl_map_set, knat_map_policy),
	CHANGE(MAP_DEL, MAP, knat_nl_static_del, knat_map_policy),
	CHANGE(CONFIG_SET, CONFIG, knat_nl_config_set, knat_config_policy),
	CHANGE(FASTPATH_ADD, FASTPATH, knat_nl_fastpath_add, knat_fastpath_policy),
	CHANGE(FASTPATH_DEL, FASTPATH, knat_nl_fastpath_del, knat_fastpath_policy),
};

int knat_nl_change(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));
	struct knat_apply apply;
	int err;

	knat_nl_lock(kn);
	knat_apply_begin(&apply, kn, info->extack);
	apply.trusted = netlink_capable(skb, CAP_NET_ADMIN);
	err = changes[info->genlhdr->cmd].run(&apply, info, NULL);
	err = knat_apply_end(&apply, err);
	mutex_unlock(&kn->config_lock);
	return err;
}

static int change_one(struct knat_apply *apply, const struct genl_info *info,
		      const struct nlattr *change)
{
	struct nlattr *attrs[KNAT_A_CONFIG_MAX + KNAT_A_MAP_MAX + 1];
	struct nlattr *parts[KNAT_A_CHANGE_MAX + 1];
	struct genl_info inner = *info;
	const struct nlattr *nest;
	int err, cmd;

	BUILD_BUG_ON(ARRAY_SIZE(attrs) <= KNAT_A_POOL_MAX ||
		     ARRAY_SIZE(attrs) <= KNAT_A_RULE_MAX);

	err = nla_parse_nested(parts, KNAT_A_CHANGE_MAX, change, change_policy,
			       info->extack);
	if (err)
		return err;
	cmd = parts[KNAT_A_CHANGE_CMD] ? nla_get_u8(parts[KNAT_A_CHANGE_CMD]) :
					 KNAT_CMD_UNSPEC;
	if (cmd >= ARRAY_SIZE(changes) || !changes[cmd].run ||
	    !parts[changes[cmd].attr]) {
		NL_SET_ERR_MSG(info->extack,
			       "a change needs a command that changes the configuration, and its attributes");
		return -EINVAL;
	}
	nest = parts[changes[cmd].attr];
	err = nla_parse_nested(attrs, changes[cmd].max, nest,
			       changes[cmd].policy, info->extack);
	if (err)
		return err;
	inner.attrs = attrs;
	return changes[cmd].run(apply, &inner, nest);
}

static int change_all(struct knat_apply *apply, const struct genl_info *info)
{
	const struct nlattr *attr;
	int rem, err;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != KNAT_A_APPLY_CHANGE)
			continue;
		apply->blame = attr;
		err = change_one(apply, info, attr);
		if (err) {
			NL_SET_BAD_ATTR(info->extack, attr);
			return err;
		}
		cond_resched();
	}
	return 0;
}

int knat_nl_apply(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));
	struct knat_apply apply;
	int err;

	knat_nl_lock(kn);
	knat_apply_begin(&apply, kn, info->extack);
	apply.trusted = netlink_capable(skb, CAP_NET_ADMIN);
	apply.lenient = true;
	err = change_all(&apply, info);
	if (info->attrs[KNAT_A_APPLY_CHECK])
		err = knat_apply_check(&apply, err);
	else
		err = knat_apply_end(&apply, err);
	mutex_unlock(&kn->config_lock);
	return err;
}
