// SPDX-License-Identifier: GPL-2.0
/* natctl import: rules about what leaves, and their pools. */
#include <arpa/inet.h>
#include <string.h>
#include "addr.h"
#include "error.h"
#include "import_write.h"
#include "knat.h"

/* Options of the pool of a rule that keeps ports where it can, as nf_nat does. */
#define PRESERVE	" alloc preserve"

/* --- prefixes --- */

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
	return import_text("%s/%d", addr_text(htonl(first)), len);
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
	if (import_whole.n && import_ranges_meet(&import_whole, &to)) {
		import_tell(rule, "one of its addresses is mapped to an inside address as a whole");
		return NULL;
	}
	if (rule->to.last - rule->to.first >= KNAT_POOL_ADDRS_MAX) {
		import_tell(rule, import_text("a pool has %u addresses at most",
					      KNAT_POOL_ADDRS_MAX));
		return NULL;
	}
	if (!import_are_unicast(rule, &rule->to))
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
	import_line_add(IMPORT_POOLS, import_text("pool add %s addr %s%s", pool->name,
				    range_text(htonl(pool->to.first),
					       htonl(pool->to.last)),
				    pool->options), rule);
}

/* --- what leaves --- */

static struct import_flat *posts;
static size_t nr_posts;

/* One rule; false: no packet gets to it, behind others with the same selectors. */
static bool rule_write(const struct import_flat *flat, const char *words,
		       const char *action)
{
	if (!import_claim(words, 0, 0))
		return false;
	import_line_add(IMPORT_RULES, import_text("%s %s", words, action),
			flat->rule);
	return true;
}

/* A rule for each protocol and range of ports; false: packets get to none. */
static bool protos_write(const struct import_flat *flat, const char *selectors,
			 const char *action)
{
	const struct import_ranges *protos = &flat->match.proto;
	const struct import_ranges *ports = &flat->match.dport;
	const char *words;
	bool any = false;
	size_t i, k;

	if (!protos->n)
		return rule_write(flat, selectors, action);
	for (i = 0; i < protos->n; i++) {
		words = import_text("%s proto %s", selectors,
				    proto_text(protos->list[i].first));
		if (!ports->n)
			any |= rule_write(flat, words, action);
		for (k = 0; k < ports->n; k++)
			any |= rule_write(flat, import_text("%s dport %s", words,
					  ports_text(ports->list[k].first,
						     ports->list[k].last)),
					  action);
	}
	return any;
}

/* The same for each device and prefix as well. */
static bool rules_write(const struct import_flat *flat,
			const struct import_names *oif,
			const struct import_ranges *src_ranges,
			const struct import_ranges *dst_ranges,
			const char *action)
{
	const char **srcs = prefixes_of(src_ranges), **src;
	const char **dsts = prefixes_of(dst_ranges), **dst;
	const char *device, *words;
	bool any = false;
	size_t i;

	for (i = 0; i < oif->n; i++) {
		device = import_text("rule add oif %s",
				     import_quoted(oif->list[i]));
		for (src = srcs; *src; src++) {
			for (dst = dsts; *dst; dst++) {
				words = import_text("%s%s%s%s%s", device,
						    **src ? " src " : "", *src,
						    **dst ? " dst " : "", *dst);
				any |= protos_write(flat, words, action);
			}
		}
	}
	return any;
}

static bool same_ranges(const struct import_ranges *a,
			const struct import_ranges *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->list, b->list, a->n *
						 sizeof(*a->list)));
}

static bool ports_are_sayable(const struct import_match *match)
{
	size_t i;

	for (i = 0; i < match->proto.n; i++)
		if (match->proto.list[i].first == IPPROTO_ICMP ||
		    !proto_has_ports(match->proto.list[i].first))
			return false;
	return match->proto.n;
}

/* Why a rule about leaving packets cannot be one of knat, or NULL. */
static const char *post_why(const struct import_match *match)
{
	if (match->why)
		return match->why;
	if (match->iif.n)
		return "it is for what came in through some device: only sources can be said, with src";
	if (match->dport.n && !ports_are_sayable(match))
		return "it is for some ports of protocols that are not said or have none";
	if (match->dst_local)
		return "it is for addresses of the gateway itself: only destinations can be said, with dst";
	return NULL;
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
		    import_names_meet(&match->oif, &later->oif) &&
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

			if (!all.n || !import_names_meet(&all, &one))
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
		import_tell(flat->rule, "it lets all pass but some: an exempt rule can only say which ones" IMPORT_LEFT_ALONE);
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
	       import_is_claimed(import_text("whole %u %u %u %u",
				      match->src.list->first,
				      match->src.list->last,
				      flat->rule->to.first,
				      flat->rule->to.last), 0, 0);
}

/* Why a rule without an outgoing device is none, and what to type. */
static const char *no_device(const struct import_flat *flat)
{
	const struct import_match *match = &flat->match;
	const char **srcs = prefixes_of(&match->src);
	const char **dsts = prefixes_of(&match->dst);
	const char *why = "it names no outgoing device: give it that to the outside (-o, oifname) and import again";

	if (flat->rule->action != IMPORT_MASQUERADE || srcs[1] || dsts[1] ||
	    match->not_src.n || match->not_dst.n || match->proto.n)
		return why;
	return import_text("%s, or add this for each device DEV to the outside: rule add oif DEV%s%s%s%s masquerade%s",
			   why, **srcs ? " src " : "", *srcs,
			   **dsts ? " dst " : "", *dsts, options_of(flat->rule));
}

static void leaves(size_t i)
{
	struct import_flat *flat = &posts[i];
	const struct import_match *match = &flat->match;
	struct import_rule *rule = flat->rule;
	struct pool *pool = NULL;
	const char *action;

	if (!match->oif.n) {
		import_tell(rule, no_device(flat));
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
		if ((rule->action == IMPORT_ACCEPT ||
		     rule->action == IMPORT_RETURN) && i + 1 < nr_posts)
			why = import_text("%s" IMPORT_LEFT_ALONE, why);
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

void import_post(void)
{
	size_t i;

	pools = NULL;
	nr_pools = 0;
	posts = import_flatten(IMPORT_POST, &nr_posts);
	for (i = 0; i < nr_posts; i++)
		post(i);
}
