// SPDX-License-Identifier: GPL-2.0
/* knat: requests that change mappings. Listing them: nl_map_dump.c. */
#include <linux/ctype.h>
#include <linux/inetdevice.h>
#include "apply.h"
#include "host.h"
#include "map.h"
#include "net.h"
#include "netlink.h"
#include "nl_map.h"
#include "pool.h"
#include "proto.h"
#include "publish.h"
#include "static.h"
#include "static_index.h"

const struct nla_policy knat_map_policy[KNAT_A_MAP_MAX + 1] = {
	[KNAT_A_MAP_KIND]	   = NLA_POLICY_MAX(NLA_U8, KNAT_MAP_ALL),
	[KNAT_A_MAP_PROTO]	   = NLA_POLICY_MIN(NLA_U8, 1),
	[KNAT_A_MAP_OUT_ADDR]	   = { .type = NLA_U32 },
	[KNAT_A_MAP_OUT_PORT]	   = NLA_POLICY_MIN(NLA_U16, 1),
	[KNAT_A_MAP_OUT_PORT_LAST] = NLA_POLICY_MIN(NLA_U16, 1),
	[KNAT_A_MAP_OUT_LEN]	   = NLA_POLICY_MAX(NLA_U8, 32),
	[KNAT_A_MAP_OUT_DEV]	   = { .type = NLA_NUL_STRING,
				       .len = IFNAMSIZ - 1 },
	[KNAT_A_MAP_IN_ADDR]	   = { .type = NLA_U32 },
	[KNAT_A_MAP_IN_PORT]	   = NLA_POLICY_MIN(NLA_U16, 1),
	[KNAT_A_MAP_IN_PORT_LAST]  = NLA_POLICY_MIN(NLA_U16, 1),
	[KNAT_A_MAP_LIFETIME]	   = NLA_POLICY_MIN(NLA_U32, 1),
	[KNAT_A_MAP_LABEL]	   = { .type = NLA_NUL_STRING,
				       .len = KNAT_LABEL_MAX },
	[KNAT_A_MAP_POOL]	   = { .type = NLA_NUL_STRING,
				       .len = KNAT_NAME_MAX },
	[KNAT_A_MAP_REMOTE_ADDR]   = { .type = NLA_REJECT },
	[KNAT_A_MAP_REMOTE_PORT]   = { .type = NLA_REJECT },
	[KNAT_A_MAP_IDLE]	   = { .type = NLA_REJECT },
	[KNAT_A_MAP_EXPIRES]	   = { .type = NLA_REJECT },
	[KNAT_A_MAP_SESSIONS]	   = { .type = NLA_REJECT },
	[KNAT_A_MAP_COUNT]	   = { .type = NLA_REJECT },
};

static u16 attr_u16(struct nlattr **attrs, int attr, u16 otherwise)
{
	return attrs[attr] ? nla_get_u16(attrs[attr]) : otherwise;
}

/* The outside end, which names a static mapping: from add and del. */
static int map_outside(struct genl_info *info, struct knat_static *conf,
		       const char **dev)
{
	struct netlink_ext_ack *extack = info->extack;
	struct nlattr **attrs = info->attrs;

	memset(conf, 0, sizeof(*conf));
	*dev = NULL;
	if (!attrs[KNAT_A_MAP_OUT_ADDR] == !attrs[KNAT_A_MAP_OUT_DEV]) {
		NL_SET_ERR_MSG(extack,
			       "a mapping has either an outside address or an outside device");
		return -EINVAL;
	}
	if (attrs[KNAT_A_MAP_OUT_DEV]) {
		*dev = nla_data(attrs[KNAT_A_MAP_OUT_DEV]);
	} else {
		if (!knat_nl_unicast(attrs[KNAT_A_MAP_OUT_ADDR], extack))
			return -EINVAL;
		conf->out_addr = nla_get_be32(attrs[KNAT_A_MAP_OUT_ADDR]);
	}
	if (!attrs[KNAT_A_MAP_PROTO]) {
		conf->len = attrs[KNAT_A_MAP_OUT_LEN] ?
			nla_get_u8(attrs[KNAT_A_MAP_OUT_LEN]) : 32;
		if (*dev || attrs[KNAT_A_MAP_OUT_PORT]) {
			NL_SET_ERR_MSG(extack,
				       "a mapping of ports or of a device needs a protocol");
			return -EINVAL;
		}
		return knat_nl_prefix(attrs[KNAT_A_MAP_OUT_ADDR], conf->len,
				      extack) ? 0 : -EINVAL;
	}
	conf->proto = nla_get_u8(attrs[KNAT_A_MAP_PROTO]);
	if (attrs[KNAT_A_MAP_OUT_LEN]) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KNAT_A_MAP_OUT_LEN],
				    "a prefix is mapped whole, without protocol and ports");
		return -EINVAL;
	}
	if (!attrs[KNAT_A_MAP_OUT_PORT] != knat_proto_by_address(conf->proto)) {
		NL_SET_ERR_MSG(extack,
			       "a protocol with ports, and no other, needs an outside port");
		return -EINVAL;
	}
	if (!attrs[KNAT_A_MAP_OUT_PORT])
		return 0;
	conf->out_port = nla_get_u16(attrs[KNAT_A_MAP_OUT_PORT]);
	conf->out_port_last = attr_u16(attrs, KNAT_A_MAP_OUT_PORT_LAST,
				       conf->out_port);
	if (conf->out_port_last >= conf->out_port)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attrs[KNAT_A_MAP_OUT_PORT_LAST],
			    "the last outside port is below the first");
	return -EINVAL;
}

