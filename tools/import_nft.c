// SPDX-License-Identifier: GPL-2.0
/* natctl import: what nft -j list ruleset prints; see libnftables-json(5). */
#include <string.h>
#include "error.h"
#include "import.h"

#ifdef HAVE_JANSSON
#include <jansson.h>
#include "addr.h"

#define DEPTH_MAX	16

/* All of the file; kept until the next, whatever ends the reading of it. */
static json_t *root;
/* The objects of the ruleset. */
static json_t *objects;
/* The table of the rule at hand, and its chain. */
static const char *family, *table;
static struct import_chain *chain;
/* What it is made of. */
static struct import_rule draft;
/* Lists of elements within each other, each of which is a call. */
static unsigned int depth;
/* What is shared by all rules that it becomes. */
static bool *told;

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool is(const char *a, const char *b)
{
	return !strcmp(a, b);
}

static const char *copy(const char *text)
{
	return import_copy(text, strlen(text));
}

static void why(const char *reason)
{
	import_match_why(&draft.match, reason);
}

/* --- values --- */

/* The elements of a value: those of {"set": ...}, of "@name", or itself. */
static json_t *elements(json_t *value)
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
	import_work(json_array_size(objects));
	json_array_foreach(objects, i, object) {
		set = json_object_get(object, "set");
		if (!set)
			set = json_object_get(object, "map");
		if (set && is(string_of(set, "name"), name + 1) &&
		    is(string_of(set, "table"), table) &&
		    is(string_of(set, "family"), family)) {
			set = json_object_get(set, "elem");
			if (json_array_size(set))
				return set;
			why(import_text("the set %s has no elements in the file",
					said(name)));
			return NULL;
		}
	}
	return NULL;
}

/* An element may have a comment or a timeout around it. */
static json_t *bare(json_t *element)
{
	json_t *around = json_object_get(element, "elem");

	return around ? json_object_get(around, "val") : element;
}

