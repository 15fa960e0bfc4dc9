/* SPDX-License-Identifier: GPL-2.0 */
/* knat: which mappings a request is about. */
#ifndef _KNAT_NL_MAP_H
#define _KNAT_NL_MAP_H

#include <net/netlink.h>
#include "uapi/knat.h"

struct knat_map;
struct knat_net;
struct knat_static;

/**
 * struct knat_map_filter - all that is not 0 must match
 * @kind: enum knat_map_kind
 * @proto: IP protocol
 * @in_addr: inside address
 * @out_addr: outside address
 * @in_port: inside port, host order
 * @out_port: outside port, host order
 * @pool: name of the pool
 */
struct knat_map_filter {
	u8	kind;
	u8	proto;
	__be32	in_addr;
	__be32	out_addr;
	u16	in_port;
	u16	out_port;
	char	pool[KNAT_NAME_MAX + 1];
};

int knat_nl_map_filter(struct nlattr **attrs, struct knat_map_filter *filter,
		       struct netlink_ext_ack *extack);
/* Refuse to filter by a pool that is not there; under kn->config_lock. */
int knat_nl_map_pool(struct knat_net *kn, struct nlattr **attrs,
		     struct netlink_ext_ack *extack);
/* Of dynamic mappings; under RCU or kn->wheel_lock. */
bool knat_nl_map_match(const struct knat_map *map,
		       const struct knat_map_filter *filter);
/* Under kn->config_lock. */
bool knat_nl_static_match(const struct knat_static *fixed,
			  const struct knat_map_filter *filter);

/* The attributes of a dynamic mapping; under RCU. */
int knat_nl_map_put(struct sk_buff *skb, const struct knat_net *kn,
		    const struct knat_map *map);
/* The attributes of a static mapping; under kn->config_lock. */
int knat_nl_static_put(struct sk_buff *skb, const struct knat_static *fixed);

#endif /* _KNAT_NL_MAP_H */
