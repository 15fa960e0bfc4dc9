// SPDX-License-Identifier: GPL-2.0
/* knat: requests about pools. */
#include <linux/ctype.h>
#include <linux/slab.h>
#include "apply.h"
#include "net.h"
#include "netlink.h"
#include "pool.h"

static const struct nla_policy range_policy[KNAT_A_RANGE_MAX + 1] = {
	[KNAT_A_RANGE_FIRST]	= { .type = NLA_U32 },
	[KNAT_A_RANGE_LAST]	= { .type = NLA_U32 },
};

/* Too wide for a plain maximum. */
static struct netlink_range_validation mss_clamp_range = {
	.max	= KNAT_MSS_CLAMP_MAX,
};

const struct nla_policy knat_pool_policy[KNAT_A_POOL_MAX + 1] = {
	[KNAT_A_POOL_NAME]	 = { .type = NLA_NUL_STRING,
				     .len = KNAT_NAME_MAX },
	[KNAT_A_POOL_RANGE]	 = NLA_POLICY_NESTED(range_policy),
	[KNAT_A_POOL_PORT_FIRST] = NLA_POLICY_MIN(NLA_U16, 1),
	[KNAT_A_POOL_PORT_LAST]	 = NLA_POLICY_MIN(NLA_U16, 1),
	[KNAT_A_POOL_MAPPING]	 = NLA_POLICY_MAX(NLA_U8, KNAT_MAPPING_APDM),
	[KNAT_A_POOL_FILTERING]	 = NLA_POLICY_MAX(NLA_U8, KNAT_FILTERING_APDF),
	[KNAT_A_POOL_ALLOC]	 = NLA_POLICY_MAX(NLA_U8,
						  KNAT_ALLOC_SEQUENTIAL),
	[KNAT_A_POOL_PAIRING]	 = NLA_POLICY_MAX(NLA_U8,
						  KNAT_PAIRING_ARBITRARY),
	[KNAT_A_POOL_PARITY]	 = NLA_POLICY_MAX(NLA_U8, KNAT_PARITY_PAIRS),
	[KNAT_A_POOL_LIMIT]	 = { .type = NLA_U32 },
	[KNAT_A_POOL_SESSIONS]	 = { .type = NLA_U32 },
	[KNAT_A_POOL_RATE]	 = { .type = NLA_U32 },
	[KNAT_A_POOL_SESSION_RATE] = { .type = NLA_U32 },
	[KNAT_A_POOL_HAIRPIN]	 = NLA_POLICY_MAX(NLA_U8, 1),
	[KNAT_A_POOL_MSS_CLAMP]	 = NLA_POLICY_FULL_RANGE(NLA_U16,
							 &mss_clamp_range),
	[KNAT_A_POOL_ADDRESSES]	 = { .type = NLA_REJECT },
	[KNAT_A_POOL_MAPPINGS]	 = { .type = NLA_REJECT },
	[KNAT_A_POOL_SUBSCRIBERS] = { .type = NLA_REJECT },
};

static int conf_check(struct nlattr **attrs, const struct knat_pool_conf *conf,
		      struct netlink_ext_ack *extack)
{
	if (conf->port_first > conf->port_last) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KNAT_A_POOL_PORT_FIRST] ?:
				    attrs[KNAT_A_POOL_PORT_LAST],
				    "the first port of the range is above the last");
		return -EINVAL;
	}
	if (conf->mss_clamp > KNAT_MSS_CLAMP_PMTU &&
	    (conf->mss_clamp < KNAT_MSS_CLAMP_MIN ||
	     conf->mss_clamp > KNAT_MSS_CLAMP_MAX)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KNAT_A_POOL_MSS_CLAMP],
				    "mss-clamp must be off, pmtu or 88 to 65495 bytes");
		return -ERANGE;
	}
	return 0;
}

