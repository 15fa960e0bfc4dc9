// SPDX-License-Identifier: GPL-2.0
/* natctl import: the statements of a rule of nft. */
#include "import_nft.h"

#ifdef HAVE_JANSSON
#include "error.h"

#define DEPTH_MAX	16

/* A rule of the draft, whose action is known. */
static void finish(struct nft_rule *at)
{
	struct import_rule *rule = import_rule_add(at->chain, at->draft.place);
	struct import_rule *next = rule->next;

	*rule = at->draft;
	rule->next = next;
	rule->told = at->told;
	at->chain->end = &rule->next;
}

static void flags_read(struct nft_rule *at, json_t *flags)
{
	size_t i, n = json_is_array(flags) ? json_array_size(flags) : 1;
	const char *word;

	for (i = 0; flags && i < n; i++) {
		word = json_string_value(json_is_array(flags) ?
					 json_array_get(flags, i) : flags);
		if (word && (is(word, "random") || is(word, "fully-random")))
			at->draft.random = true;
	}
}

/* A new address, or a prefix of them. */
static void to_addr(struct nft_rule *at, json_t *value)
{
	const char *word = nft_word(value);
	const char *reason;

	if (!word) {
		nft_why(at, "its new address is no address");
		return;
	}
	reason = import_addrs(word, &at->draft.to);
	if (reason)
		nft_why(at, reason);
	if (json_object_get(value, "prefix"))
		at->draft.action = IMPORT_NETMAP;
}

static void to_port(struct nft_rule *at, json_t *value)
{
	const char *word = nft_word(value);
	const char *reason = word ? nft_ports(word, &at->draft.to_port) :
				    "its new port is no port";

	if (reason)
		nft_why(at, reason);
}

/* snat to ... map { KEY : VALUE, ... }: a rule for each element */
static void mapped(struct nft_rule *at, json_t *map)
{
	json_t *key = json_object_get(map, "key"), *pair, *value, *parts;
	json_t *list = nft_elements(at, json_object_get(map, "data"));
	struct import_rule before = at->draft;
	size_t i;

	if (!json_is_array(list)) {
		nft_why(at, "its new address is no address");
		finish(at);
		return;
	}
	json_array_foreach(list, i, pair) {
		import_work(1);
		at->draft = before;
		nft_narrow(at, key, nft_bare(json_array_get(pair, 0)), false);
		value = json_array_get(pair, 1);
		parts = json_object_get(value, "concat");
		to_addr(at, json_array_size(parts) == 2 ?
			    json_array_get(parts, 0) : value);
		if (json_array_size(parts) == 2)
			to_port(at, json_array_get(parts, 1));
		finish(at);
	}
}

static void nat(struct nft_rule *at, enum import_action action, json_t *what)
{
	json_t *addr = json_object_get(what, "addr");
	json_t *port = json_object_get(what, "port");
	json_t *map = json_object_get(addr, "map");

	at->draft.action = action;
	flags_read(at, json_object_get(what, "flags"));
	if (is(nft_text(what, "family"), "ip6"))
		nft_why(at, "it is about IPv6, which is not translated");
	if (port)
		to_port(at, port);
	if (map) {
		mapped(at, map);
		return;
	}
	if (addr)
		to_addr(at, addr);
	finish(at);
}

/* A verdict, or anything else */
static void verdict(struct nft_rule *at, const char *name, json_t *what)
{
	at->draft.target = nft_copy(name);
	at->draft.action = IMPORT_OTHER;
	if (is(name, "accept"))
		at->draft.action = IMPORT_ACCEPT;
	else if (is(name, "return"))
		at->draft.action = IMPORT_RETURN;
	else if (is(name, "jump") || is(name, "goto"))
		at->draft.action = is(name, "jump") ? IMPORT_JUMP : IMPORT_GOTO;
	else if (is(name, "xt"))
		nft_why(at, "it is of iptables: give what iptables-save prints to natctl import");
	else
		nft_why(at, import_text("there is nothing like the statement %s",
					said(name)));
	if (at->draft.action == IMPORT_JUMP || at->draft.action == IMPORT_GOTO)
		at->draft.target = nft_copy(nft_text(what, "target"));
	finish(at);
}

/* KEY vmap { VALUE : VERDICT, ... }: a rule for each element */
static void vmap(struct nft_rule *at, json_t *what)
{
	json_t *key = json_object_get(what, "key"), *pair;
	json_t *list = nft_elements(at, json_object_get(what, "data"));
	struct import_rule before = at->draft;
	void *end;
	size_t i;

	if (!json_is_array(list)) {
		verdict(at, "vmap", what);
		return;
	}
	json_array_foreach(list, i, pair) {
		import_work(1);
		at->draft = before;
		nft_narrow(at, key, nft_bare(json_array_get(pair, 0)), false);
		end = json_object_iter(json_array_get(pair, 1));
		if (end)
			verdict(at, json_object_iter_key(end),
				json_object_iter_value(end));
	}
	/* What matches no element goes on, with what is behind. */
	at->draft = before;
}

/* A . B { a . b, ... }: the rest of the rule for each element */
static void concats(struct nft_rule *at, json_t *left, json_t *set,
		    json_t *list, size_t from)
{
	struct import_rule before = at->draft;
	json_t *element;
	size_t i;

	json_array_foreach(set, i, element) {
		import_work(1);
		at->draft = before;
		nft_narrow(at, left, nft_bare(element), false);
		at->depth++;
		nft_statements(at, list, from);
		at->depth--;
	}
}

void nft_statements(struct nft_rule *at, json_t *list, size_t from)
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
			op = nft_text(what, "op");
			if (*op && !is(op, "==") && !is(op, "!=") &&
			    !is(op, "in")) {
				nft_why(at, import_text("there is nothing like the comparison %s",
							said(op)));
				continue;
			}
			left = json_object_get(what, "left");
			right = json_object_get(what, "right");
			if (at->depth < DEPTH_MAX &&
			    json_object_get(left, "concat") &&
			    json_is_array(nft_elements(at, right)) &&
			    !is(op, "!=")) {
				concats(at, left, nft_elements(at, right),
					list, i + 1);
				return;
			}
			nft_narrow(at, left, right, is(op, "!="));
			continue;
		}
		if (is(name, "counter") || is(name, "comment") ||
		    is(name, "continue"))
			continue;
		if (is(name, "vmap")) {
			vmap(at, what);
			continue;
		}
		for (k = 0; k < sizeof(nats) / sizeof(nats[0]); k++)
			if (is(name, nats[k].name))
				break;
		if (k < sizeof(nats) / sizeof(nats[0]))
			nat(at, nats[k].action, what);
		else
			verdict(at, name, what);
		return;
	}
}

#endif /* HAVE_JANSSON */
