// SPDX-License-Identifier: GPL-2.0
/* natctl top: a look as lines of text, and as JSON. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "addr.h"
#include "out.h"
#include "stats.h"
#include "top.h"
#include "utf8.h"

#define WIDTH_MAX	512
/* Rows of a screen that are no list: five of figures, two of heads, the keys. */
#define ROWS_FIXED	8
#define BAR		14
/* Of a share, in thousandths: from here on it is shown as an alarm. */
#define NEARLY_FULL	900

/* A line while it is made, in a width. */
static char line[WIDTH_MAX];
static unsigned int used, width;
static void (*put_line)(enum top_line kind, const char *line);

__attribute__((format(printf, 1, 2)))
static void add(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line + used, sizeof(line) - used, fmt, ap);
	va_end(ap);
	if (n > 0)
		used += n;
	if (used >= sizeof(line))
		used = sizeof(line) - 1;
}

static void end(enum top_line kind)
{
	unsigned int len = used < width ? used : width;

	/* No character is cut in two. */
	while (len && (line[len] & 0xc0) == 0x80)
		len--;
	/* Blanks at the end say nothing. */
	while (kind != TOP_HEAD && len && line[len - 1] == ' ')
		len--;
	line[len] = 0;
	put_line(kind, line);
	used = 0;
	*line = 0;
}

/* A name as a terminal may have it, and blanks up to so many columns; what is
 * longer is cut if @cut says so.
 */
static void add_name(const char *name, unsigned int columns, bool cut)
{
	char escaped[UTF8_ESCAPED_MAX];
	unsigned int n = 0, more;

	for (; *name; n += more) {
		name += utf8_escape(name, escaped);
		/* What is escaped has a column for each sign. */
		more = escaped[0] == '\\' ? strlen(escaped) : 1;
		if (cut && n + more > columns)
			break;
		add("%s", escaped);
	}
	if (n < columns)
		add("%*s", columns - n, "");
}

/* A rate, from thousandths: 0, 0.4, 12, 3456, 12.3k, 4.5M. */
static const char *rate_text(uint64_t rate)
{
	static char texts[4][16];
	static unsigned int n;
	char *text = texts[n++ % 4];

	if (rate && rate < 9950)
		snprintf(text, sizeof(texts[0]), "%.1f", rate / 1e3);
	else if (rate < 9999500)
		snprintf(text, sizeof(texts[0]), "%.0f", rate / 1e3);
	else if (rate < 999500000)
		snprintf(text, sizeof(texts[0]), "%.1fk", rate / 1e6);
	else
		snprintf(text, sizeof(texts[0]), "%.1fM", rate / 1e9);
	return text;
}

static uint64_t share(uint64_t part, uint64_t whole)
{
	return whole ? part * 1000 / whole : 0;
}

static enum top_line alarm_of(uint64_t share)
{
	return share >= NEARLY_FULL ? TOP_ALARM : TOP_PLAIN;
}

static void add_share(uint64_t share)
{
	add("%3llu.%llu%%", (unsigned long long)share / 10,
	    (unsigned long long)share % 10);
}

static void add_bar(uint64_t share, bool any)
{
	unsigned int full = share >= 1000 ? BAR : share * BAR / 1000, i;

	/* The first sign stands for anything at all. */
	if (any && !full)
		full = 1;
	add("[");
	for (i = 0; i < BAR; i++)
		add("%c", i < full ? '#' : ' ');
	add("]");
}

/* --- figures --- */

static void title(const struct top_view *view)
{
	add("natctl top  every %u s  by %s%s", view->interval,
	    top_sorts[view->sort], view->reverse ? ", reversed" : "");
	if (view->pool) {
		add("  pool ");
		add_name(view->pool, 0, false);
	}
	if (view->host_mask)
		add("  host %s", prefix_text(htonl(view->host),
					     __builtin_popcount(view->host_mask)));
	end(TOP_TITLE);
}

