/* SPDX-License-Identifier: GPL-2.0 */
/*
 * natctl top: what is going on, as figures that are read again and again.
 *
 * A look asks for the counters, the settings, the pools, the rules and the
 * subscribers, never for mappings: what it costs follows the number of inside
 * hosts, and of outside addresses.
 */
#ifndef NATCTL_TOP_H
#define NATCTL_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "nl.h"

/* No pool: that of a masquerade rule. */
#define TOP_NO_POOL	(-1)

/**
 * struct top_pool - a pool
 * @name: its name
 * @ports: ports of each of its addresses, for each protocol
 * @addrs: how many addresses it has
 * @mappings: dynamic mappings
 * @hosts: subscribers
 * @arbitrary: subscribers keep to no address
 */
struct top_pool {
	char		name[KNAT_NAME_MAX + 1];
	uint32_t	ports;
	uint32_t	addrs;
	uint32_t	mappings;
	uint32_t	hosts;
	bool		arbitrary;
};

/**
 * struct top_host - a subscriber
 * @in_addr: inside address, host order as all addresses here
 * @out_addr: the outside address that it is paired with
 * @pool: number of its pool, or TOP_NO_POOL
 * @mappings: how many it has
 * @limit: how many it may have, 0: any number
 * @change: mappings more than at the look before
 * @refused: mappings that it was refused
 * @refused_now: of these, since the look before
 */
struct top_host {
	uint32_t	in_addr;
	uint32_t	out_addr;
	int		pool;
	uint32_t	mappings;
	uint32_t	limit;
	int64_t		change;
	uint32_t	refused;
	uint32_t	refused_now;
};

/**
 * struct top_addr - an outside address, or all of a pool without pairing
 * @addr: the address
 * @pool: number of its pool, or TOP_NO_POOL
 * @all: it stands for all addresses of the pool
 * @mappings: mappings of the subscribers that are paired with it
 * @hosts: how many these are
 * @ports: ports that there are, for each protocol; 0: not known
 */
struct top_addr {
	uint32_t	addr;
	int		pool;
	bool		all;
	uint32_t	mappings;
	uint32_t	hosts;
	uint64_t	ports;
};

/**
 * struct top_look - what one look has seen
 * @time: of some clock, in ns
 * @took: how long it took, in ns
 * @mappings: dynamic mappings now
 * @sessions: sessions now
 * @subscribers: subscribers now
 * @max_mappings: how many there may be
 * @max_sessions: how many there may be
 * @counters: by enum knat_counter
 * @pools: all pools
 * @hosts: subscribers, by inside address
 * @addrs: outside addresses, those with most mappings first
 */
struct top_look {
	uint64_t	time;
	uint64_t	took;
	uint32_t	mappings;
	uint32_t	sessions;
	uint32_t	subscribers;
	uint32_t	max_mappings;
	uint32_t	max_sessions;
	uint64_t	counters[__KNAT_COUNTER_MAX];
	struct top_pool	*pools;
	size_t		nr_pools, room_pools;
	struct top_host	*hosts;
	size_t		nr_hosts, room_hosts;
	struct top_addr	*addrs;
	size_t		nr_addrs, room_addrs;
};

enum top_sort {
	TOP_BY_MAPPINGS, TOP_BY_CHANGE, TOP_BY_USE, TOP_BY_REFUSED,
	TOP_BY_ADDRESS
};

/**
 * struct top_view - what is wanted
 * @interval: seconds from look to look
 * @pool: only this pool, NULL: all
 * @host: only inside addresses of this prefix
 * @host_mask: its mask; 0: all
 * @sort: order of the subscribers
 * @reverse: in the other direction
 * @lines: subscribers, and addresses, of a snapshot
 * @from: first subscriber that is shown
 */
struct top_view {
	uint32_t	interval;
	const char	*pool;
	uint32_t	host;
	uint32_t	host_mask;
	enum top_sort	sort;
	bool		reverse;
	uint32_t	lines;
	size_t		from;
};

extern const char *const top_sorts[];

/* Look, for what @view wants to see; @before is the look before, or NULL. */
void top_look(struct top_look *look, struct top_look *before,
	      const struct top_view *view);
/* Put the subscribers in the order of the view. */
void top_sort(struct top_look *look, const struct top_view *view);

/* What came between two looks, in thousandths a second. */
uint64_t top_rate(const struct top_look *look, const struct top_look *before,
		  int counter);

/* A line that is ready: what it is decides how it looks. */
enum top_line { TOP_TITLE, TOP_PLAIN, TOP_ALARM, TOP_HEAD, TOP_KEYS };

/* Give all lines of @rows rows of @columns columns to @put; rows 0: as many as
 * the view wants, and no keys.
 */
void top_lines(const struct top_look *look, const struct top_look *before,
	       const struct top_view *view, unsigned int rows,
	       unsigned int columns,
	       void (*put)(enum top_line kind, const char *line));
/* The same as JSON. */
void top_json(const struct top_look *look, const struct top_look *before,
	      const struct top_view *view);

/* A key that was pressed; false: the end. */
bool top_key(struct top_view *view, int key, unsigned int rows);

/* How long to wait for the next look, in ms: no more than a tenth of the time
 * is spent with looking.
 */
int top_wait(const struct top_look *look, const struct top_view *view);

/* The live view, until the user ends it. False: the terminal cannot do it, or
 * natctl was built without ncurses.
 */
bool top_screen(struct top_look *looks, struct top_view *view);

#endif /* NATCTL_TOP_H */