/* One value as a word: A, A/LEN, A-B, PORT, PORT-PORT; NULL: it is none. */
static const char *word_of(json_t *value)
{
	json_t *prefix = json_object_get(value, "prefix");
	json_t *range = json_object_get(value, "range");

	if (json_is_string(value))
		return copy(json_string_value(value));
	if (json_is_integer(value))
		return import_text("%lld",
				   (long long)json_integer_value(value));
	if (prefix)
		return import_text("%s/%lld", string_of(prefix, "addr"),
				   (long long)json_integer_value(json_object_get(prefix, "len")));
	if (json_array_size(range) != 2 ||
	    json_is_object(json_array_get(range, 0)) ||
	    json_is_object(json_array_get(range, 1)) ||
	    json_is_array(json_array_get(range, 0)) ||
	    json_is_array(json_array_get(range, 1)))
		return NULL;
	return import_text("%s-%s", word_of(json_array_get(range, 0)),
			   word_of(json_array_get(range, 1)));
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

static const char *ports(const char *word, struct import_range *range)
{
	return import_ports(word, '-', range);
}

/* All elements of a value as ranges; they stay empty where one is wrong. */
static struct import_ranges ranges_of(json_t *value,
				      const char *(*read)(const char *word,
							  struct import_range *range))
{
	struct import_ranges ranges = { 0 };
	json_t *list = elements(value), *element;
	struct import_range range;
	const char *word, *reason;
	size_t i, n = list ? json_array_size(list) : 1;

	if (!n)
		why("it compares with a set that has no elements");
	for (i = 0; i < n; i++) {
		import_work(1);
		element = bare(list ? json_array_get(list, i) : value);
		word = word_of(element);
		reason = word ? read(word, &range) :
				"it compares with something that is no address, port or protocol";
		if (reason) {
			why(reason);
			return (struct import_ranges){ 0 };
		}
		import_ranges_add(&ranges, range.first, range.last);
	}
	return ranges;
}

/* --- matches --- */

static void devices(bool out, json_t *value, bool not)
{
	json_t *list = elements(value), *element;
	size_t i, n = list ? json_array_size(list) : 1;
	struct import_names names = { 0 };
	const char *word;

	if (not) {
		why("it is for all devices but some: a device can only be said by its name");
		return;
	}
	if (!n)
		why("it compares with a set that has no elements");
	names.list = import_alloc(n * sizeof(*names.list));
	for (i = 0; i < n; i++) {
		element = bare(list ? json_array_get(list, i) : value);
		word = json_string_value(element);
		if (word && strchr(word, '*')) {
			why(import_text("%s stands for many devices: a device can only be said by its name",
					said(word)));
			return;
		}
		if (!word || !device_is(word)) {
			why("a device can only be said by its name");
			return;
		}
		names.list[names.n++] = copy(word);
	}
	import_match_device(&draft.match, out, &names);
}

static void match_addrs(bool dst, json_t *value, bool not)
{
	struct import_ranges ranges = ranges_of(value, import_addrs);
	struct import_match less = { 0 };

	if (!not) {
		import_match_addrs(&draft.match, dst, &ranges);
		return;
	}
	*(dst ? &less.not_dst : &less.not_src) = ranges;
	import_match_and(&draft.match, &less);
}

static void match_proto(json_t *value, bool not)
{
	struct import_ranges ranges = ranges_of(value, protocols);

	if (not)
		why("it is for all protocols but some: protocols can only be said by themselves");
	else
		import_match_proto(&draft.match, &ranges);
}

static void match_meta(const char *key, json_t *value, bool not)
{
	const char *word = json_string_value(value);

	if (is(key, "oifname") || is(key, "oif"))
		devices(true, value, not);
	else if (is(key, "iifname") || is(key, "iif"))
		devices(false, value, not);
	else if (is(key, "l4proto"))
		match_proto(value, not);
	else if (is(key, "nfproto") && word)
		draft.match.never |= is(word, "ipv4") == not;
	else
		why(import_text("there is nothing like the match meta %s",
				said(key)));
}

static void match_payload(const char *protocol, const char *field,
			  json_t *value, bool not)
{
	static const char *const with_ports[] = {
		"tcp", "udp", "udplite", "dccp", "sctp", "th",
	};
	struct import_ranges ranges = { 0 };
	size_t i;

	if (is(protocol, "ip") && is(field, "saddr")) {
		match_addrs(false, value, not);
		return;
	}
	if (is(protocol, "ip") && is(field, "daddr")) {
		match_addrs(true, value, not);
		return;
	}
	if (is(protocol, "ip") && is(field, "protocol")) {
		match_proto(value, not);
		return;
	}
	if (is(protocol, "ip6")) {
		why("it is about IPv6, which is not translated");
		return;
	}
	for (i = 0; i < sizeof(with_ports) / sizeof(with_ports[0]); i++)
		if (is(protocol, with_ports[i]))
			break;
	if (i == sizeof(with_ports) / sizeof(with_ports[0]) ||
	    !is(field, "dport")) {
		why(import_text("there is nothing like the match %s of %s",
				said(field), said(protocol)));
		return;
	}
	if (not) {
		why("it is for all ports but some: ports can only be said by themselves");
		return;
	}
	if (!is(protocol, "th")) {
		import_ranges_add(&ranges, proto_find(protocol),
				  proto_find(protocol));
		import_match_proto(&draft.match, &ranges);
	}
	ranges = ranges_of(value, ports);
	import_match_dport(&draft.match, &ranges);
}

/* The draft is narrowed to packets whose @left is, or is not, @value. */
static void narrow(json_t *left, json_t *value, bool not)
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
		match_meta(string_of(meta, "key"), value, not);
	else if (payload)
		match_payload(string_of(payload, "protocol"),
			      string_of(payload, "field"), value, not);
	/* Only the first packet of a flow meets the chain, which is new. */
	else if (ct && word && is(string_of(ct, "key"), "state") &&
		 is(word, "new") && !not)
		return;
	else if (fib && word && is(string_of(fib, "result"), "type") &&
		 is(word, "local") && !not &&
		 json_array_size(json_object_get(fib, "flags")) == 1 &&
		 is("daddr", json_string_value(json_array_get(json_object_get(fib, "flags"), 0)) ?: ""))
		draft.match.dst_local = true;
	else if (parts && !not && json_array_size(parts) &&
		 json_array_size(parts) == json_array_size(values))
		json_array_foreach(parts, i, part) {
			/* One within the other would be no end of work. */
			if (json_object_get(part, "concat"))
				why("it has a list within a list");
			else
				narrow(part, bare(json_array_get(values, i)),
				       false);
		}
	else
		why(ct ? "there is nothing like the match ct" :
			 "there is nothing like one of its matches");
}

/* --- the end of a rule --- */

/* A rule of the draft, whose action is known. */
static void finish(void)
{
	struct import_rule *rule = import_rule_add(chain, draft.place);
	struct import_rule *next = rule->next;

	*rule = draft;
	rule->next = next;
	rule->told = told;
	chain->end = &rule->next;
}

