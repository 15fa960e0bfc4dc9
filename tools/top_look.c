// SPDX-License-Identifier: GPL-2.0
/* natctl top: one look at what there is. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "config.h"
#include "error.h"
#include "host.h"
#include "options.h"
#include "pool.h"
#include "rule.h"
#include "stats.h"
#include "top.h"

#define NR_PORTS	65535

/* Ports of the address of a masquerade rule. */
struct masquerade {
	uint32_t	addr;
	uint32_t	ports;
};

/* The look at hand. */
static struct top_look *now;
static const struct top_view *wanted;
/* What the kernel tells of rules, in no order. */
static struct masquerade *rules;
static size_t nr_rules, room_rules;

/* Room for one more at the end of a list. */
static void *grown(void *list, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return list;
	*room = *room ? 2 * *room : 64;
	list = realloc(list, *room * size);
	if (!list)
		fail("there is no memory for what is to be shown");
	return list;
}

static uint64_t clock_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* --- what the kernel tells --- */

static void read_stats(const struct nlmsghdr *nlh,
		       const struct nlattr *const *attrs)
{
	const struct nlattr *counters[__KNAT_COUNTER_MAX + 1];
	int i;

	(void)nlh;
	stats_counters(attrs, counters);
	now->mappings = nl_u32(attrs[KNAT_A_STATS_MAPPINGS]);
	now->sessions = nl_u32(attrs[KNAT_A_STATS_SESSIONS]);
	now->subscribers = nl_u32(attrs[KNAT_A_STATS_SUBSCRIBERS]);
	for (i = 0; i < __KNAT_COUNTER_MAX; i++)
		now->counters[i] = nl_u64(counters[i + 1]);
}

static void read_config(const struct nlmsghdr *nlh,
			const struct nlattr *const *attrs)
{
	uint32_t fallback = nl_u32(attrs[KNAT_A_CONFIG_LIMIT_DEFAULT]);

	(void)nlh;
	now->max_mappings = nl_u32(attrs[KNAT_A_CONFIG_MAX_MAPPINGS]);
	now->max_sessions = nl_u32(attrs[KNAT_A_CONFIG_MAX_SESSIONS]);
	if (!now->max_mappings)
		now->max_mappings = fallback;
	if (!now->max_sessions)
		now->max_sessions = fallback;
}

static uint32_t ports_of(const struct nlattr *const *attrs)
{
	uint32_t first = nl_u16(attrs[KNAT_A_POOL_PORT_FIRST]);
	uint32_t last = nl_u16(attrs[KNAT_A_POOL_PORT_LAST]);

	return first && last >= first ? last - first + 1 : NR_PORTS;
}

static void read_pool(const struct nlmsghdr *nlh,
		      const struct nlattr *const *attrs)
{
	struct top_pool *pool;

	(void)nlh;
	if (!attrs[KNAT_A_POOL_NAME])
		nl_odd_answer();
	now->pools = grown(now->pools, now->nr_pools, &now->room_pools,
			   sizeof(*now->pools));
	pool = &now->pools[now->nr_pools++];
	memset(pool, 0, sizeof(*pool));
	strncpy(pool->name, mnl_attr_get_str(attrs[KNAT_A_POOL_NAME]),
		sizeof(pool->name) - 1);
	pool->ports = ports_of(attrs);
	pool->addrs = nl_u32(attrs[KNAT_A_POOL_ADDRESSES]);
	pool->mappings = nl_u32(attrs[KNAT_A_POOL_MAPPINGS]);
	pool->hosts = nl_u32(attrs[KNAT_A_POOL_SUBSCRIBERS]);
	pool->arbitrary = nl_u8(attrs[KNAT_A_POOL_PAIRING]) ==
			  KNAT_PAIRING_ARBITRARY;
}

static void read_rule(const struct nlmsghdr *nlh,
		      const struct nlattr *const *attrs)
{
	const struct nlattr *options[KNAT_A_POOL_MAX + 1];

	(void)nlh;
	if (!attrs[KNAT_A_RULE_ADDR] || !attrs[KNAT_A_RULE_OPTIONS])
		return;
	nl_parse_nest(attrs[KNAT_A_RULE_OPTIONS], options, KNAT_A_POOL_MAX,
		      options_types);
	rules = grown(rules, nr_rules, &room_rules, sizeof(*rules));
	rules[nr_rules].addr = ntohl(nl_u32(attrs[KNAT_A_RULE_ADDR]));
	rules[nr_rules++].ports = ports_of(options);
}

static int pool_find(const char *name)
{
	size_t i;

	for (i = 0; i < now->nr_pools; i++)
		if (!strcmp(now->pools[i].name, name))
			return i;
	return TOP_NO_POOL;
}

