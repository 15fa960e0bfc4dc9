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
#include "publish.h"
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
		return PTR_ERR(rt) == -ENOBUFS || PTR_ERR(rt) == -ENOMEM ?
			-ENOMEM : 0;
	dev = rt->dst.dev;
	if (!(dev->flags & IFF_LOOPBACK))
		ifindex = dev->ifindex;
	ip_rt_put(rt);
	return ifindex;
}

/* The device mappings of @addr belong to: the one that has the address, else
 * the one that the route to it goes through, NULL if there is none. Want of
 * memory is an error: the mapping would hold on all devices.
 */
static struct knat_outdev *static_via(struct knat_net *kn, __be32 addr)
{
	int ifindex = knat_static_ifindex(kn, addr);
	struct knat_outdev *outdev;
	char name[IFNAMSIZ] = "";
	struct net_device *dev;

	if (ifindex < 0)
		return ERR_PTR(ifindex);
	rcu_read_lock();
	dev = ifindex ? dev_get_by_index_rcu(kn->net, ifindex) : NULL;
	if (dev)
		strscpy(name, dev->name, sizeof(name));
	rcu_read_unlock();
	if (!name[0])
		return NULL;
	outdev = knat_outdev_get(kn, name, NULL);
	return IS_ERR(outdev) && outdev != ERR_PTR(-ENOMEM) ? NULL : outdev;
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

/* Nobody finds the first @n entries any more. */
static void static_condemn(struct knat_net *kn, struct knat_static *fixed,
			   u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		knat_map_condemn(kn, fixed->maps[i]);
		if ((fixed->maps[i]->out.flags & KNAT_MAP_F_ALIAS) &&
		    !--kn->nr_alias)
			kn->view_changed = true;
	}
	WRITE_ONCE(kn->nr_static, kn->nr_static - n);
}

static bool static_busy(const struct knat_static *fixed, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (knat_map_sessions(fixed->maps[i]))
			return true;
	return false;
}

/* The ports and the memory of the first @n entries, after a grace period and
 * without sessions.
 */
static void static_reap(struct knat_net *kn, struct knat_static *fixed, u32 n)
{
	struct knat_ports *ports;
	u32 i;

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
}

/* Take the first @n entries out of the tables, with their sessions. */
static void static_unmap(struct knat_net *kn, struct knat_static *fixed, u32 n)
{
	struct knat_sweep sweep = {};

	if (!n)
		return;
	static_condemn(kn, fixed, n);
	/* Who has found one of them alive is done with it after this. */
	synchronize_rcu_expedited();
	if (static_busy(fixed, n))
		knat_wheel_sweep(kn, &sweep);
	static_reap(kn, fixed, n);
}

/* Give back what static_reserve() took and no table has. */
static void static_release(struct knat_net *kn, struct knat_static *fixed)
{
	u32 i;

	if (!fixed->addr)
		return;
	for (i = 0; i < static_ports(fixed); i++) {
		if (fixed->maps[i])
			kmem_cache_free(knat_map_cache, fixed->maps[i]);
		fixed->maps[i] = NULL;
	}
	knat_addr_put(kn, fixed->addr);
	fixed->addr = NULL;
}

/* All memory that entries on @fixed->out_addr need. */
static int static_reserve(struct knat_net *kn, struct knat_static *fixed)
{
	u32 i;

	fixed->addr = knat_addr_get(kn, fixed->out_addr);
	if (!fixed->addr)
		return -ENOMEM;
	if (!knat_addr_ports(fixed->addr, knat_port_space(fixed->proto),
			     GFP_KERNEL_ACCOUNT))
		goto err;
	for (i = 0; i < static_ports(fixed); i++) {
		fixed->maps[i] = kmem_cache_alloc(knat_map_cache,
						  GFP_KERNEL_ACCOUNT);
		if (!fixed->maps[i])
			goto err;
	}
	return 0;

err:
	static_release(kn, fixed);
	return -ENOMEM;
}

static void static_map(const struct knat_static *fixed, u32 i)
{
	struct knat_map *map = fixed->maps[i];

	memset(map, 0, sizeof(*map));
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
}

static int static_map_insert(struct knat_net *kn, struct knat_map *map,
			     struct knat_map **other)
{
	int err;

	local_bh_disable();
	rcu_read_lock();
	err = knat_map_insert(kn, map, other);
	rcu_read_unlock();
	local_bh_enable();
	return err;
}

