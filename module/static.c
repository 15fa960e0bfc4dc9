// SPDX-License-Identifier: GPL-2.0
/* knat: static mappings. */
#include <linux/inetdevice.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <net/route.h>
#include "map.h"
#include "net.h"
#include "prefix.h"
#include "proto.h"
#include "reap.h"
#include "static.h"

static u32 static_ports(const struct knat_static *fixed)
{
	return fixed->out_port_last - fixed->out_port + 1;
}

/* Of port number @i the place in the bitmap. */
static u16 static_place(const struct knat_static *fixed, u32 i)
{
	return knat_port_place(fixed->proto, fixed->out_port + i);
}

int knat_static_ifindex(struct knat_net *kn, __be32 addr)
{
	struct flowi4 fl4 = { .daddr = addr };
	struct net_device *dev;
	struct rtable *rt;
	int ifindex = 0;

	rcu_read_lock();
	dev = __ip_dev_find(kn->net, addr, false);
	if (dev)
		ifindex = dev->ifindex;
	rcu_read_unlock();
	if (ifindex)
		return ifindex;
	rt = ip_route_output_key(kn->net, &fl4);
	if (IS_ERR(rt))
		return 0;
	dev = rt->dst.dev;
	if (!(dev->flags & IFF_LOOPBACK))
		ifindex = dev->ifindex;
	ip_rt_put(rt);
	return ifindex;
}

/* The device mappings of @addr belong to: the one that has the address, else
 * the one that the route to it goes through.
 */
static struct knat_outdev *static_via(struct knat_net *kn, __be32 addr)
{
	int ifindex = knat_static_ifindex(kn, addr);
	struct knat_outdev *outdev;
	char name[IFNAMSIZ] = "";
	struct net_device *dev;

	rcu_read_lock();
	dev = ifindex ? dev_get_by_index_rcu(kn->net, ifindex) : NULL;
	if (dev)
		strscpy(name, dev->name, sizeof(name));
	rcu_read_unlock();
	if (!name[0])
		return NULL;
	outdev = knat_outdev_get(kn, name, NULL);
	return IS_ERR(outdev) ? NULL : outdev;
}

/* Which dynamic mappings stand in the way of a static one. */
static bool static_rival(const struct knat_map *map, void *arg)
{
	const struct knat_static *fixed = arg;
	u16 in = be16_to_cpu(map->in.port), out = be16_to_cpu(map->out.port);

	if (!fixed->proto)
		return !((map->in.addr ^ fixed->in_addr) &
			 inet_make_mask(fixed->len));
	if (map->in.proto != fixed->proto)
		return false;
	return (map->out.addr == fixed->out_addr && out >= fixed->out_port &&
		out <= fixed->out_port_last) ||
	       (map->in.addr == fixed->in_addr && in >= fixed->in_port &&
		in - fixed->in_port < static_ports(fixed));
}

/* Is there any? A sweep looks at every mapping: spare it where it can be. */
static bool static_has_rival(struct knat_net *kn,
			     const struct knat_static *fixed,
			     const struct knat_ports *ports)
{
	const struct knat_view *view;
	bool found = false;
	u32 i, n;

	if (!atomic_read(&kn->hosts.nelems))
		return false;
	if (!fixed->proto ||
	    knat_port_next_taken(ports, static_place(fixed, 0)) <=
	    static_place(fixed, static_ports(fixed) - 1))
		return true;
	rcu_read_lock();
	view = rcu_dereference(kn->view);
	/* Keys with a remote end cannot be guessed. */
	found = view->sessions_first || view->by_rule;
	for (i = 0; i < view->nr_devs && !found; i++) {
		union knat_far far = knat_far(0, 0, view->devs[i].realm);

		for (n = 0; n < static_ports(fixed) && !found; n++)
			found = knat_map_lookup_in(kn,
						   knat_ep(fixed->proto,
							   fixed->in_addr,
							   cpu_to_be16(fixed->in_port + n)),
						   far);
	}
	rcu_read_unlock();
	return found;
}

static void static_oust(struct knat_net *kn, struct knat_static *fixed,
			const struct knat_ports *ports)
{
	struct knat_sweep sweep = { .map = static_rival, .arg = fixed };

	if (static_has_rival(kn, fixed, ports))
		knat_wheel_sweep(kn, &sweep);
}

