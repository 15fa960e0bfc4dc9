// SPDX-License-Identifier: GPL-2.0
/* natctl pool: sets of outside addresses. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "natctl.h"

const char pool_help[] =
"Usage: natctl pool add NAME addr RANGE[,RANGE...] [ OPTIONS ]\n"
"       natctl pool set NAME [ addr RANGE[,RANGE...] ] [ OPTIONS ]\n"
"       natctl pool del NAME\n"
"       natctl pool list [ NAME ]\n"
"RANGE:   A | A-B | A/LEN\n"
"OPTIONS: [ ports LO-HI ] [ mapping eim|adm|apdm ] [ filtering eif|adf|apdf ]\n"
"         [ alloc random|preserve|sequential ] [ pairing paired|arbitrary ]\n"
"         [ limit N ] [ hairpin on|off ] [ mss-clamp off|pmtu|BYTES ]\n";

static const char *const mappings[] = { "eim", "adm", "apdm", NULL };
static const char *const filterings[] = { "eif", "adf", "apdf", NULL };
static const char *const allocs[] = { "random", "preserve", "sequential", NULL };
static const char *const pairings[] = { "paired", "arbitrary", NULL };
static const char *const onoff[] = { "off", "on", NULL };
static const char *const clamps[] = { "off", "pmtu", NULL };

/* Words whose value is one of a few. */
static const struct {
	const char		*word;
	int			attr;
	const char *const	*values;
} choices[] = {
	{ "mapping", KNAT_A_POOL_MAPPING, mappings },
	{ "filtering", KNAT_A_POOL_FILTERING, filterings },
	{ "alloc", KNAT_A_POOL_ALLOC, allocs },
	{ "pairing", KNAT_A_POOL_PAIRING, pairings },
	{ "hairpin", KNAT_A_POOL_HAIRPIN, onoff },
};

#define NR_CHOICES	(sizeof(choices) / sizeof(choices[0]))

static const char *const options[] = {
	"mapping", "filtering", "alloc", "pairing", "hairpin",
	"ports", "limit", "mss-clamp", NULL
};

static void option_clamp(struct words *w, struct nlmsghdr *nlh)
{
	const char *word = word_need(w, "off, pmtu or a size behind mss-clamp");
	int i = word_find(word, clamps);

	put_u16(nlh, KNAT_A_POOL_MSS_CLAMP,
		i == 0 ? KNAT_MSS_CLAMP_OFF :
		i == 1 ? KNAT_MSS_CLAMP_PMTU :
		parse_u32(w, word, "mss-clamp (off, pmtu or bytes)",
			  KNAT_MSS_CLAMP_MIN, KNAT_MSS_CLAMP_MAX));
}

bool pool_option(struct words *w, const char *word, struct nlmsghdr *nlh)
{
	int i = word_find(word, options);
	uint16_t lo, hi;

	if (i < 0)
		return false;
	if ((size_t)i < NR_CHOICES) {
		word = word_need(w, "a value");
		put_u8(nlh, choices[i].attr,
		       word_match(w, word, choices[i].word, choices[i].values));
	} else if (!strcmp(options[i], "ports")) {
		parse_ports(w, word_need(w, "a range behind ports"), &lo, &hi);
		put_u16(nlh, KNAT_A_POOL_PORT_FIRST, lo);
		put_u16(nlh, KNAT_A_POOL_PORT_LAST, hi);
	} else if (!strcmp(options[i], "limit")) {
		put_u32(nlh, KNAT_A_POOL_LIMIT,
			parse_u32(w, word_need(w, "a number behind limit"),
				  "limit", 0, UINT32_MAX));
	} else {
		option_clamp(w, nlh);
	}
	return true;
}

static uint8_t get_u8(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u8(attr) : 0;
}

static uint16_t get_u16(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u16(attr) : 0;
}

static uint32_t get_u32(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u32(attr) : 0;
}