int knat_nl_pool_conf(struct nlattr **attrs, struct knat_pool_conf *conf,
		      struct netlink_ext_ack *extack)
{
	if (attrs[KNAT_A_POOL_PORT_FIRST])
		conf->port_first = nla_get_u16(attrs[KNAT_A_POOL_PORT_FIRST]);
	if (attrs[KNAT_A_POOL_PORT_LAST])
		conf->port_last = nla_get_u16(attrs[KNAT_A_POOL_PORT_LAST]);
	if (attrs[KNAT_A_POOL_MAPPING])
		conf->mapping = nla_get_u8(attrs[KNAT_A_POOL_MAPPING]);
	if (attrs[KNAT_A_POOL_FILTERING])
		conf->filtering = nla_get_u8(attrs[KNAT_A_POOL_FILTERING]);
	if (attrs[KNAT_A_POOL_ALLOC])
		conf->alloc = nla_get_u8(attrs[KNAT_A_POOL_ALLOC]);
	if (attrs[KNAT_A_POOL_PAIRING])
		conf->pairing = nla_get_u8(attrs[KNAT_A_POOL_PAIRING]);
	if (attrs[KNAT_A_POOL_PARITY])
		conf->parity = nla_get_u8(attrs[KNAT_A_POOL_PARITY]);
	if (attrs[KNAT_A_POOL_LIMIT])
		conf->limit = nla_get_u32(attrs[KNAT_A_POOL_LIMIT]);
	if (attrs[KNAT_A_POOL_SESSIONS])
		conf->sessions = nla_get_u32(attrs[KNAT_A_POOL_SESSIONS]);
	if (attrs[KNAT_A_POOL_RATE])
		conf->rate = nla_get_u32(attrs[KNAT_A_POOL_RATE]);
	if (attrs[KNAT_A_POOL_SESSION_RATE])
		conf->session_rate =
			nla_get_u32(attrs[KNAT_A_POOL_SESSION_RATE]);
	if (attrs[KNAT_A_POOL_HAIRPIN])
		conf->hairpin = nla_get_u8(attrs[KNAT_A_POOL_HAIRPIN]);
	if (attrs[KNAT_A_POOL_MSS_CLAMP])
		conf->mss_clamp = nla_get_u16(attrs[KNAT_A_POOL_MSS_CLAMP]);

	return conf_check(attrs, conf, extack);
}

int knat_nl_pool_conf_fill(struct sk_buff *skb,
			   const struct knat_pool_conf *conf)
{
	if (nla_put_u16(skb, KNAT_A_POOL_PORT_FIRST, conf->port_first) ||
	    nla_put_u16(skb, KNAT_A_POOL_PORT_LAST, conf->port_last) ||
	    nla_put_u8(skb, KNAT_A_POOL_MAPPING, conf->mapping) ||
	    nla_put_u8(skb, KNAT_A_POOL_FILTERING, conf->filtering) ||
	    nla_put_u8(skb, KNAT_A_POOL_ALLOC, conf->alloc) ||
	    nla_put_u8(skb, KNAT_A_POOL_PAIRING, conf->pairing) ||
	    nla_put_u8(skb, KNAT_A_POOL_PARITY, conf->parity) ||
	    nla_put_u32(skb, KNAT_A_POOL_LIMIT, conf->limit) ||
	    nla_put_u32(skb, KNAT_A_POOL_SESSIONS, conf->sessions) ||
	    nla_put_u32(skb, KNAT_A_POOL_RATE, conf->rate) ||
	    nla_put_u32(skb, KNAT_A_POOL_SESSION_RATE, conf->session_rate) ||
	    nla_put_u8(skb, KNAT_A_POOL_HAIRPIN, conf->hairpin) ||
	    nla_put_u16(skb, KNAT_A_POOL_MSS_CLAMP, conf->mss_clamp))
		return -EMSGSIZE;
	return 0;
}

