// SPDX-License-Identifier: GPL-2.0
/* knat: what the packet path reads of the configuration, made anew from it. */
#include "addr.h"
#include "net.h"
#include "prefix.h"
#include "publish.h"
#include "rule.h"

/* Is there anything to translate? */
static bool publish_wanted(const struct knat_net *kn)
{
	return !list_empty(&kn->rules) || !list_empty(&kn->statics);
}

int knat_publish_prepare(struct knat_net *kn, struct knat_publication *pub,
			 struct netlink_ext_ack *extack)
{
	bool want = publish_wanted(kn);
	int err = -ENOMEM;

	lockdep_assert_held(&kn->config_lock);

	memset(pub, 0, sizeof(*pub));
	if (kn->prefixes_changed) {
		if (knat_prefix_new(kn, &pub->prefixes))
			goto err;
		pub->new_prefixes = true;
	}
	if (kn->addrs_changed || kn->prefixes_changed) {
		pub->addrs = knat_addr_list_new(kn);
		if (!pub->addrs)
			goto err;
	}
	if (kn->view_changed || want != kn->hooked) {
		pub->view = want ? knat_view_new(kn) : NULL;
		if (want && !pub->view)
			goto err;
		pub->new_view = true;
	}
	if (!want)
		return 0;
	err = knat_hooks_update(kn, true, extack);
	if (!err)
		return 0;
err:
	knat_publish_cancel(kn, pub);
	return err;
}

void knat_publish_cancel(struct knat_net *kn, struct knat_publication *pub)
{
	knat_addr_list_free(pub->addrs);
	knat_prefix_free(pub->prefixes);
	knat_view_free(pub->view);
	memset(pub, 0, sizeof(*pub));
	if (!rcu_access_pointer(kn->view))
		knat_hooks_update(kn, false, NULL);
}

void knat_publish_addrs(struct knat_net *kn, struct knat_publication *pub)
{
	if (pub->new_prefixes)
		knat_prefix_publish(kn, pub->prefixes);
	if (pub->addrs)
		knat_addr_list_publish(kn, pub->addrs);
}

void knat_publish_view(struct knat_net *kn, struct knat_publication *pub)
{
	if (!pub->new_view)
		return;
	if (!pub->view)
		knat_hooks_update(kn, false, NULL);
	knat_view_publish(kn, pub->view);
}

void knat_publish_nothing(struct knat_net *kn)
{
	knat_hooks_update(kn, false, NULL);
	knat_view_publish(kn, NULL);
}

int knat_publish(struct knat_net *kn, struct netlink_ext_ack *extack)
{
	struct knat_publication pub;
	int err = knat_publish_prepare(kn, &pub, extack);

	if (err)
		return err;
	knat_publish_addrs(kn, &pub);
	knat_publish_view(kn, &pub);
	return 0;
}
