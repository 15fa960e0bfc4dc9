// SPDX-License-Identifier: GPL-2.0
/* knat: outside addresses. */
#include <linux/in.h>
#include <linux/inetdevice.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "addr.h"
#include "net.h"
#include "static.h"

static const struct rhashtable_params addr_params = {
	.head_offset		= offsetof(struct knat_addr, node),
	.key_offset		= offsetof(struct knat_addr, addr),
	.key_len		= sizeof(__be32),
	.automatic_shrinking	= true,
};

static const u8 space_protos[KNAT_SPACES] = {
	[KNAT_SPACE_UDP]	= IPPROTO_UDP,
	[KNAT_SPACE_TCP]	= IPPROTO_TCP,
	[KNAT_SPACE_ICMP]	= IPPROTO_ICMP,
	[KNAT_SPACE_UDPLITE]	= IPPROTO_UDPLITE,
	[KNAT_SPACE_DCCP]	= IPPROTO_DCCP,
	[KNAT_SPACE_SCTP]	= IPPROTO_SCTP,
	[KNAT_SPACE_GRE]	= IPPROTO_GRE,
	[KNAT_SPACE_ESP]	= IPPROTO_ESP,
};

enum knat_port_space knat_port_space(u8 proto)
{
	int i;

	for (i = 0; i < KNAT_SPACE_OTHER; i++)
		if (space_protos[i] == proto)
			break;
	return i;
}

u8 knat_port_space_proto(enum knat_port_space space, u32 place)
{
	return space == KNAT_SPACE_OTHER ? place / KNAT_OTHER_IDS :
					   space_protos[space];
}

u16 knat_port_place(u8 proto, u16 port)
{
	return knat_port_space(proto) == KNAT_SPACE_OTHER ?
		proto * KNAT_OTHER_IDS + port : port;
}

int knat_addr_table_init(struct knat_net *kn)
{
	int err = rhashtable_init(&kn->addr_table, &addr_params);

	if (err)
		return err;
	INIT_LIST_HEAD(&kn->addr_all);
	kn->addr_nr = 0;
	kn->addrs_changed = true;
	err = knat_addr_publish(kn);
	if (err)
		rhashtable_destroy(&kn->addr_table);
	return err;
}

static void addr_list_free(struct rcu_head *rcu)
{
	struct knat_addr_list *list = container_of(rcu, struct knat_addr_list,
						   rcu);

	kvfree(list->ranges);
	kvfree(list);
}

void knat_addr_table_exit(struct knat_net *kn)
{
	addr_list_free(&rcu_dereference_protected(kn->addrs, true)->rcu);
	rhashtable_destroy(&kn->addr_table);
}

struct knat_addr *knat_addr_find(struct knat_net *kn, __be32 addr)
{
	return rhashtable_lookup_fast(&kn->addr_table, &addr, addr_params);
}

struct knat_addr *knat_addr_get(struct knat_net *kn, __be32 addr)
{
	struct knat_addr *new = knat_addr_find(kn, addr);

	lockdep_assert_held(&kn->config_lock);

	if (!new) {
		new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
		if (!new)
			return NULL;
		new->addr = addr;
		if (rhashtable_insert_fast(&kn->addr_table, &new->node,
					   addr_params)) {
			kfree(new);
			return NULL;
		}
		list_add_tail(&new->list, &kn->addr_all);
		kn->addr_nr++;
		kn->addrs_changed = true;
	}
	new->users++;
	return new;
}

static void addr_free(struct rcu_head *rcu)
{
	struct knat_addr *addr = container_of(rcu, struct knat_addr, rcu);
	int i;

	for (i = 0; i < KNAT_SPACES; i++)
		knat_ports_free(rcu_dereference_protected(addr->ports[i],
							  true));
	kfree(addr);
}

void knat_addr_put(struct knat_net *kn, struct knat_addr *addr)
{
	lockdep_assert_held(&kn->config_lock);

	if (--addr->users)
		return;
	kn->addrs_changed = true;
	list_del(&addr->list);
	kn->addr_nr--;
	rhashtable_remove_fast(&kn->addr_table, &addr->node, addr_params);
	call_rcu(&addr->rcu, addr_free);
}