static void flags_read(json_t *flags)
{
	size_t i, n = json_is_array(flags) ? json_array_size(flags) : 1;
	const char *word;

	for (i = 0; flags && i < n; i++) {
		word = json_string_value(json_is_array(flags) ?
					 json_array_get(flags, i) : flags);
		if (word && (is(word, "random") || is(word, "fully-random")))
			draft.random = true;
	}
}

/* A new address, or a prefix of them. */
static void to_addr(json_t *value)
{
	const char *word = word_of(value);
	const char *reason;

	if (!word) {
		why("its new address is no address");
		return;
	}
	reason = import_addrs(word, &draft.to);
	if (reason)
		why(reason);
	if (json_object_get(value, "prefix"))
		draft.action = IMPORT_NETMAP;
}

static void to_port(json_t *value)
{
	const char *word = word_of(value);
	const char *reason = word ? ports(word, &draft.to_port) :
				    "its new port is no port";

	if (reason)
		why(reason);
}

/* snat to ... map { KEY : VALUE, ... }: a rule for each element */
static void mapped(json_t *map)
{
	json_t *key = json_object_get(map, "key"), *pair, *value, *parts;
	json_t *list = elements(json_object_get(map, "data"));
	struct import_rule before = draft;
	size_t i;

	if (!json_is_array(list)) {
		why("its new address is no address");
		finish();
		return;
	}
	json_array_foreach(list, i, pair) {
		import_work(1);
		draft = before;
		narrow(key, bare(json_array_get(pair, 0)), false);
		value = json_array_get(pair, 1);
		parts = json_object_get(value, "concat");
		to_addr(json_array_size(parts) == 2 ? json_array_get(parts, 0) :
						      value);
		if (json_array_size(parts) == 2)
			to_port(json_array_get(parts, 1));
		finish();
	}
}

static void nat(enum import_action action, json_t *what)
{
	json_t *addr = json_object_get(what, "addr");
	json_t *port = json_object_get(what, "port");
	json_t *map = json_object_get(addr, "map");

	draft.action = action;
	flags_read(json_object_get(what, "flags"));
	if (is(string_of(what, "family"), "ip6"))
		why("it is about IPv6, which is not translated");
	if (port)
		to_port(port);
	if (map) {
		mapped(map);
		return;
	}
	if (addr)
		to_addr(addr);
	finish();
}

/* A verdict, or anything else */
static void verdict(const char *name, json_t *what)
{
	draft.target = copy(name);
	draft.action = IMPORT_OTHER;
	if (is(name, "accept"))
		draft.action = IMPORT_ACCEPT;
	else if (is(name, "return"))
		draft.action = IMPORT_RETURN;
	else if (is(name, "jump") || is(name, "goto"))
		draft.action = is(name, "jump") ? IMPORT_JUMP : IMPORT_GOTO;
	else if (is(name, "xt"))
		why("it is of iptables: give what iptables-save prints to natctl import");
	else
		why(import_text("there is nothing like the statement %s",
				said(name)));
	if (draft.action == IMPORT_JUMP || draft.action == IMPORT_GOTO)
		draft.target = copy(string_of(what, "target"));
	finish();
}

/* KEY vmap { VALUE : VERDICT, ... }: a rule for each element */
static void vmap(json_t *what)
{
	json_t *key = json_object_get(what, "key"), *pair;
	json_t *list = elements(json_object_get(what, "data"));
	struct import_rule before = draft;
	void *end;
	size_t i;

	if (!json_is_array(list)) {
		verdict("vmap", what);
		return;
	}
	json_array_foreach(list, i, pair) {
		import_work(1);
		draft = before;
		narrow(key, bare(json_array_get(pair, 0)), false);
		end = json_object_iter(json_array_get(pair, 1));
		if (end)
			verdict(json_object_iter_key(end),
				json_object_iter_value(end));
	}
	/* What matches no element goes on, with what is behind. */
	draft = before;
}

static void statements(json_t *list, size_t from);

/* A . B { a . b, ... }: the rest of the rule for each element */
static void concats(json_t *left, json_t *set, json_t *list, size_t from)
{
	struct import_rule before = draft;
	json_t *element;
	size_t i;

	json_array_foreach(set, i, element) {
		import_work(1);
		draft = before;
		narrow(left, bare(element), false);
		depth++;
		statements(list, from);
		depth--;
	}
}

