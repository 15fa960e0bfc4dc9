/* SPDX-License-Identifier: GPL-2.0 */
/* knat: opening of dynamic mappings. Softirq off, under rcu_read_lock(). */
#ifndef _KNAT_OPEN_H
#define _KNAT_OPEN_H

#include "packet.h"
#include "rule.h"

struct knat_map;

/* The mapping for a packet from the inside that @rule translates: made, or
 * found where it depends on the remote end. NULL: refused and counted.
 */
struct knat_map *knat_map_open(const struct knat_packet *p,
			       const struct knat_view_rule *rule);

/* Would it open one, or which one would it find, and of which outside end? It is
 * counted in @p->look if not.
 */
bool knat_map_foresee(const struct knat_packet *p,
		      const struct knat_view_rule *rule, struct knat_way *way);

#endif /* _KNAT_OPEN_H */