static int map_inside_ports(struct genl_info *info, struct knat_static *conf)
{
	struct nlattr **attrs = info->attrs;
	u32 last;

	if (conf->proto == IPPROTO_ICMP || conf->proto == IPPROTO_AH) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[KNAT_A_MAP_PROTO],
				    "icmp and ah can only be mapped with whole addresses");
		return -EOPNOTSUPP;
	}
	if (!conf->out_port) {
		if (!attrs[KNAT_A_MAP_IN_PORT])
			return 0;
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[KNAT_A_MAP_IN_PORT],
				    "the protocol has no ports");
		return -EINVAL;
	}
	conf->in_port = attr_u16(attrs, KNAT_A_MAP_IN_PORT, conf->out_port);
	last = conf->in_port + (conf->out_port_last - conf->out_port);
	if (last > U16_MAX ||
	    attr_u16(attrs, KNAT_A_MAP_IN_PORT_LAST, last) != last) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    attrs[KNAT_A_MAP_IN_PORT_LAST] ?:
				    attrs[KNAT_A_MAP_IN_PORT],
				    "the inside ports must be as many as the outside ports, and not above 65535");
		return -EINVAL;
	}
	return 0;
}

/* The label in @label, which is of KNAT_LABEL_MAX + 1 bytes. */
static int map_label(struct genl_info *info, char *label)
{
	const struct nlattr *attr = info->attrs[KNAT_A_MAP_LABEL];
	const u8 *c;

	if (!attr)
		return 0;
	nla_strscpy(label, attr, KNAT_LABEL_MAX + 1);
	for (c = label; *c; c++) {
		if (*c >= 0x20 && *c != 0x7f)
			continue;
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "a label has no control characters");
		return -EINVAL;
	}
	return 0;
}

int knat_nl_map_add(struct knat_apply *apply, struct genl_info *info,
		    const struct nlattr *nest)
{
	struct nlattr **attrs = info->attrs;
	struct knat_static conf;
	const char *dev;
	int err;

	err = map_outside(info, &conf, &dev);
	if (err)
		return err;
	if (!attrs[KNAT_A_MAP_IN_ADDR]) {
		NL_SET_ERR_MSG(info->extack, "the inside address is missing");
		return -EINVAL;
	}
	if (!knat_nl_unicast(attrs[KNAT_A_MAP_IN_ADDR], info->extack))
		return -EINVAL;
	conf.in_addr = nla_get_be32(attrs[KNAT_A_MAP_IN_ADDR]);
	if (conf.proto) {
		err = map_inside_ports(info, &conf);
		if (err)
			return err;
	} else if (!knat_nl_prefix(attrs[KNAT_A_MAP_IN_ADDR], conf.len,
				   info->extack)) {
		return -EINVAL;
	} else if (attrs[KNAT_A_MAP_IN_PORT]) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[KNAT_A_MAP_IN_PORT],
				    "a mapping of whole addresses has no ports");
		return -EINVAL;
	}
	if (attrs[KNAT_A_MAP_LIFETIME])
		conf.lifetime = nla_get_u32(attrs[KNAT_A_MAP_LIFETIME]);
	err = map_label(info, conf.label);
	if (err)
		return err;
	NL_SET_BAD_ATTR(info->extack, attrs[KNAT_A_MAP_OUT_ADDR] ?:
				      attrs[KNAT_A_MAP_OUT_DEV]);
	return knat_apply_static_add(apply, &conf, dev);
}

