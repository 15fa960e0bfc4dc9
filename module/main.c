// SPDX-License-Identifier: GPL-2.0
/* knat: a NAT engine for Linux gateways. Life of the module. */
#include <linux/module.h>
#include <linux/slab.h>
#include "event.h"
#include "map.h"
#include "netlink.h"
#include "pernet.h"
#include "rule.h"
#include "session.h"

static int __init knat_init(void)
{
	int err = -ENOMEM;

	knat_map_cache = KMEM_CACHE(knat_map, SLAB_HWCACHE_ALIGN);
	if (!knat_map_cache)
		return err;
	knat_session_cache = KMEM_CACHE(knat_session, SLAB_HWCACHE_ALIGN);
	if (!knat_session_cache)
		goto err_map;
	err = knat_event_queue_init();
	if (err)
		goto err_session;
	err = knat_pernet_init();
	if (err)
		goto err_queue;
	err = knat_device_init();
	if (err)
		goto err_pernet;
	err = knat_netlink_init();
	if (err)
		goto err_device;
	return 0;

err_device:
	knat_device_exit();
err_pernet:
	knat_pernet_exit();
err_queue:
	knat_event_queue_exit();
err_session:
	kmem_cache_destroy(knat_session_cache);
err_map:
	kmem_cache_destroy(knat_map_cache);
	return err;
}

static void __exit knat_exit(void)
{
	knat_netlink_exit();
	knat_device_exit();
	knat_pernet_exit();
	knat_event_queue_exit();
	/* Callbacks of this module's code: none may be left. */
	rcu_barrier();
	kmem_cache_destroy(knat_session_cache);
	kmem_cache_destroy(knat_map_cache);
}

module_init(knat_init);
module_exit(knat_exit);

MODULE_DESCRIPTION("NAT engine for gateways");
MODULE_LICENSE("GPL");
MODULE_VERSION(KNAT_VERSION);
MODULE_ALIAS_GENL_FAMILY(KNAT_FAMILY_NAME);