static void read_host(const struct nlmsghdr *nlh,
		      const struct nlattr *const *attrs)
{
	/* Neighbours in the list are mostly of one pool. */
	static int last;
	const char *name = "";
	struct top_host *host;
	uint32_t in_addr;

	(void)nlh;
	if (!attrs[KNAT_A_HOST_IN_ADDR] || !attrs[KNAT_A_HOST_OUT_ADDR])
		nl_odd_answer();
	in_addr = ntohl(nl_u32(attrs[KNAT_A_HOST_IN_ADDR]));
	if (attrs[KNAT_A_HOST_POOL])
		name = mnl_attr_get_str(attrs[KNAT_A_HOST_POOL]);
	if ((in_addr & wanted->host_mask) != wanted->host ||
	    (wanted->pool && strcmp(name, wanted->pool)))
		return;
	if (!*name)
		last = TOP_NO_POOL;
	else if (last < 0 || last >= (int)now->nr_pools ||
		 strcmp(now->pools[last].name, name))
		last = pool_find(name);
	now->hosts = grown(now->hosts, now->nr_hosts, &now->room_hosts,
			   sizeof(*now->hosts));
	host = &now->hosts[now->nr_hosts++];
	*host = (struct top_host){
		.in_addr = in_addr,
		.out_addr = ntohl(nl_u32(attrs[KNAT_A_HOST_OUT_ADDR])),
		.pool = last,
		.mappings = nl_u32(attrs[KNAT_A_HOST_MAPPINGS]),
		.limit = nl_u32(attrs[KNAT_A_HOST_LIMIT]),
		.refused = nl_u32(attrs[KNAT_A_HOST_REFUSED]),
	};
}

static struct nl_reader with(const struct nl_reader *reader,
			     void (*print)(const struct nlmsghdr *nlh,
					   const struct nlattr *const *attrs))
{
	return (struct nl_reader){ reader->max, reader->types, print };
}

static void ask(void)
{
	struct nl_reader stats = with(&stats_reader, read_stats);
	struct nl_reader config = with(&config_reader, read_config);
	struct nl_reader pool = with(pool_reader(), read_pool);
	struct nl_reader rule = with(&rule_reader, read_rule);
	struct nl_reader host = with(&host_reader, read_host);
	struct nlmsghdr *nlh;

	nl_fetch(nl_request(KNAT_CMD_STATS_GET), &stats);
	nl_fetch(nl_request(KNAT_CMD_CONFIG_GET), &config);
	/* Lists that change while they are read are good enough. */
	nl_fetch_list(nl_request(KNAT_CMD_POOL_GET), &pool);
	nl_fetch_list(nl_request(KNAT_CMD_RULE_GET), &rule);
	nlh = nl_request(KNAT_CMD_HOST_GET);
	if (wanted->host_mask == UINT32_MAX)
		nl_put_u32(nlh, KNAT_A_HOST_IN_ADDR, htonl(wanted->host));
	nl_fetch_list(nlh, &host);
}

/* --- what follows from it --- */

