// SPDX-License-Identifier: GPL-2.0
/* natctl import: what nft -j list ruleset prints; see libnftables-json(5). */
#include <string.h>
#include "error.h"
#include "import.h"
#include "import_nft.h"

#ifdef HAVE_JANSSON

/* All of the file; kept until the next, whatever ends the reading of it. */
static json_t *root;

static const char *table_of(const json_t *object)
{
	return import_text("%s %s", nft_text(object, "family"),
			   nft_text(object, "table"));
}

static void chain_read(const json_t *object)
{
	struct import_chain *new;
	const char *hook = nft_text(object, "hook");

	new = import_chain(table_of(object), nft_text(object, "name"));
	new->hook = IMPORT_NO_HOOK;
	new->prio = json_integer_value(json_object_get(object, "prio"));
	if (!is(nft_text(object, "type"), "nat") ||
	    (!is(nft_text(object, "family"), "ip") &&
	     !is(nft_text(object, "family"), "inet")))
		return;
	if (is(hook, "prerouting"))
		new->hook = IMPORT_PRE;
	else if (is(hook, "postrouting"))
		new->hook = IMPORT_POST;
	else if (*hook)
		new->hook = IMPORT_OWN;
}

static void rule_read(json_t *objects, const json_t *object)
{
	struct nft_rule rule = {
		.objects = objects,
		.family = nft_text(object, "family"),
		.table = nft_text(object, "table"),
		.chain = import_chain(table_of(object),
				      nft_text(object, "chain")),
		.told = import_alloc(sizeof(*rule.told)),
	};
	const char *comment = nft_text(object, "comment");
	unsigned long line;
	long long handle;

	handle = json_integer_value(json_object_get(object, "handle"));
	rule.draft.place = import_text("%s: rule %lld of %s, chain %s",
				       error_place_file(&line), handle,
				       said(rule.chain->table),
				       said(rule.chain->name));
	if (*comment)
		rule.draft.comment = nft_copy(comment);
	nft_statements(&rule, json_object_get(object, "expr"), 0);
}

bool import_nft(const char *text, size_t len)
{
	const char *begin = text;
	json_error_t error;
	json_t *objects, *object, *what;
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
			rule_read(objects, what);
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
