// SPDX-License-Identifier: GPL-2.0
/* natctl import: rules about what comes in, which are static mappings. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include "addr.h"
#include "error.h"
#include "import_write.h"
#include "knat.h"

/* A static mapping of a prefix has these lengths. */
#define PREFIX_MIN	8

/* Devices that rules translate for where packets leave. */
static struct import_names outside;

/* Rules that are not converted and have packets that came from the outside: no
 * mapping may take them.
 */
struct taken {
	struct taken			*next;
	const struct import_flat	*flat;
};

static struct taken *takens, **takens_end;
/* The rule at hand is refused. */
static bool refused;

static const char *addr(uint32_t value)
{
	return addr_text(htonl(value));
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

/* ` label "..."' of a comment that can be one */
static const char *label_of(const struct import_rule *rule)
{
	const char *c = rule->comment;

	if (!c || !*c || strlen(c) > KNAT_LABEL_MAX)
		return "";
	for (; *c; c++)
		if (iscntrl((unsigned char)*c))
			return "";
	return import_text(" label %s", import_quoted(rule->comment));
}

static void outside_find(void)
{
	struct import_flat *flats;
	size_t i, j, n, room = 1;

	flats = import_flatten(IMPORT_POST, &n);
	for (i = 0; i < n; i++)
		room += flats[i].match.oif.n;
	outside.list = import_alloc(room * sizeof(*outside.list));
	outside.n = 0;
	for (i = 0; i < n; i++) {
		const struct import_names *oif = &flats[i].match.oif;

		if (flats[i].rule->action != IMPORT_MASQUERADE &&
		    flats[i].rule->action != IMPORT_SNAT &&
		    flats[i].rule->action != IMPORT_NETMAP)
			continue;
		for (j = 0; j < oif->n; j++) {
			struct import_names one = { &oif->list[j], 1 };

			if (!outside.n || !import_names_meet(&outside, &one))
				outside.list[outside.n++] = oif->list[j];
		}
	}
}

static bool are_outside(const struct import_names *names)
{
	size_t i;

	for (i = 0; i < names->n; i++) {
		struct import_names one = { &names->list[i], 1 };

		if (!import_names_meet(&outside, &one))
			return false;
	}
	return true;
}

/* May it be for what comes in from the outside? */
static bool is_of_outside(const struct import_match *match)
{
	return import_names_meet(&match->iif, &outside);
}

/* Is it for all that comes to its devices and addresses by its protocols? */
static bool is_unconditional(const struct import_match *match)
{
	return !match->why && !match->oif.n && !match->src.n &&
	       !match->not_src.n && !match->not_dst.n && !match->dst_local;
}

/* It is told, and the rule keeps its packets. import_tell() is for rules whose
 * packets another one has.
 */
static void refuse(struct import_rule *rule, const char *why)
{
	refused = true;
	import_tell(rule, why);
}

static bool are_unicast(struct import_rule *rule,
			const struct import_range *range)
{
	if (import_are_unicast(rule, range))
		return true;
	refused = true;
	return false;
}

/* What a rule is for stays with it. Exceptions that name no ports, such as those
 * for some sources, do not stop the rules behind them.
 */
static void take(const struct import_flat *flat)
{
	const struct import_match *match = &flat->match;
	struct taken *taken;

	if (!is_of_outside(match) ||
	    (!is_unconditional(match) && !match->dport.n &&
	     (!match->proto.n || proto_has_ports(match->proto.list->first))))
		return;
	taken = import_alloc(sizeof(*taken));
	taken->flat = flat;
	*takens_end = taken;
	takens_end = &taken->next;
}

/* Does another rule have packets of this match? That is told. */
static bool is_taken(struct import_rule *rule, const struct import_match *match)
{
	const struct taken *taken;

	for (taken = takens; taken; taken = taken->next) {
		const struct import_match *other = &taken->flat->match;

		import_work(1);
		/* Rules that are made of one are for different packets; and
		 * ports without an address are those of the gateway's, which
		 * are not mapped whole.
		 */
		if (taken->flat->rule->told == rule->told ||
		    (!match->proto.n && other->dport.n && !other->dst.n) ||
		    !import_names_meet(&other->iif, &match->iif) ||
		    !import_ranges_meet(&other->dst, &match->dst) ||
		    !import_ranges_meet(&other->proto, &match->proto) ||
		    !import_ranges_meet(&other->dport, &match->dport))
			continue;
		import_tell(rule, import_text("an earlier rule that is not converted has some of its packets: %s",
					      taken->flat->rule->place));
		return true;
	}
	return false;
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
	/* Interception of what hosts send, such as of their DNS. */
	if (!are_outside(&match->iif))
		return "it is for what comes in through a device that no rule translates for: a mapping would make it an outside device";
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
		refuse(rule, "without a protocol, an address or a prefix can only be mapped to one as long");
		return;
	}
	if (len < PREFIX_MIN) {
		refuse(rule, "a prefix that is mapped has a length of 8 at least");
		return;
	}
	if (!are_unicast(rule, match->dst.list) || !are_unicast(rule, to))
		return;
	if ((import_whole.n && import_ranges_meet(&import_whole, &match->dst)) ||
	    import_is_claimed("inside", to->first, to->last)) {
		import_tell(rule, "one of its addresses is mapped as a whole already");
		return;
	}
	if (is_taken(rule, match))
		return;
	import_claim("inside", to->first, to->last);
	import_ranges_add(&import_whole, match->dst.list->first,
			  match->dst.list->last);
	import_claim(import_text("whole %u %u %u %u", to->first, to->last,
			  match->dst.list->first, match->dst.list->last), 0, 0);
	import_line_add(IMPORT_MAPS, len == 32 ?
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

/* One mapping; @dev is "dev " if @place is a device and no address. @match is of
 * its packets.
 */
static void map_write(struct import_rule *rule,
		      const struct import_match *match, const char *dev,
		      const char *place, const struct import_range *out)
{
	uint32_t proto = match->proto.list->first;
	const char *name = proto_text(proto), *to = addr(rule->to.first);
	const char *key = import_text("map %s %s%s", name, dev, place);
	struct import_range in;

	if (!proto_has_ports(proto)) {
		if (out->last)
			refuse(rule, "its protocol has no ports");
		else if (!import_is_claimed(key, 0, 0) &&
			 !is_taken(rule, match) && import_claim(key, 0, 0))
			import_line_add(IMPORT_MAPS, import_text("map add %s %s%s to %s%s",
						   name, dev, import_quoted(place), to,
						   label_of(rule)), rule);
		return;
	}
	if (!inside_ports(rule, out, &in)) {
		refuse(rule, "its new ports are not as many as its ports, one for each");
		return;
	}
	if (import_is_claimed(key, out->first, out->last)) {
		import_tell(rule, import_text("some of its ports on %s are mapped already",
					      said(place)));
		return;
	}
	if (is_taken(rule, match))
		return;
	import_claim(key, out->first, out->last);
	place = import_quoted(import_text("%s:%s", place,
				   ports_text(out->first, out->last)));
	import_line_add(IMPORT_MAPS, import_text("map add %s %s%s to %s:%s%s", name, dev,
				   place, to,
				   ports_text(in.first, in.last),
				   label_of(rule)), rule);
}

/* The mappings of a place; @match is narrowed to it. */
static void map_place(struct import_rule *rule, const struct import_match *match,
		      const char *dev, const char *place)
{
	static const struct import_range all = { 1, 65535 }, none;
	struct import_match one = *match;
	size_t i, k;

	for (i = 0; i < match->proto.n; i++) {
		uint32_t proto = match->proto.list[i].first;

		one.proto = (struct import_ranges){ &match->proto.list[i], 1 };

		if (*dev && !match->dport.n && proto_has_ports(proto)) {
			refuse(rule, "it is for all ports: none would be left for other hosts behind the device");
			continue;
		}
		if (!match->dport.n)
			map_write(rule, &one, dev, place,
				  proto_has_ports(proto) ? &all : &none);
		for (k = 0; k < match->dport.n; k++) {
			one.dport = (struct import_ranges){ &match->dport.list[k], 1 };
			map_write(rule, &one, dev, place, one.dport.list);
		}
	}
}

static void map_ports(struct import_flat *flat)
{
	const struct import_match *match = &flat->match;
	struct import_match narrow = *match;
	struct import_rule *rule = flat->rule;
	struct import_range single;
	size_t i;
	uint32_t at;

	if (rule->to.first != rule->to.last) {
		refuse(rule, "it chooses among new addresses: a static mapping is to one");
		return;
	}
	if (!are_unicast(rule, &rule->to))
		return;
	for (i = 0; i < match->proto.n; i++) {
		if (match->proto.list[i].first == IPPROTO_ICMP ||
		    match->proto.list[i].first == 51) {
			refuse(rule, "icmp and ah can only be mapped with whole addresses");
			return;
		}
	}
	for (i = 0; i < match->dst.n; i++) {
		if (match->dst.list[i].last - match->dst.list[i].first > 255) {
			refuse(rule, "it is for many addresses: a static mapping is for one");
			return;
		}
		if (!are_unicast(rule, &match->dst.list[i]))
			return;
	}
	if (match->dst.n && import_whole.n &&
	    import_ranges_meet(&import_whole, &match->dst)) {
		import_tell(rule, "an earlier rule maps one of its addresses as a whole: it is never met");
		return;
	}
	for (i = 0; i < match->dst.n; i++)
		for (at = match->dst.list[i].first;; at++) {
			single = (struct import_range){ at, at };
			narrow.dst = (struct import_ranges){ &single, 1 };
			map_place(rule, &narrow, "", import_text("%s", addr(at)));
			if (at == match->dst.list[i].last)
				break;
		}
	/* Beside an address, the device says nothing more. */
	for (i = 0; !match->dst.n && i < match->iif.n; i++) {
		narrow.iif = (struct import_names){ &match->iif.list[i], 1 };
		map_place(rule, &narrow, "dev ", match->iif.list[i]);
	}
}

/* Why a rule for a program of the gateway stays where it is, and what makes it
 * work there. knat takes what comes from the outside for a port that hosts may
 * be given; the longer row of ports without those of the rule is left to them.
 */
static const char *redirect_why(const struct import_match *match)
{
	uint32_t low = 65535, high = 1, i;

	if (!is_of_outside(match))
		return "it redirects to the gateway itself: leave it to iptables or nftables, which do that beside knat";
	for (i = 0; i < match->dport.n; i++) {
		if (match->dport.list[i].first < low)
			low = match->dport.list[i].first;
		if (match->dport.list[i].last > high)
			high = match->dport.list[i].last;
	}
	if (!match->dport.n || (low == 1 && high == 65535)) {
		low = 10000;
		high = 65535;
	} else if (low - 1 > 65535 - high) {
		high = low - 1;
		low = 1;
	} else {
		low = high + 1;
		high = 65535;
	}
	return import_text("it redirects to the gateway itself: leave it to iptables or nftables, and keep its ports out of those that hosts are given, as with masquerade ports %u-%u, as knat comes first",
			   low, high);
}

static void pre(struct import_flat *flat, bool last)
{
	struct import_rule *rule = flat->rule;
	const char *why = pre_why(flat);

	switch (rule->action) {
	case IMPORT_ACCEPT:
	case IMPORT_RETURN:
		if (!last)
			refuse(rule, "it lets packets pass that a later rule may be for: static mappings have no exceptions");
		break;
	case IMPORT_DNAT:
	case IMPORT_NETMAP:
		if (why)
			refuse(rule, why);
		else if (!flat->match.proto.n && flat->match.dport.n)
			refuse(rule, "it names ports but no protocol");
		else if (flat->match.proto.n)
			map_ports(flat);
		else
			map_whole(flat);
		break;
	case IMPORT_REDIRECT:
		refuse(rule, redirect_why(&flat->match));
		break;
	default:
		refuse(rule, flat->match.why ?:
			    import_text("%s has no meaning where packets come in",
					rule->target ?: "it"));
	}
}

void import_pre(void)
{
	struct import_flat *flats;
	size_t i, n;

	outside_find();
	takens = NULL;
	takens_end = &takens;
	flats = import_flatten(IMPORT_PRE, &n);
	for (i = 0; i < n; i++) {
		refused = false;
		pre(&flats[i], i + 1 == n);
		if (refused && flats[i].rule->action != IMPORT_OTHER)
			take(&flats[i]);
	}
}
