// SPDX-License-Identifier: GPL-2.0
/* natctl import: rules as knat's words. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "addr.h"
#include "error.h"
#include "import.h"
#include "knat.h"
#include "out.h"

/* A static mapping of a prefix has these lengths. */
#define PREFIX_MIN	8
/* Options of the pool of a rule that keeps ports where it can, as nf_nat does. */
#define PRESERVE	" alloc preserve"

/* --- the lines --- */

enum { POOLS, RULES, MAPS, NR_KINDS };

struct line {
	struct line		*next;
	const char		*words;
	const struct import_rule *rule;
};

static struct line *lines[NR_KINDS], **ends[NR_KINDS];

static void line_add(int kind, const char *words,
		     const struct import_rule *rule)
{
	struct line *line = import_alloc(sizeof(*line));

	import_work(1);
	line->words = words;
	line->rule = rule;
	*ends[kind] = line;
	ends[kind] = &line->next;
}

/* A word as the reader of the file takes it. */
static const char *quoted(const char *word)
{
	char *text;
	const char *copy;

	out_words();
	text_word(word);
	text = out_words_end();
	copy = import_copy(text, strlen(text));
	free(text);
	return copy;
}

/* --- what is there already --- */

#define NR_BUCKETS	4096

struct key {
	struct key		*next;
	const char		*text;
	struct import_range	range;
};

static struct key *buckets[NR_BUCKETS];

static struct key **bucket_of(const char *text)
{
	uint32_t hash = 5381;

	for (; *text; text++)
		hash = hash * 33 + (unsigned char)*text;
	return &buckets[hash % NR_BUCKETS];
}

static bool is_claimed(const char *text, uint32_t first, uint32_t last)
{
	const struct key *key;

	for (key = *bucket_of(text); key; key = key->next) {
		import_work(1);
		if (key->range.first <= last && first <= key->range.last &&
		    !strcmp(key->text, text))
			return true;
	}
	return false;
}

/* Remember the text with a range. False: it was there with some of it. */
static bool claim(const char *text, uint32_t first, uint32_t last)
{
	struct key **bucket = bucket_of(text), *key;

	if (is_claimed(text, first, last))
		return false;
	key = import_alloc(sizeof(*key));
	*key = (struct key){ *bucket, text, { first, last } };
	*bucket = key;
	return true;
}

/* --- addresses --- */

static const char *addr(uint32_t value)
{
	return addr_text(htonl(value));
}

/* The longest prefix at the beginning of a range, which loses it. */
static const char *prefix_take(struct import_range *range)
{
	uint32_t size = 0, first = range->first;
	int len = 32;

	/* @size is of the bits beyond the prefix. */
	while (len && !(first & (2 * size + 1)) &&
	       2 * size + 1 <= range->last - first) {
		size = 2 * size + 1;
		len--;
	}
	if (first + size == range->last) {
		/* It was the last one. */
		range->first = 1;
		range->last = 0;
	} else {
		range->first = first + size + 1;
	}
	return import_text("%s/%d", addr(first), len);
}

/* May a pool or a mapping have them? False: it was told that not. */
static bool are_unicast(struct import_rule *rule,
			const struct import_range *range)
{
	uint32_t low = range->first >> 24, high = range->last >> 24;

	if (low && high < 224 && (high < 127 || low > 127))
		return true;
	import_tell(rule, import_text("%s cannot be mapped: an address must be unicast, and not of this host",
				      said(range_text(htonl(range->first),
						      htonl(range->last)))));
	return false;
}

static bool is_prefix(const struct import_range *range, int *len)
{
	uint32_t span = range->last - range->first;

	if (span & (span + 1) || range->first & span)
		return false;
	for (*len = 32; span; span >>= 1)
		--*len;
	return true;
}

