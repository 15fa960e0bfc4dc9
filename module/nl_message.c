// SPDX-License-Identifier: GPL-2.0
/* knat: messages to user space: answers, and lists of many. */
#include "compat.h"
#include "net.h"
#include "netlink.h"

struct sk_buff *knat_nl_answer(struct genl_info *info, void **head)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*head = genlmsg_put_reply(skb, info, &knat_family, 0,
				  info->genlhdr->cmd);
	if (*head)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

int knat_nl_reply(struct sk_buff *skb, struct genl_info *info, void *head,
		  int err)
{
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

struct sk_buff *knat_nl_answer_u32(struct genl_info *info, int attr,
				   u32 **value)
{
	struct sk_buff *skb;
	struct nlattr *nla;
	void *head;

	skb = knat_nl_answer(info, &head);
	if (!skb)
		return NULL;
	nla = nla_reserve(skb, attr, sizeof(**value));
	if (!nla) {
		nlmsg_free(skb);
		return NULL;
	}
	*value = nla_data(nla);
	genlmsg_end(skb, head);
	return skb;
}

int knat_nl_end(struct sk_buff *skb, void *head, int err)
{
	if (err) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

void *knat_nl_row(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &knat_family, NLM_F_MULTI, cmd);
}

/* Rows of @list from number cb->args[0] on, until the message is full. */
static int list_rows(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct list_head *list, u8 cmd,
		     int (*put)(struct sk_buff *skb,
				const struct list_head *entry))
{
	const struct list_head *entry;
	void *head;
	long n = 0;
	int err;

	list_for_each(entry, list) {
		if (n++ < cb->args[0])
			continue;
		head = knat_nl_row(skb, cb, cmd);
		if (!head)
			return -EMSGSIZE;
		err = knat_nl_end(skb, head, put(skb, entry));
		if (err)
			return err;
		cb->args[0] = n;
	}
	return 0;
}

int knat_nl_list(struct sk_buff *skb, struct netlink_callback *cb,
		 struct knat_net *kn, const struct list_head *list, u8 cmd,
		 int (*put)(struct sk_buff *skb, const struct list_head *entry))
{
	int err;

	mutex_lock(&kn->config_lock);
	cb->seq = kn->generation;
	err = list_rows(skb, cb, list, cmd, put);
	mutex_unlock(&kn->config_lock);
	if (skb->len)
		nl_dump_check_consistent(cb, nlmsg_hdr(skb));
	return err && !skb->len ? err : skb->len;
}
