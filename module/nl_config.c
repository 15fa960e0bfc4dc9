// SPDX-License-Identifier: GPL-2.0
/* knat: requests about settings. */
#include "apply.h"
#include "net.h"
#include "netlink.h"

#define RANGE(NAME, _name, unit, _min, _max, def, meaning)		\
	[KNAT_A_CONFIG_##NAME] = { .min = _min, .max = _max },

static struct netlink_range_validation ranges[KNAT_A_CONFIG_MAX + 1] = {
	KNAT_SETTINGS(RANGE)
};

#define POLICY(NAME, _name, unit, _min, _max, def, meaning)		\
	[KNAT_A_CONFIG_##NAME] =					\
		NLA_POLICY_FULL_RANGE(NLA_U32,				\
				      &ranges[KNAT_A_CONFIG_##NAME]),

const struct nla_policy knat_config_policy[KNAT_A_CONFIG_MAX + 1] = {
	KNAT_SETTINGS(POLICY)
	[KNAT_A_CONFIG_LIMIT_DEFAULT] = { .type = NLA_REJECT },
};

int knat_nl_config_get(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));
	struct sk_buff *answer;
	int attr, err = 0;
	void *head;

	answer = knat_nl_answer(info, &head);
	if (!answer)
		return -ENOMEM;
	for (attr = 1; attr <= KNAT_A_CONFIG_MAX && !err; attr++)
		err = nla_put_u32(answer, attr, READ_ONCE(kn->config[attr]));
	return knat_nl_reply(answer, info, head, err);
}

int knat_nl_config_set(struct knat_apply *apply, struct genl_info *info,
		       const struct nlattr *nest)
{
	int attr, n = 0;
	u32 value;

	for (attr = 1; attr <= KNAT_A_CONFIG_MAX; attr++) {
		if (!info->attrs[attr])
			continue;
		value = nla_get_u32(info->attrs[attr]);
		if (!apply->trusted &&
		    knat_config_privileged(apply->kn, attr, value)) {
			NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
					    "to raise a limit of this namespace so far takes CAP_NET_ADMIN in the initial user namespace");
			return -EPERM;
		}
		knat_apply_config(apply, attr, value);
		n++;
	}
	if (n)
		return 0;
	NL_SET_ERR_MSG(info->extack, "there is nothing to set");
	return -EINVAL;
}