/* Prefixes of ranges, NULL behind the last; of none, "". */
static const char **prefixes_of(const struct import_ranges *ranges)
{
	const char **list = import_alloc((64 * ranges->n + 2) * sizeof(*list));
	struct import_range range;
	size_t i, n = 0;

	if (!ranges->n)
		list[n++] = "";
	for (i = 0; i < ranges->n; i++) {
		range = ranges->list[i];
		/* Any address is no selector. */
		if (!range.first && range.last == UINT32_MAX) {
			list[0] = "";
			n = 1;
			break;
		}
		while (range.first <= range.last) {
			import_work(1);
			list[n++] = prefix_take(&range);
		}
	}
	list[n] = NULL;
	return list;
}

/* --- pools --- */

/* A pool for the addresses of a rule; it is written when a rule uses it. */
struct pool {
	struct pool		*next;
	struct import_range	to;
	const char		*options;
	const char		*name;
	bool			written;
};

static struct pool *pools;
static unsigned int nr_pools;

/* Addresses that are mapped whole: no pool may have them. */
static struct import_ranges whole;

static const char *ports_option(const struct import_rule *rule)
{
	if (!rule->to_port.last)
		return "";
	return import_text(" ports %u-%u", rule->to_port.first,
			   rule->to_port.last);
}

static const char *options_of(const struct import_rule *rule)
{
	return import_text("%s%s", ports_option(rule),
			   rule->random ? "" : PRESERVE);
}

/* The rule's pool, or NULL. */
static struct pool *pool_of(struct import_rule *rule, const char *options)
{
	struct import_ranges to = { &rule->to, 1 };
	struct pool *pool;

	for (pool = pools; pool; pool = pool->next) {
		import_work(1);
		if (pool->to.first == rule->to.first &&
		    pool->to.last == rule->to.last &&
		    !strcmp(pool->options, options))
			return pool;
		if (pool->to.first <= rule->to.last &&
		    rule->to.first <= pool->to.last) {
			import_tell(rule, import_text("an address of it is in pool %s of another rule, with other addresses or options",
						      pool->name));
			return NULL;
		}
	}
	if (whole.n && import_ranges_meet(&whole, &to)) {
		import_tell(rule, "one of its addresses is mapped to an inside address as a whole");
		return NULL;
	}
	if (rule->to.last - rule->to.first >= KNAT_POOL_ADDRS_MAX) {
		import_tell(rule, import_text("a pool has %u addresses at most",
					      KNAT_POOL_ADDRS_MAX));
		return NULL;
	}
	if (!are_unicast(rule, &rule->to))
		return NULL;
	pool = import_alloc(sizeof(*pool));
	pool->to = rule->to;
	pool->options = options;
	pool->name = import_text("snat%u", ++nr_pools);
	pool->next = pools;
	pools = pool;
	return pool;
}

static void pool_write(struct pool *pool, const struct import_rule *rule)
{
	if (pool->written)
		return;
	pool->written = true;
	line_add(POOLS, import_text("pool add %s addr %s%s", pool->name,
				    range_text(htonl(pool->to.first),
					       htonl(pool->to.last)),
				    pool->options), rule);
}

/* --- what leaves --- */

static struct import_flat *posts;
static size_t nr_posts;

/* A rule for each device, prefix and protocol; false: there is none that packets
 * get to.
 */
static bool rules_write(const struct import_flat *flat,
			const struct import_names *oif,
			const struct import_ranges *src_ranges,
			const struct import_ranges *dst_ranges,
			const char *action)
{
	const char **srcs = prefixes_of(src_ranges), **src;
	const char **dsts = prefixes_of(dst_ranges), **dst;
	const struct import_ranges *protos = &flat->match.proto;
	bool any = false;
	size_t device, i;

	for (device = 0; device < oif->n; device++) {
		const char *name = quoted(oif->list[device]);

		for (src = srcs; *src; src++) {
			for (dst = dsts; *dst; dst++) {
				const char *words;

				import_work(1);
				words = import_text("rule add oif %s%s%s%s%s",
						    name, **src ? " src " : "",
						    *src, **dst ? " dst " : "",
						    *dst);
				for (i = 0; i < (protos->n ?: 1); i++) {
					const char *rule = words;

					if (protos->n)
						rule = import_text("%s proto %s", words,
								   proto_text(protos->list[i].first));
					/* Behind one with the same selectors,
					 * no packet gets here.
					 */
					if (!claim(rule, 0, 0))
						continue;
					any = true;
					line_add(RULES, import_text("%s %s", rule, action),
						 flat->rule);
				}
			}
		}
	}
	return any;
}

