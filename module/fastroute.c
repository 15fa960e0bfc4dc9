// SPDX-License-Identifier: GPL-2.0
/* knat: routes of the fast path. */
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/lwtunnel.h>
#include "compat.h"
#include "fastroute.h"

/* Does a route hang on nothing but what it is kept by? The answer changes with
 * rt_genid, or may be a second late.
 */
static bool route_by_addresses(const struct net *net)
{
	if (fib4_has_custom_rules(net))
		return false;
#ifdef CONFIG_IP_ROUTE_MULTIPATH
	if (READ_ONCE(net->ipv4.sysctl_fib_multipath_hash_policy))
		return false;
#endif
#ifdef CONFIG_XFRM
	/* IPsec chooses by ports as well. */
	if (net->xfrm.policy_count[XFRM_POLICY_FWD] ||
	    net->xfrm.policy_count[XFRM_POLICY_OUT] ||
	    READ_ONCE(net->xfrm.policy_default[XFRM_POLICY_FWD]) ==
	    XFRM_USERPOLICY_BLOCK ||
	    READ_ONCE(net->xfrm.policy_default[XFRM_POLICY_OUT]) ==
	    XFRM_USERPOLICY_BLOCK)
		return false;
#endif
	return true;
}

/* Does it lead to another device of this namespace, with nothing special on the
 * way?
 */
static bool route_is_plain(const struct rtable *rt, const struct net_device *in)
{
	const struct net_device *out = rt->dst.dev;

	return rt_is_input_route(rt) && rt->rt_type == RTN_UNICAST &&
	       !(rt->rt_flags & (RTCF_LOCAL | RTCF_BROADCAST | RTCF_MULTICAST)) &&
	       rt->rt_gw_family != AF_INET6 && !rt->dst.lwtstate &&
	       !dst_xfrm(&rt->dst) && !rt->dst.error &&
	       rt->dst.obsolete == DST_OBSOLETE_FORCE_CHK &&
	       out != in && !(out->flags & IFF_LOOPBACK) &&
	       !netif_is_l3_slave(in) && !netif_is_l3_slave(out);
}

static bool slot_free(const struct knat_net *kn,
		      struct knat_fastroute __rcu **slot)
{
	const struct knat_fastroute *route = rcu_dereference(*slot);

	return !route || !knat_fastroute_fresh(kn, route);
}

static void route_free(struct rcu_head *rcu)
{
	struct knat_fastroute *route =
		container_of(rcu, struct knat_fastroute, rcu);

	if (route->rt)
		dst_release(&route->rt->dst);
	kfree(route);
}

static void slot_put(struct knat_fastroute __rcu **slot,
		     struct knat_fastroute *route)
{
	struct knat_fastroute *old;

	old = unrcu_pointer(xchg(slot, RCU_INITIALIZER(route)));
	if (old)
		call_rcu(&old->rcu, route_free);
}

static void route_keep(struct knat_fastroute __rcu **slot,
		       const struct knat_fastroute *tmpl)
{
	struct knat_fastroute *route;

	route = kmemdup(tmpl, sizeof(*route), GFP_ATOMIC | __GFP_NOWARN);
	if (!route)
		return;
	if (route->rt && !dst_hold_safe(&route->rt->dst)) {
		kfree(route);
		return;
	}
	slot_put(slot, route);
}

struct rtable *knat_fastroute_ask(struct knat_net *kn, struct sk_buff *skb,
				  __be32 saddr, __be32 daddr,
				  struct knat_fastroute __rcu **slot)
{
	struct net_device *dev = skb->dev;
	struct knat_fastroute route = {
		.ends	= (u64)(__force u32)saddr << 32 | (__force u32)daddr,
		.from	= (u64)dev->ifindex << 8 |
			  (ip_hdr(skb)->tos & ~INET_ECN_MASK),
		.genid	= rt_genid_ipv4(kn->net),
		.stamp	= (u32)jiffies,
	};

	/* The number is read before the route, as it changes behind it: an old
	 * route is not to bear the new number.
	 */
	smp_rmb();
	if (route_by_addresses(kn->net) &&
	    knat_route_input_noref(skb, saddr, daddr, dev)) {
		route.rt = skb_rtable(skb);
		if (!route_is_plain(route.rt, dev)) {
			skb_dst_drop(skb);
			route.rt = NULL;
		}
	}
	if (slot_free(kn, slot))
		route_keep(slot, &route);
	else if (slot_free(kn, slot + 1))
		route_keep(slot + 1, &route);
	return route.rt;
}

void knat_fastroute_flush(struct knat_net *kn)
{
	int i;

	for (i = 0; kn->fastroutes && i < ARRAY_SIZE(kn->fastroutes->slot); i++)
		if (rcu_access_pointer(kn->fastroutes->slot[i]))
			slot_put(&kn->fastroutes->slot[i], NULL);
}

int knat_fastroute_init(struct knat_net *kn)
{
	lockdep_assert_held(&kn->fast_lock);

	if (!kn->fastroutes)
		kn->fastroutes = kvzalloc(sizeof(*kn->fastroutes),
					  GFP_KERNEL_ACCOUNT);
	return kn->fastroutes ? 0 : -ENOMEM;
}

void knat_fastroute_exit(struct knat_net *kn)
{
	knat_fastroute_flush(kn);
	kvfree(kn->fastroutes);
}
