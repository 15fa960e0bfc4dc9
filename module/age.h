/* SPDX-License-Identifier: GPL-2.0 */
/* knat: how long ago a stamp was. */
#ifndef _KNAT_AGE_H
#define _KNAT_AGE_H

#include <linux/jiffies.h>
#include <linux/types.h>

/* The furthest that a stamp is ahead of the clock. */
#define KNAT_AGE_AHEAD	(8 * HZ)

/* Jiffies since @stamp. Another CPU may have set it after this one, which was
 * interrupted since, or reads ahead, looked at the clock: that is now, and not
 * as long ago as it gets.
 */
static inline u32 knat_age(u32 stamp)
{
	u32 age = (u32)jiffies - stamp;

	return age < -(u32)KNAT_AGE_AHEAD ? age : 0;
}

#endif /* _KNAT_AGE_H */
