/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: kernel interfaces that have changed since the oldest kernel that is
 * supported. The code uses the newest form; each entry says when it can go.
 */
#ifndef _KNAT_COMPAT_H
#define _KNAT_COMPAT_H

#include <linux/version.h>
#include <linux/workqueue.h>

/* The floor */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "knat needs Linux 6.1 or newer"
#endif

#include <net/genetlink.h>
#include <net/udp.h>

/* The table of UDP sockets is per namespace since 6.2. Drop when 6.2 is the
 * floor.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define knat_udp_table(net)	(&udp_table)
#else
#define knat_udp_table(net)	((net)->ipv4.udp_table)
#endif

/* The workqueue that is bound to no CPU has a new name since 6.17. Drop when 6.18
 * is the floor.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define system_dfl_wq	system_unbound_wq
#endif

/* What a group of listeners asks for has a name of its own since 6.7.4, 6.6.16
 * and 6.1.77. Drop when 6.8 is the floor.
 */
#ifndef GENL_MCAST_CAP_NET_ADMIN
#define GENL_MCAST_CAP_NET_ADMIN	GENL_UNS_ADMIN_PERM
#endif

/* The attributes of a dump request moved into struct genl_info in 6.7. Drop
 * when 6.7 is the floor.
 */
static inline struct nlattr **knat_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	return genl_dumpit_info(cb)->attrs;
#else
	return genl_info_dump(cb)->attrs;
#endif
}

/* Up to 6.13 the type of service is a plain number or a dscp_t, the result an
 * errno; since then a drop reason. Drop when 6.14 is the floor.
 */
static inline bool knat_route_input(struct sk_buff *skb,
				    const struct iphdr *iph,
				    struct net_device *dev)
{
	return !ip_route_input(skb, iph->daddr, iph->saddr,
			       inet_dsfield_to_dscp(iph->tos), dev);
}

/* The type of service is a plain number up to 6.12, a dscp_t since. Drop when
 * 6.13 is the floor.
 */
static inline bool knat_route_input_noref(struct sk_buff *skb, __be32 saddr,
					  __be32 daddr, struct net_device *dev)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	return !ip_route_input_noref(skb, daddr, saddr, ip_hdr(skb)->tos, dev);
#else
	return !ip_route_input_noref(skb, daddr, saddr, ip4h_dscp(ip_hdr(skb)),
				     dev);
#endif
}

/* Whether tc has something at a device: in other members up to 6.5. Drop when 6.6 is
 * the floor.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#ifdef CONFIG_NET_CLS_ACT
#define knat_tc_ingress(dev)	rcu_access_pointer((dev)->miniq_ingress)
#define knat_tc_egress(dev)	rcu_access_pointer((dev)->miniq_egress)
#else
#define knat_tc_ingress(dev)	NULL
#define knat_tc_egress(dev)	NULL
#endif
#elif defined(CONFIG_NET_XGRESS)
#define knat_tc_ingress(dev)	rcu_access_pointer((dev)->tcx_ingress)
#define knat_tc_egress(dev)	rcu_access_pointer((dev)->tcx_egress)
#else
#define knat_tc_ingress(dev)	NULL
#define knat_tc_egress(dev)	NULL
#endif

#endif /* _KNAT_COMPAT_H */