static void totals(const struct top_look *look)
{
	uint64_t full = share(look->mappings, look->max_mappings);
	uint64_t other = share(look->sessions, look->max_sessions);

	add("mappings %u of %u  sessions %u of %u  subscribers %u",
	    look->mappings, look->max_mappings, look->sessions,
	    look->max_sessions, look->subscribers);
	end(alarm_of(full > other ? full : other));
}

static void rates(const struct top_look *look, const struct top_look *before)
{
	const char *new_maps = rate_text(top_rate(look, before,
						  KNAT_COUNTER_MAP_CREATED));
	const char *new_sessions = rate_text(top_rate(look, before,
						      KNAT_COUNTER_SESSION_CREATED));

	add("new/s: mappings %s  sessions %s   ", new_maps, new_sessions);
	add("packets/s: out %s  in %s  hairpin %s",
	    rate_text(top_rate(look, before, KNAT_COUNTER_OUT_TRANSLATED)),
	    rate_text(top_rate(look, before, KNAT_COUNTER_IN_TRANSLATED)),
	    rate_text(top_rate(look, before, KNAT_COUNTER_HAIRPIN)));
	end(TOP_PLAIN);
}

/* The counters that begin with this word: those that grow, the fastest first,
 * by the rest of their names.
 */
static void reasons(const char *what, const char *prefix,
		    const struct top_look *look, const struct top_look *before)
{
	uint64_t rates[__KNAT_COUNTER_MAX], sum = 0, total = 0;
	size_t len = strlen(prefix);
	int i, best, shown = 0;

	for (i = 0; i < __KNAT_COUNTER_MAX; i++) {
		rates[i] = 0;
		if (strncmp(counter_name(i + 1), prefix, len))
			continue;
		rates[i] = top_rate(look, before, i);
		sum += rates[i];
		total += look->counters[i];
	}
	add("%s %s", what, rate_text(sum));
	for (;;) {
		for (best = 0, i = 1; i < __KNAT_COUNTER_MAX; i++)
			if (rates[i] > rates[best])
				best = i;
		if (!rates[best])
			break;
		add("%s %s %s", shown++ ? "," : ":",
		    counter_name(best + 1) + len, rate_text(rates[best]));
		rates[best] = 0;
	}
	add("  (%llu in all)", (unsigned long long)total);
	end(sum ? TOP_ALARM : TOP_PLAIN);
}

/* --- lists --- */

static const char *pool_name(const struct top_look *look, int pool)
{
	return pool == TOP_NO_POOL ? "masquerade" : look->pools[pool].name;
}

static void addr_line(const struct top_look *look, const struct top_addr *addr,
		      bool cut)
{
	uint64_t full = share(addr->mappings, addr->ports);

	if (addr->all)
		add("all %-11u", look->pools[addr->pool].addrs);
	else
		add("%-15s", addr_text(htonl(addr->addr)));
	add(" ");
	add_name(pool_name(look, addr->pool), 12, cut);
	add(" %7u %9u", addr->hosts, addr->mappings);
	if (addr->ports) {
		add(" %8llu ", (unsigned long long)addr->ports);
		add_share(full);
		add(" ");
		add_bar(full, addr->mappings);
	}
	end(alarm_of(full));
}

static void host_line(const struct top_look *look,
		      const struct top_look *before,
		      const struct top_host *host, bool cut)
{
	uint64_t full = share(host->mappings, host->limit);

	add("%-15s ", addr_text(htonl(host->in_addr)));
	add_name(pool_name(look, host->pool), 11, cut);
	add(" %-15s %9u", addr_text(htonl(host->out_addr)), host->mappings);
	if (before)
		add(" %+7lld", (long long)host->change);
	else
		add(" %7s", "");
	add(" ");
	if (host->limit)
		add_share(full);
	else
		add("%6s", "");
	add(" %9u", host->refused);
	end(host->refused_now ? TOP_ALARM : alarm_of(full));
}

/* Counted: lines that fit. */
static unsigned int least(size_t have, unsigned int room)
{
	return have < room ? have : room;
}

