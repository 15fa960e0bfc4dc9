// SPDX-License-Identifier: GPL-2.0
/* knat: events: the rings, and the work item that empties them. */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include "event.h"
#include "map.h"
#include "net.h"
#include "netlink.h"
#include "nl_event.h"
#include "session.h"
#include "trace.h"

static struct workqueue_struct *event_queue;
static bool event_is_open __read_mostly;

static bool event_wanted(const struct knat_net *kn, enum knat_group group)
{
	return READ_ONCE(event_is_open) &&
	       genl_has_listeners(&knat_family, kn->net, group);
}

static enum knat_group event_group(const struct knat_event *event)
{
	switch (event->cmd) {
	case KNAT_CMD_MAP_NEW_NTF:
	case KNAT_CMD_MAP_GONE_NTF:
		return KNAT_GROUP_MAPPINGS;
	case KNAT_CMD_LIMIT_NTF:
		return KNAT_GROUP_LIMITS;
	}
	return KNAT_GROUP_SESSIONS;
}

static void event_write(struct knat_net *kn, struct knat_event *event)
{
	struct knat_event_ring *ring = raw_cpu_ptr(kn->events.rings);
	bool was_empty = false;
	u32 head;

	spin_lock_bh(&ring->lock);
	head = ring->head;
	/* Pairs with event_read(): what is overwritten has been read. */
	if (head - smp_load_acquire(&ring->tail) < KNAT_EVENT_RING) {
		event->time = ktime_get_ns();
		ring->slots[head % KNAT_EVENT_RING] = *event;
		/* Pairs with event_time(): the slot is there before @head. */
		smp_store_release(&ring->head, head + 1);
		/* Pairs with event_left(): either the work item sees the new
		 * @head, or it is seen here that it had come to the old one.
		 */
		smp_mb();
		was_empty = READ_ONCE(ring->tail) == head;
	} else {
		ring->lost[event_group(event)]++;
	}
	spin_unlock_bh(&ring->lock);
	if (was_empty)
		queue_work(event_queue, &kn->events.work);
}

static const char *reason_name(enum knat_reason reason)
{
	return reason == KNAT_REASON_EXPIRED ? "expired" : "removed";
}

static void event_map(struct knat_net *kn, const struct knat_map *map, u8 cmd,
		      enum knat_reason reason)
{
	struct knat_event event = {
		.in_addr = map->in.addr,
		.out_addr = map->out.addr,
		.remote_addr = map->far.addr,
		.in_port = map->in.port,
		.out_port = map->out.port,
		.remote_port = map->far.port,
		.cmd = cmd,
		.proto = map->in.proto,
		.reason = reason,
	};

	event_write(kn, &event);
}

void knat_event_map_new(struct knat_net *kn, const struct knat_map *map)
{
	trace_knat_map_new(kn, map, "");
	if (unlikely(event_wanted(kn, KNAT_GROUP_MAPPINGS)))
		event_map(kn, map, KNAT_CMD_MAP_NEW_NTF, 0);
}

void knat_event_map_gone(struct knat_net *kn, const struct knat_map *map,
			 enum knat_reason reason)
{
	trace_knat_map_gone(kn, map, reason_name(reason));
	if (unlikely(event_wanted(kn, KNAT_GROUP_MAPPINGS)))
		event_map(kn, map, KNAT_CMD_MAP_GONE_NTF, reason);
}

static void event_session(struct knat_net *kn,
			  const struct knat_session *session, u8 cmd,
			  enum knat_reason reason)
{
	struct knat_session_ports ports = knat_session_ports(session);
	struct knat_event event = {
		.in_addr = session->in_addr,
		.out_addr = session->out_addr,
		.remote_addr = session->remote_addr,
		.in_port = ports.in,
		.out_port = ports.out,
		.remote_port = ports.remote,
		.cmd = cmd,
		.proto = knat_session_proto(session),
		.reason = reason,
		.state = knat_session_state(session),
	};

	event_write(kn, &event);
}

void knat_event_session_new(struct knat_net *kn,
			    const struct knat_session *session)
{
	if (unlikely(knat_session_is_note(session)))
		return;
	trace_knat_session_new(kn, session, "");
	if (unlikely(event_wanted(kn, KNAT_GROUP_SESSIONS)))
		event_session(kn, session, KNAT_CMD_SESSION_NEW_NTF, 0);
}

