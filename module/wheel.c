// SPDX-License-Identifier: GPL-2.0
/* knat: expiry by a timing wheel. */
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include "age.h"
#include "coexist.h"
#include "compat.h"
#include "map.h"
#include "net.h"
#include "pptp.h"
#include "proto.h"
#include "reap.h"
#include "session.h"
#include "static.h"
#include "wheel.h"

/* Entries looked at between two chances for others to run. Each may be an event
 * twice, its own and that of its mapping.
 */
#define WHEEL_BATCH	(KNAT_EVENT_RING / 4)
/* A mapping with sessions is looked at this often (seconds). */
#define WHEEL_HELD_MAX	60

static u32 wheel_second(void)
{
	return div_u64(get_jiffies_64(), HZ);
}

/* The slot that comes up @left jiffies after @second. */
static u32 wheel_slot(u32 second, u32 left)
{
	u32 seconds = min_t(u32, DIV_ROUND_UP(left, HZ), KNAT_WHEEL_SLOTS - 4);

	return (second + 1 + seconds) % KNAT_WHEEL_SLOTS;
}

/* Jiffies until @timeout after @stamp; 0 when it is over. */
static u32 time_left(u32 stamp, u32 timeout)
{
	u32 age = knat_age(stamp);

	return age < timeout ? timeout - age : 0;
}

static u32 port_rest(const struct knat_net *kn)
{
	if ((u32)atomic_read(&kn->nr_resting) >
	    READ_ONCE(kn->config[KNAT_A_CONFIG_MAX_RESTING]))
		return 0;
	return READ_ONCE(kn->timeout[KNAT_A_CONFIG_PORT_REST]);
}

static u32 map_left(const struct knat_net *kn, const struct knat_map *map)
{
	/* The stamp is the time of death only when the killer is done. */
	if (knat_map_dead(map))
		return knat_map_sessions(map) || !knat_map_gone(map) ? HZ :
			time_left(READ_ONCE(map->stamp), port_rest(kn));
	if (knat_map_sessions(map))
		return min_t(u32, knat_map_timeout(kn, map) + HZ,
			     clamp_t(u32, port_rest(kn), HZ,
				     WHEEL_HELD_MAX * HZ));
	return time_left(READ_ONCE(map->stamp), knat_map_timeout(kn, map) + HZ);
}

/* A change of state may shorten the time that is left to one of these: never
 * sleep longer, so that it is seen in time.
 */
static u32 session_nap(const struct knat_net *kn)
{
	static const u8 timeouts[] = {
		KNAT_A_CONFIG_TCP_ESTABLISHED_TIMEOUT,
		KNAT_A_CONFIG_TCP_OPENING_TIMEOUT,
		KNAT_A_CONFIG_TCP_CLOSING_TIMEOUT,
		KNAT_A_CONFIG_TCP_RESET_TIMEOUT,
	};
	u32 nap = U32_MAX - HZ;
	int i;

	for (i = 0; i < ARRAY_SIZE(timeouts); i++)
		nap = min(nap, READ_ONCE(kn->timeout[timeouts[i]]));
	return nap + HZ;
}

static u32 session_left(const struct knat_net *kn,
			const struct knat_session *session)
{
	u32 left;

	if (knat_session_dead(session))
		return 0;
	left = time_left(READ_ONCE(session->stamp),
			 knat_session_timeout(kn, session) + HZ);
	if (session->proto == IPPROTO_TCP)
		left = min(left, session_nap(kn));
	else if (knat_proto_connects(session->proto))
		left = min(left, knat_proto_nap(kn, session->proto) + HZ);
	else if (knat_session_is_call(session))
		left = min_t(u32, left, KNAT_PPTP_NAP);
	return left;
}

/* Under kn->wheel_lock @second is that of the last turn, kn->wheel.now: where a
 * turn is late, as one sweep after another is before it, what is due is not put
 * off behind it. Without the lock, the slot after it may be on its turn.
 */
static void wheel_hang_map(struct knat_net *kn, struct knat_wheel_cpu *cpu,
			   u32 second, struct knat_map *map)
{
	u32 slot = wheel_slot(second, map_left(kn, map));

	llist_add(&map->wheel, &cpu->maps[slot]);
}

static void wheel_hang_session(struct knat_net *kn, struct knat_wheel_cpu *cpu,
			       u32 second, struct knat_session *session)
{
	u32 slot = wheel_slot(second, session_left(kn, session));

	llist_add(&session->wheel, &cpu->sessions[slot]);
}

void knat_wheel_add_map(struct knat_net *kn, struct knat_map *map)
{
	wheel_hang_map(kn, raw_cpu_ptr(kn->wheel.cpu), wheel_second(), map);
}