void top_lines(const struct top_look *look, const struct top_look *before,
	       const struct top_view *view, unsigned int rows,
	       unsigned int columns,
	       void (*put)(enum top_line kind, const char *line))
{
	unsigned int left = rows > ROWS_FIXED ? rows - ROWS_FIXED : 0;
	unsigned int addrs, hosts, i;
	size_t from = view->from;

	width = columns;
	put_line = put;
	/* Addresses have a third of the screen, and what hosts do not need. */
	addrs = left / 3;
	if (look->nr_hosts < left - addrs)
		addrs = left - look->nr_hosts;
	addrs = least(look->nr_addrs, rows ? addrs : view->lines);
	hosts = rows ? left - addrs : view->lines;
	if (from > look->nr_hosts)
		from = look->nr_hosts;
	hosts = least(look->nr_hosts - from, hosts);

	title(view);
	totals(look);
	rates(look, before);
	reasons("refused/s", "refuse_", look, before);
	reasons("dropped/s", "drop_", look, before);
	add("%-15s %-12s %7s %9s %8s %6s%*s", "OUTSIDE", "POOL", "HOSTS",
	    "MAPPINGS", "PORTS", "USE", rows ? WIDTH_MAX / 2 : 0, "");
	end(TOP_HEAD);
	for (i = 0; i < addrs; i++)
		addr_line(look, &look->addrs[i], rows);
	add("%-15s %-11s %-15s %9s %7s %6s %9s%*s", "INSIDE", "POOL", "OUTSIDE",
	    "MAPPINGS", "CHANGE", "USE", "REFUSED", rows ? WIDTH_MAX / 2 : 0, "");
	end(TOP_HEAD);
	for (i = 0; i < hosts; i++)
		host_line(look, before, &look->hosts[from + i], rows);
	if (!rows)
		return;
	for (i = addrs + hosts; i < left; i++)
		end(TOP_PLAIN);
	add("q:quit m:mappings c:change u:use f:refused a:address r:reverse +-:time jk:move");
	end(TOP_KEYS);
}

/* --- JSON --- */

static void json_rates(const struct top_look *look,
		       const struct top_look *before)
{
	int i;

	json_object("rates");
	for (i = 0; i < __KNAT_COUNTER_MAX; i++)
		json_thousandths(counter_name(i + 1),
				 top_rate(look, before, i));
	json_end();
}

static void json_addr(const struct top_look *look, const struct top_addr *addr)
{
	json_object(NULL);
	if (!addr->all)
		json_string("out_addr", addr_text(htonl(addr->addr)));
	if (addr->pool != TOP_NO_POOL)
		json_string("pool", look->pools[addr->pool].name);
	json_number("subscribers", addr->hosts);
	json_number("mappings", addr->mappings);
	if (addr->ports)
		json_number("ports", addr->ports);
	json_end();
}

static void json_host(const struct top_look *look,
		      const struct top_look *before,
		      const struct top_host *host)
{
	json_object(NULL);
	json_string("in_addr", addr_text(htonl(host->in_addr)));
	json_string("out_addr", addr_text(htonl(host->out_addr)));
	if (host->pool != TOP_NO_POOL)
		json_string("pool", look->pools[host->pool].name);
	json_number("mappings", host->mappings);
	if (before)
		json_integer("change", host->change);
	if (host->limit)
		json_number("limit", host->limit);
	json_number("refused", host->refused);
	if (before)
		json_number("refused_now", host->refused_now);
	json_end();
}

void top_json(const struct top_look *look, const struct top_look *before,
	      const struct top_view *view)
{
	unsigned int i;

	out_begin();
	json_object(NULL);
	if (before)
		json_number("interval_ms",
			    (look->time - before->time) / 1000000);
	json_number("mappings", look->mappings);
	json_number("max_mappings", look->max_mappings);
	json_number("sessions", look->sessions);
	json_number("max_sessions", look->max_sessions);
	json_number("subscribers", look->subscribers);
	if (before)
		json_rates(look, before);
	json_array("outside");
	for (i = 0; i < least(look->nr_addrs, view->lines); i++)
		json_addr(look, &look->addrs[i]);
	json_end();
	json_array("inside");
	for (i = 0; i < least(look->nr_hosts, view->lines); i++)
		json_host(look, before, &look->hosts[i]);
	json_end();
	json_end();
	out_end();
}