/* Entry number @i into the tables. It has its port. */
static bool static_insert(struct knat_net *kn, struct knat_static *fixed, u32 i)
{
	struct knat_map *map = fixed->maps[i], *other = NULL;
	int err;

	static_map(fixed, i);
	err = static_map_insert(kn, map, &other);
	if (err == -EEXIST && other && (other->out.flags & KNAT_MAP_F_STATIC)) {
		/* Several outside ports may lead to one inside port: the later
		 * ones need sessions to tell the answers apart.
		 */
		map->out.flags |= KNAT_MAP_F_ALIAS | KNAT_MAP_F_SESSIONS;
		err = static_map_insert(kn, map, &other);
	}
	if (knat_map_dead(map)) {
		/* It was found for a moment. */
		synchronize_rcu_expedited();
		knat_wheel_sweep(kn, &(struct knat_sweep){});
	}
	if (err)
		return false;
	WRITE_ONCE(kn->nr_static, kn->nr_static + 1);
	if ((map->out.flags & KNAT_MAP_F_ALIAS) && !kn->nr_alias++)
		knat_view_alias(kn);
	return true;
}

/* Entry number @i, with its port: false if traffic has taken one of its ends
 * since rivals were ousted.
 */
static bool static_enter_one(struct knat_net *kn, struct knat_static *fixed,
			     struct knat_ports *ports, u32 i)
{
	if (!knat_port_take(ports, static_place(fixed, i)))
		return false;
	if (static_insert(kn, fixed, i))
		return true;
	knat_port_put(ports, static_place(fixed, i));
	return false;
}

/* Another static mapping has the port: no sweep will help. */
static bool static_stuck(struct knat_net *kn, const struct knat_static *fixed,
			 u32 i)
{
	const struct knat_map *map;
	bool stuck;

	rcu_read_lock();
	map = knat_map_lookup_out(kn, knat_ep(fixed->proto, fixed->out_addr,
					      cpu_to_be16(fixed->out_port + i)));
	stuck = map && (map->out.flags & KNAT_MAP_F_STATIC);
	rcu_read_unlock();
	return stuck;
}

/* Rivals are ousted again while traffic is faster. */
#define STATIC_TRIES	100

bool knat_static_enter(struct knat_net *kn, struct knat_static *fixed)
{
	struct knat_ports *ports = NULL;
	u32 i = 0, tries = 0;

	lockdep_assert_held(&kn->config_lock);

	if (fixed->addr)
		ports = knat_addr_ports(fixed->addr,
					knat_port_space(fixed->proto),
					GFP_KERNEL_ACCOUNT);
	if (!fixed->proto || fixed->addr)
		static_oust(kn, fixed, ports);
	while (fixed->addr && i < static_ports(fixed)) {
		if (static_enter_one(kn, fixed, ports, i)) {
			i++;
			continue;
		}
		if (tries++ == STATIC_TRIES || static_stuck(kn, fixed, i)) {
			static_unmap(kn, fixed, i);
			static_release(kn, fixed);
			return false;
		}
		knat_wheel_sweep(kn, &(struct knat_sweep){
			.map = static_rival, .arg = fixed,
		});
	}
	return true;
}

/**
 * struct static_span - what a static mapping has for itself alone
 * @space: on the outside protocol and address or device; 0: whole addresses
 * @first: port or address, host order
 * @last: last one
 */
struct static_span {
	u64	space;
	u32	first;
	u32	last;
};

#define STATIC_SPACE_DEV	BIT_ULL(32)

static struct static_span span_ports(const struct knat_static *fixed, u64 place)
{
	return (struct static_span){
		.space = (u64)fixed->proto << 33 | place,
		.first = fixed->out_port,
		.last = fixed->out_port_last,
	};
}

static struct static_span span_addrs(const struct knat_static *fixed,
				     __be32 addr)
{
	u32 first = be32_to_cpu(addr);

	return (struct static_span){
		.first = first,
		.last = first + knat_static_size(fixed) - 1,
	};
}

static struct static_span span_out(const struct knat_static *fixed)
{
	if (!fixed->proto)
		return span_addrs(fixed, fixed->out_addr);
	return span_ports(fixed, fixed->outdev ?
			  STATIC_SPACE_DEV | fixed->outdev->realm :
			  be32_to_cpu(fixed->out_addr));
}

/* Spans that meet are the same. */
static int span_cmp(const struct static_span *a, const struct static_span *b)
{
	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	return a->last < b->first ? -1 : a->first > b->last;
}

static int span_out_cmp(const void *key, const struct rb_node *node)
{
	const struct static_span span =
		span_out(rb_entry(node, struct knat_static, out_node));

	return span_cmp(key, &span);
}

