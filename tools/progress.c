// SPDX-License-Identifier: GPL-2.0
/* natctl: what takes long says so. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "error.h"
#include "progress.h"

#define WIDTH	79

static const char *what, *units;
static atomic_ulong steps;

/* A thread tells, for a request may keep this one in the kernel until it is
 * done, where no signal gets at it.
 */
static pthread_t teller;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended;
static bool running;
/* The line is there. */
static bool shown;

static void show(unsigned int seconds)
{
	char line[WIDTH], count[48] = "";

	if (units)
		snprintf(count, sizeof(count), "%lu%s, ", atomic_load(&steps),
			 units);
	snprintf(line, sizeof(line), "%s: %s%u s", what, count, seconds);
	/* What was longer is written over. */
	dprintf(STDERR_FILENO, "\r%-*s\r", WIDTH - 1, line);
	shown = true;
}

static void *tell(void *arg)
{
	unsigned int seconds = 0;
	struct timespec next;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &next);
	pthread_mutex_lock(&lock);
	while (running) {
		next.tv_sec++;
		seconds++;
		/* Something else may wake it up. */
		while (running &&
		       !pthread_cond_timedwait(&ended, &lock, &next))
			;
		if (running)
			show(seconds);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

void progress_end(void)
{
	if (!running)
		return;
	pthread_mutex_lock(&lock);
	running = false;
	pthread_cond_signal(&ended);
	pthread_mutex_unlock(&lock);
	pthread_join(teller, NULL);
	pthread_cond_destroy(&ended);
	error_before(NULL);
	if (shown)
		dprintf(STDERR_FILENO, "\r%*s\r", WIDTH - 1, "");
	shown = false;
}

void progress_begin(const char *new_what, const char *new_units)
{
	pthread_condattr_t attr;

	progress_end();
	if (!isatty(STDERR_FILENO))
		return;
	what = new_what;
	units = new_units;
	steps = 0;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ended, &attr);
	pthread_condattr_destroy(&attr);
	running = true;
	/* It is done without a word where there can be no thread. */
	if (pthread_create(&teller, NULL, tell, NULL)) {
		running = false;
		pthread_cond_destroy(&ended);
		return;
	}
	error_before(progress_end);
}

void progress_begin_list(const char *new_units)
{
	if (!isatty(STDOUT_FILENO))
		progress_begin("listing", new_units);
}

void progress_step(void)
{
	steps++;
}