/* Take the first @n entries out of the tables, with their sessions. */
static void static_unmap(struct knat_net *kn, struct knat_static *fixed, u32 n)
{
	struct knat_sweep sweep = {};
	struct knat_ports *ports;
	bool busy = false;
	u32 i;

	for (i = 0; i < n; i++) {
		knat_map_condemn(kn, fixed->maps[i]);
		kn->nr_alias -= !!(fixed->maps[i]->out.flags &
				   KNAT_MAP_F_ALIAS);
	}
	/* Who has found one of them alive is done with it after this. */
	synchronize_rcu_expedited();
	for (i = 0; i < n && !busy; i++)
		busy = knat_map_sessions(fixed->maps[i]);
	if (busy)
		knat_wheel_sweep(kn, &sweep);
	ports = knat_addr_ports(fixed->addr, knat_port_space(fixed->proto),
				GFP_KERNEL_ACCOUNT);
	/* No mapping is freed but under this lock, see wheel.h. */
	mutex_lock(&kn->wheel_lock);
	for (i = 0; i < n; i++) {
		knat_port_put(ports, static_place(fixed, i));
		knat_reap_map(kn, fixed->maps[i]);
		fixed->maps[i] = NULL;
	}
	mutex_unlock(&kn->wheel_lock);
	WRITE_ONCE(kn->nr_static, kn->nr_static - n);
}

static void static_unbind(struct knat_net *kn, struct knat_static *fixed)
{
	if (!fixed->addr)
		return;
	static_unmap(kn, fixed, static_ports(fixed));
	knat_addr_put(kn, fixed->addr);
	fixed->addr = NULL;
}

static struct knat_map *static_map(const struct knat_static *fixed, u32 i)
{
	struct knat_map *map = kmem_cache_zalloc(knat_map_cache,
						 GFP_KERNEL_ACCOUNT);

	if (!map)
		return NULL;
	map->in = knat_ep(fixed->proto, fixed->in_addr,
			  cpu_to_be16(fixed->in_port + i));
	map->out = knat_ep(fixed->proto, fixed->out_addr,
			   cpu_to_be16(fixed->out_port + i));
	map->far = knat_far(0, 0, fixed->outdev ? fixed->outdev->realm :
						  KNAT_REALM_STATIC);
	map->out.flags = KNAT_MAP_F_STATIC;
	if (fixed->proto == IPPROTO_TCP || knat_proto_connects(fixed->proto))
		map->out.flags |= KNAT_MAP_F_SESSIONS;
	map->fixed = (struct knat_static *)fixed;
	map->stamp = (u32)jiffies;
	return map;
}

/* Make the entries on @fixed->out_addr. */
static int static_bind(struct knat_net *kn, struct knat_static *fixed,
		       struct netlink_ext_ack *extack)
{
	struct knat_map *map, *other;
	struct knat_ports *ports;
	int err = -ENOMEM;
	u32 i;

	fixed->addr = knat_addr_get(kn, fixed->out_addr);
	if (!fixed->addr)
		return -ENOMEM;
	ports = knat_addr_ports(fixed->addr, knat_port_space(fixed->proto),
				GFP_KERNEL_ACCOUNT);
	if (!ports)
		goto err_addr;
	static_oust(kn, fixed, ports);
	for (i = 0; i < static_ports(fixed); i++) {
		err = -ENOMEM;
		map = static_map(fixed, i);
		if (!map)
			goto err_maps;
		err = -EBUSY;
		if (!knat_port_take(ports, static_place(fixed, i))) {
			NL_SET_ERR_MSG(extack,
				       "the outside port is in use: try again");
			goto err_map;
		}
		other = NULL;
		err = knat_map_insert(kn, map, &other);
		if (err == -EEXIST && other &&
		    (other->out.flags & KNAT_MAP_F_STATIC)) {
			/* Several outside ports may lead to one inside port:
			 * the later ones need sessions to tell the answers
			 * apart.
			 */
			map->out.flags |= KNAT_MAP_F_ALIAS |
					  KNAT_MAP_F_SESSIONS;
			err = knat_map_insert(kn, map, &other);
		}
		if (err) {
			knat_port_put(ports, static_place(fixed, i));
			goto err_map;
		}
		WRITE_ONCE(kn->nr_static, kn->nr_static + 1);
		kn->nr_alias += !!(map->out.flags & KNAT_MAP_F_ALIAS);
		fixed->maps[i] = map;
	}
	return 0;

err_map:
	if (knat_map_dead(map)) {
		synchronize_rcu_expedited();
		knat_wheel_sweep(kn, &(struct knat_sweep){});
	}
	mutex_lock(&kn->wheel_lock);
	knat_reap_map(kn, map);
	mutex_unlock(&kn->wheel_lock);
err_maps:
	static_unmap(kn, fixed, i);
err_addr:
	knat_addr_put(kn, fixed->addr);
	fixed->addr = NULL;
	return err;
}