void knat_wheel_add_session(struct knat_net *kn, struct knat_session *session)
{
	wheel_hang_session(kn, raw_cpu_ptr(kn->wheel.cpu), wheel_second(),
			   session);
}

static void wheel_visit_map(struct knat_net *kn, struct knat_wheel_cpu *cpu,
			    struct knat_map *map)
{
	if (!knat_map_dead(map) && knat_map_expired(kn, map))
		knat_map_kill(kn, map);
	if (knat_map_dead(map) && !map_left(kn, map))
		knat_map_release(kn, map);
	else
		wheel_hang_map(kn, cpu, kn->wheel.now, map);
}

static void wheel_visit_session(struct knat_net *kn,
				struct knat_wheel_cpu *cpu,
				struct knat_session *session)
{
	if (knat_session_is_call(session) && !knat_session_dead(session))
		knat_pptp_visit(kn, session);
	if (knat_session_expired(kn, session))
		knat_session_kill(kn, session);
	if (knat_session_gone(session))
		knat_reap_session(kn, session);
	else
		wheel_hang_session(kn, cpu, kn->wheel.now, session);
}

/* Calls @fn for each entry of @type on llist @list, which is taken off. */
#define wheel_for_each(kn, cpu, list, type, fn)				\
do {									\
	struct knat_net *net = (kn);					\
	struct type *entry, *next;					\
	u32 n = 0;							\
									\
	llist_for_each_entry_safe(entry, next, list, wheel) {		\
		fn(net, cpu, entry);					\
		if (!(++n % WHEEL_BATCH))				\
			knat_event_pause(net);				\
	}								\
} while (0)

static void wheel_turn(struct knat_net *kn, struct knat_wheel_cpu *cpu,
		       u32 slot)
{
	struct llist_node *list;

	list = llist_del_all(&cpu->sessions[slot]);
	wheel_for_each(kn, cpu, list, knat_session, wheel_visit_session);
	list = llist_del_all(&cpu->maps[slot]);
	wheel_for_each(kn, cpu, list, knat_map, wheel_visit_map);
}

/* The tick comes at the beginning of a second, so that nothing hangs on for
 * most of one more.
 */
static void wheel_wait(struct knat_net *kn)
{
	u32 into;

	div_u64_rem(get_jiffies_64(), HZ, &into);
	queue_delayed_work(system_dfl_wq, &kn->tick, HZ - into);
}

static void wheel_tick(struct work_struct *work)
{
	struct knat_net *kn = container_of(to_delayed_work(work),
					   struct knat_net, tick);
	u32 second = wheel_second();
	int cpu;

	mutex_lock(&kn->wheel_lock);
	/* After a long sleep once round is enough. */
	if (second - kn->wheel.now > KNAT_WHEEL_SLOTS)
		kn->wheel.now = second - KNAT_WHEEL_SLOTS;
	while (kn->wheel.now != second) {
		kn->wheel.now++;
		for_each_possible_cpu(cpu)
			wheel_turn(kn, per_cpu_ptr(kn->wheel.cpu, cpu),
				   kn->wheel.now % KNAT_WHEEL_SLOTS);
	}
	mutex_unlock(&kn->wheel_lock);

	knat_table_check(&kn->map_in);
	knat_table_check(&kn->map_out);
	knat_table_check(&kn->session_in);
	knat_table_check(&kn->session_out);
	knat_outdev_check(kn);
	knat_static_expire(kn);
	knat_coexist_check(kn);
	wheel_wait(kn);
}

/* All of a slot, onto @list */
static struct llist_node *wheel_take(struct llist_head *slot,
				     struct llist_node *list)
{
	struct llist_node *node, *next;
	u32 n = 0;

	llist_for_each_safe(node, next, llist_del_all(slot)) {
		node->next = list;
		list = node;
		if (!(++n % WHEEL_BATCH))
			cond_resched();
	}
	return list;
}

/* Take everything off the wheel, and call @fn to hang it up again or not. */
static void wheel_shake(struct knat_net *kn, struct knat_sweep *sweep,
			void (*map_fn)(struct knat_net *kn,
				       struct knat_sweep *sweep,
				       struct knat_wheel_cpu *cpu,
				       struct knat_map *map),
			void (*session_fn)(struct knat_net *kn,
					   struct knat_sweep *sweep,
					   struct knat_wheel_cpu *cpu,
					   struct knat_session *session))
{
	struct llist_node *maps = NULL, *sessions = NULL, *node, *next;
	struct knat_wheel_cpu *wheel;
	int cpu, slot;
	u32 n = 0;

	lockdep_assert_held(&kn->wheel_lock);