/* Why a rule about leaving packets cannot be one of knat, or NULL. */
static const char *post_why(const struct import_match *match)
{
	if (match->why)
		return match->why;
	if (match->iif.n)
		return "it is for what came in through some device: only sources can be said, with src";
	if (match->dport.n)
		return "it is for some ports: a rule is for all ports of a protocol";
	if (match->dst_local)
		return "it is for addresses of the gateway itself: only destinations can be said, with dst";
	return NULL;
}

static bool names_meet(const struct import_names *a,
		       const struct import_names *b)
{
	size_t i, j;

	if (!a->n || !b->n)
		return true;
	import_work(a->n * b->n);
	for (i = 0; i < a->n; i++)
		for (j = 0; j < b->n; j++)
			if (!strcmp(a->list[i], b->list[j]))
				return true;
	return false;
}

static bool same_ranges(const struct import_ranges *a,
			const struct import_ranges *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->list, b->list, a->n *
						 sizeof(*a->list)));
}

/* Would a later rule translate what this one leaves out? An exempt rule in
 * front of it would stop that.
 */
static bool is_met_later(size_t i, const struct import_ranges *left_out,
			 bool dst)
{
	const struct import_match *match = &posts[i].match;

	for (i++; i < nr_posts; i++) {
		const struct import_match *later = &posts[i].match;

		import_work(1);
		if (!later->oif.n || post_why(later) ||
		    same_ranges(dst ? &later->not_dst :
				      &later->not_src, left_out))
			continue;
		if (posts[i].rule->action != IMPORT_ACCEPT &&
		    posts[i].rule->action != IMPORT_RETURN &&
		    names_meet(&match->oif, &later->oif) &&
		    import_ranges_meet(&match->proto, &later->proto) &&
		    import_ranges_meet(dst ? &match->src : left_out,
				       &later->src) &&
		    import_ranges_meet(dst ? left_out : &match->dst,
				       &later->dst))
			return true;
	}
	return false;
}

/* What the rule does, as words, or NULL; and its pool, if it has one. */
static const char *action_of(const struct import_flat *flat, struct pool **pool)
{
	struct import_rule *rule = flat->rule;
	struct import_ranges to = { &rule->to, 1 };
	const char *options = options_of(rule);

	if (rule->action == IMPORT_MASQUERADE)
		return import_text("masquerade%s", options);
	if (!rule->to.last) {
		import_tell(rule, "its new address is missing");
		return NULL;
	}
	if (flat->match.src.n && import_ranges_meet(&flat->match.src, &to)) {
		import_tell(rule, "one of its new addresses is one of its sources: an address is inside or outside");
		return NULL;
	}
	*pool = pool_of(rule, options);
	return *pool ? import_text("pool %s", (*pool)->name) : NULL;
}

/* The devices of all rules from one on that translate. */
static struct import_names devices_from(size_t i)
{
	struct import_names all = { 0 };
	size_t n = 1, j;

	for (j = i; j < nr_posts; j++)
		n += posts[j].match.oif.n;
	import_work(n);
	all.list = import_alloc(n * sizeof(*all.list));
	for (; i < nr_posts; i++) {
		if (posts[i].rule->action == IMPORT_ACCEPT ||
		    posts[i].rule->action == IMPORT_RETURN)
			continue;
		for (j = 0; j < posts[i].match.oif.n; j++) {
			struct import_names one = { &posts[i].match.oif.list[j], 1 };

			if (!all.n || !names_meet(&all, &one))
				all.list[all.n++] = one.list[0];
		}
	}
	return all;
}