static bool spans_meet(u32 a, u32 a_last, u32 b, u32 b_last)
{
	return a <= b_last && b <= a_last;
}

/* Do two mappings want the same port or address on the outside? */
static bool static_clash_out(const struct knat_static *a,
			     const struct knat_static *b)
{
	u32 out_a = be32_to_cpu(a->out_addr), out_b = be32_to_cpu(b->out_addr);

	if (!a->proto && !b->proto)
		return spans_meet(out_a, out_a + knat_static_size(a) - 1,
				  out_b, out_b + knat_static_size(b) - 1);
	return a->proto == b->proto &&
	       (a->outdev || b->outdev ? a->outdev == b->outdev :
					 out_a == out_b) &&
	       spans_meet(a->out_port, a->out_port_last,
			  b->out_port, b->out_port_last);
}

/* Two prefixes that an inside address could leave from. */
static bool static_clash_in(const struct knat_static *a,
			    const struct knat_static *b)
{
	u32 in_a = be32_to_cpu(a->in_addr), in_b = be32_to_cpu(b->in_addr);

	return !a->proto && !b->proto &&
	       spans_meet(in_a, in_a + knat_static_size(a) - 1,
			  in_b, in_b + knat_static_size(b) - 1);
}

static int static_check(struct knat_net *kn, const struct knat_static *fixed,
			struct netlink_ext_ack *extack)
{
	const struct knat_static *old;
	struct knat_addr *addr;
	u32 out, last;

	if (!fixed->proto && (fixed->len < 8 || fixed->len > 32)) {
		NL_SET_ERR_MSG(extack, "the prefix length must be 8 to 32");
		return -EINVAL;
	}
	list_for_each_entry(old, &kn->statics, list) {
		if (static_clash_out(fixed, old)) {
			NL_SET_ERR_MSG(extack,
				       "the outside end is mapped statically already");
			return -EEXIST;
		}
		if (static_clash_in(fixed, old)) {
			NL_SET_ERR_MSG(extack,
				       "an inside address of it is mapped one to one already");
			return -EEXIST;
		}
	}
	if (fixed->proto)
		return 0;
	out = be32_to_cpu(fixed->out_addr);
	last = out + knat_static_size(fixed) - 1;
	do {
		addr = knat_addr_next(kn, &out, last);
		if (addr && addr->dynamic) {
			NL_SET_ERR_MSG(extack,
				       "an outside address of it belongs to a pool or a masquerade rule");
			return -EEXIST;
		}
	} while (addr && out++ < last);
	return 0;
}

static void static_release_devs(struct knat_net *kn, struct knat_static *fixed)
{
	if (fixed->outdev)
		knat_outdev_put(kn, fixed->outdev);
	if (fixed->via)
		knat_outdev_put(kn, fixed->via);
	kn->nr_loose -= fixed->loose;
}

static int static_publish(struct knat_net *kn, const struct knat_static *fixed,
			  struct netlink_ext_ack *extack)
{
	int err = 0;

	if (!fixed->proto)
		err = knat_prefix_publish(kn);
	return err ?: knat_addr_publish(kn) ?: knat_rule_publish(kn, extack);
}

