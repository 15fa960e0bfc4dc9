// SPDX-License-Identifier: GPL-2.0
/* knat: requests about what would become of a packet. */
#include <linux/netdevice.h>
#include "host.h"
#include "look.h"
#include "map.h"
#include "net.h"
#include "netlink.h"
#include "nl_map.h"
#include "pool.h"
#include "proto.h"
#include "rule.h"
#include "session.h"

const struct nla_policy knat_lookup_policy[KNAT_A_LOOKUP_MAX + 1] = {
	[KNAT_A_LOOKUP_PROTO]	 = NLA_POLICY_MIN(NLA_U8, 1),
	[KNAT_A_LOOKUP_SRC]	 = { .type = NLA_U32 },
	[KNAT_A_LOOKUP_SRC_PORT] = { .type = NLA_U16 },
	[KNAT_A_LOOKUP_DST]	 = { .type = NLA_U32 },
	[KNAT_A_LOOKUP_DST_PORT] = { .type = NLA_U16 },
	[KNAT_A_LOOKUP_IIF]	 = { .type = NLA_NUL_STRING,
				     .len = IFNAMSIZ - 1 },
	[KNAT_A_LOOKUP_OIF]	 = { .type = NLA_NUL_STRING,
				     .len = IFNAMSIZ - 1 },
	[KNAT_A_LOOKUP_VERDICT]	 = { .type = NLA_REJECT },
	[KNAT_A_LOOKUP_COUNTER]	 = { .type = NLA_REJECT },
	[KNAT_A_LOOKUP_RULE]	 = { .type = NLA_REJECT },
	[KNAT_A_LOOKUP_MAP]	 = { .type = NLA_REJECT },
	[KNAT_A_LOOKUP_SESSION]	 = { .type = NLA_REJECT },
	[KNAT_A_LOOKUP_PREFIX]	 = { .type = NLA_REJECT },
	[KNAT_A_LOOKUP_NEW_MAP]	 = { .type = NLA_REJECT },
	[KNAT_A_LOOKUP_NEW_SESSION] = { .type = NLA_REJECT },
	[KNAT_A_LOOKUP_ANY_ADDR] = { .type = NLA_REJECT },
	[KNAT_A_LOOKUP_ANY_PORT] = { .type = NLA_REJECT },
	[KNAT_A_LOOKUP_HELD]	 = { .type = NLA_REJECT },
};

/* The rule that a view was made of, which has them by device. */
static const struct knat_rule *look_rule(struct knat_net *kn,
					 const struct knat_view_rule *wanted)
{
	const struct knat_view *view = rcu_dereference(kn->view);
	const struct knat_outdev *outdev;
	const struct knat_rule *rule;
	u32 n = 0;

	list_for_each_entry(outdev, &kn->outdevs, list)
		list_for_each_entry(rule, &kn->rules, list)
			if (outdev->ifindex && rule->outdev == outdev &&
			    &view->rules[n++] == wanted)
				return rule;
	return NULL;
}

/* The masquerade rule whose limit refuses another session of a mapping that is
 * there; a pool with a name stands in the mapping.
 */
static const struct knat_rule *look_limit_rule(struct knat_net *kn,
					       const struct knat_look *look)
{
	const struct knat_host *host;
	const struct knat_rule *rule;

	if (look->counter != KNAT_COUNTER_REFUSE_SUBSCRIBER + 1 &&
	    look->counter != KNAT_COUNTER_REFUSE_RATE + 1)
		return NULL;
	host = look->way.map ? knat_map_host(look->way.map) : NULL;
	if (!host || *host->pool->name)
		return NULL;
	list_for_each_entry(rule, &kn->rules, list)
		if (rule->pool == host->pool)
			return rule;
	return NULL;
}