static int range_get(const struct nlattr *attr, struct knat_addr_range *range,
		     struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[KNAT_A_RANGE_MAX + 1];
	int err;

	err = nla_parse_nested(attrs, KNAT_A_RANGE_MAX, attr, range_policy,
			       extack);
	if (err)
		return err;
	if (!attrs[KNAT_A_RANGE_FIRST] || !attrs[KNAT_A_RANGE_LAST]) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "an address range needs a first and a last address");
		return -EINVAL;
	}
	if (!knat_nl_unicast(attrs[KNAT_A_RANGE_FIRST], extack) ||
	    !knat_nl_unicast(attrs[KNAT_A_RANGE_LAST], extack))
		return -EINVAL;
	range->first = be32_to_cpu(nla_get_be32(attrs[KNAT_A_RANGE_FIRST]));
	range->last = be32_to_cpu(nla_get_be32(attrs[KNAT_A_RANGE_LAST]));
	if (range->first <= range->last)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "the first address of the range is above the last");
	return -EINVAL;
}

/* The ranges of a request, or of @nest in it, in *@ranges (to be freed): how
 * many.
 */
static int ranges_get(struct genl_info *info, const struct nlattr *nest,
		      struct knat_addr_range **ranges)
{
	const struct nlattr *head, *attr;
	int len, rem, n = 0, err;

	head = nest ? nla_data(nest) : nlmsg_attrdata(info->nlhdr, GENL_HDRLEN);
	len = nest ? nla_len(nest) : nlmsg_attrlen(info->nlhdr, GENL_HDRLEN);
	nla_for_each_attr(attr, head, len, rem)
		if (nla_type(attr) == KNAT_A_POOL_RANGE &&
		    ++n > KNAT_POOL_RANGES_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "a pool has at most 1000 address ranges");
			return -E2BIG;
		}
	*ranges = kvmalloc_array(n, sizeof(**ranges), GFP_KERNEL_ACCOUNT);
	if (!*ranges)
		return -ENOMEM;
	n = 0;
	nla_for_each_attr(attr, head, len, rem) {
		if (nla_type(attr) != KNAT_A_POOL_RANGE)
			continue;
		err = range_get(attr, &(*ranges)[n++], info->extack);
		if (err) {
			kvfree(*ranges);
			return err;
		}
	}
	return n;
}

static const char *pool_name(struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[KNAT_A_POOL_NAME];
	const char *name, *c;

	if (GENL_REQ_ATTR_CHECK(info, KNAT_A_POOL_NAME)) {
		NL_SET_ERR_MSG(info->extack, "the name of the pool is missing");
		return NULL;
	}
	name = nla_data(attr);
	for (c = name; isgraph(*c) && *c != '"' && *c != '#' && *c != '\\'; c++)
		;
	if (*name && !*c)
		return name;
	NL_SET_ERR_MSG_ATTR(info->extack, attr,
			    "the name of a pool is 1 to 31 printable characters, without spaces, quotes, # and backslash");
	return NULL;
}

int knat_nl_pool_add(struct knat_apply *apply, struct genl_info *info,
		     const struct nlattr *nest)
{
	struct knat_pool_conf conf = knat_pool_defaults;
	const char *name = pool_name(info);
	struct knat_addr_range *ranges;
	int n, err;

	if (!name)
		return -EINVAL;
	if (GENL_REQ_ATTR_CHECK(info, KNAT_A_POOL_RANGE)) {
		NL_SET_ERR_MSG(info->extack,
			       "the addresses of the pool are missing");
		return -EINVAL;
	}
	err = knat_nl_pool_conf(info->attrs, &conf, info->extack);
	if (err)
		return err;
	n = ranges_get(info, nest, &ranges);
	if (n < 0)
		return n;
	if (knat_pool_find(apply->kn, name))
		NL_SET_BAD_ATTR(info->extack, info->attrs[KNAT_A_POOL_NAME]);
	else
		NL_SET_BAD_ATTR(info->extack, info->attrs[KNAT_A_POOL_RANGE]);
	err = knat_apply_pool_add(apply, name, &conf, ranges, n);
	kvfree(ranges);
	return err;
}