static bool span_out_less(struct rb_node *a, const struct rb_node *b)
{
	const struct static_span span =
		span_out(rb_entry(a, struct knat_static, out_node));

	return span_out_cmp(&span, b) < 0;
}

static int span_in_cmp(const void *key, const struct rb_node *node)
{
	const struct knat_static *fixed =
		rb_entry(node, struct knat_static, in_node);
	const struct static_span span = span_addrs(fixed, fixed->in_addr);

	return span_cmp(key, &span);
}

static bool span_in_less(struct rb_node *a, const struct rb_node *b)
{
	const struct knat_static *fixed =
		rb_entry(a, struct knat_static, in_node);
	const struct static_span span = span_addrs(fixed, fixed->in_addr);

	return span_in_cmp(&span, b) < 0;
}

static struct knat_static *static_at(struct knat_net *kn,
				     const struct static_span *span)
{
	struct rb_node *node = rb_find(span, &kn->statics_out, span_out_cmp);

	return node ? rb_entry(node, struct knat_static, out_node) : NULL;
}

/* Does another mapping want the same port or address on the outside? One of a
 * device and one of its address do.
 */
static bool static_clash_out(struct knat_net *kn,
			     const struct knat_static *fixed)
{
	struct static_span span = span_out(fixed);
	const struct knat_outdev *outdev;

	if (static_at(kn, &span))
		return true;
	if (!fixed->proto || !fixed->out_addr)
		return false;
	span = span_ports(fixed, be32_to_cpu(fixed->out_addr));
	if (fixed->outdev && static_at(kn, &span))
		return true;
	list_for_each_entry(outdev, &kn->outdevs, list) {
		span = span_ports(fixed, STATIC_SPACE_DEV | outdev->realm);
		if (outdev->addr == fixed->out_addr && static_at(kn, &span))
			return true;
	}
	return false;
}

/* Two prefixes that an inside address could leave from. */
static bool static_clash_in(struct knat_net *kn,
			    const struct knat_static *fixed)
{
	const struct static_span span = span_addrs(fixed, fixed->in_addr);

	return rb_find(&span, &kn->statics_in, span_in_cmp);
}

/* Does a pool or a masquerade rule have an address of it? */
static bool static_clash_dynamic(struct knat_net *kn,
				 const struct knat_static *fixed)
{
	const struct static_span span = span_addrs(fixed, fixed->out_addr);
	const struct knat_pool *pool;
	const struct knat_rule *rule;

	list_for_each_entry(pool, &kn->pools, list)
		if (knat_pool_meets(pool, span.first, span.last))
			return true;
	list_for_each_entry(rule, &kn->rules, list)
		if (rule->action == KNAT_ACTION_MASQUERADE &&
		    be32_to_cpu(rule->outdev->addr) >= span.first &&
		    be32_to_cpu(rule->outdev->addr) <= span.last)
			return true;
	return false;
}

static int static_check(struct knat_net *kn, const struct knat_static *fixed,
			struct netlink_ext_ack *extack)
{
	if (!fixed->proto && (fixed->len < 8 || fixed->len > 32)) {
		NL_SET_ERR_MSG(extack, "the prefix length must be 8 to 32");
		return -EINVAL;
	}
	if (static_clash_out(kn, fixed)) {
		NL_SET_ERR_MSG(extack,
			       "the outside end is mapped statically already");
		return -EEXIST;
	}
	if (fixed->proto)
		return 0;
	if (static_clash_in(kn, fixed)) {
		NL_SET_ERR_MSG(extack,
			       "an inside address of it is mapped one to one already");
		return -EEXIST;
	}
	if (static_clash_dynamic(kn, fixed)) {
		NL_SET_ERR_MSG(extack,
			       "an outside address of it belongs to a pool or a masquerade rule");
		return -EEXIST;
	}
	return 0;
}

static struct knat_loose *loose_get(struct knat_net *kn, __be32 in_addr)
{
	int ifindex = knat_static_ifindex(kn, in_addr);
	struct knat_loose *loose;

	if (ifindex < 0)
		return NULL;
	list_for_each_entry(loose, &kn->loose, list) {
		if (loose->ifindex == ifindex) {
			loose->held++;
			return loose;
		}
	}
	loose = kzalloc(sizeof(*loose), GFP_KERNEL_ACCOUNT);
	if (!loose)
		return NULL;
	loose->ifindex = ifindex;
	loose->held = 1;
	list_add(&loose->list, &kn->loose);
	return loose;
}

static void loose_put(struct knat_loose *loose)
{
	if (--loose->held)
		return;
	list_del(&loose->list);
	kfree(loose);
}

