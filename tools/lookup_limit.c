// SPDX-License-Identifier: GPL-2.0
/* natctl lookup: the limits that a flow would exceed. */
#include <string.h>
#include "addr.h"
#include "config.h"
#include "lookup_limit.h"
#include "options.h"
#include "out.h"

static struct limit {
	const char	*word;
	const char	*key;
	uint32_t	value;
	uint32_t	addr;
} limits[2];
static size_t nr_limits;

static void limit_add(const char *word, const char *key, uint32_t value,
		      uint32_t addr)
{
	if (value)
		limits[nr_limits++] = (struct limit){ word, key, value, addr };
}

/* What the pool, or the rule itself, allows to a subscriber */
static struct {
	const char	*pool;
	uint32_t	limit;
	uint32_t	sessions;
	uint32_t	rate;
	uint32_t	session_rate;
} allowed;

static void allowed_read(const struct nlattr *const *options)
{
	allowed.limit = nl_u32(options[KNAT_A_POOL_LIMIT]);
	allowed.sessions = nl_u32(options[KNAT_A_POOL_SESSIONS]);
	allowed.rate = nl_u32(options[KNAT_A_POOL_RATE]);
	allowed.session_rate = nl_u32(options[KNAT_A_POOL_SESSION_RATE]);
	if (!allowed.sessions &&
	    __builtin_mul_overflow(allowed.limit,
				   (uint32_t)KNAT_SESSIONS_PER_MAPPING,
				   &allowed.sessions))
		allowed.sessions = UINT32_MAX;
}

static void read_pool(const struct nlmsghdr *nlh,
		      const struct nlattr *const *attrs)
{
	(void)nlh;
	if (attrs[KNAT_A_POOL_NAME] &&
	    !strcmp(mnl_attr_get_str(attrs[KNAT_A_POOL_NAME]), allowed.pool))
		allowed_read(attrs);
}

static void allowed_fetch(const struct nlattr *const *rule,
			  const struct nlattr *pool)
{
	const struct nlattr *options[KNAT_A_POOL_MAX + 1];
	static uint8_t types[KNAT_A_POOL_MAX + 1];
	static const struct nl_reader reader = {
		KNAT_A_POOL_MAX, types, read_pool,
	};

	memcpy(types, options_types, sizeof(types));
	types[KNAT_A_POOL_NAME] = MNL_TYPE_NUL_STRING;
	if (pool) {
		allowed.pool = mnl_attr_get_str(pool);
		nl_fetch_list(nl_request(KNAT_CMD_POOL_GET), &reader);
	} else if (rule[KNAT_A_RULE_OPTIONS]) {
		nl_parse_nest(rule[KNAT_A_RULE_OPTIONS], options,
			      KNAT_A_POOL_MAX, options_types);
		allowed_read(options);
	}
}

static uint32_t host_mappings;

static void read_host(const struct nlmsghdr *nlh,
		      const struct nlattr *const *attrs)
{
	const char *pool = allowed.pool ?: "";

	(void)nlh;
	if (!strcmp(attrs[KNAT_A_HOST_POOL] ?
		    mnl_attr_get_str(attrs[KNAT_A_HOST_POOL]) : "", pool))
		host_mappings += nl_u32(attrs[KNAT_A_HOST_MAPPINGS]);
}

static void host_fetch(uint32_t addr)
{
	static const uint8_t types[KNAT_A_HOST_MAX + 1] = {
		[KNAT_A_HOST_POOL]	= MNL_TYPE_NUL_STRING,
		[KNAT_A_HOST_MAPPINGS]	= MNL_TYPE_U32,
	};
	static const struct nl_reader reader = {
		KNAT_A_HOST_MAX, types, read_host,
	};
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_HOST_GET);

	nl_put_u32(nlh, KNAT_A_HOST_IN_ADDR, addr);
	nl_fetch_list(nlh, &reader);
}

static int setting;

static void read_config(const struct nlmsghdr *nlh,
			const struct nlattr *const *attrs)
{
	const char *name = config_name(setting);

	(void)nlh;
	limit_add(name, name, nl_u32(attrs[setting]), 0);
}

static void setting_fetch(int attr)
{
	const struct nl_reader reader = {
		KNAT_A_CONFIG_MAX, config_reader.types, read_config,
	};

	setting = attr;
	nl_fetch(nl_request(KNAT_CMD_CONFIG_GET), &reader);
}

void lookup_limits_fetch(int counter, uint32_t addr,
			 const struct nlattr *const *rule,
			 const struct nlattr *const *map)
{
	const struct nlattr *pool = rule[KNAT_A_RULE_POOL] ?: map[KNAT_A_MAP_POOL];
	bool has_map = map[KNAT_A_MAP_IN_ADDR];

	nr_limits = 0;
	memset(&allowed, 0, sizeof(allowed));
	host_mappings = 0;
	switch (counter) {
	case KNAT_COUNTER_REFUSE_MAPPINGS:
		setting_fetch(KNAT_A_CONFIG_MAX_MAPPINGS);
		break;
	case KNAT_COUNTER_REFUSE_SESSIONS:
		setting_fetch(KNAT_A_CONFIG_MAX_SESSIONS);
		break;
	case KNAT_COUNTER_REFUSE_SUBSCRIBER:
		allowed_fetch(rule, pool);
		host_fetch(addr);
		if (!has_map && host_mappings >= allowed.limit)
			limit_add("limit", "limit", allowed.limit, addr);
		else
			limit_add("sessions", "sessions", allowed.sessions,
				  addr);
		break;
	case KNAT_COUNTER_REFUSE_RATE:
		allowed_fetch(rule, pool);
		/* A new mapping has a session too: either may be it. */
		if (!has_map)
			limit_add("rate", "rate", allowed.rate, addr);
		limit_add("session-rate", "session_rate", allowed.session_rate,
			  addr);
	}
}

static void print_json(void)
{
	size_t i;

	if (!nr_limits)
		return;
	json_array("limits");
	for (i = 0; i < nr_limits; i++) {
		json_object(NULL);
		json_string("name", limits[i].key);
		json_number("value", limits[i].value);
		if (limits[i].addr)
			json_string("in_addr", addr_text(limits[i].addr));
		json_end();
	}
	json_end();
}

void lookup_limits_print(void)
{
	size_t i;

	if (out_json) {
		print_json();
		return;
	}
	for (i = 0; i < nr_limits; i++) {
		text("limit    %s %u", limits[i].word, limits[i].value);
		if (limits[i].addr)
			text(" of %s", addr_text(limits[i].addr));
		text_end();
	}
}
