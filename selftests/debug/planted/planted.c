// SPDX-License-Identifier: GPL-2.0
/*
 * A module with faults, to be loaded into instrumented kernels: what they do
 * not find here, they would not find in knat. The parameter "fault" says which
 * one is made, once, while it is loaded; "none" is none.
 */
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timer.h>

#define LEAKED		400	/* CPUs have lists of objects that still name some */
#define RACE_SECONDS	10

static char *fault = "none";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "which fault is made");

static DEFINE_MUTEX(first_lock);
static DEFINE_MUTEX(second_lock);
static int value;
static int __rcu *published = (int __rcu *)&value;
static unsigned int too_far = 40;
static unsigned long shared;

static void plant_none(void)
{
}

/* KASAN */
static void plant_memory(void)
{
	int *freed = kzalloc(64, GFP_KERNEL);

	kfree(freed);
	OPTIMIZER_HIDE_VAR(freed);
	value = READ_ONCE(*freed);
}

/* kmemleak */
static void plant_leak(void)
{
	void *lost;
	int i;

	for (i = 0; i < LEAKED; i++) {
		lost = kzalloc(1000, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(lost);
	}
}

/* DEBUG_ATOMIC_SLEEP. Nobody holds the lock, so that it does not come to worse. */
static void plant_sleep(void)
{
	preempt_disable();
	mutex_lock(&first_lock);
	mutex_unlock(&first_lock);
	preempt_enable();
}

/* PROVE_LOCKING */
static void plant_order(void)
{
	mutex_lock(&first_lock);
	mutex_lock(&second_lock);
	mutex_unlock(&second_lock);
	mutex_unlock(&first_lock);

	mutex_lock(&second_lock);
	mutex_lock(&first_lock);
	mutex_unlock(&first_lock);
	mutex_unlock(&second_lock);
}

/* PROVE_RCU */
static void plant_rcu(void)
{
	value = *rcu_dereference(published);
}

static void nothing(struct timer_list *timer)
{
}

/* DEBUG_OBJECTS_TIMERS, which stops it. */
static void plant_timer(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, nothing, 0);
	mod_timer(timer, jiffies + 600 * HZ);
	kfree(timer);
}

/* UBSAN */
static void plant_shift(void)
{
	value = 1 << READ_ONCE(too_far);
}

static int count(void *unused)
{
	unsigned long end = jiffies + RACE_SECONDS * HZ;

	while (time_before(jiffies, end)) {
		shared++;
		/* So that it is in memory each time */
		barrier();
		cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/* KCSAN */
static void plant_race(void)
{
	struct task_struct *task[2];
	int i;

	for (i = 0; i < 2; i++)
		task[i] = kthread_run(count, NULL, "planted/%d", i);
	for (i = 0; i < 2; i++)
		if (!IS_ERR(task[i]))
			kthread_stop(task[i]);
}

static const struct {
	const char	*name;
	void		(*plant)(void);
} faults[] = {
	{ "none", plant_none },
	{ "memory", plant_memory },
	{ "leak", plant_leak },
	{ "sleep", plant_sleep },
	{ "order", plant_order },
	{ "rcu", plant_rcu },
	{ "timer", plant_timer },
	{ "shift", plant_shift },
	{ "race", plant_race },
};

static int __init planted_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(fault, faults[i].name)) {
			faults[i].plant();
			return 0;
		}
	return -EINVAL;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);

MODULE_DESCRIPTION("Faults for instrumented kernels to find");
MODULE_LICENSE("GPL");