/* Which devices are outside ones depends on where loose mappings lead to. */
static void loose_link(struct knat_net *kn, struct knat_loose *loose)
{
	if (!loose->linked++ || !kn->nr_loose)
		kn->view_changed = true;
	kn->nr_loose++;
}

static void loose_unlink(struct knat_net *kn, struct knat_loose *loose)
{
	kn->nr_loose--;
	if (!--loose->linked || !kn->nr_loose)
		kn->view_changed = true;
}

static void static_release_devs(struct knat_net *kn, struct knat_static *fixed)
{
	if (fixed->loose)
		loose_put(fixed->loose);
	if (fixed->outdev)
		knat_outdev_put(kn, fixed->outdev);
	if (fixed->via)
		knat_outdev_put(kn, fixed->via);
}

/* What is derived from @fixed is out of date. */
static void static_changed(struct knat_net *kn, const struct knat_static *fixed)
{
	if (!fixed->proto) {
		kn->prefixes_changed = true;
		kn->addrs_changed = true;
	}
}

void knat_static_relink(struct knat_net *kn, struct knat_static *fixed,
			struct list_head *prev)
{
	list_add(&fixed->list, prev);
	rb_add(&fixed->out_node, &kn->statics_out, span_out_less);
	if (!fixed->proto)
		rb_add(&fixed->in_node, &kn->statics_in, span_in_less);
	if (fixed->loose)
		loose_link(kn, fixed->loose);
	static_changed(kn, fixed);
}

struct list_head *knat_static_unlink(struct knat_net *kn,
				     struct knat_static *fixed)
{
	struct list_head *prev = fixed->list.prev;

	list_del(&fixed->list);
	rb_erase(&fixed->out_node, &kn->statics_out);
	if (!fixed->proto)
		rb_erase(&fixed->in_node, &kn->statics_in);
	if (fixed->loose)
		loose_unlink(kn, fixed->loose);
	static_changed(kn, fixed);
	return prev;
}

struct knat_static *knat_static_new(struct knat_net *kn,
				    const struct knat_static *conf,
				    const char *dev,
				    struct netlink_ext_ack *extack)
{
	struct knat_static *fixed;
	int err;

	lockdep_assert_held(&kn->config_lock);

	err = knat_net_start(kn);
	if (err)
		return ERR_PTR(err);
	fixed = kmemdup(conf, sizeof(*fixed), GFP_KERNEL_ACCOUNT);
	if (!fixed)
		return ERR_PTR(-ENOMEM);
	fixed->outdev = NULL;
	fixed->via = NULL;
	fixed->loose = NULL;
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
	err = -ENOMEM;
	if (!dev) {
		fixed->via = static_via(kn, fixed->out_addr);
		if (IS_ERR(fixed->via)) {
			fixed->via = NULL;
			goto err_devs;
		}
	}
	if (!dev && !fixed->via) {
		fixed->loose = loose_get(kn, fixed->in_addr);
		if (!fixed->loose)
			goto err_devs;
	}
	if (fixed->proto) {
		fixed->maps = kvcalloc(static_ports(fixed),
				       sizeof(*fixed->maps),
				       GFP_KERNEL_ACCOUNT);
		if (!fixed->maps)
			goto err_devs;
		if (fixed->out_addr && static_reserve(kn, fixed))
			goto err_maps;
	}
	knat_static_relink(kn, fixed, kn->statics.prev);
	return fixed;

err_maps:
	kvfree(fixed->maps);
err_devs:
	static_release_devs(kn, fixed);
err_free:
	kfree(fixed);
	return ERR_PTR(err);
}

void knat_static_turn(struct knat_net *kn, struct knat_static *fixed,
		      const struct knat_static_turn *turn)
{
	lockdep_assert_held(&kn->config_lock);

	if (turn->relabel)
		strscpy(fixed->label, turn->label, sizeof(fixed->label));
	if (!turn->lifetime)
		return;
	fixed->lifetime = turn->lifetime;
	fixed->expires = get_jiffies_64() + (u64)turn->lifetime * HZ;
}

static void static_free(struct knat_net *kn, struct knat_static *fixed)
{
	static_release_devs(kn, fixed);
	kvfree(fixed->maps);
	/* Packets do not look at it: only dumps do, under our lock. */
	kfree(fixed);
}

void knat_static_cancel(struct knat_net *kn, struct knat_static *fixed)
{
	static_release(kn, fixed);
	static_free(kn, fixed);
}

