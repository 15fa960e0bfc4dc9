// SPDX-License-Identifier: GPL-2.0
/*
 * hostholds: how long the CPUs of a user-mode kernel are held.
 *
 * A thread of the highest priority on each CPU is to run every millisecond.
 * It is late by as long as the kernel lets nobody else have the CPU. It is late
 * too when the host has the virtual CPU wait; but then that has not used any
 * CPU time of the host, and the lateness that counts is no longer than what it
 * has used since the thread ran last.
 *
 * "start", written to /proc/hostholds, begins anew, "stop" ends; "table BYTES"
 * allocates so much memory as tables are and frees it: for each page of it
 * a user-mode kernel calls the host. Read, it gives
 * the longest lateness, in ns, how often it was over a millisecond, how often
 * the threads ran, and when the longest ended by the host's monotonic clock, for
 * who watches with perf meanwhile.
 */
#include <linux/cpu.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "hostclock.h"

#define PERIOD	NSEC_PER_MSEC

struct hold {
	struct task_struct	*thread;
	s64	worst;
	s64	worst_end;
	u64	over;
	u64	wakes;
};

static DEFINE_MUTEX(lock);
static DEFINE_PER_CPU(struct hold, holds);

static int hold_thread(void *data)
{
	s64 cpu, now, late, used = host_clock(HOST_CLOCK_THREAD_CPU);
	struct hold *hold = data;
	ktime_t due;

	sched_set_fifo(current);
	while (!kthread_should_stop()) {
		due = ktime_add_ns(ktime_get(), PERIOD);
		set_current_state(TASK_UNINTERRUPTIBLE);
		while (schedule_hrtimeout_range(&due, 0, HRTIMER_MODE_ABS))
			set_current_state(TASK_UNINTERRUPTIBLE);
		now = ktime_get();
		cpu = host_clock(HOST_CLOCK_THREAD_CPU);
		late = min(now - due, cpu - used);
		used = cpu;
		if (late > hold->worst) {
			hold->worst = late;
			hold->worst_end = host_clock(HOST_CLOCK_MONOTONIC);
		}
		hold->over += late > PERIOD;
		hold->wakes++;
	}
	return 0;
}

static void holds_stop(void)
{
	struct hold *hold;
	int cpu;

	for_each_possible_cpu(cpu) {
		hold = per_cpu_ptr(&holds, cpu);
		if (hold->thread)
			kthread_stop(hold->thread);
		hold->thread = NULL;
	}
}

static int holds_start(void)
{
	struct task_struct *thread;
	struct hold *hold;
	int cpu;

	for_each_online_cpu(cpu) {
		hold = per_cpu_ptr(&holds, cpu);
		*hold = (struct hold) {};
		thread = kthread_create_on_cpu(hold_thread, hold, cpu,
					       "hostholds/%u");
		if (IS_ERR(thread))
			return PTR_ERR(thread);
		hold->thread = thread;
		wake_up_process(thread);
	}
	return 0;
}

static int table(unsigned long bytes)
{
	void *memory = kvzalloc(bytes, GFP_KERNEL);

	if (!memory)
		return -ENOMEM;
	kvfree(memory);
	return 0;
}

static ssize_t holds_write(struct file *file, const char __user *buf,
			   size_t len, loff_t *pos)
{
	char text[32] = {};
	unsigned long bytes;
	char *word;
	int err = 0;

	if (len >= sizeof(text) || copy_from_user(text, buf, len))
		return -EINVAL;
	word = strim(text);
	if (sscanf(word, "table %lu", &bytes) == 1)
		return table(bytes) ?: len;
	mutex_lock(&lock);
	holds_stop();
	if (!strcmp(word, "start"))
		err = holds_start();
	else if (strcmp(word, "stop"))
		err = -EINVAL;
	mutex_unlock(&lock);
	return err ?: len;
}

static int holds_show(struct seq_file *file, void *unused)
{
	u64 over = 0, wakes = 0;
	s64 worst = 0, end = 0;
	struct hold *hold;
	int cpu;

	for_each_online_cpu(cpu) {
		hold = per_cpu_ptr(&holds, cpu);
		if (hold->worst > worst) {
			worst = hold->worst;
			end = hold->worst_end;
		}
		over += hold->over;
		wakes += hold->wakes;
	}
	seq_printf(file, "%lld %llu %llu %lld\n", worst, over, wakes, end);
	return 0;
}

static int holds_open(struct inode *inode, struct file *file)
{
	return single_open(file, holds_show, NULL);
}

static const struct proc_ops holds_ops = {
	.proc_open	= holds_open,
	.proc_read	= seq_read,
	.proc_write	= holds_write,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
};

static int __init holds_init(void)
{
	return proc_create("hostholds", 0644, NULL, &holds_ops) ? 0 : -ENOMEM;
}

static void __exit holds_exit(void)
{
	remove_proc_entry("hostholds", NULL);
	holds_stop();
}

module_init(holds_init);
module_exit(holds_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("How long the CPUs of a user-mode kernel are held");