static int cmp(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_in_addr(const void *a, const void *b)
{
	const struct top_host *x = a, *y = b;
	int n = cmp(x->in_addr, y->in_addr);

	if (n || x->pool != y->pool)
		return n ? n : x->pool - y->pool;
	/* Those of masquerade rules have no name. */
	return x->pool == TOP_NO_POOL ? cmp(x->out_addr, y->out_addr) : 0;
}

/* By pool and outside address, for the sums. */
static int by_out_addr(const void *a, const void *b)
{
	const struct top_host *x = a, *y = b;

	return x->pool != y->pool ? x->pool - y->pool :
				    cmp(x->out_addr, y->out_addr);
}

static int by_use(const void *a, const void *b)
{
	const struct top_addr *x = a, *y = b;
	int n = cmp(y->mappings, x->mappings);

	return n ? n : cmp(x->addr, y->addr);
}

/* In order, and each once: the kernel may list one twice when its table grows
 * at that time.
 */
static void hosts_order(void)
{
	struct top_host *to = now->hosts, *host = now->hosts;

	if (!now->nr_hosts)
		return;
	qsort(now->hosts, now->nr_hosts, sizeof(*now->hosts), by_in_addr);
	while (++host < now->hosts + now->nr_hosts) {
		if (by_in_addr(to, host))
			to++;
		*to = *host;
	}
	now->nr_hosts = to + 1 - now->hosts;
}

/* Both lists are by inside address; pools by number, which may be others. */
static void hosts_change(struct top_look *before)
{
	const struct top_host *old, *end;
	size_t i;

	if (before->nr_hosts)
		qsort(before->hosts, before->nr_hosts, sizeof(*before->hosts),
		      by_in_addr);
	old = before->hosts;
	end = old + before->nr_hosts;
	for (i = 0; i < now->nr_hosts; i++) {
		struct top_host *host = &now->hosts[i];

		while (old < end && by_in_addr(old, host) < 0)
			old++;
		host->change = host->mappings;
		host->refused_now = host->refused;
		if (old == end || by_in_addr(old, host))
			continue;
		host->change -= old->mappings;
		/* It may have been away, and counts anew. */
		if (host->refused >= old->refused)
			host->refused_now -= old->refused;
	}
}

static uint64_t addr_ports(const struct top_addr *addr)
{
	const struct top_pool *pool;
	size_t i;

	if (addr->pool != TOP_NO_POOL) {
		pool = &now->pools[addr->pool];
		return (uint64_t)pool->ports * (addr->all ? pool->addrs : 1);
	}
	for (i = 0; i < nr_rules; i++)
		if (rules[i].addr == addr->addr)
			return rules[i].ports;
	return 0;
}

static void addrs_sum(void)
{
	struct top_addr *addr = NULL;
	size_t i;

	if (!now->nr_hosts)
		return;
	qsort(now->hosts, now->nr_hosts, sizeof(*now->hosts), by_out_addr);
	for (i = 0; i < now->nr_hosts; i++) {
		const struct top_host *host = &now->hosts[i];
		bool all = host->pool != TOP_NO_POOL &&
			   now->pools[host->pool].arbitrary;

		if (!addr || addr->pool != host->pool ||
		    (!all && addr->addr != host->out_addr)) {
			now->addrs = grown(now->addrs, now->nr_addrs,
					   &now->room_addrs,
					   sizeof(*now->addrs));
			addr = &now->addrs[now->nr_addrs++];
			*addr = (struct top_addr){
				.addr = host->out_addr, .pool = host->pool,
				.all = all,
			};
			addr->ports = addr_ports(addr);
		}
		addr->mappings += host->mappings;
		addr->hosts++;
	}
	qsort(now->addrs, now->nr_addrs, sizeof(*now->addrs), by_use);
}

void top_look(struct top_look *look, struct top_look *before,
	      const struct top_view *view)
{
	now = look;
	wanted = view;
	now->nr_pools = 0;
	now->nr_hosts = 0;
	now->nr_addrs = 0;
	nr_rules = 0;
	now->time = clock_ns();
	ask();
	/* Each is summed once, which leaves them in another order. */
	hosts_order();
	addrs_sum();
	hosts_order();
	if (before)
		hosts_change(before);
	now->took = clock_ns() - now->time;
}

uint64_t top_rate(const struct top_look *look, const struct top_look *before,
		  int counter)
{
	uint64_t n = look->counters[counter], ms;

	if (!before)
		return 0;
	/* Of a counter that was reset, all is new. */
	if (n >= before->counters[counter])
		n -= before->counters[counter];
	ms = (look->time - before->time) / 1000000;
	return n * 1000000 / (ms ? ms : 1);
}

/* --- order --- */

const char *const top_sorts[] = {
	[TOP_BY_MAPPINGS] = "mappings", [TOP_BY_CHANGE] = "change",
	[TOP_BY_USE] = "use", [TOP_BY_REFUSED] = "refused",
	[TOP_BY_ADDRESS] = "address", NULL
};

static const struct top_view *order;

/* Mappings as parts of the limit; without a limit, none. */
static uint64_t use_of(const struct top_host *host)
{
	return host->limit ? (uint64_t)host->mappings * 1000 / host->limit : 0;
}

static int by_order(const void *a, const void *b)
{
	const struct top_host *x = a, *y = b;
	int n = 0;

	switch (order->sort) {
	case TOP_BY_CHANGE:
		n = x->change > y->change ? -1 : x->change < y->change;
		break;
	case TOP_BY_USE:
		n = cmp(use_of(y), use_of(x));
		break;
	case TOP_BY_REFUSED:
		n = cmp(y->refused_now, x->refused_now);
		if (!n)
			n = cmp(y->refused, x->refused);
		break;
	case TOP_BY_ADDRESS:
		n = by_in_addr(x, y);
		break;
	case TOP_BY_MAPPINGS:
		break;
	}
	if (!n && order->sort != TOP_BY_ADDRESS)
		n = cmp(y->mappings, x->mappings);
	if (!n)
		return by_in_addr(x, y);
	return order->reverse ? -n : n;
}

void top_sort(struct top_look *look, const struct top_view *view)
{
	order = view;
	if (look->nr_hosts)
		qsort(look->hosts, look->nr_hosts, sizeof(*look->hosts),
		      by_order);
}
