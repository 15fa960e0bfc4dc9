// SPDX-License-Identifier: GPL-2.0
/* knat: life of a namespace's state. */
#include <linux/bitmap.h>
#include <linux/slab.h>
#include <net/netns/generic.h>
#include "addr.h"
#include "fastpath.h"
#include "fastppp.h"
#include "fastroute.h"
#include "frag.h"
#include "hook.h"
#include "host.h"
#include "map.h"
#include "net.h"
#include "pernet.h"
#include "pool.h"
#include "prefix.h"
#include "publish.h"
#include "rule.h"
#include "session.h"
#include "static.h"

static unsigned int knat_net_id __read_mostly;

struct knat_net *knat_net(const struct net *net)
{
	return net_generic(net, knat_net_id);
}

static void net_gone(struct work_struct *work)
{
	struct knat_net *kn = container_of(work, struct knat_net, gone);

	mutex_lock(&kn->config_lock);
	knat_outdev_rebind(kn, NULL);
	knat_pool_leave(kn);
	mutex_unlock(&kn->config_lock);
}

int knat_net_start(struct knat_net *kn)
{
	int err;

	lockdep_assert_held(&kn->config_lock);

	if (kn->realms)
		return 0;
	err = knat_wheel_init(kn);
	if (err)
		return err;
	err = knat_event_start(kn);
	if (err)
		goto err_wheel;
	err = knat_frags_init(kn);
	if (err)
		goto err_event;
	err = -ENOMEM;
	kn->realms = bitmap_zalloc(KNAT_REALMS, GFP_KERNEL_ACCOUNT);
	if (!kn->realms)
		goto err_frags;
	knat_wheel_start(kn);
	return 0;

err_frags:
	knat_frags_exit(kn);
err_event:
	knat_event_exit(kn);
err_wheel:
	knat_wheel_exit(kn);
	return err;
}

int knat_hooks_update(struct knat_net *kn, bool want,
		      struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&kn->config_lock);

	want &= !kn->dead;
	if (want == kn->hooked)
		return 0;
	if (!want) {
		nf_unregister_net_hooks(kn->net, kn->hook_ops, knat_hooks);
		kn->hooked = false;
		return 0;
	}
	if (!kn->hook_ops)
		kn->hook_ops = knat_hooks_new(kn);
	if (!kn->hook_ops)
		return -ENOMEM;
	err = nf_register_net_hooks(kn->net, kn->hook_ops, knat_hooks);
	if (err) {
		NL_SET_ERR_MSG(extack, "the hooks cannot be registered");
		return err;
	}
	kn->hooked = true;
	return 0;
}

static bool flush_map(const struct knat_map *map, void *arg)
{
	return true;
}

void knat_net_flush(struct knat_net *kn)
{
	struct knat_sweep sweep = { .map = flush_map };
	struct knat_static *fixed, *next_fixed;
	struct knat_rule *rule, *next_rule;
	struct knat_pool *pool, *next_pool;
	LIST_HEAD(statics);
	LIST_HEAD(rules);

	lockdep_assert_held(&kn->config_lock);

	knat_fastdev_flush(kn);
	list_for_each_entry_safe(rule, next_rule, &kn->rules, list) {
		knat_rule_unlink(kn, rule);
		list_add_tail(&rule->list, &rules);
	}
	list_for_each_entry_safe(fixed, next_fixed, &kn->statics, list) {
		knat_static_unlink(kn, fixed);
		list_add_tail(&fixed->list, &statics);
	}
	knat_publish_nothing(kn);
	list_for_each_entry_safe(rule, next_rule, &rules, list)
		knat_rule_free(kn, rule);
	knat_static_drop(kn, &statics);
	list_for_each_entry_safe(pool, next_pool, &kn->pools, list) {
		list_del(&pool->list);
		knat_pool_destroy(kn, pool);
	}
	knat_publish(kn, NULL);
	if (kn->realms)
		knat_wheel_sweep(kn, &sweep);
	knat_unsolicited_flush(kn);
}