static int fill_rule(struct sk_buff *skb, struct knat_net *kn,
		     const struct knat_look *look)
{
	const struct knat_rule *rule;
	struct nlattr *nest;

	rule = look->way.rule ? look_rule(kn, look->way.rule) :
				look_limit_rule(kn, look);
	if (!rule)
		return 0;
	nest = nla_nest_start(skb, KNAT_A_LOOKUP_RULE);
	if (!nest || knat_nl_rule_put(skb, rule))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_map(struct sk_buff *skb, struct knat_net *kn,
		    const struct knat_look *look)
{
	const struct knat_map *map = look->way.map;
	struct nlattr *nest;

	if (!map && look->way.session)
		map = look->way.session->map;
	if (!map)
		return 0;
	nest = nla_nest_start(skb, KNAT_A_LOOKUP_MAP);
	if (!nest || (map->out.flags & KNAT_MAP_F_STATIC ?
		      knat_nl_static_put(skb, map->fixed) :
		      knat_nl_map_put(skb, kn, map)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_session(struct sk_buff *skb, struct knat_net *kn,
			const struct knat_look *look)
{
	struct nlattr *nest;

	if (!look->way.session)
		return 0;
	nest = nla_nest_start(skb, KNAT_A_LOOKUP_SESSION);
	if (!nest || knat_nl_session_put(skb, kn, look->way.session))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_flag(struct sk_buff *skb, int attr, bool flag)
{
	return flag ? nla_put_flag(skb, attr) : 0;
}

static int fill_why(struct sk_buff *skb, struct knat_net *kn,
		    const struct knat_look *look)
{
	if (look->counter &&
	    nla_put_u8(skb, KNAT_A_LOOKUP_COUNTER, look->counter))
		return -EMSGSIZE;
	return fill_rule(skb, kn, look) ?:
	       fill_map(skb, kn, look) ?:
	       fill_session(skb, kn, look) ?:
	       fill_flag(skb, KNAT_A_LOOKUP_NEW_MAP, look->new_map) ?:
	       fill_flag(skb, KNAT_A_LOOKUP_NEW_SESSION, look->new_session) ?:
	       fill_flag(skb, KNAT_A_LOOKUP_ANY_ADDR, look->any_addr) ?:
	       fill_flag(skb, KNAT_A_LOOKUP_ANY_PORT, look->any_port) ?:
	       fill_flag(skb, KNAT_A_LOOKUP_HELD, look->held);
}

static int fill_packet(struct sk_buff *skb,
		       const struct knat_look_packet *packet)
{
	if (nla_put_u8(skb, KNAT_A_LOOKUP_PROTO, packet->proto) ||
	    nla_put_be32(skb, KNAT_A_LOOKUP_SRC, packet->saddr) ||
	    nla_put_u16(skb, KNAT_A_LOOKUP_SRC_PORT,
			be16_to_cpu(packet->sport)) ||
	    nla_put_be32(skb, KNAT_A_LOOKUP_DST, packet->daddr) ||
	    nla_put_u16(skb, KNAT_A_LOOKUP_DST_PORT,
			be16_to_cpu(packet->dport)) ||
	    (packet->in &&
	     nla_put_string(skb, KNAT_A_LOOKUP_IIF, packet->in->name)) ||
	    (packet->out &&
	     nla_put_string(skb, KNAT_A_LOOKUP_OIF, packet->out->name)))
		return -EMSGSIZE;
	return 0;
}

/* Under RCU: devices, mapping and session. */
static int look_answer(struct sk_buff *skb, struct knat_net *kn,
		       const struct knat_look_packet *asked)
{
	struct knat_look_packet packet = *asked;
	struct knat_look look;
	bool goes, same;
	int err;
	u8 verdict;

	err = knat_look(kn, &packet, &look, &goes);
	if (err)
		return err;
	same = packet.saddr == asked->saddr && packet.daddr == asked->daddr &&
	       packet.sport == asked->sport && packet.dport == asked->dport;
	verdict = !goes ? KNAT_VERDICT_DROP :
		  same && !look.new_map && !look.way.map && !look.way.session &&
		  look.counter != KNAT_COUNTER_OUT_TRANSLATED + 1 &&
		  look.counter != KNAT_COUNTER_IN_TRANSLATED + 1 ?
		  KNAT_VERDICT_PASS : KNAT_VERDICT_TRANSLATE;
	return nla_put_u8(skb, KNAT_A_LOOKUP_VERDICT, verdict) ?:
	       fill_packet(skb, &packet) ?:
	       fill_flag(skb, KNAT_A_LOOKUP_PREFIX, goes && !same &&
			 look.way.to.whole_addr) ?:
	       fill_why(skb, kn, &look);
}

static struct net_device *look_device(struct knat_net *kn,
				      struct genl_info *info, int attr,
				      int *err)
{
	struct net_device *dev;

	if (!info->attrs[attr])
		return NULL;
	dev = dev_get_by_name_rcu(kn->net, nla_data(info->attrs[attr]));
	if (dev)
		return dev;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
			    "there is no device of this name");
	*err = -ENODEV;
	return NULL;
}

static int look_packet(struct genl_info *info, struct knat_look_packet *packet)
{
	struct nlattr **attrs = info->attrs;
	bool ports;

	memset(packet, 0, sizeof(*packet));
	if (GENL_REQ_ATTR_CHECK(info, KNAT_A_LOOKUP_PROTO) ||
	    GENL_REQ_ATTR_CHECK(info, KNAT_A_LOOKUP_SRC) ||
	    GENL_REQ_ATTR_CHECK(info, KNAT_A_LOOKUP_DST)) {
		NL_SET_ERR_MSG(info->extack,
			       "a packet needs a protocol, a source and a destination");
		return -EINVAL;
	}
	packet->proto = nla_get_u8(attrs[KNAT_A_LOOKUP_PROTO]);
	packet->saddr = nla_get_be32(attrs[KNAT_A_LOOKUP_SRC]);
	packet->daddr = nla_get_be32(attrs[KNAT_A_LOOKUP_DST]);
	if (attrs[KNAT_A_LOOKUP_SRC_PORT])
		packet->sport = cpu_to_be16(nla_get_u16(attrs[KNAT_A_LOOKUP_SRC_PORT]));
	if (attrs[KNAT_A_LOOKUP_DST_PORT])
		packet->dport = cpu_to_be16(nla_get_u16(attrs[KNAT_A_LOOKUP_DST_PORT]));
	if (packet->proto == IPPROTO_ESP) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[KNAT_A_LOOKUP_PROTO],
				    "packets of esp are told apart by their SPI, which is not asked for");
		return -EOPNOTSUPP;
	}
	ports = attrs[KNAT_A_LOOKUP_SRC_PORT] && attrs[KNAT_A_LOOKUP_DST_PORT];
	if (packet->proto == IPPROTO_ICMP || ports !=
	    knat_proto_by_address(packet->proto))
		return 0;
	NL_SET_ERR_MSG(info->extack,
		       "a protocol with ports, and no other, needs a source and a destination port");
	return -EINVAL;
}

int knat_nl_lookup(struct sk_buff *skb, struct genl_info *info)
{
	struct knat_net *kn = knat_net(genl_info_net(info));
	struct knat_look_packet packet;
	struct sk_buff *answer;
	void *head;
	int err;

	err = look_packet(info, &packet);
	if (err)
		return err;
	answer = knat_nl_answer(info, &head);
	if (!answer)
		return -ENOMEM;
	mutex_lock(&kn->config_lock);
	rcu_read_lock();
	packet.in = look_device(kn, info, KNAT_A_LOOKUP_IIF, &err);
	packet.out = look_device(kn, info, KNAT_A_LOOKUP_OIF, &err);
	if (!err)
		err = look_answer(answer, kn, &packet);
	rcu_read_unlock();
	mutex_unlock(&kn->config_lock);
	return knat_nl_reply(answer, info, head, err);
}
