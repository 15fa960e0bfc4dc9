// SPDX-License-Identifier: GPL-2.0
/* knat: the list of subscribers. */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include "compat.h"
#include "host.h"
#include "net.h"
#include "netlink.h"
#include "pool.h"

const struct nla_policy knat_host_policy[KNAT_A_HOST_MAX + 1] = {
	[KNAT_A_HOST_IN_ADDR]	= { .type = NLA_U32 },
	[KNAT_A_HOST_OUT_ADDR]	= { .type = NLA_REJECT },
	[KNAT_A_HOST_POOL]	= { .type = NLA_REJECT },
	[KNAT_A_HOST_MAPPINGS]	= { .type = NLA_REJECT },
	[KNAT_A_HOST_LIMIT]	= { .type = NLA_REJECT },
};

/**
 * struct host_dump - a dump on its way
 * @iter: where it is
 * @in_addr: the one that is wanted, 0: all
 */
struct host_dump {
	struct rhashtable_iter	iter;
	__be32			in_addr;
};

int knat_nl_host_start(struct netlink_callback *cb)
{
	struct knat_net *kn = knat_net(sock_net(cb->skb->sk));
	const struct nlattr *attr = knat_dump_attrs(cb)[KNAT_A_HOST_IN_ADDR];
	struct host_dump *dump;

	if (!knat_nl_not_zero(attr, cb->extack))
		return -EINVAL;
	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	if (attr)
		dump->in_addr = nla_get_be32(attr);
	rhashtable_walk_enter(&kn->hosts, &dump->iter);
	cb->args[0] = (long)dump;
	return 0;
}

int knat_nl_host_done(struct netlink_callback *cb)
{
	struct host_dump *dump = (void *)cb->args[0];

	rhashtable_walk_exit(&dump->iter);
	kfree(dump);
	return 0;
}

static int host_fill(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct knat_host *host)
{
	const struct knat_pool *pool = host->pool;
	u32 limit = READ_ONCE(pool->conf.limit);
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				 cb->nlh->nlmsg_seq, &knat_family, NLM_F_MULTI,
				 KNAT_CMD_HOST_GET);

	if (!head)
		return -EMSGSIZE;
	if (nla_put_be32(skb, KNAT_A_HOST_IN_ADDR, host->in_addr) ||
	    nla_put_be32(skb, KNAT_A_HOST_OUT_ADDR, READ_ONCE(host->paired)) ||
	    (pool->name[0] &&
	     nla_put_string(skb, KNAT_A_HOST_POOL, pool->name)) ||
	    nla_put_u32(skb, KNAT_A_HOST_MAPPINGS,
			atomic_read(&host->mappings)) ||
	    (limit && nla_put_u32(skb, KNAT_A_HOST_LIMIT, limit))) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

int knat_nl_host_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct host_dump *dump = (void *)cb->args[0];
	struct knat_host *host;
	bool torn;

	if (!cb->seq)
		cb->seq = 1;
	/* The walk begins anew if the table has been replaced. */
	torn = rhashtable_walk_start_check(&dump->iter);
	/* What did not fit into the message before comes first. */
	for (host = rhashtable_walk_peek(&dump->iter); host;
	     host = rhashtable_walk_next(&dump->iter)) {
		if (IS_ERR(host)) {
			/* As it is just now. */
			torn = true;
			continue;
		}
		/* Some live only as long as a port of theirs rests. */
		if (!atomic_read(&host->mappings) ||
		    (dump->in_addr && dump->in_addr != host->in_addr))
			continue;
		if (host_fill(skb, cb, host))
			break;
	}
	rhashtable_walk_stop(&dump->iter);
	cb->seq += torn;
	if (skb->len)
		nl_dump_check_consistent(cb, nlmsg_hdr(skb));
	return skb->len;
}
