/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: settings of a namespace, from the table KNAT_SETTINGS.
 *
 * Written under kn->config_lock, read by READ_ONCE from anywhere. Times are
 * kept in seconds and, for the packet path, in jiffies.
 */
#ifndef _KNAT_CONFIG_H
#define _KNAT_CONFIG_H

#include <linux/types.h>
#include "uapi/knat.h"

struct knat_net;

/**
 * struct knat_setting - one row of the table
 * @name: as the user types it
 * @min: smallest value
 * @max: largest value
 * @def: default; 0 for a limit: follows the memory
 */
struct knat_setting {
	const char	*name;
	u32		min;
	u32		max;
	u32		def;
};

/* By attribute number (enum knat_a_config). */
extern const struct knat_setting knat_settings[KNAT_A_CONFIG_MAX + 1];

/* All settings to their defaults. */
void knat_config_init(struct knat_net *kn);
/* Does it take rights over the machine, beside those over the namespace? */
bool knat_config_privileged(const struct knat_net *kn, int attr, u32 value);

/* Set one; @value is in range. Caller holds kn->config_lock and calls
 * knat_wheel_rearm() when done.
 */
void knat_config_set(struct knat_net *kn, int attr, u32 value);

#endif /* _KNAT_CONFIG_H */