static const char *choice(size_t i, unsigned int value)
{
	for (unsigned int n = 0; choices[i].values[n]; n++)
		if (n == value)
			return choices[i].values[n];
	return "unknown";
}

static void options_json(const struct nlattr *const *attrs, uint16_t clamp)
{
	obj_num("port_first", get_u16(attrs[KNAT_A_POOL_PORT_FIRST]));
	obj_num("port_last", get_u16(attrs[KNAT_A_POOL_PORT_LAST]));
	for (size_t i = 0; i < NR_CHOICES; i++) {
		if (choices[i].values == onoff)
			obj_bool(choices[i].word,
				 get_u8(attrs[choices[i].attr]));
		else
			obj_str(choices[i].word,
				choice(i, get_u8(attrs[choices[i].attr])));
	}
	obj_num("limit", get_u32(attrs[KNAT_A_POOL_LIMIT]));
	if (clamp > KNAT_MSS_CLAMP_PMTU)
		obj_num("mss_clamp", clamp);
	else
		obj_str("mss_clamp", clamps[clamp]);
}

void pool_print_options(const struct nlattr *const *attrs)
{
	uint16_t lo = get_u16(attrs[KNAT_A_POOL_PORT_FIRST]);
	uint16_t hi = get_u16(attrs[KNAT_A_POOL_PORT_LAST]);
	uint16_t clamp = get_u16(attrs[KNAT_A_POOL_MSS_CLAMP]);
	uint32_t limit = get_u32(attrs[KNAT_A_POOL_LIMIT]);

	if (json) {
		options_json(attrs, clamp);
		return;
	}
	if (lo != 1024 || hi != 65535)
		printf(" ports %u-%u", lo, hi);
	for (size_t i = 0; i < NR_CHOICES; i++) {
		unsigned int value = get_u8(attrs[choices[i].attr]);

		/* The first choice is the default, but for hairpin. */
		if (value != (choices[i].values == onoff))
			printf(" %s %s", choices[i].word, choice(i, value));
	}
	if (limit)
		printf(" limit %u", limit);
	if (clamp == KNAT_MSS_CLAMP_PMTU)
		printf(" mss-clamp pmtu");
	else if (clamp)
		printf(" mss-clamp %u", clamp);
}

/* A range as short as it can be typed. */
static const char *range_text(uint32_t first, uint32_t last)
{
	static char text[48];
	uint32_t size = ntohl(last) - ntohl(first);
	int len;

	if (!size)
		return addr_text(first);
	if (!(size & (size + 1)) && !(ntohl(first) & size)) {
		for (len = 32; size; size >>= 1)
			len--;
		snprintf(text, sizeof(text), "%s/%d", addr_text(first), len);
	} else {
		snprintf(text, sizeof(text), "%s-%s", addr_text(first),
			 addr_text(last));
	}
	return text;
}

/* The ranges are the one attribute that comes more than once: they are picked
 * from the message as a whole.
 */
static void print_ranges(const struct nlattr *name)
{
	const struct nlattr *range[KNAT_A_RANGE_MAX + 1];
	const struct nlattr *attr = mnl_attr_next(name);
	bool none = true;

	while (mnl_attr_get_type(attr) == KNAT_A_POOL_RANGE) {
		nl_nest(attr, range, KNAT_A_RANGE_MAX);
		if (range[KNAT_A_RANGE_FIRST] && range[KNAT_A_RANGE_LAST]) {
			const char *text =
				range_text(get_u32(range[KNAT_A_RANGE_FIRST]),
					   get_u32(range[KNAT_A_RANGE_LAST]));

			if (json)
				arr_str(text);
			else
				printf("%s%s", none ? "" : ",", text);
			none = false;
		}
		attr = mnl_attr_next(attr);
	}
}

static const char *wanted;
static bool seen;

