// SPDX-License-Identifier: GPL-2.0
/* natctl import: values of nft, and what packets they are compared with. */
#include "import_nft.h"

#ifdef HAVE_JANSSON
#include "addr.h"
#include "error.h"

json_t *nft_elements(struct nft_rule *at, json_t *value)
{
	const char *name = json_string_value(value);
	json_t *object, *set = json_object_get(value, "set");
	size_t i;

	if (json_is_array(set))
		return set;
	if (json_is_array(value))
		return value;
	if (!name || *name != '@')
		return NULL;
	import_work(json_array_size(at->objects));
	json_array_foreach(at->objects, i, object) {
		set = json_object_get(object, "set");
		if (!set)
			set = json_object_get(object, "map");
		if (set && is(nft_text(set, "name"), name + 1) &&
		    is(nft_text(set, "table"), at->table) &&
		    is(nft_text(set, "family"), at->family)) {
			set = json_object_get(set, "elem");
			if (json_array_size(set))
				return set;
			nft_why(at, import_text("the set %s has no elements in the file",
						said(name)));
			return NULL;
		}
	}
	return NULL;
}

json_t *nft_bare(json_t *element)
{
	json_t *around = json_object_get(element, "elem");

	return around ? json_object_get(around, "val") : element;
}

const char *nft_word(json_t *value)
{
	json_t *prefix = json_object_get(value, "prefix");
	json_t *range = json_object_get(value, "range");

	if (json_is_string(value))
		return nft_copy(json_string_value(value));
	if (json_is_integer(value))
		return import_text("%lld",
				   (long long)json_integer_value(value));
	if (prefix)
		return import_text("%s/%lld", nft_text(prefix, "addr"),
				   (long long)json_integer_value(json_object_get(prefix, "len")));
	if (json_array_size(range) != 2 ||
	    json_is_object(json_array_get(range, 0)) ||
	    json_is_object(json_array_get(range, 1)) ||
	    json_is_array(json_array_get(range, 0)) ||
	    json_is_array(json_array_get(range, 1)))
		return NULL;
	return import_text("%s-%s", nft_word(json_array_get(range, 0)),
			   nft_word(json_array_get(range, 1)));
}

static const char *protocols(const char *word, struct import_range *range)
{
	uint32_t number = proto_find(word);

	if (is(word, "icmpv6") || is(word, "ipv6-icmp"))
		number = 58;
	range->first = number;
	range->last = number;
	return number ? NULL : import_text("%s is no protocol", said(word));
}

const char *nft_ports(const char *word, struct import_range *range)
{
	return import_ports(word, '-', range);
}

/* All elements of a value as ranges; they stay empty where one is wrong. */
static struct import_ranges ranges_of(struct nft_rule *at, json_t *value,
				      const char *(*read)(const char *word,
							  struct import_range *range))
{
	struct import_ranges ranges = { 0 };
	json_t *list = nft_elements(at, value), *element;
	struct import_range range;
	const char *word, *reason;
	size_t i, n = list ? json_array_size(list) : 1;

	if (!n)
		nft_why(at, "it compares with a set that has no elements");
	for (i = 0; i < n; i++) {
		import_work(1);
		element = nft_bare(list ? json_array_get(list, i) : value);
		word = nft_word(element);
		reason = word ? read(word, &range) :
				"it compares with something that is no address, port or protocol";
		if (reason) {
			nft_why(at, reason);
			return (struct import_ranges){ 0 };
		}
		import_ranges_add(&ranges, range.first, range.last);
	}
	return ranges;
}

static void devices(struct nft_rule *at, bool out, json_t *value, bool not)
{
	json_t *list = nft_elements(at, value), *element;
	size_t i, n = list ? json_array_size(list) : 1;
	struct import_names names = { 0 };
	const char *word;

	if (not) {
		nft_why(at, "it is for all devices but some: a device can only be said by its name");
		return;
	}
	if (!n)
		nft_why(at, "it compares with a set that has no elements");
	names.list = import_alloc(n * sizeof(*names.list));
	for (i = 0; i < n; i++) {
		element = nft_bare(list ? json_array_get(list, i) : value);
		word = json_string_value(element);
		if (word && strchr(word, '*')) {
			nft_why(at, import_text("%s stands for many devices: a device can only be said by its name",
						said(word)));
			return;
		}
		if (!word || !device_is(word)) {
			nft_why(at, "a device can only be said by its name");
			return;
		}
		names.list[names.n++] = nft_copy(word);
	}
	import_match_device(&at->draft.match, out, &names);
}

