// SPDX-License-Identifier: GPL-2.0
/* knat: allocation of outside ports from bitmaps. */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "port.h"

/* Ports that a local socket may hold in a row before the search gives up. */
#define PORT_BUSY_MAX	64

struct knat_ports *knat_ports_alloc(gfp_t gfp)
{
	struct knat_ports *ports = kzalloc(sizeof(*ports), gfp);

	if (!ports)
		return NULL;
	ports->taken = kzalloc(KNAT_PORTS / BITS_PER_BYTE, gfp);
	if (!ports->taken) {
		kfree(ports);
		return NULL;
	}
	spin_lock_init(&ports->lock);
	return ports;
}

void knat_ports_free(struct knat_ports *ports)
{
	if (!ports)
		return;
	kfree(ports->taken);
	kfree(ports);
}

static void port_set(struct knat_ports *ports, u32 port)
{
	u32 word = port / BITS_PER_LONG;

	__set_bit(port, ports->taken);
	if (ports->taken[word] == ~0UL)
		__set_bit(word, ports->full);
	ports->used++;
}

/* The bits of word @word that lie within [@first, @last]. */
static unsigned long word_mask(u32 word, u32 first, u32 last)
{
	u32 low = word * BITS_PER_LONG;
	unsigned long mask = ~0UL;

	if (first > low)
		mask &= ~0UL << (first - low);
	if (last < low + BITS_PER_LONG - 1)
		mask &= ~0UL >> (low + BITS_PER_LONG - 1 - last);
	return mask;
}

/* The lowest free port in [@from, @to], or KNAT_PORTS: looks at two partial
 * words at most and at the summary in between.
 */
static u32 port_next_free(const struct knat_ports *ports, u32 from, u32 to)
{
	u32 word = from / BITS_PER_LONG, end = to / BITS_PER_LONG;

	while (word <= end) {
		unsigned long free = ~ports->taken[word] &
				     word_mask(word, from, to);

		if (free)
			return word * BITS_PER_LONG + __ffs(free);
		word = find_next_zero_bit(ports->full, KNAT_PORT_WORDS,
					  word + 1);
	}
	return KNAT_PORTS;
}

/* A free port at or after @start, going round in [@first, @last]. */
static u32 port_search(const struct knat_ports *ports, u32 first, u32 last,
		       u32 start)
{
	u32 port = port_next_free(ports, start, last);

	if (port == KNAT_PORTS && start > first)
		port = port_next_free(ports, first, start - 1);
	return port;
}

/* As port_search(), but among the free ports of the word that is found each
 * is as likely as the others: with most ports taken the lowest free one after
 * a gap would come up far too often (RFC 6056 section 3.3).
 */
static u32 port_random(const struct knat_ports *ports, u32 first, u32 last)
{
	u32 random = get_random_u32();
	u32 start = first + reciprocal_scale(random, last - first + 1);
	unsigned long free;
	u32 port, word, skip;

	if (!test_bit(start, ports->taken))
		return start;
	port = port_search(ports, first, last, start);
	if (port == KNAT_PORTS)
		return port;
	word = port / BITS_PER_LONG;
	free = ~ports->taken[word] & word_mask(word, first, last);
	skip = (random & 0xffff) % hweight_long(free);
	while (skip--)
		free &= free - 1;
	return word * BITS_PER_LONG + __ffs(free);
}

int knat_port_get(struct knat_ports *ports, u16 first, u16 last,
		  enum knat_alloc_mode mode, u16 wanted,
		  bool (*busy)(void *arg, u16 port), void *arg)
{
	u32 port = KNAT_PORTS, start, tries;
	int ret = -ENOSPC;

	spin_lock_bh(&ports->lock);
	if (mode == KNAT_ALLOC_PRESERVE && wanted >= first && wanted <= last &&
	    !test_bit(wanted, ports->taken))
		port = wanted;
	else if (mode == KNAT_ALLOC_SEQUENTIAL)
		port = port_search(ports, first, last,
				   clamp_t(u32, ports->next, first, last));
	else
		port = port_random(ports, first, last);

	/* The rare port that a socket of the gateway has: look on upwards. */
	for (tries = 0; port != KNAT_PORTS; tries++) {
		if (!busy || !busy(arg, port)) {
			port_set(ports, port);
			ports->next = port == last ? first : port + 1;
			ret = port;
			break;
		}
		if (tries == PORT_BUSY_MAX)
			break;
		start = port == last ? first : port + 1;
		port = port_search(ports, first, last, start);
	}
	spin_unlock_bh(&ports->lock);
	return ret;
}

bool knat_port_take(struct knat_ports *ports, u16 port)
{
	bool taken;

	spin_lock_bh(&ports->lock);
	taken = test_bit(port, ports->taken);
	if (!taken)
		port_set(ports, port);
	spin_unlock_bh(&ports->lock);
	return !taken;
}

void knat_port_put(struct knat_ports *ports, u16 port)
{
	spin_lock_bh(&ports->lock);
	if (!WARN_ON_ONCE(!test_bit(port, ports->taken))) {
		__clear_bit(port, ports->taken);
		__clear_bit(port / BITS_PER_LONG, ports->full);
		ports->used--;
	}
	spin_unlock_bh(&ports->lock);
}

u32 knat_port_next_taken(const struct knat_ports *ports, u32 from)
{
	return find_next_bit(ports->taken, KNAT_PORTS, from);
}
