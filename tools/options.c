// SPDX-License-Identifier: GPL-2.0
/* natctl: options of pools, which masquerade rules have too. */
#include <string.h>
#include "addr.h"
#include "error.h"
#include "options.h"
#include "out.h"

/* Defaults that are no lowest values. */
#define PORT_FIRST_DEFAULT	1
#define PORT_LAST_DEFAULT	65535

static const char *const mappings[] = {
	[KNAT_MAPPING_EIM]	= "eim",
	[KNAT_MAPPING_ADM]	= "adm",
	[KNAT_MAPPING_APDM]	= "apdm",
	NULL
};

static const char *const filterings[] = {
	[KNAT_FILTERING_EIF]	= "eif",
	[KNAT_FILTERING_ADF]	= "adf",
	[KNAT_FILTERING_APDF]	= "apdf",
	NULL
};

static const char *const allocs[] = {
	[KNAT_ALLOC_RANDOM]	= "random",
	[KNAT_ALLOC_PRESERVE]	= "preserve",
	[KNAT_ALLOC_SEQUENTIAL]	= "sequential",
	NULL
};

static const char *const pairings[] = {
	[KNAT_PAIRING_PAIRED]	 = "paired",
	[KNAT_PAIRING_ARBITRARY] = "arbitrary",
	NULL
};

static const char *const parities[] = {
	[KNAT_PARITY_OFF]	= "off",
	[KNAT_PARITY_KEEP]	= "keep",
	[KNAT_PARITY_PAIRS]	= "pairs",
	NULL
};

static const char *const switches[] = { "off", "on", NULL };

static const char *const clamps[] = {
	[KNAT_MSS_CLAMP_OFF]	= "off",
	[KNAT_MSS_CLAMP_PMTU]	= "pmtu",
	NULL
};

/* Options whose value is one of a few words. */
static const struct choice {
	const char		*word;
	const char		*what;
	int			attr;
	uint8_t			def;
	const char *const	*values;
} choices[] = {
	{ "mapping", "a mapping mode", KNAT_A_POOL_MAPPING,
	  KNAT_MAPPING_EIM, mappings },
	{ "filtering", "a filtering mode", KNAT_A_POOL_FILTERING,
	  KNAT_FILTERING_EIF, filterings },
	{ "alloc", "a way to allocate ports", KNAT_A_POOL_ALLOC,
	  KNAT_ALLOC_RANDOM, allocs },
	{ "pairing", "a pairing", KNAT_A_POOL_PAIRING,
	  KNAT_PAIRING_PAIRED, pairings },
	{ "parity", "a value of parity", KNAT_A_POOL_PARITY,
	  KNAT_PARITY_OFF, parities },
	{ "hairpin", "a value of hairpin", KNAT_A_POOL_HAIRPIN, 1, switches },
};

#define NR_CHOICES	((int)(sizeof(choices) / sizeof(choices[0])))

enum { PORTS = NR_CHOICES, CLAMP, LIMIT, SESSIONS, RATE, SESSION_RATE };

/* Options whose value is a number, 0 for none. */
static const struct number {
	const char	*word;
	const char	*what;
	const char	*key;
	int		attr;
} numbers[] = {
	[LIMIT] = { "limit", "the number of mappings", "limit",
		    KNAT_A_POOL_LIMIT },
	[SESSIONS] = { "sessions", "the number of sessions", "sessions",
		       KNAT_A_POOL_SESSIONS },
	[RATE] = { "rate", "the number of new mappings a second", "rate",
		   KNAT_A_POOL_RATE },
	[SESSION_RATE] = { "session-rate",
			   "the number of new sessions a second",
			   "session_rate", KNAT_A_POOL_SESSION_RATE },
};

const char *const options_words[NR_OPTIONS + 1] = {
	"mapping", "filtering", "alloc", "pairing", "parity", "hairpin",
	[PORTS] = "ports", [CLAMP] = "mss-clamp", [LIMIT] = "limit",
	[SESSIONS] = "sessions", [RATE] = "rate",
	[SESSION_RATE] = "session-rate",
};