struct knat_pool *knat_nl_pool_get(struct knat_net *kn,
				   const struct nlattr *name,
				   struct netlink_ext_ack *extack)
{
	struct knat_pool *pool = knat_pool_find(kn, nla_data(name));

	if (!pool)
		NL_SET_ERR_MSG_ATTR(extack, name,
				    "there is no pool of this name");
	return pool;
}

int knat_nl_pool_set(struct knat_apply *apply, struct genl_info *info,
		     const struct nlattr *nest)
{
	struct knat_addr_range *ranges = NULL;
	struct knat_pool_conf conf;
	struct knat_pool *pool;
	int n = 0, err;

	if (!pool_name(info))
		return -EINVAL;
	pool = knat_nl_pool_get(apply->kn, info->attrs[KNAT_A_POOL_NAME],
				info->extack);
	if (!pool)
		return -ENOENT;
	conf = pool->conf;
	err = knat_nl_pool_conf(info->attrs, &conf, info->extack);
	if (err)
		return err;
	if (info->attrs[KNAT_A_POOL_RANGE]) {
		n = ranges_get(info, nest, &ranges);
		if (n < 0)
			return n;
	}
	NL_SET_BAD_ATTR(info->extack, info->attrs[KNAT_A_POOL_RANGE]);
	err = knat_apply_pool_set(apply, pool, &conf, ranges, n);
	kvfree(ranges);
	return err;
}

int knat_nl_pool_del(struct knat_apply *apply, struct genl_info *info,
		     const struct nlattr *nest)
{
	struct knat_pool *pool;

	if (!pool_name(info))
		return -EINVAL;
	pool = knat_nl_pool_get(apply->kn, info->attrs[KNAT_A_POOL_NAME],
				info->extack);
	if (!pool)
		return -ENOENT;
	NL_SET_BAD_ATTR(info->extack, info->attrs[KNAT_A_POOL_NAME]);
	return knat_apply_pool_del(apply, pool);
}

static int pool_fill_ranges(struct sk_buff *skb, const struct knat_pool *pool)
{
	struct nlattr *nest;
	u32 i;

	for (i = 0; i < pool->nr_ranges; i++) {
		nest = nla_nest_start(skb, KNAT_A_POOL_RANGE);
		if (!nest ||
		    nla_put_be32(skb, KNAT_A_RANGE_FIRST,
				 cpu_to_be32(pool->ranges[i].first)) ||
		    nla_put_be32(skb, KNAT_A_RANGE_LAST,
				 cpu_to_be32(pool->ranges[i].last)))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

static int pool_row(struct sk_buff *skb, const struct list_head *entry)
{
	const struct knat_pool *pool = list_entry(entry, struct knat_pool, list);
	const struct knat_pool_addrs *addrs;

	addrs = rcu_dereference_protected(pool->addrs, true);
	if (nla_put_string(skb, KNAT_A_POOL_NAME, pool->name) ||
	    pool_fill_ranges(skb, pool) ||
	    knat_nl_pool_conf_fill(skb, &pool->conf) ||
	    nla_put_u32(skb, KNAT_A_POOL_ADDRESSES, addrs->nr) ||
	    nla_put_u32(skb, KNAT_A_POOL_MAPPINGS,
			knat_pool_mappings(pool)) ||
	    nla_put_u32(skb, KNAT_A_POOL_SUBSCRIBERS,
			atomic_read(&pool->hosts)))
		return -EMSGSIZE;
	return 0;
}

int knat_nl_pool_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct knat_net *kn = knat_net(sock_net(cb->skb->sk));

	return knat_nl_list(skb, cb, kn, &kn->pools, KNAT_CMD_POOL_GET,
			    pool_row);
}
