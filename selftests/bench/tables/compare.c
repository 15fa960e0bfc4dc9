// SPDX-License-Identifier: GPL-2.0
/*
 * tables: knat's hash table and the kernel's rhashtable, with the same entries.
 *
 * Reading /proc/tables fills a table of each kind with as many entries as the
 * parameter says, looks for each of them and for others at random, and takes
 * them out again. A line has the kind, what was done, and what that cost: CPU
 * time of the kernel for each entry in ns, the workers that resize included.
 * A look-up depends on what the one before has found, as those of two packets
 * are far apart in time: none waits for memory while another one does. Where
 * nothing is found there is nothing to depend on, and CPUs look ahead.
 */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/rhashtable.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "hostclock.h"
#include "table.h"

#define LOOKUPS		2000000U
/* Entries put in or taken out between two chances for others to run */
#define BATCH		64
/* No entry has a key made of a number as high as this. */
#define ABSENT		BIT_ULL(40)

static unsigned int entries = 1000000;
module_param(entries, uint, 0644);
MODULE_PARM_DESC(entries, "of each table");

/**
 * struct item - an entry, of the size of a mapping and with a key as long
 * @node: chain of an rhashtable
 * @link: chain of a bucket of knat's
 * @key: two words
 * @zero: read from each entry that is found
 */
struct item {
	union {
		struct rhash_head	node;
		void			*link;
	};
	u64				key[2];
	u64				zero;
} __aligned(64);

/**
 * struct kind - how a table of a kind is used
 * @name: what to call it
 * @init: an empty one
 * @insert: false if there is such an entry
 * @find: the entry with this key, or NULL
 * @remove: one that is in
 * @settle: waits until it has its size
 * @bytes: what it occupies without its entries
 * @exit: the end of an empty one
 */
struct kind {
	const char	*name;
	int		(*init)(void);
	bool		(*insert)(struct item *item);
	struct item	*(*find)(const u64 *key);
	void		(*remove)(struct item *item);
	void		(*settle)(void);
	u64		(*bytes)(void);
	void		(*exit)(void);
};

static struct kmem_cache *cache;
static struct item **items;
static u32 nr_items;
static DEFINE_MUTEX(lock);

