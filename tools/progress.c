// SPDX-License-Identifier: GPL-2.0
/* natctl: what takes long says so. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "error.h"
#include "progress.h"

#define WIDTH	79

static const char *what, *units;
static volatile unsigned long steps;
static time_t start;
/* The line is there. */
static volatile sig_atomic_t shown;
static bool running;

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* What follows is called by a signal: no stdio. */

static char *put(char *to, const char *end, const char *text)
{
	while (*text && to < end)
		*to++ = *text++;
	return to;
}

static char *put_number(char *to, const char *end, unsigned long value)
{
	char digits[24], *digit = digits + sizeof(digits);

	*--digit = 0;
	do {
		*--digit = '0' + value % 10;
		value /= 10;
	} while (value);
	return put(to, end, digit);
}

static void show(int signal)
{
	char line[WIDTH + 2], *to = line;
	const char *end = line + WIDTH;
	int saved = errno;
	ssize_t done;

	(void)signal;
	*to++ = '\r';
	to = put(to, end, what);
	to = put(to, end, ": ");
	if (units) {
		to = put_number(to, end, steps);
		to = put(to, end, units);
		to = put(to, end, ", ");
	}
	to = put_number(to, end, now() - start);
	to = put(to, end, " s");
	/* What was longer is written over. */
	while (to < end)
		*to++ = ' ';
	*to++ = '\r';
	done = write(STDERR_FILENO, line, to - line);
	(void)done;
	shown = 1;
	errno = saved;
}

static void every_second(bool on)
{
	struct itimerval timer = { { on, 0 }, { on, 0 } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

void progress_end(void)
{
	char blank[WIDTH + 2];
	ssize_t done;

	if (!running)
		return;
	every_second(false);
	running = false;
	error_before(NULL);
	if (!shown)
		return;
	memset(blank, ' ', sizeof(blank));
	blank[0] = '\r';
	blank[WIDTH] = '\r';
	done = write(STDERR_FILENO, blank, WIDTH + 1);
	(void)done;
	shown = 0;
}

void progress_begin(const char *new_what, const char *new_units)
{
	struct sigaction action = { .sa_handler = show, .sa_flags = SA_RESTART };

	progress_end();
	if (!isatty(STDERR_FILENO))
		return;
	what = new_what;
	units = new_units;
	steps = 0;
	start = now();
	running = true;
	error_before(progress_end);
	sigaction(SIGALRM, &action, NULL);
	every_second(true);
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
