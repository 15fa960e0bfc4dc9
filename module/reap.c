// SPDX-License-Identifier: GPL-2.0
/* knat: memory of entries, given back a grace period after they were dead. */
#include <linux/bitops.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "compat.h"
#include "map.h"
#include "net.h"
#include "reap.h"
#include "session.h"

#define REAP_BATCH	64

static void reap_free(struct kmem_cache *cache, struct llist_node *node,
		      size_t offset)
{
	void *batch[REAP_BATCH];
	int n = 0;

	while (node) {
		batch[n++] = (char *)node - offset;
		node = node->next;
		if (n == REAP_BATCH || !node) {
			kmem_cache_free_bulk(cache, n, batch);
			n = 0;
			cond_resched();
		}
	}
}

static void reap_kick(struct knat_reap *reap);

static void reap_work(struct work_struct *work)
{
	struct knat_reap *reap = container_of(to_rcu_work(work),
					      struct knat_reap, work);

	reap_free(knat_session_cache, reap->old_sessions,
		  offsetof(struct knat_session, wheel));
	reap_free(knat_map_cache, reap->old_maps,
		  offsetof(struct knat_map, wheel));
	reap->old_maps = NULL;
	reap->old_sessions = NULL;
	clear_bit_unlock(0, &reap->busy);
	/* Pairs with the full barrier of llist_add(): either the entry added
	 * last is seen here, or @busy is seen clear there.
	 */
	smp_mb__after_atomic();
	if (!llist_empty(&reap->maps) || !llist_empty(&reap->sessions))
		reap_kick(reap);
}

/* One batch waits for its grace period at a time; who comes meanwhile forms
 * the next.
 */
static void reap_kick(struct knat_reap *reap)
{
	if (test_and_set_bit_lock(0, &reap->busy))
		return;
	reap->old_maps = llist_del_all(&reap->maps);
	reap->old_sessions = llist_del_all(&reap->sessions);
	queue_rcu_work(system_dfl_wq, &reap->work);
}

void knat_reap_init(struct knat_reap *reap)
{
	init_llist_head(&reap->maps);
	init_llist_head(&reap->sessions);
	INIT_RCU_WORK(&reap->work, reap_work);
}

void knat_reap_map(struct knat_net *kn, struct knat_map *map)
{
	if (llist_add(&map->wheel, &kn->reap.maps))
		reap_kick(&kn->reap);
}

void knat_reap_session(struct knat_net *kn, struct knat_session *session)
{
	if (llist_add(&session->wheel, &kn->reap.sessions))
		reap_kick(&kn->reap);
}

void knat_reap_drain(struct knat_reap *reap)
{
	while (test_bit(0, &reap->busy) || !llist_empty(&reap->maps) ||
	       !llist_empty(&reap->sessions)) {
		reap_kick(reap);
		flush_rcu_work(&reap->work);
	}
	/* It looks at the lists once more after it was busy. */
	flush_work(&reap->work.work);
}
