/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: expiry of mappings and sessions by a timing wheel.
 *
 * One wheel for each CPU, so that opening a flow writes no line of another.
 * An entry hangs in the slot of the second in which it may expire at the
 * earliest; when the slot comes up it is looked at, and hung up again if it
 * was used since. Adding is lock free from any context; taking entries off
 * happens under kn->wheel_lock alone. Nothing else is ever unlinked: an entry
 * killed in between stays, marked gone, until its slot comes up.
 */
#ifndef _KNAT_WHEEL_H
#define _KNAT_WHEEL_H

#include <linux/llist.h>
#include <linux/percpu.h>

struct knat_map;
struct knat_net;
struct knat_session;

/* Seconds that the wheel spans; longer timeouts go round again. */
#define KNAT_WHEEL_SLOTS	512

/**
 * struct knat_wheel_cpu - the slots of one CPU
 * @maps: mappings by second
 * @sessions: sessions by second
 */
struct knat_wheel_cpu {
	struct llist_head	maps[KNAT_WHEEL_SLOTS];
	struct llist_head	sessions[KNAT_WHEEL_SLOTS];
};

/**
 * struct knat_wheel - the wheel of a namespace
 * @cpu: slots, one set for each possible CPU
 * @now: the second that was handled last (wheel_lock to write)
 */
struct knat_wheel {
	struct knat_wheel_cpu __percpu	*cpu;
	u32				now;
};

/**
 * struct knat_sweep - which entries a sweep takes away
 * @map: true for a mapping to be removed
 * @session: true for a session to be removed
 * @arg: for the functions
 * @rest: do ports of removed mappings rest first
 * @maps: counts removed mappings
 * @sessions: counts removed sessions
 * @dying: something was met that another CPU was killing
 */
struct knat_sweep {
	bool	(*map)(const struct knat_map *map, void *arg);
	bool	(*session)(const struct knat_session *session, void *arg);
	void	*arg;
	bool	rest;
	u32	maps;
	u32	sessions;
	bool	dying;
};

int knat_wheel_init(struct knat_net *kn);
void knat_wheel_exit(struct knat_net *kn);
void knat_wheel_start(struct knat_net *kn);

void knat_wheel_add_map(struct knat_net *kn, struct knat_map *map);
void knat_wheel_add_session(struct knat_net *kn, struct knat_session *session);

/* Process context, takes kn->wheel_lock, under which alone mappings are freed.
 * Of static mappings only the sessions are met. The sessions of a dead mapping
 * go in any case.
 */
void knat_wheel_sweep(struct knat_net *kn, struct knat_sweep *sweep);

/* Wait until no packet can open a flow by a configuration that was unpublished
 * before, then sweep.
 */
void knat_wheel_settle(struct knat_net *kn, struct knat_sweep *sweep);

/* Timeouts have changed: look at every entry again. */
void knat_wheel_rearm(struct knat_net *kn);

#endif /* _KNAT_WHEEL_H */
