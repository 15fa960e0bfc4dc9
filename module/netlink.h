/* SPDX-License-Identifier: GPL-2.0 */
/* knat: the generic netlink family. Process context. */
#ifndef _KNAT_NETLINK_H
#define _KNAT_NETLINK_H

#include <net/genetlink.h>
#include <net/sock.h>
#include "uapi/knat.h"

struct knat_apply;
struct knat_net;
struct knat_pool;
struct knat_pool_conf;
struct knat_rule;
struct knat_session;

extern struct genl_family knat_family;

int knat_netlink_init(void);
void knat_netlink_exit(void);

/* The operations, by object: nl_pool.c, nl_rule.c, nl_map.c, nl_session.c,
 * nl_stats.c, nl_config.c and nl_fastpath.c; many at once: nl_apply.c.
 */
extern const struct nla_policy knat_pool_policy[KNAT_A_POOL_MAX + 1];
extern const struct nla_policy knat_rule_policy[KNAT_A_RULE_MAX + 1];
extern const struct nla_policy knat_map_policy[KNAT_A_MAP_MAX + 1];
extern const struct nla_policy knat_session_policy[KNAT_A_SESSION_MAX + 1];
extern const struct nla_policy knat_config_policy[KNAT_A_CONFIG_MAX + 1];
extern const struct nla_policy knat_apply_policy[KNAT_A_APPLY_MAX + 1];
extern const struct nla_policy knat_fastpath_policy[KNAT_A_FASTPATH_MAX + 1];
extern const struct nla_policy knat_host_policy[KNAT_A_HOST_MAX + 1];
extern const struct nla_policy knat_lookup_policy[KNAT_A_LOOKUP_MAX + 1];

/* Changes, alone or in knat_nl_apply(); @nest holds the attributes that
 * @info->attrs are of, NULL: they are those of the message.
 */
int knat_nl_pool_add(struct knat_apply *apply, struct genl_info *info,
		     const struct nlattr *nest);
int knat_nl_pool_set(struct knat_apply *apply, struct genl_info *info,
		     const struct nlattr *nest);
int knat_nl_pool_del(struct knat_apply *apply, struct genl_info *info,
		     const struct nlattr *nest);
int knat_nl_rule_add(struct knat_apply *apply, struct genl_info *info,
		     const struct nlattr *nest);
int knat_nl_rule_del(struct knat_apply *apply, struct genl_info *info,
		     const struct nlattr *nest);
int knat_nl_map_add(struct knat_apply *apply, struct genl_info *info,
		    const struct nlattr *nest);
int knat_nl_map_set(struct knat_apply *apply, struct genl_info *info,
		    const struct nlattr *nest);
int knat_nl_static_del(struct knat_apply *apply, struct genl_info *info,
		       const struct nlattr *nest);
int knat_nl_config_set(struct knat_apply *apply, struct genl_info *info,
		       const struct nlattr *nest);
int knat_nl_fastpath_add(struct knat_apply *apply, struct genl_info *info,
			 const struct nlattr *nest);
int knat_nl_fastpath_del(struct knat_apply *apply, struct genl_info *info,
			 const struct nlattr *nest);

int knat_nl_change(struct sk_buff *skb, struct genl_info *info);
int knat_nl_apply(struct sk_buff *skb, struct genl_info *info);
int knat_nl_pool_dump(struct sk_buff *skb, struct netlink_callback *cb);
int knat_nl_rule_dump(struct sk_buff *skb, struct netlink_callback *cb);
int knat_nl_map_del(struct sk_buff *skb, struct genl_info *info);
int knat_nl_map_flush(struct sk_buff *skb, struct genl_info *info);
int knat_nl_map_dump(struct sk_buff *skb, struct netlink_callback *cb);
int knat_nl_session_del(struct sk_buff *skb, struct genl_info *info);
int knat_nl_session_count(struct sk_buff *skb, struct genl_info *info);
int knat_nl_session_start(struct netlink_callback *cb);
int knat_nl_session_done(struct netlink_callback *cb);
int knat_nl_session_dump(struct sk_buff *skb, struct netlink_callback *cb);
int knat_nl_host_start(struct netlink_callback *cb);
int knat_nl_host_done(struct netlink_callback *cb);
int knat_nl_host_dump(struct sk_buff *skb, struct netlink_callback *cb);
int knat_nl_lookup(struct sk_buff *skb, struct genl_info *info);
int knat_nl_stats_get(struct sk_buff *skb, struct genl_info *info);
int knat_nl_stats_reset(struct sk_buff *skb, struct genl_info *info);
int knat_nl_config_get(struct sk_buff *skb, struct genl_info *info);
int knat_nl_fastpath_dump(struct sk_buff *skb, struct netlink_callback *cb);
int knat_nl_flush(struct sk_buff *skb, struct genl_info *info);

/* An answer with its header; send it, or, after an error, drop it. */
struct sk_buff *knat_nl_answer(struct genl_info *info, void **head);
int knat_nl_reply(struct sk_buff *skb, struct genl_info *info, void *head,
		  int err);
/* One that will be a number: made before what it is about is done, it cannot
 * fail any more.
 */
struct sk_buff *knat_nl_answer_u32(struct genl_info *info, int attr,
				   u32 **value);

/* The header of a row of a list, or NULL, and the end of any message of many,
 * which takes it back if it has not fitted: 0 or -EMSGSIZE.
 */
void *knat_nl_row(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd);
int knat_nl_end(struct sk_buff *skb, void *head, int err);
/* Dump a list of the configuration, whose lock is taken here: a row for each
 * entry, whose attributes @put writes.
 */
int knat_nl_list(struct sk_buff *skb, struct netlink_callback *cb,
		 struct knat_net *kn, const struct list_head *list, u8 cmd,
		 int (*put)(struct sk_buff *skb,
			    const struct list_head *entry));

/* The attributes of a rule, under kn->config_lock, and of a session. */
int knat_nl_rule_put(struct sk_buff *skb, const struct knat_rule *rule);
int knat_nl_session_put(struct sk_buff *skb, const struct knat_net *kn,
			const struct knat_session *session);

/* Take kn->config_lock for a change. The socket of a request holds its namespace. */
void knat_nl_lock(struct knat_net *kn);

/* Is @attr (be32) an address that a mapping may have? Else extack says so. */
bool knat_nl_unicast(const struct nlattr *attr, struct netlink_ext_ack *extack);
/* Is @attr (be32) absent, or not 0.0.0.0, which no entry has? */
bool knat_nl_not_zero(const struct nlattr *attr,
		      struct netlink_ext_ack *extack);
/* Are no bits of @addr below prefix length @len set? Else extack says so. */
bool knat_nl_prefix(const struct nlattr *attr, u8 len,
		    struct netlink_ext_ack *extack);

/* The pool that @name is of, under kn->config_lock, or NULL, and extack says so. */
struct knat_pool *knat_nl_pool_get(struct knat_net *kn,
				   const struct nlattr *name,
				   struct netlink_ext_ack *extack);

/* A pool's settings from its attributes, over what @conf holds; shared by
 * pools and masquerade rules. Points extack at the attribute to blame.
 */
int knat_nl_pool_conf(struct nlattr **attrs, struct knat_pool_conf *conf,
		      struct netlink_ext_ack *extack);
int knat_nl_pool_conf_fill(struct sk_buff *skb,
			   const struct knat_pool_conf *conf);

#endif /* _KNAT_NETLINK_H */
