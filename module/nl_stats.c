// SPDX-License-Identifier: GPL-2.0
/* knat: requests about counters. */
#include <linux/rhashtable.h>
#include "net.h"
#include "netlink.h"

static int stats_fill(struct sk_buff *skb, struct knat_net *kn)
{
	u64 sum[__KNAT_COUNTER_MAX];
	struct nlattr *nest;
	int i;

	knat_stats_sum(kn, sum);
	if (nla_put_u32(skb, KNAT_A_STATS_MAPPINGS,
			knat_table_count(&kn->map_out)) ||
	    nla_put_u32(skb, KNAT_A_STATS_SESSIONS,
			knat_table_count(&kn->session_out)) ||
	    nla_put_u32(skb, KNAT_A_STATS_SUBSCRIBERS,
			atomic_read(&kn->hosts.nelems)))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, KNAT_A_STATS_COUNTERS);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < __KNAT_COUNTER_MAX; i++)
		if (nla_put(skb, i + 1, sizeof(sum[i]), &sum[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int knat_nl_stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));
	struct sk_buff *answer;
	void *head;

	answer = knat_nl_answer(info, &head);
	if (!answer)
		return -ENOMEM;
	return knat_nl_reply(answer, info, head, stats_fill(answer, kn));
}

int knat_nl_stats_reset(struct sk_buff *skb, struct genl_info *info)
{
	knat_stats_reset(knat_net(genl_info_net(info)));
	return 0;
}