const uint8_t options_types[KNAT_A_POOL_MAX + 1] = {
	[KNAT_A_POOL_PORT_FIRST] = MNL_TYPE_U16,
	[KNAT_A_POOL_PORT_LAST]	 = MNL_TYPE_U16,
	[KNAT_A_POOL_MAPPING]	 = MNL_TYPE_U8,
	[KNAT_A_POOL_FILTERING]	 = MNL_TYPE_U8,
	[KNAT_A_POOL_ALLOC]	 = MNL_TYPE_U8,
	[KNAT_A_POOL_PAIRING]	 = MNL_TYPE_U8,
	[KNAT_A_POOL_PARITY]	 = MNL_TYPE_U8,
	[KNAT_A_POOL_LIMIT]	 = MNL_TYPE_U32,
	[KNAT_A_POOL_SESSIONS]	 = MNL_TYPE_U32,
	[KNAT_A_POOL_RATE]	 = MNL_TYPE_U32,
	[KNAT_A_POOL_SESSION_RATE] = MNL_TYPE_U32,
	[KNAT_A_POOL_HAIRPIN]	 = MNL_TYPE_U8,
	[KNAT_A_POOL_MSS_CLAMP]	 = MNL_TYPE_U16,
};

static uint16_t clamp_read(const struct words *words, const char *word)
{
	int i = word_find(word, clamps);
	uint32_t bytes;

	if (i >= 0)
		return i;
	if (!number_find(word, &bytes) || bytes < KNAT_MSS_CLAMP_MIN ||
	    bytes > KNAT_MSS_CLAMP_MAX)
		fail_word(words, "%s is no valid mss-clamp: it must be off, pmtu or a number of bytes from %u to %u",
			  said(word), KNAT_MSS_CLAMP_MIN, KNAT_MSS_CLAMP_MAX);
	return bytes;
}

void ports_put(struct words *words, struct nlmsghdr *nlh, const char *what,
	       int attr_first, int attr_last)
{
	uint16_t first, last;

	ports_read(word_need(words, what), &first, &last);
	nl_put_u16(nlh, attr_first, first);
	nl_put_u16(nlh, attr_last, last);
}

void options_put(struct words *words, struct nlmsghdr *nlh, int i)
{
	const char *word;

	switch (i) {
	case PORTS:
		ports_put(words, nlh, "the range of ports",
			  KNAT_A_POOL_PORT_FIRST, KNAT_A_POOL_PORT_LAST);
		break;
	case CLAMP:
		word = word_need(words, "the size to clamp to");
		nl_put_u16(nlh, KNAT_A_POOL_MSS_CLAMP,
			   clamp_read(words, word));
		break;
	case LIMIT ... SESSION_RATE:
		word = word_need(words, numbers[i].what);
		nl_put_u32(nlh, numbers[i].attr,
			   number_read(word, numbers[i].word, 0, UINT32_MAX));
		break;
	default:
		word = word_need(words, choices[i].what);
		nl_put_u8(nlh, choices[i].attr,
			  word_choose(words, word, choices[i].what,
				      choices[i].values));
	}
}

/* The word for a value; a newer kernel may have others. */
static const char *value_word(const struct choice *choice, uint8_t value)
{
	int i;

	for (i = 0; choice->values[i]; i++)
		if (i == value)
			return choice->values[i];
	return "unknown";
}

