// SPDX-License-Identifier: GPL-2.0
/* knat: requests about the fast path. */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include "fastpath.h"
#include "net.h"
#include "netlink.h"

const struct nla_policy knat_fastpath_policy[KNAT_A_FASTPATH_MAX + 1] = {
	[KNAT_A_FASTPATH_DEV]		= { .type = NLA_NUL_STRING,
					    .len = IFNAMSIZ - 1 },
	[KNAT_A_FASTPATH_IFINDEX]	= { .type = NLA_REJECT },
};

static bool is_dev(const struct nlattr *attr)
{
	return nla_type(attr) == KNAT_A_FASTPATH_DEV;
}

static int devs_check(struct genl_info *info)
{
	if (!GENL_REQ_ATTR_CHECK(info, KNAT_A_FASTPATH_DEV))
		return 0;
	NL_SET_ERR_MSG(info->extack,
		       "the devices are missing: at least one must be named");
	return -EINVAL;
}

/* Take those before @end back that the request has added. */
static void devs_undo(struct knat_net *kn, struct genl_info *info,
		      const struct nlattr *end)
{
	const struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (attr == end)
			break;
		if (is_dev(attr))
			knat_fastdev_del(kn, knat_fastdev_find(kn, nla_data(attr)));
	}
}

int knat_nl_fastpath_add(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));
	const struct nlattr *attr;
	int rem, err;

	err = devs_check(info) ?: knat_nl_lock(kn, info->extack);
	if (err)
		return err;
	rtnl_lock();
	mutex_lock(&kn->fast_lock);
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (!is_dev(attr))
			continue;
		err = knat_fastdev_add(kn, nla_data(attr), info->extack);
		if (err) {
			NL_SET_BAD_ATTR(info->extack, attr);
			devs_undo(kn, info, attr);
			break;
		}
	}
	mutex_unlock(&kn->fast_lock);
	rtnl_unlock();
	mutex_unlock(&kn->config_lock);
	return err;
}

int knat_nl_fastpath_del(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));
	struct knat_fastdev *fastdev;
	const struct nlattr *attr;
	int rem, err;

	err = devs_check(info) ?: knat_nl_lock(kn, info->extack);
	if (err)
		return err;
	mutex_lock(&kn->fast_lock);
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (!is_dev(attr) || knat_fastdev_find(kn, nla_data(attr)))
			continue;
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "the device does not have the fast path");
		err = -ENOENT;
		goto out;
	}
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		fastdev = is_dev(attr) ?
			knat_fastdev_find(kn, nla_data(attr)) : NULL;
		if (fastdev)
			knat_fastdev_del(kn, fastdev);
	}
out:
	mutex_unlock(&kn->fast_lock);
	mutex_unlock(&kn->config_lock);
	return err;
}

static int fastpath_fill(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct knat_fastdev *fastdev)
{
	const struct net_device *dev = fastdev->ops.dev;
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				 cb->nlh->nlmsg_seq, &knat_family, NLM_F_MULTI,
				 KNAT_CMD_FASTPATH_GET);

	if (!head)
		return -EMSGSIZE;
	if (nla_put_string(skb, KNAT_A_FASTPATH_DEV, fastdev->name) ||
	    (dev && nla_put_u32(skb, KNAT_A_FASTPATH_IFINDEX, dev->ifindex))) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

int knat_nl_fastpath_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct knat_net *kn = knat_net(sock_net(cb->skb->sk));
	const struct knat_fastdev *fastdev;
	long n = 0;
	int err = 0;

	mutex_lock(&kn->config_lock);
	cb->seq = kn->generation;
	mutex_lock(&kn->fast_lock);
	list_for_each_entry(fastdev, &kn->fastdevs, list) {
		if (n++ < cb->args[0])
			continue;
		err = fastpath_fill(skb, cb, fastdev);
		if (err)
			break;
		cb->args[0] = n;
	}
	mutex_unlock(&kn->fast_lock);
	mutex_unlock(&kn->config_lock);
	if (skb->len)
		nl_dump_check_consistent(cb, nlmsg_hdr(skb));
	return err && !skb->len ? err : skb->len;
}