struct knat_static *knat_static_find(struct knat_net *kn,
				     const struct knat_static *conf,
				     const char *dev)
{
	struct knat_static *fixed;
	struct static_span span = span_out(conf);
	const struct knat_outdev *outdev;

	if (dev) {
		list_for_each_entry(outdev, &kn->outdevs, list)
			if (!strcmp(outdev->name, dev))
				break;
		if (list_entry_is_head(outdev, &kn->outdevs, list))
			return NULL;
		span = span_ports(conf, STATIC_SPACE_DEV | outdev->realm);
	} else if (!conf->proto && !conf->len) {
		return NULL;
	}
	fixed = static_at(kn, &span);
	/* Of whole addresses the ports are 0, of ports the length. */
	if (!fixed || fixed->out_port != conf->out_port ||
	    fixed->out_port_last != conf->out_port_last ||
	    fixed->len != conf->len ||
	    (!dev && fixed->out_addr != conf->out_addr))
		return NULL;
	return fixed;
}

static bool static_list_busy(const struct list_head *list)
{
	const struct knat_static *fixed;

	list_for_each_entry(fixed, list, list)
		if (fixed->addr && static_busy(fixed, static_ports(fixed)))
			return true;
	return false;
}

void knat_static_drop(struct knat_net *kn, struct list_head *list)
{
	struct knat_static *fixed, *next;
	struct knat_sweep sweep = {};
	bool expired;

	lockdep_assert_held(&kn->config_lock);

	if (list_empty(list))
		return;
	list_for_each_entry(fixed, list, list)
		if (fixed->addr)
			static_condemn(kn, fixed, static_ports(fixed));
	/* Who has found one of them alive is done with it after this. */
	synchronize_rcu_expedited();
	if (static_list_busy(list))
		knat_wheel_sweep(kn, &sweep);
	list_for_each_entry_safe(fixed, next, list, list) {
		list_del(&fixed->list);
		if (fixed->addr) {
			static_reap(kn, fixed, static_ports(fixed));
			/* Without entries now. */
			static_release(kn, fixed);
		}
		expired = fixed->lifetime && !knat_static_left(fixed);
		knat_event_static(kn, fixed, KNAT_CMD_MAP_GONE_NTF, expired ?
				  KNAT_REASON_EXPIRED : KNAT_REASON_REMOVED);
		static_free(kn, fixed);
	}
}

u32 knat_static_left(const struct knat_static *fixed)
{
	u64 now = get_jiffies_64();

	if (now >= fixed->expires)
		return 0;
	return div_u64(fixed->expires - now + HZ - 1, HZ);
}

/* Another device may lead to its inside now. */
static void static_reloose(struct knat_net *kn, struct knat_static *fixed)
{
	struct knat_loose *loose = loose_get(kn, fixed->in_addr);

	if (!loose)
		return;
	loose_unlink(kn, fixed->loose);
	loose_put(fixed->loose);
	fixed->loose = loose;
	loose_link(kn, loose);
}

/* Its entries are where its device's address is. */
static bool static_bound(const struct knat_static *fixed)
{
	return !fixed->outdev ||
	       (fixed->out_addr == fixed->outdev->addr &&
		(fixed->addr || !fixed->out_addr));
}

bool knat_static_rebind(struct knat_net *kn)
{
	struct knat_static *fixed;
	bool done = true;

	list_for_each_entry(fixed, &kn->statics, list) {
		if (fixed->loose)
			static_reloose(kn, fixed);
		if (static_bound(fixed))
			continue;
		if (fixed->addr) {
			static_unmap(kn, fixed, static_ports(fixed));
			static_release(kn, fixed);
		}
		fixed->out_addr = fixed->outdev->addr;
		if (!fixed->out_addr)
			continue;
		if (static_reserve(kn, fixed))
			done = false;
		else if (!knat_static_enter(kn, fixed))
			pr_warn_ratelimited("knat: a static mapping of %s could not move to its new address: its port is in use\n",
					    fixed->outdev->name);
	}
	return done;
}

void knat_static_expire(struct knat_net *kn)
{
	struct knat_static *fixed, *next;
	LIST_HEAD(list);

	/* Whoever holds the lock is configuring: there is another second. */
	if (!mutex_trylock(&kn->config_lock))
		return;
	list_for_each_entry_safe(fixed, next, &kn->statics, list) {
		if (!fixed->lifetime || knat_static_left(fixed))
			continue;
		knat_static_unlink(kn, fixed);
		list_add_tail(&fixed->list, &list);
	}
	knat_static_drop(kn, &list);
	/* There may have been no memory for it before. */
	if (kn->addrs_changed || kn->prefixes_changed || kn->view_changed)
		knat_publish(kn, NULL);
	mutex_unlock(&kn->config_lock);
}