static int addr_cmp(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

int knat_addr_range_cmp(const void *a, const void *b)
{
	const struct knat_addr_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static u32 prefix_last(u32 first, u8 len)
{
	return first | (len ? (1ULL << (32 - len)) - 1 : U32_MAX);
}

/* The addresses and the prefix mappings as few ranges. */
static int addr_ranges(struct knat_net *kn, struct knat_addr_list *list)
{
	struct knat_addr_range *r;
	struct knat_static *fixed;
	u32 i, last, n = list->nr;

	list_for_each_entry(fixed, &kn->statics, list)
		n += !fixed->proto;
	r = kvmalloc_array(n + 1, sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return -ENOMEM;
	for (n = 0; n < list->nr; n++) {
		r[n].first = list->addr[n];
		r[n].last = r[n].first;
	}
	list_for_each_entry(fixed, &kn->statics, list) {
		if (fixed->proto)
			continue;
		r[n].first = be32_to_cpu(fixed->out_addr);
		r[n].last = prefix_last(r[n].first, fixed->len);
		n++;
	}
	list->ranges = r;
	if (!n)
		return 0;
	sort(r, n, sizeof(*r), knat_addr_range_cmp, NULL);
	for (i = 1, last = 0; i < n; i++) {
		if (r[last].last == U32_MAX || r[i].first <= r[last].last + 1)
			r[last].last = max(r[last].last, r[i].last);
		else
			r[++last] = r[i];
	}
	list->nr_ranges = last + 1;
	list->first = r[0].first;
	list->span = r[last].last - r[0].first;
	return 0;
}

struct knat_addr_list *knat_addr_list_new(struct knat_net *kn)
{
	struct knat_addr_list *list;
	struct knat_addr *addr;
	u32 n = 0;

	list = kvzalloc(struct_size(list, addr, kn->addr_nr),
			GFP_KERNEL_ACCOUNT);
	if (!list)
		return NULL;
	list_for_each_entry(addr, &kn->addr_all, list)
		list->addr[n++] = be32_to_cpu(addr->addr);
	list->nr = n;
	sort(list->addr, n, sizeof(list->addr[0]), addr_cmp, NULL);
	if (addr_ranges(kn, list)) {
		kvfree(list);
		return NULL;
	}
	return list;
}

void knat_addr_list_free(struct knat_addr_list *list)
{
	if (list)
		addr_list_free(&list->rcu);
}

void knat_addr_list_publish(struct knat_net *kn, struct knat_addr_list *list)
{
	struct knat_addr_list *old;

	kn->addrs_changed = false;
	old = rcu_replace_pointer(kn->addrs, list, true);
	if (old)
		call_rcu(&old->rcu, addr_list_free);
}

int knat_addr_publish(struct knat_net *kn)
{
	struct knat_addr_list *list;

	if (!kn->addrs_changed)
		return 0;
	list = knat_addr_list_new(kn);
	if (!list)
		return -ENOMEM;
	knat_addr_list_publish(kn, list);
	return 0;
}

struct knat_ports *knat_addr_ports(struct knat_addr *addr,
				   enum knat_port_space space, gfp_t gfp)
{
	struct knat_ports *ports = rcu_dereference_check(addr->ports[space],
							 true);
	struct knat_ports *old;

	if (likely(ports))
		return ports;
	ports = knat_ports_alloc(gfp | __GFP_NOWARN);
	if (!ports)
		return NULL;
	old = unrcu_pointer(cmpxchg(&addr->ports[space], NULL,
				    RCU_INITIALIZER(ports)));
	if (!old)
		return ports;
	knat_ports_free(ports);
	return old;
}

bool knat_addr_listed_among(const struct knat_addr_list *list, u32 addr)
{
	u32 low = 0, high = list->nr_ranges;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (addr > list->ranges[mid].last)
			low = mid + 1;
		else if (addr < list->ranges[mid].first)
			high = mid;
		else
			return true;
	}
	return false;
}

struct knat_addr *knat_addr_next(struct knat_net *kn, u32 *from, u32 last)
{
	const struct knat_addr_list *list;
	struct knat_addr *addr;
	u32 low = 0, high;

	list = rcu_dereference_check(kn->addrs,
				     lockdep_is_held(&kn->config_lock));
	high = list->nr;
	while (low < high) {
		u32 mid = (low + high) / 2;

		if (list->addr[mid] < *from)
			low = mid + 1;
		else
			high = mid;
	}
	/* One that went since the list was made is not there any more. */
	for (; low < list->nr && list->addr[low] <= last; low++) {
		addr = knat_addr_find(kn, cpu_to_be32(list->addr[low]));
		if (!addr)
			continue;
		*from = list->addr[low];
		return addr;
	}
	return NULL;
}
