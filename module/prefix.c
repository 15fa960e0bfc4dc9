// SPDX-License-Identifier: GPL-2.0
/* knat: one-to-one and prefix-to-prefix mappings. */
#include <linux/inetdevice.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "net.h"
#include "prefix.h"
#include "static.h"

/**
 * struct knat_prefix - one mapping, seen from one side
 * @first: lowest address of this side, host order
 * @last: highest
 * @other: lowest address of the other side
 */
struct knat_prefix {
	u32	first;
	u32	last;
	u32	other;
};

/**
 * struct knat_prefixes - all of them, sorted for either side
 * @rcu: frees it
 * @nr: how many
 * @inside: by inside address
 * @outside: by outside address; behind @inside in memory
 */
struct knat_prefixes {
	struct rcu_head		rcu;
	u32			nr;
	struct knat_prefix	*outside;
	struct knat_prefix	inside[];
};

static bool prefix_find(const struct knat_prefix *prefix, u32 nr, __be32 addr,
			__be32 *other)
{
	u32 key = be32_to_cpu(addr), low = 0, high = nr;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (key > prefix[mid].last) {
			low = mid + 1;
		} else if (key < prefix[mid].first) {
			high = mid;
		} else {
			*other = cpu_to_be32(key - prefix[mid].first +
					     prefix[mid].other);
			return true;
		}
	}
	return false;
}

bool knat_prefix_outside_of(struct knat_net *kn, __be32 in_addr,
			    __be32 *out_addr)
{
	const struct knat_prefixes *p = rcu_dereference(kn->prefixes);

	return p && prefix_find(p->inside, p->nr, in_addr, out_addr);
}

bool knat_prefix_inside_of(struct knat_net *kn, __be32 out_addr,
			   __be32 *in_addr)
{
	const struct knat_prefixes *p = rcu_dereference(kn->prefixes);

	return p && prefix_find(p->outside, p->nr, out_addr, in_addr);
}

static int prefix_cmp(const void *a, const void *b)
{
	const struct knat_prefix *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

int knat_prefix_new(struct knat_net *kn, struct knat_prefixes **prefixes)
{
	struct knat_prefixes *new = NULL;
	const struct knat_static *fixed;
	u32 nr = 0;

	lockdep_assert_held(&kn->config_lock);

	list_for_each_entry(fixed, &kn->statics, list)
		nr += !fixed->proto;
	if (nr) {
		new = kvmalloc(struct_size(new, inside, 2 * nr),
			       GFP_KERNEL_ACCOUNT);
		if (!new)
			return -ENOMEM;
		new->nr = nr;
		new->outside = &new->inside[nr];
		nr = 0;
		list_for_each_entry(fixed, &kn->statics, list) {
			u32 in = be32_to_cpu(fixed->in_addr);
			u32 out = be32_to_cpu(fixed->out_addr);
			u32 size;

			if (fixed->proto)
				continue;
			size = knat_static_size(fixed);
			new->inside[nr].first = in;
			new->inside[nr].last = in + size - 1;
			new->inside[nr].other = out;
			new->outside[nr].first = out;
			new->outside[nr].last = out + size - 1;
			new->outside[nr].other = in;
			nr++;
		}
		sort(new->inside, nr, sizeof(*new->inside), prefix_cmp, NULL);
		sort(new->outside, nr, sizeof(*new->inside), prefix_cmp, NULL);
	}
	*prefixes = new;
	return 0;
}

void knat_prefix_publish(struct knat_net *kn, struct knat_prefixes *prefixes)
{
	struct knat_prefixes *old;

	kn->prefixes_changed = false;
	old = rcu_replace_pointer(kn->prefixes, prefixes, true);
	if (old)
		kvfree_rcu(old, rcu);
}

void knat_prefix_free(struct knat_prefixes *prefixes)
{
	kvfree(prefixes);
}

void knat_prefix_exit(struct knat_net *kn)
{
	kvfree(rcu_dereference_protected(kn->prefixes, true));
}