void knat_event_session_gone(struct knat_net *kn,
			     const struct knat_session *session)
{
	bool wanted = event_wanted(kn, KNAT_GROUP_SESSIONS);
	enum knat_reason reason = KNAT_REASON_REMOVED;

	if (likely(!wanted && !trace_knat_session_gone_enabled()) ||
	    knat_session_is_note(session))
		return;
	if (knat_session_expired(kn, session))
		reason = KNAT_REASON_EXPIRED;
	trace_knat_session_gone(kn, session, reason_name(reason));
	if (wanted)
		event_session(kn, session, KNAT_CMD_SESSION_GONE_NTF, reason);
}

void knat_event_limit(struct knat_net *kn, enum knat_limit limit, u8 proto,
		      __be32 in_addr)
{
	u32 *told = &kn->events.limit_told[limit];
	struct knat_event event = {
		.in_addr = in_addr,
		.cmd = KNAT_CMD_LIMIT_NTF,
		.proto = proto,
		.reason = limit,
	};
	u32 now = (u32)jiffies ?: 1, last = READ_ONCE(*told);

	if (likely(!event_wanted(kn, KNAT_GROUP_LIMITS)))
		return;
	if ((!last || now - last >= HZ) && cmpxchg(told, last, now) == last)
		event_write(kn, &event);
}

void knat_event_static(struct knat_net *kn, const struct knat_static *fixed,
		       u8 cmd, enum knat_reason reason)
{
	struct sk_buff *skb;
	u64 now;

	lockdep_assert_held(&kn->config_lock);

	if (!event_wanted(kn, KNAT_GROUP_MAPPINGS))
		return;
	now = ktime_get_ns();
	skb = knat_nl_event_static(fixed, now, cmd, reason);
	if (skb) {
		skb->tstamp = ns_to_ktime(now);
		skb_queue_tail(&kn->events.statics, skb);
	} else {
		/* A loss like any other, on whichever ring. */
		struct knat_event_ring *ring = raw_cpu_ptr(kn->events.rings);

		spin_lock_bh(&ring->lock);
		ring->lost[KNAT_GROUP_MAPPINGS]++;
		spin_unlock_bh(&ring->lock);
	}
	queue_work(event_queue, &kn->events.work);
}

void knat_event_pause(struct knat_net *kn)
{
	const struct knat_event_ring *ring = raw_cpu_ptr(kn->events.rings);

	if (READ_ONCE(ring->head) - READ_ONCE(ring->tail) > KNAT_EVENT_RING / 2)
		flush_work(&kn->events.work);
	cond_resched();
}

/* The time of the next event in a ring, or U64_MAX. */
static u64 event_time(const struct knat_event_ring *ring)
{
	/* Pairs with event_write(). */
	if (smp_load_acquire(&ring->head) == ring->tail)
		return U64_MAX;
	return ring->slots[ring->tail % KNAT_EVENT_RING].time;
}

/* Put the events of a ring up to this time. */
static void event_read(struct knat_net *kn, struct knat_event_ring *ring,
		       u64 until, struct knat_nl_events *out)
{
	const struct knat_event *event;

	while (event_time(ring) <= until) {
		event = &ring->slots[ring->tail % KNAT_EVENT_RING];
		knat_nl_event_put(kn, out, event_group(event), event);
		/* Pairs with event_write(): the slot has been read. */
		smp_store_release(&ring->tail, ring->tail + 1);
	}
}

/* The next message about a static mapping, if it is not later than @now. */
static struct sk_buff *event_next_static(struct knat_events *events, u64 now)
{
	struct sk_buff *skb = skb_peek(&events->statics);

	return skb && ktime_to_ns(skb->tstamp) <= now ? skb : NULL;
}

/* The ring whose next event is the oldest, before @until; @until becomes the
 * time up to which it can be read before another one's turn comes.
 */
static struct knat_event_ring *event_oldest(struct knat_events *events,
					    u64 *until)
{
	struct knat_event_ring *ring, *oldest = NULL;
	u64 time, first = *until;
	int cpu;

	for_each_possible_cpu(cpu) {
		ring = per_cpu_ptr(events->rings, cpu);
		time = event_time(ring);
		if (time < first) {
			*until = first;
			first = time;
			oldest = ring;
		} else {
			*until = min(*until, time);
		}
	}
	return oldest;
}

