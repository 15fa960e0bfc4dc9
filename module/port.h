/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: allocation of outside ports, from a bitmap for each (address,
 * protocol) (RFC 6056).
 *
 * knat_ports->lock (spinlock, softirq off) protects all of the struct.
 */
#ifndef _KNAT_PORT_H
#define _KNAT_PORT_H

#include <linux/bitmap.h>
#include <linux/spinlock.h>
#include "uapi/knat.h"

#define KNAT_PORTS		65536
#define KNAT_PORT_WORDS		(KNAT_PORTS / BITS_PER_LONG)

/**
 * struct knat_ports - which ports of an address and protocol are taken
 * @lock: see above
 * @used: number of bits set
 * @next: where the sequential search goes on
 * @full: which words of @taken are all ones
 * @taken: one bit a port; 8 KiB
 */
struct knat_ports {
	spinlock_t	lock;		/* all that follows */
	u32		used;
	u32		next;
	unsigned long	full[BITS_TO_LONGS(KNAT_PORT_WORDS)];
	unsigned long	*taken;
};

struct knat_ports *knat_ports_alloc(gfp_t gfp);
void knat_ports_free(struct knat_ports *ports);

/**
 * knat_port_get() - take a port
 * @ports: the bitmap
 * @first: lowest port of the range
 * @last: highest
 * @mode: how to choose
 * @wanted: the inside port, for KNAT_ALLOC_PRESERVE
 * @busy: true for a port that may not be handed out now (a local socket has
 *	it), or NULL; called with @ports->lock held
 * @arg: for @busy
 *
 * Return: the port, or -ENOSPC when none in the range is free.
 */
int knat_port_get(struct knat_ports *ports, u16 first, u16 last,
		  enum knat_alloc_mode mode, u16 wanted,
		  bool (*busy)(void *arg, u16 port), void *arg);

/* Take this very port: false if it is taken. */
bool knat_port_take(struct knat_ports *ports, u16 port);
void knat_port_put(struct knat_ports *ports, u16 port);

/* The lowest taken port >= @from, or KNAT_PORTS; without the lock. */
u32 knat_port_next_taken(const struct knat_ports *ports, u32 from);

#endif /* _KNAT_PORT_H */
