/* SPDX-License-Identifier: GPL-2.0 */
/* The files that natctl reads, from the input of a fuzzer. */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include <stddef.h>

/* The name of the first one */
#define FILES_FIRST	"file"

/* What is behind a form feed is the file that every include names. */
void files_begin(const char *text, size_t len);
/* Those that an error has left open are closed. */
void files_end(void);
/* A line that is in no file; it is changed. */
void files_line(char *line);

#endif /* FUZZ_FILES_H */