static void exempt(size_t i)
{
	const struct import_flat *flat = &posts[i];
	struct import_names oif = flat->match.oif;

	if (flat->match.not_src.n || flat->match.not_dst.n) {
		import_tell(flat->rule, "it lets all pass but some: an exempt rule can only say which ones");
		return;
	}
	if (!oif.n)
		oif = devices_from(i);
	rules_write(flat, &oif, &flat->match.src, &flat->match.dst, "exempt");
}

/* Is it the way back of a mapping of whole addresses? */
static bool is_whole(const struct import_flat *flat)
{
	const struct import_match *match = &flat->match;

	return match->src.n == 1 && !match->dst.n && !match->not_dst.n &&
	       !match->not_src.n && !match->proto.n &&
	       !flat->rule->to_port.last &&
	       is_claimed(import_text("whole %u %u %u %u",
				      match->src.list->first,
				      match->src.list->last,
				      flat->rule->to.first,
				      flat->rule->to.last), 0, 0);
}

static void leaves(size_t i)
{
	struct import_flat *flat = &posts[i];
	const struct import_match *match = &flat->match;
	struct import_rule *rule = flat->rule;
	struct pool *pool = NULL;
	const char *action;

	if (!match->oif.n) {
		import_tell(rule, "it names no outgoing device: a rule is for one outside device");
		return;
	}
	if ((match->not_src.n && is_met_later(i, &match->not_src, false)) ||
	    (match->not_dst.n && is_met_later(i, &match->not_dst, true))) {
		import_tell(rule, "a later rule is for addresses that it leaves out: the first rule that matches decides");
		return;
	}
	action = action_of(flat, &pool);
	if (!action)
		return;
	if (match->not_src.n)
		rules_write(flat, &match->oif, &match->not_src, &match->dst,
			    "exempt");
	if (match->not_dst.n)
		rules_write(flat, &match->oif, &match->src, &match->not_dst,
			    "exempt");
	if (rules_write(flat, &match->oif, &match->src, &match->dst, action) &&
	    pool)
		pool_write(pool, rule);
}

static void post(size_t i)
{
	struct import_flat *flat = &posts[i];
	struct import_rule *rule = flat->rule;
	const char *why = post_why(&flat->match);

	if (why) {
		import_tell(rule, why);
		return;
	}
	switch (rule->action) {
	case IMPORT_ACCEPT:
	case IMPORT_RETURN:
		exempt(i);
		break;
	case IMPORT_SNAT:
	case IMPORT_NETMAP:
		if (is_whole(flat))
			break;
		if (rule->action == IMPORT_NETMAP) {
			import_tell(rule, "no rule for the way in maps the same two prefixes");
			break;
		}
		/* fallthrough */
	case IMPORT_MASQUERADE:
		leaves(i);
		break;
	default:
		import_tell(rule, import_text("%s has no meaning where packets leave",
					      rule->target ?: "it"));
	}
}

/* --- what comes in --- */

/* ` label "..."' of a comment that can be one */
static const char *label_of(const struct import_rule *rule)
{
	const char *c = rule->comment;

	if (!c || !*c || strlen(c) > KNAT_LABEL_MAX)
		return "";
	for (; *c; c++)
		if (iscntrl((unsigned char)*c))
			return "";
	return import_text(" label %s", quoted(rule->comment));
}

static const char *ports_text(uint32_t first, uint32_t last)
{
	if (first == last)
		return import_text("%u", first);
	return import_text("%u-%u", first, last);
}

/* Why a rule about packets that come in cannot be a mapping, or NULL. */
static const char *pre_why(const struct import_flat *flat)
{
	const struct import_match *match = &flat->match;

	if (match->why)
		return match->why;
	if (match->oif.n)
		return "it is for what leaves through some device, which is not known yet";
	if (match->src.n || match->not_src.n)
		return "it is for some sources: a static mapping is for all";
	if (match->not_dst.n)
		return "it is for all destinations but some: a static mapping is for one";
	if (!match->dst.n && !match->iif.n)
		return "it names neither an outside address nor a device";
	if (!flat->rule->to.last)
		return "its new address is missing";
	return NULL;
}