static bool del_map(const struct knat_map *map, void *arg)
{
	const struct knat_static *conf = arg;

	return map->out.proto == conf->proto &&
	       map->out.addr == conf->out_addr &&
	       map->out.port == cpu_to_be16(conf->out_port);
}

static int map_missing(struct genl_info *info)
{
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[KNAT_A_MAP_OUT_ADDR] ?:
					  info->attrs[KNAT_A_MAP_OUT_DEV],
			    "there is no mapping of this outside end");
	return -ENOENT;
}

int knat_nl_map_set(struct knat_apply *apply, struct genl_info *info,
		    const struct nlattr *nest)
{
	struct nlattr **attrs = info->attrs;
	struct knat_static_turn turn = {};
	struct knat_static conf, *fixed;
	const char *dev;
	int err;

	err = map_outside(info, &conf, &dev) ?: map_label(info, turn.label);
	if (err)
		return err;
	if (attrs[KNAT_A_MAP_IN_ADDR]) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[KNAT_A_MAP_IN_ADDR],
				    "the inside end of a mapping stays: delete it and add another");
		return -EOPNOTSUPP;
	}
	turn.relabel = attrs[KNAT_A_MAP_LABEL];
	if (attrs[KNAT_A_MAP_LIFETIME])
		turn.lifetime = nla_get_u32(attrs[KNAT_A_MAP_LIFETIME]);
	if (!turn.relabel && !turn.lifetime) {
		NL_SET_ERR_MSG(info->extack,
			       "a label or a lifetime must be given");
		return -EINVAL;
	}
	fixed = knat_static_find(apply->kn, &conf, dev);
	return fixed ? knat_apply_static_set(apply, fixed, &turn) :
		       map_missing(info);
}

int knat_nl_static_del(struct knat_apply *apply, struct genl_info *info,
		       const struct nlattr *nest)
{
	struct knat_static conf, *fixed;
	const char *dev;
	int err = map_outside(info, &conf, &dev);

	if (err)
		return err;
	fixed = knat_static_find(apply->kn, &conf, dev);
	return fixed ? knat_apply_static_del(apply, fixed) : map_missing(info);
}

int knat_nl_map_del(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));
	struct knat_static conf, *fixed;
	struct knat_sweep sweep = {
		.map = del_map, .arg = &conf, .rest = true,
	};
	struct knat_apply apply;
	const char *dev;
	int err;

	err = map_outside(info, &conf, &dev);
	if (err)
		return err;
	knat_nl_lock(kn);
	fixed = knat_static_find(kn, &conf, dev);
	if (fixed) {
		knat_apply_begin(&apply, kn, info->extack);
		err = knat_apply_static_del(&apply, fixed);
		err = knat_apply_end(&apply, err);
	} else if (conf.proto && !dev && conf.out_port == conf.out_port_last) {
		knat_wheel_sweep(kn, &sweep);
	}
	if (!fixed && !sweep.maps)
		err = map_missing(info);
	mutex_unlock(&kn->config_lock);
	return err;
}

int knat_nl_map_filter(struct nlattr **attrs, struct knat_map_filter *filter,
		       struct netlink_ext_ack *extack)
{
	static const u8 unused[] = {
		KNAT_A_MAP_OUT_PORT_LAST, KNAT_A_MAP_OUT_LEN,
		KNAT_A_MAP_OUT_DEV, KNAT_A_MAP_IN_PORT_LAST,
		KNAT_A_MAP_LIFETIME, KNAT_A_MAP_LABEL,
	};
	int i;