/* Those of a rule from one on; what ends the rule comes last. */
static void statements(json_t *list, size_t from)
{
	static const struct {
		const char		*name;
		enum import_action	action;
	} nats[] = {
		{ "masquerade", IMPORT_MASQUERADE }, { "snat", IMPORT_SNAT },
		{ "dnat", IMPORT_DNAT }, { "redirect", IMPORT_REDIRECT },
	};
	json_t *what, *left, *right;
	const char *name, *op;
	void *first;
	size_t i, k;

	for (i = from; i < json_array_size(list); i++) {
		import_work(1);
		first = json_object_iter(json_array_get(list, i));
		if (!first)
			continue;
		name = json_object_iter_key(first);
		what = json_object_iter_value(first);
		if (is(name, "match")) {
			op = string_of(what, "op");
			if (*op && !is(op, "==") && !is(op, "!=") &&
			    !is(op, "in")) {
				why(import_text("there is nothing like the comparison %s",
						said(op)));
				continue;
			}
			left = json_object_get(what, "left");
			right = json_object_get(what, "right");
			if (depth < DEPTH_MAX &&
			    json_object_get(left, "concat") &&
			    json_is_array(elements(right)) &&
			    !is(op, "!=")) {
				concats(left, elements(right), list, i + 1);
				return;
			}
			narrow(left, right, is(op, "!="));
			continue;
		}
		if (is(name, "counter") || is(name, "comment") ||
		    is(name, "continue"))
			continue;
		if (is(name, "vmap")) {
			vmap(what);
			continue;
		}
		for (k = 0; k < sizeof(nats) / sizeof(nats[0]); k++)
			if (is(name, nats[k].name))
				break;
		if (k < sizeof(nats) / sizeof(nats[0]))
			nat(nats[k].action, what);
		else
			verdict(name, what);
		return;
	}
}

/* --- chains and rules --- */

static const char *table_of(const json_t *object)
{
	return import_text("%s %s", string_of(object, "family"),
			   string_of(object, "table"));
}

static void chain_read(const json_t *object)
{
	struct import_chain *new;
	const char *hook = string_of(object, "hook");

	new = import_chain(table_of(object), string_of(object, "name"));
	new->hook = IMPORT_NO_HOOK;
	new->prio = json_integer_value(json_object_get(object, "prio"));
	if (!is(string_of(object, "type"), "nat") ||
	    (!is(string_of(object, "family"), "ip") &&
	     !is(string_of(object, "family"), "inet")))
		return;
	if (is(hook, "prerouting"))
		new->hook = IMPORT_PRE;
	else if (is(hook, "postrouting"))
		new->hook = IMPORT_POST;
	else if (*hook)
		new->hook = IMPORT_OWN;
}

static void rule_read(const json_t *object)
{
	const char *comment = string_of(object, "comment");
	unsigned long line;

	family = string_of(object, "family");
	table = string_of(object, "table");
	chain = import_chain(table_of(object), string_of(object, "chain"));
	memset(&draft, 0, sizeof(draft));
	told = import_alloc(sizeof(*told));
	depth = 0;
	draft.place = import_text("%s: rule %lld of %s, chain %s",
				  error_place_file(&line),
				  (long long)json_integer_value(json_object_get(object, "handle")),
				  said(chain->table), said(chain->name));
	if (*comment)
		draft.comment = copy(comment);
	statements(json_object_get(object, "expr"), 0);
}

bool import_nft(const char *text, size_t len)
{
	const char *begin = text;
	json_error_t error;
	json_t *object, *what;
	size_t i;

	while (begin < text + len && strchr(" \t\r\n", *begin) && *begin)
		begin++;
	if (begin == text + len || *begin != '{')
		return false;
	json_decref(root);
	root = json_loadb(text, len, 0, &error);
	if (!root)
		fail_usage("it is no JSON, in line %d: %s", error.line,
			   said(error.text));
	objects = json_object_get(root, "nftables");
	if (!json_is_array(objects))
		return false;
	json_array_foreach(objects, i, object) {
		what = json_object_get(object, "chain");
		if (what)
			chain_read(what);
	}
	json_array_foreach(objects, i, object) {
		what = json_object_get(object, "rule");
		if (what)
			rule_read(what);
	}
	return true;
}

#else

bool import_nft(const char *text, size_t len)
{
	while (len && strchr(" \t\r\n", *text) && *text)
		text++, len--;
	if (len && *text == '{')
		fail("this natctl was built without jansson and reads no JSON: give it what iptables-save prints");
	return false;
}

#endif /* HAVE_JANSSON */
