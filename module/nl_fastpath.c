// SPDX-License-Identifier: GPL-2.0
/* knat: requests about the fast path. */
#include <linux/netdevice.h>
#include "apply.h"
#include "fastpath.h"
#include "net.h"
#include "netlink.h"

const struct nla_policy knat_fastpath_policy[KNAT_A_FASTPATH_MAX + 1] = {
	[KNAT_A_FASTPATH_DEV]		= { .type = NLA_NUL_STRING,
					    .len = IFNAMSIZ - 1 },
	[KNAT_A_FASTPATH_IFINDEX]	= { .type = NLA_REJECT },
};

/* One after the other, all or none. */
static int devs_each(struct knat_apply *apply, struct genl_info *info,
		     const struct nlattr *nest,
		     int (*each)(struct knat_apply *apply, const char *name))
{
	const struct nlattr *head, *attr;
	int len, rem, err;

	if (GENL_REQ_ATTR_CHECK(info, KNAT_A_FASTPATH_DEV)) {
		NL_SET_ERR_MSG(info->extack,
			       "the devices are missing: at least one must be named");
		return -EINVAL;
	}
	head = nest ? nla_data(nest) : nlmsg_attrdata(info->nlhdr, GENL_HDRLEN);
	len = nest ? nla_len(nest) : nlmsg_attrlen(info->nlhdr, GENL_HDRLEN);
	nla_for_each_attr(attr, head, len, rem) {
		if (nla_type(attr) != KNAT_A_FASTPATH_DEV)
			continue;
		apply->blame = attr;
		NL_SET_BAD_ATTR(info->extack, attr);
		err = each(apply, nla_data(attr));
		if (err)
			return err;
	}
	return 0;
}

static int dev_del(struct knat_apply *apply, const char *name)
{
	struct knat_fastdev *fastdev = knat_fastdev_find(apply->kn, name);

	if (fastdev)
		return knat_apply_fastdev_del(apply, fastdev);
	NL_SET_ERR_MSG(apply->extack, "the device does not have the fast path");
	return -ENOENT;
}

int knat_nl_fastpath_add(struct knat_apply *apply, struct genl_info *info,
			 const struct nlattr *nest)
{
	return devs_each(apply, info, nest, knat_apply_fastdev_add);
}

int knat_nl_fastpath_del(struct knat_apply *apply, struct genl_info *info,
			 const struct nlattr *nest)
{
	return devs_each(apply, info, nest, dev_del);
}

static int fastpath_row(struct sk_buff *skb, const struct list_head *entry)
{
	const struct knat_fastdev *fastdev =
		list_entry(entry, struct knat_fastdev, list);
	struct knat_net *kn = fastdev->ops.priv;
	const struct net_device *dev;
	int err;

	/* The device may come or go meanwhile. */
	mutex_lock(&kn->fast_lock);
	dev = fastdev->ops.dev;
	err = nla_put_string(skb, KNAT_A_FASTPATH_DEV, fastdev->name) ?:
	      (dev ? nla_put_u32(skb, KNAT_A_FASTPATH_IFINDEX, dev->ifindex) :
		     0);
	mutex_unlock(&kn->fast_lock);
	return err;
}

int knat_nl_fastpath_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct knat_net *kn = knat_net(sock_net(cb->skb->sk));

	return knat_nl_list(skb, cb, kn, &kn->fastdevs, KNAT_CMD_FASTPATH_GET,
			    fastpath_row);
}
