// SPDX-License-Identifier: GPL-2.0
/* knat: allocation of outside ports from bitmaps. */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/prefetch.h>
#include <linux/slab.h>
#include "port.h"

/* Ports that a local socket may hold in a row before the search gives up. */
#define PORT_BUSY_MAX	64
/* Ports tried by chance before a search */
#define PORT_THROWS	2

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
	bitmap_fill(ports->open, KNAT_PORT_WORDS);
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
		__clear_bit(word, ports->open);
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

/* Which free ports count. */
enum port_shape {
	PORT_ANY,
	PORT_EVEN,
	PORT_ODD,
	PORT_PAIR_EVEN,		/* the odd one above is free as well */
	PORT_PAIR_ODD,		/* the even one below is */
};

#define PORT_EVENS	(~0UL / 3)

static unsigned long word_free(const struct knat_ports *ports, u32 word,
			       enum port_shape shape)
{
	unsigned long free = ~ports->taken[word];

	switch (shape) {
	case PORT_ANY:
		return free;
	case PORT_EVEN:
		return free & PORT_EVENS;
	case PORT_ODD:
		return free & ~PORT_EVENS;
	case PORT_PAIR_EVEN:
		return free & (free >> 1) & PORT_EVENS;
	case PORT_PAIR_ODD:
		return free & (free << 1) & ~PORT_EVENS;
	}
	return 0;
}

static bool port_is_free(const struct knat_ports *ports, u32 port,
			 enum port_shape shape)
{
	return word_free(ports, port / BITS_PER_LONG, shape) &
	       BIT_MASK(port);
}

/* The lowest free port in [@from, @to], or KNAT_PORTS. Words that are full
 * are stepped over 64 at a time.
 */
static u32 port_next_free(const struct knat_ports *ports, u32 from, u32 to,
			  enum port_shape shape)
{
	u32 word = from / BITS_PER_LONG, end = to / BITS_PER_LONG;

	while (word <= end) {
		unsigned long free = word_free(ports, word, shape) &
				     word_mask(word, from, to);

		if (free)
			return word * BITS_PER_LONG + __ffs(free);
		word = find_next_bit(ports->open, KNAT_PORT_WORDS, word + 1);
	}
	return KNAT_PORTS;
}

/* A free port at or after @start, going round in [@first, @last]. */
static u32 port_search(const struct knat_ports *ports, u32 first, u32 last,
		       u32 start, enum port_shape shape)
{
	u32 port = port_next_free(ports, start, last, shape);

	if (port == KNAT_PORTS && start > first)
		port = port_next_free(ports, first, start - 1, shape);
	return port;
}

/* @n of 65536 parts of @range */
static u32 port_part(u16 n, u32 range)
{
	return n * range >> 16;
}

static u32 port_throw(u16 chance, u32 first, u32 last)
{
	return first + port_part(chance, last - first + 1);
}

/* A word by chance of those in [@first, @last] that are not full; @last's if
 * all are.
 */
static u32 port_open_word(const struct knat_ports *ports, u32 first, u32 last,
			  u16 chance)
{
	u32 below = bitmap_weight(ports->open, first);
	u32 nr = bitmap_weight(ports->open, last + 1) - below;

	if (!nr)
		return last;
	return find_nth_bit(ports->open, KNAT_PORT_WORDS,
			    below + port_part(chance, nr));
}

/* A free port by chance: where two throws find none, of a word that has one.
 * The next one behind a throw would not do: that would most often be the port
 * behind a long run of taken ones (RFC 6056 section 3.3).
 */
static u32 port_random(const struct knat_ports *ports, u64 chance, u32 first,
		       u32 last, enum port_shape shape)
{
	u32 port, word, skip;
	unsigned long free;
	int i;

	for (i = 0; i < PORT_THROWS; i++, chance >>= 16) {
		port = port_throw(chance, first, last);
		if (port_is_free(ports, port, shape))
			return port;
	}
	word = port_open_word(ports, first / BITS_PER_LONG,
			      last / BITS_PER_LONG, chance >> 16);
	port = port_search(ports, first, last,
			   max(first, word * BITS_PER_LONG), shape);
	if (port == KNAT_PORTS)
		return port;
	word = port / BITS_PER_LONG;
	free = word_free(ports, word, shape) & word_mask(word, first, last);
	skip = port_part(chance, hweight_long(free));
	while (skip--)
		free &= free - 1;
	return word * BITS_PER_LONG + __ffs(free);
}

/* A port in [@first, @last] that no local socket has, or KNAT_PORTS. */
static u32 port_choose(const struct knat_ports *ports,
		       const struct knat_port_wish *wish, u32 first, u32 last,
		       enum port_shape shape)
{
	u32 port, tries;

	if (wish->mode == KNAT_ALLOC_SEQUENTIAL)
		port = port_search(ports, first, last,
				   clamp(ports->next, first, last), shape);
	else
		port = port_random(ports, wish->chance, first, last, shape);

