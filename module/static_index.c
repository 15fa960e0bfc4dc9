// SPDX-License-Identifier: GPL-2.0
/* knat: static mappings by their ends, and which cannot be there together. */
#include <linux/rbtree.h>
#include "net.h"
#include "pool.h"
#include "static.h"
#include "static_index.h"

/**
 * struct static_span - what a static mapping has for itself alone
 * @space: on the outside protocol and address or device; 0: whole addresses
 * @first: port or address, host order
 * @last: last one
 */
struct static_span {
	u64	space;
	u32	first;
	u32	last;
};

#define STATIC_SPACE_DEV	BIT_ULL(32)

static struct static_span span_ports(const struct knat_static *fixed, u64 place)
{
	return (struct static_span){
		.space = (u64)fixed->proto << 33 | place,
		.first = fixed->out_port,
		.last = fixed->out_port_last,
	};
}

static struct static_span span_addrs(const struct knat_static *fixed,
				     __be32 addr)
{
	u32 first = be32_to_cpu(addr);

	return (struct static_span){
		.first = first,
		.last = first + knat_static_size(fixed) - 1,
	};
}

static struct static_span span_out(const struct knat_static *fixed)
{
	if (!fixed->proto)
		return span_addrs(fixed, fixed->out_addr);
	return span_ports(fixed, fixed->outdev ?
			  STATIC_SPACE_DEV | fixed->outdev->realm :
			  be32_to_cpu(fixed->out_addr));
}

/* Spans that meet are the same. */
static int span_cmp(const struct static_span *a, const struct static_span *b)
{
	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	return a->last < b->first ? -1 : a->first > b->last;
}

static int span_out_cmp(const void *key, const struct rb_node *node)
{
	const struct static_span span =
		span_out(rb_entry(node, struct knat_static, out_node));

	return span_cmp(key, &span);
}

static bool span_out_less(struct rb_node *a, const struct rb_node *b)
{
	const struct static_span span =
		span_out(rb_entry(a, struct knat_static, out_node));

	return span_out_cmp(&span, b) < 0;
}

static int span_in_cmp(const void *key, const struct rb_node *node)
{
	const struct knat_static *fixed =
		rb_entry(node, struct knat_static, in_node);
	const struct static_span span = span_addrs(fixed, fixed->in_addr);

	return span_cmp(key, &span);
}

static bool span_in_less(struct rb_node *a, const struct rb_node *b)
{
	const struct knat_static *fixed =
		rb_entry(a, struct knat_static, in_node);
	const struct static_span span = span_addrs(fixed, fixed->in_addr);

	return span_in_cmp(&span, b) < 0;
}

static struct knat_static *static_at(struct knat_net *kn,
				     const struct static_span *span)
{
	struct rb_node *node = rb_find(span, &kn->statics_out, span_out_cmp);

	return node ? rb_entry(node, struct knat_static, out_node) : NULL;
}

/* Does another mapping want the same port or address on the outside? One of a
 * device and one of its address do.
 */
static bool static_clash_out(struct knat_net *kn,
			     const struct knat_static *fixed)
{
	struct static_span span = span_out(fixed);
	const struct knat_outdev *outdev;

	if (static_at(kn, &span))
		return true;
	if (!fixed->proto || !fixed->out_addr)
		return false;
	span = span_ports(fixed, be32_to_cpu(fixed->out_addr));
	if (fixed->outdev && static_at(kn, &span))
		return true;
	list_for_each_entry(outdev, &kn->outdevs, list) {
		span = span_ports(fixed, STATIC_SPACE_DEV | outdev->realm);
		if (outdev->addr == fixed->out_addr && static_at(kn, &span))
			return true;
	}
	return false;
}

/* Two prefixes that an inside address could leave from. */
static bool static_clash_in(struct knat_net *kn,
			    const struct knat_static *fixed)
{
	const struct static_span span = span_addrs(fixed, fixed->in_addr);

	return rb_find(&span, &kn->statics_in, span_in_cmp);
}

/* Does a pool or a masquerade rule have an address of it? */
static bool static_clash_dynamic(struct knat_net *kn,
				 const struct knat_static *fixed)
{
	const struct static_span span = span_addrs(fixed, fixed->out_addr);
	const struct knat_pool *pool;
	const struct knat_rule *rule;

	list_for_each_entry(pool, &kn->pools, list)
		if (knat_pool_meets(pool, span.first, span.last))
			return true;
	list_for_each_entry(rule, &kn->rules, list)
		if (rule->action == KNAT_ACTION_MASQUERADE &&
		    be32_to_cpu(rule->outdev->addr) >= span.first &&
		    be32_to_cpu(rule->outdev->addr) <= span.last)
			return true;
	return false;
}

int knat_static_check(struct knat_net *kn, const struct knat_static *fixed,
		      struct netlink_ext_ack *extack)
{
	if (!fixed->proto && (fixed->len < 8 || fixed->len > 32)) {
		NL_SET_ERR_MSG(extack, "the prefix length must be 8 to 32");
		return -EINVAL;
	}
	if (static_clash_out(kn, fixed)) {
		NL_SET_ERR_MSG(extack,
			       "the outside end is mapped statically already: map set, or map del");
		return -EEXIST;
	}
	if (fixed->proto)
		return 0;
	if (static_clash_in(kn, fixed)) {
		NL_SET_ERR_MSG(extack,
			       "an inside address of it is mapped one to one already: map del");
		return -EEXIST;
	}
	if (static_clash_dynamic(kn, fixed)) {
		NL_SET_ERR_MSG(extack,
			       "an outside address of it belongs to a pool or a masquerade rule");
		return -EEXIST;
	}
	return 0;
}

void knat_static_index(struct knat_net *kn, struct knat_static *fixed)
{
	rb_add(&fixed->out_node, &kn->statics_out, span_out_less);
	if (!fixed->proto)
		rb_add(&fixed->in_node, &kn->statics_in, span_in_less);
}

void knat_static_unindex(struct knat_net *kn, struct knat_static *fixed)
{
	rb_erase(&fixed->out_node, &kn->statics_out);
	if (!fixed->proto)
		rb_erase(&fixed->in_node, &kn->statics_in);
}

struct knat_static *knat_static_find(struct knat_net *kn,
				     const struct knat_static *conf,
				     const char *dev)
{
	struct knat_static *fixed;
	struct static_span span = span_out(conf);
	const struct knat_outdev *outdev;

	if (dev) {
		list_for_each_entry(outdev, &kn->outdevs, list)
			if (!strcmp(outdev->name, dev))
				break;
		if (list_entry_is_head(outdev, &kn->outdevs, list))
			return NULL;
		span = span_ports(conf, STATIC_SPACE_DEV | outdev->realm);
	} else if (!conf->proto && !conf->len) {
		return NULL;
	}
	fixed = static_at(kn, &span);
	/* Of whole addresses the ports are 0, of ports the length. */
	if (!fixed || fixed->out_port != conf->out_port ||
	    fixed->out_port_last != conf->out_port_last ||
	    fixed->len != conf->len ||
	    (!dev && fixed->out_addr != conf->out_addr))
		return NULL;
	return fixed;
}