int knat_static_add(struct knat_net *kn, const struct knat_static *conf,
		    const char *dev, struct netlink_ext_ack *extack)
{
	struct knat_static *fixed;
	int err;

	lockdep_assert_held(&kn->config_lock);

	err = knat_net_start(kn);
	if (err)
		return err;
	fixed = kmemdup(conf, sizeof(*fixed), GFP_KERNEL_ACCOUNT);
	if (!fixed)
		return -ENOMEM;
	fixed->outdev = NULL;
	fixed->via = NULL;
	fixed->loose = false;
	fixed->addr = NULL;
	fixed->maps = NULL;
	fixed->id = ++kn->last_id;
	if (fixed->lifetime)
		fixed->expires = get_jiffies_64() + (u64)fixed->lifetime * HZ;
	if (dev) {
		fixed->outdev = knat_outdev_get(kn, dev, extack);
		if (IS_ERR(fixed->outdev)) {
			err = PTR_ERR(fixed->outdev);
			goto err_free;
		}
		fixed->out_addr = fixed->outdev->addr;
	}
	err = static_check(kn, fixed, extack);
	if (err)
		goto err_devs;
	if (!dev)
		fixed->via = static_via(kn, fixed->out_addr);
	fixed->loose = !dev && !fixed->via;
	kn->nr_loose += fixed->loose;
	if (fixed->proto) {
		err = -ENOMEM;
		fixed->maps = kvcalloc(static_ports(fixed),
				       sizeof(*fixed->maps),
				       GFP_KERNEL_ACCOUNT);
		if (!fixed->maps)
			goto err_devs;
	}
	/* The hooks are up before there is something to find. */
	list_add_tail(&fixed->list, &kn->statics);
	err = static_publish(kn, fixed, extack);
	if (err)
		goto err_list;
	if (!fixed->proto) {
		static_oust(kn, fixed, NULL);
		goto out;
	}
	if (!fixed->out_addr)
		goto out;
	err = static_bind(kn, fixed, extack) ?: knat_addr_publish(kn) ?:
	      knat_rule_publish(kn, extack);
	if (err)
		goto err_list;
out:
	knat_event_static(kn, fixed, KNAT_CMD_MAP_NEW_NTF, 0);
	return 0;

err_list:
	static_unbind(kn, fixed);
	list_del(&fixed->list);
	static_publish(kn, fixed, NULL);
	kvfree(fixed->maps);
err_devs:
	static_release_devs(kn, fixed);
err_free:
	kfree(fixed);
	return err;
}

struct knat_static *knat_static_find(struct knat_net *kn,
				     const struct knat_static *conf,
				     const char *dev)
{
	struct knat_static *fixed;

	list_for_each_entry(fixed, &kn->statics, list) {
		if (fixed->proto != conf->proto || !fixed->outdev != !dev)
			continue;
		if (dev ? strcmp(fixed->outdev->name, dev) != 0 :
			  fixed->out_addr != conf->out_addr)
			continue;
		/* Of whole addresses the ports are 0, of ports the length. */
		if (fixed->out_port == conf->out_port &&
		    fixed->out_port_last == conf->out_port_last &&
		    fixed->len == conf->len)
			return fixed;
	}
	return NULL;
}

void knat_static_del(struct knat_net *kn, struct knat_static *fixed)
{
	bool expired = fixed->lifetime && !knat_static_left(fixed);

	lockdep_assert_held(&kn->config_lock);

	list_del(&fixed->list);
	static_unbind(kn, fixed);
	static_publish(kn, fixed, NULL);
	knat_event_static(kn, fixed, KNAT_CMD_MAP_GONE_NTF,
			  expired ? KNAT_REASON_EXPIRED : KNAT_REASON_REMOVED);
	static_release_devs(kn, fixed);
	kvfree(fixed->maps);
	/* Packets do not look at it: only dumps do, under our lock. */
	kfree(fixed);
}

u32 knat_static_left(const struct knat_static *fixed)
{
	u64 now = get_jiffies_64();

	if (now >= fixed->expires)
		return 0;
	return div_u64(fixed->expires - now + HZ - 1, HZ);
}

void knat_static_rebind(struct knat_net *kn)
{
	struct knat_static *fixed;

	list_for_each_entry(fixed, &kn->statics, list) {
		if (!fixed->outdev || fixed->out_addr == fixed->outdev->addr)
			continue;
		static_unbind(kn, fixed);
		fixed->out_addr = fixed->outdev->addr;
		if (fixed->out_addr && static_bind(kn, fixed, NULL))
			pr_warn_ratelimited("knat: a static mapping of %s could not move to its new address\n",
					    fixed->outdev->name);
	}
}

void knat_static_expire(struct knat_net *kn)
{
	struct knat_static *fixed, *next;

	/* Whoever holds the lock is configuring: there is another second. */
	if (!mutex_trylock(&kn->config_lock))
		return;
	list_for_each_entry_safe(fixed, next, &kn->statics, list)
		if (fixed->lifetime && !knat_static_left(fixed))
			knat_static_del(kn, fixed);
	mutex_unlock(&kn->config_lock);
}
