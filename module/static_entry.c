// SPDX-License-Identifier: GPL-2.0
/* knat: the entries that static mappings of ports have in the tables. */
#include <linux/inetdevice.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include "map.h"
#include "net.h"
#include "proto.h"
#include "reap.h"
#include "static.h"
#include "static_entry.h"

/* Of port number @i the place in the bitmap. */
static u16 static_place(const struct knat_static *fixed, u32 i)
{
	return knat_port_place(fixed->proto, fixed->out_port + i);
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
		in - fixed->in_port < knat_static_ports(fixed));
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
	    static_place(fixed, knat_static_ports(fixed) - 1))
		return true;
	rcu_read_lock();
	view = rcu_dereference(kn->view);
	/* Keys with a remote end cannot be guessed. */
	found = view->sessions_first || view->by_rule;
	for (i = 0; i < view->nr_devs && !found; i++) {
		union knat_far far = knat_far(0, 0, view->devs[i].realm);

		for (n = 0; n < knat_static_ports(fixed) && !found; n++)
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

void knat_static_release(struct knat_net *kn, struct knat_static *fixed)
{
	u32 i;

	if (!fixed->addr)
		return;
	for (i = 0; i < knat_static_ports(fixed); i++) {
		if (fixed->maps[i])
			kmem_cache_free(knat_map_cache, fixed->maps[i]);
		fixed->maps[i] = NULL;
	}
	knat_addr_put(kn, fixed->addr);
	fixed->addr = NULL;
}

int knat_static_reserve(struct knat_net *kn, struct knat_static *fixed)
{
	u32 i;

	fixed->addr = knat_addr_get(kn, fixed->out_addr);
	if (!fixed->addr)
		return -ENOMEM;
	if (!knat_addr_ports(fixed->addr, knat_port_space(fixed->proto),
			     GFP_KERNEL_ACCOUNT))
		goto err;
	for (i = 0; i < knat_static_ports(fixed); i++) {
		fixed->maps[i] = kmem_cache_alloc(knat_map_cache,
						  GFP_KERNEL_ACCOUNT);
		if (!fixed->maps[i])
			goto err;
	}
	return 0;

err:
	knat_static_release(kn, fixed);
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
	while (fixed->addr && i < knat_static_ports(fixed)) {
		if (static_enter_one(kn, fixed, ports, i)) {
			i++;
			continue;
		}
		if (tries++ == STATIC_TRIES || static_stuck(kn, fixed, i)) {
			static_unmap(kn, fixed, i);
			knat_static_release(kn, fixed);
			return false;
		}
		knat_wheel_sweep(kn, &(struct knat_sweep){
			.map = static_rival, .arg = fixed,
		});
	}
	return true;
}

void knat_static_unmap(struct knat_net *kn, struct knat_static *fixed)
{
	if (!fixed->addr)
		return;
	static_unmap(kn, fixed, knat_static_ports(fixed));
	knat_static_release(kn, fixed);
}

static bool static_list_busy(const struct list_head *list)
{
	const struct knat_static *fixed;

	list_for_each_entry(fixed, list, list)
		if (fixed->addr && static_busy(fixed, knat_static_ports(fixed)))
			return true;
	return false;
}

void knat_static_unmap_all(struct knat_net *kn, struct list_head *list)
{
	struct knat_static *fixed;
	struct knat_sweep sweep = {};

	list_for_each_entry(fixed, list, list)
		if (fixed->addr)
			static_condemn(kn, fixed, knat_static_ports(fixed));
	/* Who has found one of them alive is done with it after this. */
	synchronize_rcu_expedited();
	if (static_list_busy(list))
		knat_wheel_sweep(kn, &sweep);
	list_for_each_entry(fixed, list, list) {
		if (!fixed->addr)
			continue;
		static_reap(kn, fixed, knat_static_ports(fixed));
		/* Without entries now. */
		knat_static_release(kn, fixed);
	}
}