	for (tries = 0; port != KNAT_PORTS; tries++) {
		if (!wish->busy || !wish->busy(wish->arg, port))
			return port;
		if (tries == PORT_BUSY_MAX)
			break;
		port = port_search(ports, first, last,
				   port == last ? first : port + 1, shape);
	}
	return KNAT_PORTS;
}

/* Ports of the system's class come from its upper half first: servers that
 * the gateway may start later have the numbers below.
 */
static const struct {
	u16	first;
	u16	last;
} port_classes[] = {
	{ KNAT_PORT_HIGH / 2, KNAT_PORT_HIGH - 1 },
	{ 1, KNAT_PORT_HIGH / 2 - 1 },
	{ KNAT_PORT_HIGH, KNAT_PORTS - 1 },
};

/* What @wish may have of the class that it prefers, or of the @n'th after that:
 * false if that is nothing.
 */
static bool port_class(const struct knat_port_wish *wish, u32 n, u32 *first,
		       u32 *last)
{
	u32 class = wish->inside < KNAT_PORT_HIGH ? 0 : 2;

	class = (class + n) % ARRAY_SIZE(port_classes);
	*first = max(wish->first, port_classes[class].first);
	*last = min(wish->last, port_classes[class].last);
	return *first <= *last;
}

/* In the class that @wish prefers, then in the others. */
static u32 port_of_class(const struct knat_ports *ports,
			 const struct knat_port_wish *wish,
			 enum port_shape shape)
{
	u32 port, first, last, n;

	if (!wish->classes)
		return port_choose(ports, wish, wish->first, wish->last, shape);
	for (n = 0; n < ARRAY_SIZE(port_classes); n++) {
		if (!port_class(wish, n, &first, &last))
			continue;
		port = port_choose(ports, wish, first, last, shape);
		if (port != KNAT_PORTS)
			return port;
	}
	return KNAT_PORTS;
}

static u32 port_of_shape(const struct knat_ports *ports,
			 const struct knat_port_wish *wish)
{
	bool odd = wish->inside & 1;
	u32 port = KNAT_PORTS;

	if (wish->parity == KNAT_PARITY_PAIRS)
		port = port_of_class(ports, wish, odd ? PORT_PAIR_ODD :
							PORT_PAIR_EVEN);
	if (wish->parity != KNAT_PARITY_OFF && port == KNAT_PORTS)
		port = port_of_class(ports, wish, odd ? PORT_ODD : PORT_EVEN);
	if (port == KNAT_PORTS)
		port = port_of_class(ports, wish, PORT_ANY);
	return port;
}

static bool port_hint_free(const struct knat_ports *ports,
			   const struct knat_port_wish *wish)
{
	u16 port = wish->hint;

	return port && port >= wish->first && port <= wish->last &&
	       !test_bit(port, ports->taken) &&
	       !(wish->busy && wish->busy(wish->arg, port));
}

static u32 port_wished(const struct knat_ports *ports,
		       const struct knat_port_wish *wish)
{
	return port_hint_free(ports, wish) ? wish->hint :
					     port_of_shape(ports, wish);
}

u16 knat_port_foresee(const struct knat_ports *ports,
		      const struct knat_port_wish *wish)
{
	u32 first = wish->first, last = wish->last, port = wish->hint;

	if (!port) {
		if (wish->mode == KNAT_ALLOC_SEQUENTIAL ||
		    (wish->classes && !port_class(wish, 0, &first, &last)))
			return 0;
		port = port_throw(wish->chance, first, last);
	}
	prefetchw(ports->taken + port / BITS_PER_LONG);
	return port;
}

/* A flow that is refused is to cost little, whoever sends how many of them. */
static bool port_none(const struct knat_ports *ports,
		      const struct knat_port_wish *wish)
{
	u32 none = READ_ONCE(ports->none);

	return unlikely(none) && wish->first >= none >> 16 &&
	       wish->last <= (u16)none;
}

int knat_port_peek(struct knat_ports *ports, const struct knat_port_wish *wish)
{
	u32 port;

	spin_lock(&ports->lock);
	port = port_wished(ports, wish);
	spin_unlock(&ports->lock);
	return port == KNAT_PORTS ? -ENOSPC : port;
}

int knat_port_get(struct knat_ports *ports, const struct knat_port_wish *wish)
{
	int ret = -ENOSPC;
	u32 port;

	if (port_none(ports, wish))
		return -ENOSPC;
	spin_lock(&ports->lock);
	port = port_wished(ports, wish);
	if (port != KNAT_PORTS) {
		port_set(ports, port);
		ports->next = port == wish->last ? wish->first : port + 1;
		ret = port;
	} else if (!wish->busy) {
		WRITE_ONCE(ports->none, (u32)wish->first << 16 | wish->last);
	}
	spin_unlock(&ports->lock);
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
		__set_bit(port / BITS_PER_LONG, ports->open);
		ports->used--;
		WRITE_ONCE(ports->none, 0);
	}
	spin_unlock_bh(&ports->lock);
}

u32 knat_port_next_taken(const struct knat_ports *ports, u32 from)
{
	return find_next_bit(ports->taken, KNAT_PORTS, from);
}
