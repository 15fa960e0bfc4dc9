// SPDX-License-Identifier: GPL-2.0
/* knat: the generic netlink family. */
#include <linux/module.h>
#include "net.h"
#include "netlink.h"
#include "nl_event.h"

#define OP(CMD, fn, pol, max)						\
	{								\
		.cmd		= KNAT_CMD_##CMD,			\
		.doit		= fn,					\
		.policy		= pol,					\
		.maxattr	= max,					\
		.flags		= GENL_UNS_ADMIN_PERM,			\
	}

static const struct genl_ops knat_ops[] = {
	{
		.cmd		= KNAT_CMD_POOL_GET,
		.dumpit		= knat_nl_pool_dump,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	OP(POOL_ADD, knat_nl_change, knat_pool_policy, KNAT_A_POOL_MAX),
	OP(POOL_SET, knat_nl_change, knat_pool_policy, KNAT_A_POOL_MAX),
	OP(POOL_DEL, knat_nl_change, knat_pool_policy, KNAT_A_POOL_MAX),
	{
		.cmd		= KNAT_CMD_RULE_GET,
		.dumpit		= knat_nl_rule_dump,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	OP(RULE_ADD, knat_nl_change, knat_rule_policy, KNAT_A_RULE_MAX),
	OP(RULE_DEL, knat_nl_change, knat_rule_policy, KNAT_A_RULE_MAX),
	{
		.cmd		= KNAT_CMD_MAP_GET,
		.dumpit		= knat_nl_map_dump,
		.policy		= knat_map_policy,
		.maxattr	= KNAT_A_MAP_MAX,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	OP(MAP_ADD, knat_nl_change, knat_map_policy, KNAT_A_MAP_MAX),
	OP(MAP_SET, knat_nl_change, knat_map_policy, KNAT_A_MAP_MAX),
	OP(MAP_DEL, knat_nl_map_del, knat_map_policy, KNAT_A_MAP_MAX),
	OP(MAP_FLUSH, knat_nl_map_flush, knat_map_policy, KNAT_A_MAP_MAX),
	{
		.cmd		= KNAT_CMD_SESSION_GET,
		.start		= knat_nl_session_start,
		.dumpit		= knat_nl_session_dump,
		.done		= knat_nl_session_done,
		.policy		= knat_session_policy,
		.maxattr	= KNAT_A_SESSION_MAX,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= KNAT_CMD_HOST_GET,
		.start		= knat_nl_host_start,
		.dumpit		= knat_nl_host_dump,
		.done		= knat_nl_host_done,
		.policy		= knat_host_policy,
		.maxattr	= KNAT_A_HOST_MAX,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	OP(SESSION_DEL, knat_nl_session_del, knat_session_policy,
	   KNAT_A_SESSION_MAX),
	OP(SESSION_COUNT, knat_nl_session_count, knat_session_policy,
	   KNAT_A_SESSION_MAX),
	OP(STATS_GET, knat_nl_stats_get, NULL, 0),
	OP(STATS_RESET, knat_nl_stats_reset, NULL, 0),
	OP(CONFIG_GET, knat_nl_config_get, NULL, 0),
	OP(CONFIG_SET, knat_nl_change, knat_config_policy,
	   KNAT_A_CONFIG_MAX),
	OP(FLUSH, knat_nl_flush, NULL, 0),
	OP(LOOKUP, knat_nl_lookup, knat_lookup_policy, KNAT_A_LOOKUP_MAX),
	OP(APPLY, knat_nl_apply, knat_apply_policy, KNAT_A_APPLY_MAX),
	{
		.cmd		= KNAT_CMD_FASTPATH_GET,
		.dumpit		= knat_nl_fastpath_dump,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	OP(FASTPATH_ADD, knat_nl_change, knat_fastpath_policy,
	   KNAT_A_FASTPATH_MAX),
	OP(FASTPATH_DEL, knat_nl_change, knat_fastpath_policy,
	   KNAT_A_FASTPATH_MAX),
};

struct genl_family knat_family __ro_after_init = {
	.name		= KNAT_FAMILY_NAME,
	.version	= KNAT_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= knat_ops,
	.n_ops		= ARRAY_SIZE(knat_ops),
	.mcgrps		= knat_groups,
	.n_mcgrps	= ARRAY_SIZE(knat_groups),
	.resv_start_op	= __KNAT_CMD_MAX,
};

int knat_netlink_init(void)
{
	int err = genl_register_family(&knat_family);

	if (!err)
		knat_event_open();
	return err;
}

void knat_netlink_exit(void)
{
	knat_event_close();
	genl_unregister_family(&knat_family);
}

void knat_nl_lock(struct knat_net *kn)
{
	mutex_lock(&kn->config_lock);
	kn->generation++;
}

int knat_nl_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));

	knat_nl_lock(kn);
	knat_net_flush(kn);
	mutex_unlock(&kn->config_lock);
	return 0;
}
