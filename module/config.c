// SPDX-License-Identifier: GPL-2.0
/* knat: settings. */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include "config.h"
#include "net.h"

/* One entry takes about this much with its share of the tables, and all of
 * them may take an eighth of the memory.
 */
#define CONFIG_ENTRY_SIZE	128
#define CONFIG_MEMORY_SHARE	8
#define CONFIG_LIMIT_MIN	65536
#define CONFIG_LIMIT_MAX	(64 << 20)

#define SETTING(NAME, _name, unit, _min, _max, _def, meaning)		\
	[KNAT_A_CONFIG_##NAME] = {					\
		.name = #_name, .min = _min, .max = _max, .def = _def,	\
	},

const struct knat_setting knat_settings[KNAT_A_CONFIG_MAX + 1] = {
	KNAT_SETTINGS(SETTING)
};

/* Entries that packets make are nobody's in the memory cgroups: the owner of a
 * user namespace has no more of them than any machine can bear.
 */
static u32 config_limit(const struct knat_net *kn)
{
	u64 bytes = (u64)totalram_pages() << PAGE_SHIFT;

	if (kn->net->user_ns != &init_user_ns)
		return CONFIG_LIMIT_MIN;
	return clamp_t(u64, div_u64(bytes, CONFIG_MEMORY_SHARE *
					   CONFIG_ENTRY_SIZE),
		       CONFIG_LIMIT_MIN, CONFIG_LIMIT_MAX);
}

void knat_config_init(struct knat_net *kn)
{
	u32 limit = config_limit(kn);
	int attr;

	for (attr = 1; attr <= KNAT_A_CONFIG_MAX; attr++)
		knat_config_set(kn, attr, knat_settings[attr].def);
	knat_config_set(kn, KNAT_A_CONFIG_MAX_MAPPINGS, limit);
	knat_config_set(kn, KNAT_A_CONFIG_MAX_SESSIONS, limit);
	knat_config_set(kn, KNAT_A_CONFIG_MAX_RESTING, limit);
	/* Read only, to tell which of them were changed. */
	knat_config_set(kn, KNAT_A_CONFIG_LIMIT_DEFAULT, limit);
}

bool knat_config_privileged(const struct knat_net *kn, int attr, u32 value)
{
	switch (attr) {
	case KNAT_A_CONFIG_MAX_MAPPINGS:
	case KNAT_A_CONFIG_MAX_SESSIONS:
	case KNAT_A_CONFIG_MAX_RESTING:
		return value > config_limit(kn);
	}
	return false;
}

void knat_config_set(struct knat_net *kn, int attr, u32 value)
{
	WRITE_ONCE(kn->config[attr], value);
	/* Of use only for the times. */
	WRITE_ONCE(kn->timeout[attr], value * HZ);
}