static void print_pool(const struct nlattr *const *attrs)
{
	const char *name;

	if (!attrs[KNAT_A_POOL_NAME])
		return;
	name = mnl_attr_get_str(attrs[KNAT_A_POOL_NAME]);
	if (wanted && strcmp(name, wanted))
		return;
	seen = true;
	if (json) {
		obj_begin();
		obj_str("name", name);
		obj_array("addresses");
		print_ranges(attrs[KNAT_A_POOL_NAME]);
		obj_array_end();
		pool_print_options(attrs);
		obj_num("address_count",
			get_u32(attrs[KNAT_A_POOL_ADDRESSES]));
		obj_num("mappings", get_u32(attrs[KNAT_A_POOL_MAPPINGS]));
		obj_num("subscribers",
			get_u32(attrs[KNAT_A_POOL_SUBSCRIBERS]));
		obj_end();
		return;
	}
	printf("%-12s addr ", name);
	print_ranges(attrs[KNAT_A_POOL_NAME]);
	pool_print_options(attrs);
	printf("  # %u addresses, %u mappings, %u subscribers\n",
	       get_u32(attrs[KNAT_A_POOL_ADDRESSES]),
	       get_u32(attrs[KNAT_A_POOL_MAPPINGS]),
	       get_u32(attrs[KNAT_A_POOL_SUBSCRIBERS]));
}

static void put_ranges(struct words *w, struct nlmsghdr *nlh)
{
	char *list = word_need(w, "an address or range behind addr");
	char *range, *save = NULL;
	uint32_t first, last;
	struct nlattr *nest;

	for (range = strtok_r(list, ",", &save); range;
	     range = strtok_r(NULL, ",", &save)) {
		parse_range(w, range, &first, &last);
		nest = mnl_attr_nest_start(nlh, KNAT_A_POOL_RANGE);
		put_u32(nlh, KNAT_A_RANGE_FIRST, first);
		put_u32(nlh, KNAT_A_RANGE_LAST, last);
		mnl_attr_nest_end(nlh, nest);
	}
}

static void change(struct words *w, uint8_t cmd)
{
	struct nlmsghdr *nlh = nl_request(cmd, 0);
	const char *word;
	bool addr = false;

	word = word_need(w, "the name of the pool");
	if (strlen(word) > KNAT_NAME_MAX)
		die_word(w, "\"%s\" is too long for a name: %d characters are allowed",
			 word, KNAT_NAME_MAX);
	put_str(nlh, KNAT_A_POOL_NAME, word);
	while (cmd != KNAT_CMD_POOL_DEL && (word = word_next(w))) {
		if (!strcmp(word, "addr") && !addr) {
			put_ranges(w, nlh);
			addr = true;
		} else if (!pool_option(w, word, nlh)) {
			die_word(w, "\"%s\" is not an option of a pool", word);
		}
	}
	word_end(w);
	if (cmd == KNAT_CMD_POOL_ADD && !addr)
		die_word(w, "addr and the addresses of the pool are missing");
	nl_talk(nlh, 0, NULL);
}

void pool_command(struct words *w)
{
	static const char *const verbs[] = { "add", "set", "del", "list",
					     "help", NULL };
	const char *word = word_next(w);

	w->help = pool_help;
	switch (word ? word_match(w, word, "a command of pool", verbs) : 3) {
	case 0:
		change(w, KNAT_CMD_POOL_ADD);
		break;
	case 1:
		change(w, KNAT_CMD_POOL_SET);
		break;
	case 2:
		change(w, KNAT_CMD_POOL_DEL);
		break;
	case 3:
		wanted = word_next(w);
		seen = false;
		word_end(w);
		list_begin();
		nl_talk(nl_request(KNAT_CMD_POOL_GET, NLM_F_DUMP),
			KNAT_A_POOL_MAX, print_pool);
		list_end();
		if (wanted && !seen)
			die(EXIT_KERNEL, "there is no pool of the name \"%s\"",
			    wanted);
		break;
	default:
		printf("%s", pool_help);
	}
}
