// SPDX-License-Identifier: GPL-2.0
/* knat: static mappings. */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include "net.h"
#include "publish.h"
#include "static.h"
#include "static_dev.h"
#include "static_entry.h"
#include "static_index.h"

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
	knat_static_index(kn, fixed);
	if (fixed->loose)
		knat_loose_link(kn, fixed->loose);
	static_changed(kn, fixed);
}

struct list_head *knat_static_unlink(struct knat_net *kn,
				     struct knat_static *fixed)
{
	struct list_head *prev = fixed->list.prev;

	list_del(&fixed->list);
	knat_static_unindex(kn, fixed);
	if (fixed->loose)
		knat_loose_unlink(kn, fixed->loose);
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
	err = knat_static_check(kn, fixed, extack);
	if (err)
		goto err_devs;
	err = -ENOMEM;
	if (!dev && knat_static_devs_get(kn, fixed))
		goto err_devs;
	if (fixed->proto) {
		fixed->maps = kvcalloc(knat_static_ports(fixed),
				       sizeof(*fixed->maps),
				       GFP_KERNEL_ACCOUNT);
		if (!fixed->maps)
			goto err_devs;
		if (fixed->out_addr && knat_static_reserve(kn, fixed))
			goto err_maps;
	}
	knat_static_relink(kn, fixed, kn->statics.prev);
	return fixed;

err_maps:
	kvfree(fixed->maps);
err_devs:
	knat_static_devs_put(kn, fixed);
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
	knat_static_devs_put(kn, fixed);
	kvfree(fixed->maps);
	/* Packets do not look at it: only dumps do, under our lock. */
	kfree(fixed);
}

void knat_static_cancel(struct knat_net *kn, struct knat_static *fixed)
{
	knat_static_release(kn, fixed);
	static_free(kn, fixed);
}

u32 knat_static_left(const struct knat_static *fixed)
{
	u64 now = get_jiffies_64();

	if (now >= fixed->expires)
		return 0;
	return div_u64(fixed->expires - now + HZ - 1, HZ);
}

void knat_static_drop(struct knat_net *kn, struct list_head *list)
{
	struct knat_static *fixed, *next;
	bool expired;

	lockdep_assert_held(&kn->config_lock);

	if (list_empty(list))
		return;
	knat_static_unmap_all(kn, list);
	list_for_each_entry_safe(fixed, next, list, list) {
		list_del(&fixed->list);
		expired = fixed->lifetime && !knat_static_left(fixed);
		knat_event_static(kn, fixed, KNAT_CMD_MAP_GONE_NTF, expired ?
				  KNAT_REASON_EXPIRED : KNAT_REASON_REMOVED);
		static_free(kn, fixed);
	}
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