	memset(filter, 0, sizeof(*filter));
	filter->kind = attrs[KNAT_A_MAP_KIND] ?
		nla_get_u8(attrs[KNAT_A_MAP_KIND]) : KNAT_MAP_ALL;
	if (attrs[KNAT_A_MAP_PROTO])
		filter->proto = nla_get_u8(attrs[KNAT_A_MAP_PROTO]);
	if (attrs[KNAT_A_MAP_OUT_ADDR])
		filter->out_addr = nla_get_be32(attrs[KNAT_A_MAP_OUT_ADDR]);
	if (attrs[KNAT_A_MAP_IN_ADDR])
		filter->in_addr = nla_get_be32(attrs[KNAT_A_MAP_IN_ADDR]);
	filter->out_port = attr_u16(attrs, KNAT_A_MAP_OUT_PORT, 0);
	filter->in_port = attr_u16(attrs, KNAT_A_MAP_IN_PORT, 0);
	if (attrs[KNAT_A_MAP_POOL])
		nla_strscpy(filter->pool, attrs[KNAT_A_MAP_POOL],
			    sizeof(filter->pool));
	if (!knat_nl_not_zero(attrs[KNAT_A_MAP_OUT_ADDR], extack) ||
	    !knat_nl_not_zero(attrs[KNAT_A_MAP_IN_ADDR], extack))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(unused); i++) {
		if (!attrs[unused[i]])
			continue;
		NL_SET_ERR_MSG_ATTR(extack, attrs[unused[i]],
				    "mappings cannot be filtered by this");
		return -EOPNOTSUPP;
	}
	return 0;
}

int knat_nl_map_pool(struct knat_net *kn, struct nlattr **attrs,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[KNAT_A_MAP_POOL];

	lockdep_assert_held(&kn->config_lock);

	return !attr || knat_nl_pool_get(kn, attr, extack) ? 0 : -ENOENT;
}

bool knat_nl_map_match(const struct knat_map *map,
		       const struct knat_map_filter *filter)
{
	if (filter->proto && filter->proto != map->in.proto)
		return false;
	if ((filter->in_addr && filter->in_addr != map->in.addr) ||
	    (filter->in_port && cpu_to_be16(filter->in_port) != map->in.port))
		return false;
	if ((filter->out_addr && filter->out_addr != map->out.addr) ||
	    (filter->out_port &&
	     cpu_to_be16(filter->out_port) != map->out.port))
		return false;
	return !filter->pool[0] || !strcmp(filter->pool, map->host->pool->name);
}

static bool prefix_has(__be32 prefix, u8 len, __be32 addr)
{
	return !((prefix ^ addr) & inet_make_mask(len));
}

bool knat_nl_static_match(const struct knat_static *fixed,
			  const struct knat_map_filter *filter)
{
	u16 span = fixed->out_port_last - fixed->out_port;
	u8 len = fixed->proto ? 32 : fixed->len;

	if (filter->pool[0] || (filter->proto && filter->proto != fixed->proto))
		return false;
	if ((filter->in_addr &&
	     !prefix_has(fixed->in_addr, len, filter->in_addr)) ||
	    (filter->out_addr &&
	     !prefix_has(fixed->out_addr, len, filter->out_addr)))
		return false;
	if (filter->in_port && (filter->in_port < fixed->in_port ||
				filter->in_port > fixed->in_port + span))
		return false;
	return !filter->out_port || (filter->out_port >= fixed->out_port &&
				     filter->out_port <= fixed->out_port_last);
}

static bool flush_map(const struct knat_map *map, void *arg)
{
	return knat_nl_map_match(map, arg);
}

int knat_nl_map_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));
	struct knat_map_filter filter;
	struct knat_sweep sweep = {
		.map = flush_map, .arg = &filter, .rest = true,
	};
	struct knat_static *fixed, *next;
	struct sk_buff *answer;
	LIST_HEAD(list);
	u32 *count;
	int err;

	err = knat_nl_map_filter(info->attrs, &filter, info->extack);
	if (err)
		return err;
	if (!info->attrs[KNAT_A_MAP_KIND])
		filter.kind = KNAT_MAP_DYNAMIC;
	answer = knat_nl_answer_u32(info, KNAT_A_MAP_COUNT, &count);
	if (!answer)
		return -ENOMEM;
	knat_nl_lock(kn);
	err = knat_nl_map_pool(kn, info->attrs, info->extack);
	if (err)
		goto err_unlock;
	if (filter.kind != KNAT_MAP_STATIC)
		knat_wheel_sweep(kn, &sweep);
	if (filter.kind != KNAT_MAP_DYNAMIC) {
		list_for_each_entry_safe(fixed, next, &kn->statics, list) {
			if (!knat_nl_static_match(fixed, &filter))
				continue;
			knat_static_unlink(kn, fixed);
			list_add_tail(&fixed->list, &list);
			sweep.maps++;
		}
		knat_static_drop(kn, &list);
		knat_publish(kn, NULL);
	}
	mutex_unlock(&kn->config_lock);
	*count = sweep.maps;
	return genlmsg_reply(answer, info);

err_unlock:
	mutex_unlock(&kn->config_lock);
	nlmsg_free(answer);
	return err;
}
