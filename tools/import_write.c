// SPDX-License-Identifier: GPL-2.0
/* natctl import: rules as knat's words. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "addr.h"
#include "error.h"
#include "import_write.h"
#include "out.h"
#include "progress.h"

struct import_ranges import_whole;

/* --- the lines --- */

struct line {
	struct line		*next;
	const char		*words;
	const struct import_rule *rule;
};

static struct line *lines[IMPORT_NR_KINDS], **ends[IMPORT_NR_KINDS];

void import_line_add(int kind, const char *words,
		     const struct import_rule *rule)
{
	struct line *line = import_alloc(sizeof(*line));

	import_work(1);
	line->words = words;
	line->rule = rule;
	*ends[kind] = line;
	ends[kind] = &line->next;
}

const char *import_quoted(const char *word)
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

bool import_is_claimed(const char *text, uint32_t first, uint32_t last)
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

bool import_claim(const char *text, uint32_t first, uint32_t last)
{
	struct key **bucket = bucket_of(text), *key;

	if (import_is_claimed(text, first, last))
		return false;
	key = import_alloc(sizeof(*key));
	*key = (struct key){ *bucket, text, { first, last } };
	*bucket = key;
	return true;
}

bool import_are_unicast(struct import_rule *rule,
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
	for (kind = 0; kind < IMPORT_NR_KINDS; kind++) {
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
	memset(&import_whole, 0, sizeof(import_whole));
	for (kind = 0; kind < IMPORT_NR_KINDS; kind++) {
		lines[kind] = NULL;
		ends[kind] = &lines[kind];
	}
	/* Pools keep clear of what is mapped whole. */
	import_pre();
	import_post();
	flats = import_flatten(IMPORT_OWN, &n);
	for (i = 0; i < n; i++)
		import_tell(flats[i].rule, "it is for the gateway's own traffic, which is not translated this way");
	progress_end();
	lines_print();
}