/* A mapping of whole addresses: the whole prefix, or one address */
static void map_whole(struct import_flat *flat)
{
	const struct import_match *match = &flat->match;
	const struct import_range *to = &flat->rule->to;
	struct import_rule *rule = flat->rule;
	int len, to_len;

	if (match->dst.n != 1 || !is_prefix(match->dst.list, &len) ||
	    !is_prefix(to, &to_len) || len != to_len || rule->to_port.last) {
		import_tell(rule, "without a protocol, an address or a prefix can only be mapped to one as long");
		return;
	}
	if (len < PREFIX_MIN) {
		import_tell(rule, "a prefix that is mapped has a length of 8 at least");
		return;
	}
	if (!are_unicast(rule, match->dst.list) || !are_unicast(rule, to))
		return;
	if ((whole.n && import_ranges_meet(&whole, &match->dst)) ||
	    !claim("inside", to->first, to->last)) {
		import_tell(rule, "one of its addresses is mapped as a whole already");
		return;
	}
	import_ranges_add(&whole, match->dst.list->first,
			  match->dst.list->last);
	claim(import_text("whole %u %u %u %u", to->first, to->last,
			  match->dst.list->first, match->dst.list->last), 0, 0);
	line_add(MAPS, len == 32 ?
		 import_text("map add %s to %s%s", addr(match->dst.list->first),
			     addr(to->first), label_of(rule)) :
		 import_text("map add %s/%d to %s/%d%s",
			     addr(match->dst.list->first), len, addr(to->first),
			     len, label_of(rule)), rule);
}

/* Inside ports of these outside ports; false: none for each. */
static bool inside_ports(const struct import_rule *rule,
			 const struct import_range *out,
			 struct import_range *in)
{
	uint32_t count = out->last - out->first;

	*in = rule->to_port.last ? rule->to_port : *out;
	/* From a base on, ports go along; else a port stays if it can. */
	if (rule->base && rule->to_port.last) {
		if (out->first < rule->base)
			return false;
		in->first += out->first - rule->base;
		in->last = in->first + count;
		return in->last <= rule->to_port.last && in->last <= 65535;
	}
	if (!rule->to_port.last || in->first == in->last)
		return in->last - in->first == count;
	*in = *out;
	return out->first >= rule->to_port.first &&
	       out->last <= rule->to_port.last;
}

/* One mapping; @dev is "dev " if @place is a device and no address. */
static void map_write(struct import_rule *rule, uint32_t proto,
		      const char *dev, const char *place,
		      const struct import_range *out)
{
	const char *name = proto_text(proto), *to = addr(rule->to.first);
	const char *key = import_text("map %s %s%s", name, dev, place);
	struct import_range in;

	if (!proto_has_ports(proto)) {
		if (out->last)
			import_tell(rule, "its protocol has no ports");
		else if (claim(key, 0, 0))
			line_add(MAPS, import_text("map add %s %s%s to %s%s",
						   name, dev, quoted(place), to,
						   label_of(rule)), rule);
		return;
	}
	if (!inside_ports(rule, out, &in)) {
		import_tell(rule, "its new ports are not as many as its ports, one for each");
		return;
	}
	if (!claim(key, out->first, out->last)) {
		import_tell(rule, import_text("some of its ports on %s are mapped already",
					      said(place)));
		return;
	}
	place = quoted(import_text("%s:%s", place,
				   ports_text(out->first, out->last)));
	line_add(MAPS, import_text("map add %s %s%s to %s:%s%s", name, dev,
				   place, to,
				   ports_text(in.first, in.last),
				   label_of(rule)), rule);
}

static void map_place(const struct import_flat *flat, const char *dev,
		      const char *place)
{
	const struct import_match *match = &flat->match;
	static const struct import_range all = { 1, 65535 }, none;
	size_t i, k;

	for (i = 0; i < match->proto.n; i++) {
		uint32_t proto = match->proto.list[i].first;

		for (k = 0; k < (match->dport.n ?: 1); k++)
			map_write(flat->rule, proto, dev, place, match->dport.n ?
				  &match->dport.list[k] :
				  proto_has_ports(proto) ? &all : &none);
	}
}