	/* Nothing was ever configured. */
	if (!kn->wheel.cpu)
		return;
	for_each_possible_cpu(cpu) {
		wheel = per_cpu_ptr(kn->wheel.cpu, cpu);
		for (slot = 0; slot < KNAT_WHEEL_SLOTS; slot++) {
			if (map_fn)
				maps = wheel_take(&wheel->maps[slot], maps);
			if (session_fn)
				sessions = wheel_take(&wheel->sessions[slot],
						      sessions);
			cond_resched();
		}
		/* Back on the wheel of the same CPU. */
		llist_for_each_safe(node, next, sessions) {
			session_fn(kn, sweep, wheel,
				   llist_entry(node, struct knat_session,
					       wheel));
			if (!(++n % WHEEL_BATCH))
				knat_event_pause(kn);
		}
		llist_for_each_safe(node, next, maps) {
			map_fn(kn, sweep, wheel,
			       llist_entry(node, struct knat_map, wheel));
			if (!(++n % WHEEL_BATCH))
				knat_event_pause(kn);
		}
		maps = NULL;
		sessions = NULL;
	}
}

static void sweep_condemn_map(struct knat_net *kn, struct knat_sweep *sweep,
			      struct knat_wheel_cpu *cpu, struct knat_map *map)
{
	if (!knat_map_dead(map) && sweep->map(map, sweep->arg) &&
	    knat_map_condemn(kn, map))
		sweep->maps++;
	sweep->dying |= knat_map_dead(map) && !knat_map_gone(map);
	wheel_hang_map(kn, cpu, kn->wheel.now, map);
}

static void sweep_kill_session(struct knat_net *kn, struct knat_sweep *sweep,
			       struct knat_wheel_cpu *cpu,
			       struct knat_session *session)
{
	/* While a session is alive so is the memory of its mapping, and under
	 * kn->wheel_lock no mapping is freed.
	 */
	if (!knat_session_dead(session) &&
	    (knat_map_dead(session->map) ||
	     (sweep->session && sweep->session(session, sweep->arg))) &&
	    knat_session_condemn(kn, session))
		sweep->sessions++;
	if (knat_session_gone(session)) {
		knat_reap_session(kn, session);
		return;
	}
	sweep->dying |= knat_session_dead(session);
	wheel_hang_session(kn, cpu, kn->wheel.now, session);
}

static void sweep_release_map(struct knat_net *kn, struct knat_sweep *sweep,
			      struct knat_wheel_cpu *cpu, struct knat_map *map)
{
	if (knat_map_gone(map) && !knat_map_sessions(map) &&
	    sweep->map(map, sweep->arg))
		knat_map_release(kn, map);
	else
		wheel_hang_map(kn, cpu, kn->wheel.now, map);
}

void knat_wheel_sweep(struct knat_net *kn, struct knat_sweep *sweep)
{
	mutex_lock(&kn->wheel_lock);
	if (sweep->map)
		wheel_shake(kn, sweep, sweep_condemn_map, NULL);
	/* Who has found one of them alive may be opening a session on it. */
	if (sweep->maps)
		synchronize_rcu_expedited();
	wheel_shake(kn, sweep, NULL, sweep_kill_session);
	/* Softirq is off where something is killed. */
	if (sweep->dying)
		synchronize_rcu_expedited();
	if (sweep->map && !sweep->rest)
		wheel_shake(kn, sweep, sweep_release_map, NULL);
	mutex_unlock(&kn->wheel_lock);
}

void knat_wheel_settle(struct knat_net *kn, struct knat_sweep *sweep)
{
	/* Rules go one by one, in their thousands perhaps. */
	synchronize_rcu_expedited();
	if (atomic_read(&kn->hosts.nelems))
		knat_wheel_sweep(kn, sweep);
}

static void rearm_map(struct knat_net *kn, struct knat_sweep *sweep,
		      struct knat_wheel_cpu *cpu, struct knat_map *map)
{
	wheel_visit_map(kn, cpu, map);
}

static void rearm_session(struct knat_net *kn, struct knat_sweep *sweep,
			  struct knat_wheel_cpu *cpu,
			  struct knat_session *session)
{
	wheel_visit_session(kn, cpu, session);
}

void knat_wheel_rearm(struct knat_net *kn)
{
	mutex_lock(&kn->wheel_lock);
	wheel_shake(kn, NULL, rearm_map, rearm_session);
	mutex_unlock(&kn->wheel_lock);
}

int knat_wheel_init(struct knat_net *kn)
{
	kn->wheel.cpu = alloc_percpu_gfp(struct knat_wheel_cpu,
					 GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!kn->wheel.cpu)
		return -ENOMEM;
	INIT_DELAYED_WORK(&kn->tick, wheel_tick);
	return 0;
}

void knat_wheel_start(struct knat_net *kn)
{
	kn->wheel.now = wheel_second();
	wheel_wait(kn);
}

void knat_wheel_exit(struct knat_net *kn)
{
	free_percpu(kn->wheel.cpu);
	kn->wheel.cpu = NULL;
}
