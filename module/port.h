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
 * @none: within first << 16 | last no port is free; 0: not known (read without
 *	the lock, too)
 * @open: which words of @taken have a free port
 * @taken: one bit a port; 8 KiB
 */
struct knat_ports {
	spinlock_t	lock;		/* all that follows */
	u32		used;
	u32		next;
	u32		none;
	unsigned long	open[BITS_TO_LONGS(KNAT_PORT_WORDS)];
	unsigned long	*taken;
};

struct knat_ports *knat_ports_alloc(gfp_t gfp);
void knat_ports_free(struct knat_ports *ports);

/* Ports below this are a class of their own (RFC 4787 REQ-3a). */
#define KNAT_PORT_HIGH		1024

/**
 * struct knat_port_wish - which port would do
 * @first: lowest port of the range
 * @last: highest
 * @inside: the inside port
 * @hint: take this one if it is free and in the range; 0: none
 * @chance: random bits
 * @mode: how to choose
 * @parity: how @inside and the port go together; where this cannot be had,
 *	any port will do
 * @classes: the port is to be below KNAT_PORT_HIGH if @inside is, and only
 *	then, as long as there is one
 * @busy: true for a port that may not be handed out now (a local socket has
 *	it), or NULL; called with the ports lock held
 * @arg: for @busy
 */
struct knat_port_wish {
	u16			first;
	u16			last;
	u16			inside;
	u16			hint;
	u64			chance;
	enum knat_alloc_mode	mode;
	enum knat_parity	parity;
	bool			classes;
	bool			(*busy)(void *arg, u16 port);
	void			*arg;
};

/* The port that knat_port_get() is likely to take, whose part of the bitmap is
 * fetched for it, or 0. Without the lock.
 */
u16 knat_port_foresee(const struct knat_ports *ports,
		      const struct knat_port_wish *wish);
/* Take a port: host order, or -ENOSPC when none in the range is free. Softirq
 * off.
 */
int knat_port_get(struct knat_ports *ports, const struct knat_port_wish *wish);
/* The same, without taking it. */
int knat_port_peek(struct knat_ports *ports, const struct knat_port_wish *wish);

/* Take this very port: false if it is taken. */
bool knat_port_take(struct knat_ports *ports, u16 port);
void knat_port_put(struct knat_ports *ports, u16 port);

/* The lowest taken port >= @from, or KNAT_PORTS; without the lock. */
u32 knat_port_next_taken(const struct knat_ports *ports, u32 from);

#endif /* _KNAT_PORT_H */