/* What a ring lost happened after all that it holds. */
static void event_tell_losses(struct knat_net *kn, struct knat_nl_events *out)
{
	struct knat_events *events = &kn->events;
	u32 lost[__KNAT_GROUP_MAX] = {};
	struct knat_event_ring *ring;
	int cpu, i;

	for_each_possible_cpu(cpu) {
		ring = per_cpu_ptr(events->rings, cpu);
		spin_lock_bh(&ring->lock);
		for (i = 0; i < __KNAT_GROUP_MAX; i++) {
			lost[i] += ring->lost[i];
			ring->lost[i] = 0;
		}
		spin_unlock_bh(&ring->lock);
	}
	for (i = 0; i < __KNAT_GROUP_MAX; i++) {
		knat_nl_event_send(kn, out, i);
		lost[i] += events->unsent[i];
		events->unsent[i] = 0;
		if (lost[i])
			knat_nl_event_lost(kn, out, i, lost[i]);
		knat_nl_event_send(kn, out, i);
	}
}

/* Something has come since. */
static bool event_left(struct knat_events *events)
{
	const struct knat_event_ring *ring;
	int cpu;

	/* Pairs with event_write(). */
	smp_mb();
	for_each_possible_cpu(cpu) {
		ring = per_cpu_ptr(events->rings, cpu);
		if (READ_ONCE(ring->head) != ring->tail)
			return true;
	}
	return !skb_queue_empty_lockless(&events->statics);
}

/* Send what happened up to now, in the order of the times: what is in a ring
 * by now had its effects, if any, later.
 */
static void event_round(struct knat_net *kn)
{
	struct knat_events *events = &kn->events;
	struct knat_nl_events out = { .unsent = events->unsent };
	u64 now = ktime_get_ns(), until;
	struct knat_event_ring *ring;
	struct sk_buff *skb;

	/* No ring is looked at before. */
	smp_mb();
	do {
		skb = event_next_static(events, now);
		until = skb ? ktime_to_ns(skb->tstamp) : now;
		ring = event_oldest(events, &until);
		if (ring) {
			event_read(kn, ring, until, &out);
		} else if (skb) {
			skb_unlink(skb, &events->statics);
			knat_nl_event_pass(kn, &out, skb);
		}
		cond_resched();
	} while (ring || skb);
	event_tell_losses(kn, &out);
}

static void event_work(struct work_struct *work)
{
	struct knat_events *events = container_of(work, struct knat_events,
						  work);
	struct knat_net *kn = container_of(events, struct knat_net, events);

	if (!READ_ONCE(event_is_open))
		return;
	event_round(kn);
	/* Who waits for this work item waits for what there was by then, not
	 * until nothing happens any more.
	 */
	if (event_left(events))
		queue_work(event_queue, work);
}

void knat_event_init(struct knat_net *kn)
{
	skb_queue_head_init(&kn->events.statics);
	INIT_WORK(&kn->events.work, event_work);
}

int knat_event_start(struct knat_net *kn)
{
	int cpu;

	kn->events.rings = alloc_percpu_gfp(struct knat_event_ring,
					    GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!kn->events.rings)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		spin_lock_init(&per_cpu_ptr(kn->events.rings, cpu)->lock);
	return 0;
}

void knat_event_exit(struct knat_net *kn)
{
	cancel_work_sync(&kn->events.work);
	skb_queue_purge(&kn->events.statics);
	free_percpu(kn->events.rings);
	kn->events.rings = NULL;
}

void knat_event_open(void)
{
	WRITE_ONCE(event_is_open, true);
}

void knat_event_close(void)
{
	WRITE_ONCE(event_is_open, false);
	flush_workqueue(event_queue);
}

int knat_event_queue_init(void)
{
	/* Visible in sysfs, so that it can be kept off the CPUs of the packets. */
	event_queue = alloc_workqueue("knat_events", WQ_UNBOUND | WQ_SYSFS, 0);
	return event_queue ? 0 : -ENOMEM;
}

void knat_event_queue_exit(void)
{
	destroy_workqueue(event_queue);
}