static u64 mix(u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static void key_make(u64 *key, u64 n)
{
	key[0] = mix(n + 1);
	key[1] = mix(key[0] + n);
}

/* knat's */

static struct knat_table knat;

static u64 knat_item_hash(const struct knat_table *table, const void *entry)
{
	const struct item *item = entry;

	return knat_table_hash(table, item->key[0], item->key[1]);
}

static const struct knat_table_type knat_item_type = {
	.hash	= knat_item_hash,
	.link	= offsetof(struct item, link),
};

static bool knat_item_match(const void *entry, const void *key)
{
	const struct item *item = entry;
	const u64 *wanted = key;

	return item->key[0] == wanted[0] && item->key[1] == wanted[1];
}

static int knat_init(void)
{
	return knat_table_init(&knat, &knat_item_type);
}

static bool knat_insert(struct item *item)
{
	return !knat_table_insert(&knat, knat_item_hash(&knat, item),
				  offsetof(struct item, link), item,
				  knat_item_match, item->key);
}

static struct item *knat_find(const u64 *key)
{
	return knat_table_find(&knat, knat_table_hash(&knat, key[0], key[1]),
			       offsetof(struct item, link), knat_item_match,
			       key);
}

static void knat_remove(struct item *item)
{
	knat_table_remove(&knat, item);
}

static void knat_settle(void)
{
	knat_table_check(&knat);
	flush_work(&knat.resize);
}

static u64 knat_bytes(void)
{
	const struct knat_buckets *buckets;
	u64 bytes;

	rcu_read_lock();
	buckets = rcu_dereference(knat.buckets);
	bytes = sizeof(struct knat_bucket) << (64 - buckets->shift);
	rcu_read_unlock();
	return bytes;
}

static void knat_exit(void)
{
	knat_table_exit(&knat);
}

/* rhashtable, with its own hash function and comparison, and with knat's */

static struct rhashtable rht;

static u32 rht_hash(const void *data, u32 len, u32 seed)
{
	const u64 *key = data;

	return knat_table_hash(&knat, key[0] ^ seed, key[1]) >> 32;
}

static int rht_differs(struct rhashtable_compare_arg *arg, const void *entry)
{
	return !knat_item_match(entry, arg->key);
}

static const struct rhashtable_params rht_own = {
	.key_len		= sizeof_field(struct item, key),
	.key_offset		= offsetof(struct item, key),
	.head_offset		= offsetof(struct item, node),
	.automatic_shrinking	= true,
};

static const struct rhashtable_params rht_as_knat = {
	.key_len		= sizeof_field(struct item, key),
	.key_offset		= offsetof(struct item, key),
	.head_offset		= offsetof(struct item, node),
	.hashfn			= rht_hash,
	.obj_cmpfn		= rht_differs,
	.automatic_shrinking	= true,
};

static void rht_settle(void)
{
	bool moving;

	do {
		flush_work(&rht.run_work);
		rcu_read_lock();
		moving = rcu_access_pointer(rht_dereference_rcu(rht.tbl, &rht)->future_tbl);
		rcu_read_unlock();
	} while (moving);
}

static u64 rht_bytes(void)
{
	u64 bytes;

	rcu_read_lock();
	bytes = struct_size_t(struct bucket_table, buckets,
			      rht_dereference_rcu(rht.tbl, &rht)->size);
	rcu_read_unlock();
	return bytes;
}

static void rht_exit(void)
{
	rhashtable_destroy(&rht);
}

static int rht_own_init(void)
{
	return rhashtable_init(&rht, &rht_own);
}

static bool rht_own_insert(struct item *item)
{
	return !rhashtable_lookup_insert_fast(&rht, &item->node, rht_own);
}

static struct item *rht_own_find(const u64 *key)
{
	return rhashtable_lookup(&rht, key, rht_own);
}

static void rht_own_remove(struct item *item)
{
	rhashtable_remove_fast(&rht, &item->node, rht_own);
}

static int rht_as_knat_init(void)
{
	return rhashtable_init(&rht, &rht_as_knat);
}

static bool rht_as_knat_insert(struct item *item)
{
	return !rhashtable_lookup_insert_fast(&rht, &item->node, rht_as_knat);
}

static struct item *rht_as_knat_find(const u64 *key)
{
	return rhashtable_lookup(&rht, key, rht_as_knat);
}

static void rht_as_knat_remove(struct item *item)
{
	rhashtable_remove_fast(&rht, &item->node, rht_as_knat);
}

/* What is done with each */

static __always_inline int fill(const struct kind *kind)
{
	bool in;
	u32 i;

	for (i = 0; i < nr_items; i++) {
		local_bh_disable();
		rcu_read_lock();
		in = kind->insert(items[i]);
		rcu_read_unlock();
		local_bh_enable();
		if (!in)
			return -EIO;
		if (!(i % BATCH))
			cond_resched();
	}
	kind->settle();
	return 0;
}

/* How many of the look-ups found what they should, from key number @from on */
static __always_inline u32 look(const struct kind *kind, u64 from)
{
	u64 key[2], at = 0;
	struct item *item;
	u32 found = 0, i;

	for (i = 0; i < LOOKUPS; i++) {
		at = mix(at + i);
		key_make(key, from + mul_u64_u64_shr(at, nr_items, 64));
		rcu_read_lock();
		item = kind->find(key);
		if (item) {
			at += READ_ONCE(item->zero);
			found++;
		}
		rcu_read_unlock();
		if (!(i % BATCH))
			cond_resched();
	}
	return found;
}

/* No table: what look() costs besides */
static struct item *none_find(const u64 *key)
{
	u64 low = key[0], high = key[1];

	/* Keys are made for nobody else. */
	OPTIMIZER_HIDE_VAR(low);
	OPTIMIZER_HIDE_VAR(high);
	return NULL;
}

static const struct kind kind_none = { .find = none_find };

static __always_inline void clear(const struct kind *kind)
{
	u32 i;

	for (i = 0; i < nr_items; i++) {
		kind->remove(items[i]);
		if (!(i % BATCH))
			cond_resched();
	}
	kind->settle();
}

static s64 cpu(void)
{
	return host_clock(HOST_CLOCK_PROCESS_CPU);
}

static void tell(struct seq_file *file, const struct kind *kind,
		 const char *what, u64 amount, u32 of)
{
	u64 tenths = mul_u64_u64_div_u64(amount, 10, of);

	seq_printf(file, "%s %s %llu.%llu\n", kind->name, what, tenths / 10,
		   tenths % 10);
}

static __always_inline int measure(struct seq_file *file,
				   const struct kind *kind)
{
	s64 start, rest;
	u32 found;
	int err;

	err = kind->init();
	if (err)
		return err;
	start = cpu();
	err = fill(kind);
	if (err)
		return err;
	tell(file, kind, "insert", cpu() - start, nr_items);
	tell(file, kind, "bytes", kind->bytes(), nr_items);

	start = cpu();
	look(&kind_none, 0);
	rest = cpu() - start;
	start = cpu();
	found = look(kind, 0);
	tell(file, kind, "find", max(cpu() - start - rest, 0), LOOKUPS);
	if (found != LOOKUPS)
		return -EIO;
	start = cpu();
	found = look(kind, ABSENT);
	tell(file, kind, "miss", max(cpu() - start - rest, 0), LOOKUPS);
	if (found)
		return -EIO;

	start = cpu();
	clear(kind);
	tell(file, kind, "remove", cpu() - start, nr_items);
	kind->exit();
	return 0;
}

static const struct kind kind_knat = {
	.name = "knat", .init = knat_init, .insert = knat_insert,
	.find = knat_find, .remove = knat_remove, .settle = knat_settle,
	.bytes = knat_bytes, .exit = knat_exit,
};

static const struct kind kind_rht_own = {
	.name = "rhashtable", .init = rht_own_init, .insert = rht_own_insert,
	.find = rht_own_find, .remove = rht_own_remove, .settle = rht_settle,
	.bytes = rht_bytes, .exit = rht_exit,
};

static const struct kind kind_rht_as_knat = {
	.name = "rhashtable-hash", .init = rht_as_knat_init,
	.insert = rht_as_knat_insert, .find = rht_as_knat_find,
	.remove = rht_as_knat_remove, .settle = rht_settle,
	.bytes = rht_bytes, .exit = rht_exit,
};

static int items_alloc(void)
{
	u32 i;

	nr_items = READ_ONCE(entries);
	items = vcalloc(nr_items, sizeof(*items));
	if (!items)
		return -ENOMEM;
	for (i = 0; i < nr_items; i++) {
		items[i] = kmem_cache_zalloc(cache, GFP_KERNEL);
		if (!items[i])
			return -ENOMEM;
		key_make(items[i]->key, i);
	}
	return 0;
}

static void items_free(void)
{
	u32 i;

	for (i = 0; items && i < nr_items && items[i]; i++)
		kmem_cache_free(cache, items[i]);
	vfree(items);
	items = NULL;
}

/* A table that went wrong is left as it is: the kernel is not to be used any
 * more than for this.
 */
static int tables_show(struct seq_file *file, void *unused)
{
	int err;

	mutex_lock(&lock);
	err = items_alloc();
	/* Its keys are those of rht_hash() as well. */
	if (!err)
		err = measure(file, &kind_knat);
	if (!err)
		err = measure(file, &kind_rht_own);
	if (!err)
		err = measure(file, &kind_rht_as_knat);
	if (!err)
		items_free();
	mutex_unlock(&lock);
	return err;
}

static int __init tables_init(void)
{
	cache = kmem_cache_create("tables_item", sizeof(struct item), 64,
				  SLAB_HWCACHE_ALIGN, NULL);
	if (!cache)
		return -ENOMEM;
	if (!proc_create_single("tables", 0444, NULL, tables_show)) {
		kmem_cache_destroy(cache);
		return -ENOMEM;
	}
	return 0;
}

static void __exit tables_exit(void)
{
	remove_proc_entry("tables", NULL);
	kmem_cache_destroy(cache);
}

module_init(tables_init);
module_exit(tables_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What hash tables cost");