static int __net_init net_init(struct net *net)
{
	struct knat_net *kn = knat_net(net);
	int err;

	kn->net = net;
	mutex_init(&kn->config_lock);
	mutex_init(&kn->fast_lock);
	mutex_init(&kn->wheel_lock);
	INIT_LIST_HEAD(&kn->pools);
	INIT_LIST_HEAD(&kn->rules);
	INIT_LIST_HEAD(&kn->outdevs);
	INIT_LIST_HEAD(&kn->statics);
	kn->statics_out = RB_ROOT;
	kn->statics_in = RB_ROOT;
	INIT_LIST_HEAD(&kn->loose);
	INIT_LIST_HEAD(&kn->fastdevs);
	INIT_LIST_HEAD(&kn->leaving);
	INIT_WORK(&kn->gone, net_gone);
	knat_reap_init(&kn->reap);
	knat_event_init(kn);
	knat_hook_init(kn);
	knat_unsolicited_init(kn);
	knat_config_init(kn);

	err = -ENOMEM;
	kn->stats = alloc_percpu_gfp(struct knat_stats,
				     GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!kn->stats)
		return err;
	err = knat_map_tables_init(kn);
	if (err)
		goto err_stats;
	err = knat_session_tables_init(kn);
	if (err)
		goto err_maps;
	err = knat_host_table_init(kn);
	if (err)
		goto err_sessions;
	mutex_lock(&kn->config_lock);
	err = knat_addr_table_init(kn);
	mutex_unlock(&kn->config_lock);
	if (err)
		goto err_hosts;
	return 0;

err_hosts:
	knat_host_table_exit(kn);
err_sessions:
	knat_session_tables_exit(kn);
err_maps:
	knat_map_tables_exit(kn);
err_stats:
	free_percpu(kn->stats);
	return err;
}

/* A grace period passes between this and net_exit(). */
static void __net_exit net_pre_exit(struct net *net)
{
	struct knat_net *kn = knat_net(net);

	mutex_lock(&kn->config_lock);
	kn->dead = true;
	knat_fastdev_flush(kn);
	knat_hooks_update(kn, false, NULL);
	mutex_unlock(&kn->config_lock);
}

static void __net_exit net_exit(struct net *net)
{
	struct knat_net *kn = knat_net(net);

	if (kn->realms)
		cancel_delayed_work_sync(&kn->tick);
	cancel_work_sync(&kn->gone);
	knat_unsolicited_exit(kn);
	mutex_lock(&kn->config_lock);
	knat_net_flush(kn);
	mutex_unlock(&kn->config_lock);
	knat_reap_drain(&kn->reap);
	knat_event_exit(kn);
	knat_frags_exit(kn);
	knat_fastroute_exit(kn);
	knat_fastppp_exit(kn);
}

static void net_free(struct knat_net *kn)
{
	knat_prefix_exit(kn);
	knat_addr_table_exit(kn);
	knat_host_table_exit(kn);
	knat_session_tables_exit(kn);
	knat_map_tables_exit(kn);
	if (kn->realms)
		knat_wheel_exit(kn);
	bitmap_free(kn->realms);
	kfree(kn->hook_ops);
	free_percpu(kn->stats);
}

static void __net_exit net_exit_batch(struct list_head *nets)
{
	struct net *net;

	/* Addresses, views, routes and subscribers that still wait for their
	 * grace period. It takes long: once for all that go together.
	 */
	rcu_barrier();
	list_for_each_entry(net, nets, exit_list)
		net_free(knat_net(net));
}

static struct pernet_operations net_ops = {
	.init		= net_init,
	.pre_exit	= net_pre_exit,
	.exit		= net_exit,
	.exit_batch	= net_exit_batch,
	.id		= &knat_net_id,
	.size		= sizeof(struct knat_net),
};

int knat_pernet_init(void)
{
	return register_pernet_subsys(&net_ops);
}

void knat_pernet_exit(void)
{
	unregister_pernet_subsys(&net_ops);
}
