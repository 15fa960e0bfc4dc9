/* SPDX-License-Identifier: GPL-2.0 */
/* natctl: what makes one configuration of another. */
#ifndef NATCTL_DIFF_H
#define NATCTL_DIFF_H

#include <stddef.h>
#include "conf.h"

/**
 * struct change - a command, as a request and as words
 * @cmd: KNAT_CMD_...
 * @attr: KNAT_A_CHANGE_..., what @attrs are
 * @attrs: the attributes
 * @len: how long they are
 * @text: what would be typed behind natctl
 * @place: what in the file asks for it
 */
struct change {
	uint8_t		cmd;
	uint16_t	attr;
	void		*attrs;
	size_t		len;
	char		*text;
	struct place	place;
};

/* The changes that make @want of @have, in the order in which they can be done;
 * @n: how many. What is twice in @want is an error.
 */
struct change *diff(struct conf *have, struct conf *want, size_t *n);

#endif /* NATCTL_DIFF_H */