static void map_ports(struct import_flat *flat)
{
	const struct import_match *match = &flat->match;
	struct import_rule *rule = flat->rule;
	size_t i;
	uint32_t at;

	if (rule->to.first != rule->to.last) {
		import_tell(rule, "it chooses among new addresses: a static mapping is to one");
		return;
	}
	if (!are_unicast(rule, &rule->to))
		return;
	for (i = 0; i < match->proto.n; i++) {
		if (match->proto.list[i].first == IPPROTO_ICMP ||
		    match->proto.list[i].first == 51) {
			import_tell(rule, "icmp and ah can only be mapped with whole addresses");
			return;
		}
	}
	for (i = 0; i < match->dst.n; i++) {
		if (match->dst.list[i].last - match->dst.list[i].first > 255) {
			import_tell(rule, "it is for many addresses: a static mapping is for one");
			return;
		}
		if (!are_unicast(rule, &match->dst.list[i]))
			return;
	}
	for (i = 0; i < match->dst.n; i++)
		for (at = match->dst.list[i].first;; at++) {
			map_place(flat, "", import_text("%s", addr(at)));
			if (at == match->dst.list[i].last)
				break;
		}
	/* Beside an address, the device says nothing more. */
	for (i = 0; !match->dst.n && i < match->iif.n; i++)
		map_place(flat, "dev ", match->iif.list[i]);
}

static void pre(struct import_flat *flat, bool last)
{
	struct import_rule *rule = flat->rule;
	const char *why = pre_why(flat);

	switch (rule->action) {
	case IMPORT_ACCEPT:
	case IMPORT_RETURN:
		if (!last)
			import_tell(rule, "it lets packets pass that a later rule may be for: static mappings have no exceptions");
		break;
	case IMPORT_DNAT:
	case IMPORT_NETMAP:
		if (why)
			import_tell(rule, why);
		else if (!flat->match.proto.n && flat->match.dport.n)
			import_tell(rule, "it names ports but no protocol");
		else if (flat->match.proto.n)
			map_ports(flat);
		else
			map_whole(flat);
		break;
	case IMPORT_REDIRECT:
		import_tell(rule, "it redirects to the gateway itself: leave it to iptables or nftables, which come first");
		break;
	default:
		import_tell(rule, flat->match.why ?:
			    import_text("%s has no meaning where packets come in",
					rule->target ?: "it"));
	}
}

/* --- all of it --- */

/* A line of its own, whatever the name of the file has in it */
static void comment(const char *place)
{
	text("# ");
	for (; *place; place++)
		text("%c", iscntrl((unsigned char)*place) ? '?' : *place);
	text_end();
}

static void lines_print(void)
{
	const char *last = "";
	struct line *line;
	int kind;

	text("# natctl import: natctl apply takes it, see knat.conf(5)");
	text_end();
	for (kind = 0; kind < NR_KINDS; kind++) {
		for (line = lines[kind]; line; line = line->next) {
			if (strcmp(line->rule->place, last)) {
				last = line->rule->place;
				comment(last);
			}
			text("%s", line->words);
			text_end();
		}
	}
}

void import_write(void)
{
	struct import_flat *flats;
	size_t i, n;
	int kind;

	memset(buckets, 0, sizeof(buckets));
	memset(&whole, 0, sizeof(whole));
	pools = NULL;
	nr_pools = 0;
	for (kind = 0; kind < NR_KINDS; kind++) {
		lines[kind] = NULL;
		ends[kind] = &lines[kind];
	}
	/* Pools keep clear of what is mapped whole. */
	flats = import_flatten(IMPORT_PRE, &n);
	for (i = 0; i < n; i++)
		pre(&flats[i], i + 1 == n);
	posts = import_flatten(IMPORT_POST, &nr_posts);
	for (i = 0; i < nr_posts; i++)
		post(i);
	flats = import_flatten(IMPORT_OWN, &n);
	for (i = 0; i < n; i++)
		import_tell(flats[i].rule, "it is for the gateway's own traffic, which is not translated this way");
	lines_print();
}
