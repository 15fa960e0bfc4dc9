/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: events, from the place where they happen to a work item that sends
 * them.
 *
 * Whoever has something to tell writes a record into the ring of its CPU, if
 * somebody listens at all; it never waits, and allocates nothing. A full ring
 * counts what does not fit. The work item of the namespace merges the rings by
 * time and sends; it alone reads them.
 *
 * The lock of a ring (softirq off) is for writers: on its CPU they may
 * interrupt each other, on PREEMPT_RT preempt. Nothing is taken inside.
 * Static mappings change rarely and have long names: their messages are made
 * at once (process context, kn->config_lock) and wait on a list of their own.
 */
#ifndef _KNAT_EVENT_H
#define _KNAT_EVENT_H

#include <linux/cache.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include "uapi/knat.h"

struct knat_map;
struct knat_net;
struct knat_session;
struct knat_static;

/* A power of two. */
#define KNAT_EVENT_RING		512

/**
 * struct knat_event - what happened
 * @time: ktime_get_ns() of it
 * @in_addr: inside address
 * @out_addr: outside address
 * @remote_addr: remote address, 0 if there is none
 * @in_port: inside port
 * @out_port: outside port
 * @remote_port: remote port, 0 if there is none
 * @cmd: KNAT_CMD_*_NTF
 * @proto: IP protocol
 * @reason: enum knat_reason, or enum knat_limit
 * @state: enum knat_session_state
 * @spare: not used
 */
struct knat_event {
	u64	time;
	__be32	in_addr;
	__be32	out_addr;
	__be32	remote_addr;
	__be16	in_port;
	__be16	out_port;
	__be16	remote_port;
	u8	cmd;
	u8	proto;
	u8	reason;
	u8	state;
	u16	spare;
};

static_assert(sizeof(struct knat_event) == 32);

/**
 * struct knat_event_ring - the events of one CPU
 * @lock: for writers, see above
 * @head: where the next event goes (@lock to write)
 * @lost: events that did not fit, by enum knat_group (@lock)
 * @tail: the next event to be read; only the work item writes it
 * @slots: events, in the order of their times
 */
struct knat_event_ring {
	spinlock_t		lock;	/* writers */
	u32			head;
	u32			lost[__KNAT_GROUP_MAX];
	u32			tail ____cacheline_aligned_in_smp;
	struct knat_event	slots[KNAT_EVENT_RING];
};

/**
 * struct knat_events - the events of a namespace
 * @rings: one for each possible CPU; NULL before there was a configuration
 * @statics: messages about static mappings, in the order of their times
 * @work: sends
 * @limit_told: jiffies when the limit was told last, 0 for never
 * @unsent: lost for want of memory (work item)
 */
struct knat_events {
	struct knat_event_ring __percpu	*rings;
	struct sk_buff_head		statics;
	struct work_struct		work;
	u32				limit_told[KNAT_LIMIT_PORTS + 1];
	u32				unsent[__KNAT_GROUP_MAX];
};

/* Any context but hard interrupts. The mapping is a dynamic one. */
void knat_event_map_new(struct knat_net *kn, const struct knat_map *map);
void knat_event_map_gone(struct knat_net *kn, const struct knat_map *map,
			 enum knat_reason reason);
void knat_event_session_new(struct knat_net *kn,
			    const struct knat_session *session);
void knat_event_session_gone(struct knat_net *kn,
			     const struct knat_session *session);
/* A new flow was refused; told once a second. */
void knat_event_limit(struct knat_net *kn, enum knat_limit limit, u8 proto,
		      __be32 in_addr);
/* Under kn->config_lock. */
void knat_event_static(struct knat_net *kn, const struct knat_static *fixed,
		       u8 cmd, enum knat_reason reason);

/* Who removes entries by the thousand (process context) lets others run between
 * one batch and the next, and the events get out: at most half a ring of them
 * comes from one batch.
 */
void knat_event_pause(struct knat_net *kn);

/* Memory for the namespace (process context). */
void knat_event_init(struct knat_net *kn);
int knat_event_start(struct knat_net *kn);
/* Nothing happens any more. */
void knat_event_exit(struct knat_net *kn);

/* Nothing is sent before and after; the family is there in between. */
void knat_event_open(void);
void knat_event_close(void);

int knat_event_queue_init(void);
void knat_event_queue_exit(void);

#endif /* _KNAT_EVENT_H */