/* Of an option that is not there, the value is the default. */
static uint32_t value_of(const struct nlattr *const *attrs, int i)
{
	switch (i) {
	case PORTS:
		return attrs[KNAT_A_POOL_PORT_FIRST] ?
			(uint32_t)nl_u16(attrs[KNAT_A_POOL_PORT_FIRST]) << 16 |
			nl_u16(attrs[KNAT_A_POOL_PORT_LAST]) :
			PORT_FIRST_DEFAULT << 16 | PORT_LAST_DEFAULT;
	case CLAMP:
		return nl_u16(attrs[KNAT_A_POOL_MSS_CLAMP]);
	case LIMIT ... SESSION_RATE:
		return nl_u32(attrs[numbers[i].attr]);
	default:
		return attrs[choices[i].attr] ?
			nl_u8(attrs[choices[i].attr]) : choices[i].def;
	}
}

static uint32_t default_of(int i)
{
	static const struct nlattr *const none[KNAT_A_POOL_MAX + 1];

	return value_of(none, i);
}

static void value_put(struct nlmsghdr *nlh, int i, uint32_t value)
{
	switch (i) {
	case PORTS:
		nl_put_u16(nlh, KNAT_A_POOL_PORT_FIRST, value >> 16);
		nl_put_u16(nlh, KNAT_A_POOL_PORT_LAST, value);
		break;
	case CLAMP:
		nl_put_u16(nlh, KNAT_A_POOL_MSS_CLAMP, value);
		break;
	case LIMIT ... SESSION_RATE:
		nl_put_u32(nlh, numbers[i].attr, value);
		break;
	default:
		nl_put_u8(nlh, choices[i].attr, value);
	}
}

static void value_text(int i, uint32_t value)
{
	text_column(0);
	text("%s ", options_words[i]);
	if (i == PORTS)
		text("%u-%u", value >> 16, value & 0xffff);
	else if (i == CLAMP && value <= KNAT_MSS_CLAMP_PMTU)
		text("%s", clamps[value]);
	else if (i >= CLAMP)
		text("%u", value);
	else
		text("%s", value_word(&choices[i], value));
}

/* In the order in which they are listed. */
static const uint8_t listed[NR_OPTIONS] = {
	PORTS, 0, 1, 2, 3, 4, 5, LIMIT, SESSIONS, RATE, SESSION_RATE, CLAMP,
};

void options_put_change(struct nlmsghdr *nlh, const struct nlattr *const *from,
			const struct nlattr *const *to)
{
	int i;

	for (i = 0; i < NR_OPTIONS; i++)
		if (value_of(from, i) != value_of(to, i))
			value_put(nlh, i, value_of(to, i));
}

void options_json(const struct nlattr *const *attrs)
{
	uint16_t clamp = nl_u16(attrs[KNAT_A_POOL_MSS_CLAMP]);
	int i;

	json_number("port_first", nl_u16(attrs[KNAT_A_POOL_PORT_FIRST]));
	json_number("port_last", nl_u16(attrs[KNAT_A_POOL_PORT_LAST]));
	for (i = 0; i < NR_CHOICES; i++) {
		uint8_t value = nl_u8(attrs[choices[i].attr]);

		if (choices[i].values == switches)
			json_bool(choices[i].word, value);
		else
			json_string(choices[i].word,
				    value_word(&choices[i], value));
	}
	for (i = LIMIT; i < NR_OPTIONS; i++)
		json_number(numbers[i].key, nl_u32(attrs[numbers[i].attr]));
	if (clamp <= KNAT_MSS_CLAMP_PMTU)
		json_string("mss_clamp", clamps[clamp]);
	else
		json_number("mss_clamp", clamp);
}

void options_text(const struct nlattr *const *attrs)
{
	int i;

	for (i = 0; i < NR_OPTIONS; i++)
		if (value_of(attrs, listed[i]) != default_of(listed[i]))
			value_text(listed[i], value_of(attrs, listed[i]));
}

void options_text_change(const struct nlattr *const *from,
			 const struct nlattr *const *to)
{
	int i;

	for (i = 0; i < NR_OPTIONS; i++)
		if (value_of(from, listed[i]) != value_of(to, listed[i]))
			value_text(listed[i], value_of(to, listed[i]));
}