static void match_addrs(struct nft_rule *at, bool dst, json_t *value, bool not)
{
	struct import_ranges ranges = ranges_of(at, value, import_addrs);
	struct import_match less = { 0 };

	if (!not) {
		import_match_addrs(&at->draft.match, dst, &ranges);
		return;
	}
	*(dst ? &less.not_dst : &less.not_src) = ranges;
	import_match_and(&at->draft.match, &less);
}

static void match_proto(struct nft_rule *at, json_t *value, bool not)
{
	struct import_ranges ranges = ranges_of(at, value, protocols);

	if (not)
		nft_why(at, "it is for all protocols but some: protocols can only be said by themselves");
	else
		import_match_proto(&at->draft.match, &ranges);
}

static void match_meta(struct nft_rule *at, const char *key, json_t *value,
		       bool not)
{
	const char *word = json_string_value(value);

	if (is(key, "oifname") || is(key, "oif"))
		devices(at, true, value, not);
	else if (is(key, "iifname") || is(key, "iif"))
		devices(at, false, value, not);
	else if (is(key, "l4proto"))
		match_proto(at, value, not);
	else if (is(key, "nfproto") && word)
		at->draft.match.never |= is(word, "ipv4") == not;
	else
		nft_why(at, import_text("there is nothing like the match meta %s",
					said(key)));
}

static void match_payload(struct nft_rule *at, const char *protocol,
			  const char *field, json_t *value, bool not)
{
	static const char *const with_ports[] = {
		"tcp", "udp", "udplite", "dccp", "sctp", "th",
	};
	struct import_ranges ranges = { 0 };
	size_t i;

	if (is(protocol, "ip") && is(field, "saddr")) {
		match_addrs(at, false, value, not);
		return;
	}
	if (is(protocol, "ip") && is(field, "daddr")) {
		match_addrs(at, true, value, not);
		return;
	}
	if (is(protocol, "ip") && is(field, "protocol")) {
		match_proto(at, value, not);
		return;
	}
	if (is(protocol, "ip6")) {
		nft_why(at, "it is about IPv6, which is not translated");
		return;
	}
	for (i = 0; i < sizeof(with_ports) / sizeof(with_ports[0]); i++)
		if (is(protocol, with_ports[i]))
			break;
	if (i == sizeof(with_ports) / sizeof(with_ports[0]) ||
	    !is(field, "dport")) {
		nft_why(at, import_text("there is nothing like the match %s of %s",
					said(field), said(protocol)));
		return;
	}
	if (not) {
		nft_why(at, "it is for all ports but some: ports can only be said by themselves");
		return;
	}
	if (!is(protocol, "th")) {
		import_ranges_add(&ranges, proto_find(protocol),
				  proto_find(protocol));
		import_match_proto(&at->draft.match, &ranges);
	}
	ranges = ranges_of(at, value, nft_ports);
	import_match_dport(&at->draft.match, &ranges);
}

void nft_narrow(struct nft_rule *at, json_t *left, json_t *value, bool not)
{
	json_t *meta = json_object_get(left, "meta");
	json_t *payload = json_object_get(left, "payload");
	json_t *ct = json_object_get(left, "ct");
	json_t *fib = json_object_get(left, "fib");
	json_t *parts = json_object_get(left, "concat"), *part;
	json_t *values = json_object_get(value, "concat");
	const char *word = json_string_value(value);
	size_t i;

	if (meta)
		match_meta(at, nft_text(meta, "key"), value, not);
	else if (payload)
		match_payload(at, nft_text(payload, "protocol"),
			      nft_text(payload, "field"), value, not);
	/* Only the first packet of a flow meets the chain, which is new. */
	else if (ct && word && is(nft_text(ct, "key"), "state") &&
		 is(word, "new") && !not)
		return;
	else if (fib && word && is(nft_text(fib, "result"), "type") &&
		 is(word, "local") && !not &&
		 json_array_size(json_object_get(fib, "flags")) == 1 &&
		 is("daddr", json_string_value(json_array_get(json_object_get(fib, "flags"), 0)) ?: ""))
		at->draft.match.dst_local = true;
	else if (parts && !not && json_array_size(parts) &&
		 json_array_size(parts) == json_array_size(values))
		json_array_foreach(parts, i, part) {
			/* One within the other would be no end of work. */
			if (json_object_get(part, "concat"))
				nft_why(at, "it has a list within a list");
			else
				nft_narrow(at, part,
					   nft_bare(json_array_get(values, i)),
					   false);
		}
	else
		nft_why(at, ct ? "there is nothing like the match ct" :
			 "there is nothing like one of its matches");
}

#endif /* HAVE_JANSSON */
