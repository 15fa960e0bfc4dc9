/* SPDX-License-Identifier: GPL-2.0 */
/* natctl: objects, what can be done with them, and their grammar. */
#ifndef NATCTL_COMMAND_H
#define NATCTL_COMMAND_H

#include <stdbool.h>
#include <stdio.h>
#include "words.h"

/**
 * struct verb - something that can be done with an object
 * @name: the word
 * @usage: the words behind it; a line break between alternatives; NULL: the
 *	   verb is another name of one that stands before it
 * @run: does it
 */
struct verb {
	const char	*name;
	const char	*usage;
	void		(*run)(struct words *words);
};

/**
 * struct object - what commands are about
 * @name: the word
 * @meaning: a line about it
 * @terms: what the capitals in the verbs' usage stand for, NULL if there are
 *	   none
 * @verbs: what can be done with it; a NULL name behind the last
 * @plain: what a command without a verb does
 * @has_options: it may have words that begin with a dash
 */
struct object {
	const char		*name;
	const char		*meaning;
	const char		*terms;
	const struct verb	*verbs;
	void			(*plain)(struct words *words);
	bool			has_options;
};

extern const struct object pool_object, rule_object, map_object,
			   session_object, host_object, stats_object, config_object,
			   monitor_object, top_object, fastpath_object,
			   save_object, apply_object, import_object,
			   lookup_object, flush_object;

/* Do what the words say. */
void command_run(struct words *words);
/* The grammar in short, as it fits below an error. */
void command_usage(FILE *to);
/* The grammar of a verb, of an object if @verb is NULL, or of all. */
void command_grammar(FILE *to, const struct object *object,
		     const struct verb *verb);

#endif /* NATCTL_COMMAND_H */
