/* SPDX-License-Identifier: GPL-2.0 */
/*
 * natctl import: what nft -j list ruleset prints; see libnftables-json(5).
 *
 * import_nft.c goes through the file, import_nft_rule.c through the statements
 * of a rule, import_nft_match.c reads what they compare with.
 */
#ifndef NATCTL_IMPORT_NFT_H
#define NATCTL_IMPORT_NFT_H

#ifdef HAVE_JANSSON
#include <jansson.h>
#include <string.h>
#include "import.h"

/**
 * struct nft_rule - the rule at hand
 * @objects: those of the ruleset
 * @family: of its table
 * @table: the name of that
 * @chain: its chain
 * @draft: what is known of what it becomes
 * @told: what is shared by all rules that it becomes
 * @depth: lists of elements within each other, each of which is a call
 */
struct nft_rule {
	json_t			*objects;
	const char		*family;
	const char		*table;
	struct import_chain	*chain;
	struct import_rule	draft;
	bool			*told;
	unsigned int		depth;
};

static inline bool is(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* A member of @object, "" if there is none. */
static inline const char *nft_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

static inline const char *nft_copy(const char *text)
{
	return import_copy(text, strlen(text));
}

/* The rule cannot be converted. */
static inline void nft_why(struct nft_rule *at, const char *reason)
{
	import_match_why(&at->draft.match, reason);
}

/* The elements of a value: those of {"set": ...}, of "@name", or itself. */
json_t *nft_elements(struct nft_rule *at, json_t *value);
/* An element may have a comment or a timeout around it. */
json_t *nft_bare(json_t *element);
/* One value as a word: A, A/LEN, A-B, PORT, PORT-PORT; NULL: it is none. */
const char *nft_word(json_t *value);
/* A word as ports: NULL, or why it is none. */
const char *nft_ports(const char *word, struct import_range *range);
/* The draft is narrowed to packets whose @left is, or is not, @value. */
void nft_narrow(struct nft_rule *at, json_t *left, json_t *value, bool not);

/* Those of a rule from one on; what ends the rule comes last. */
void nft_statements(struct nft_rule *at, json_t *list, size_t from);

#endif /* HAVE_JANSSON */
#endif /* NATCTL_IMPORT_NFT_H */
