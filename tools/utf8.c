// SPDX-License-Identifier: GPL-2.0
/* natctl: text that others chose, such as labels, for terminals and JSON. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "utf8.h"

size_t utf8_next(const char *text, uint32_t *code)
{
	/* The lowest number that needs so many bytes. */
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)text;
	size_t len, i;

	if (bytes[0] < 0x80) {
		*code = bytes[0];
		return 1;
	}
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4)
		return 0;
	len = bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
	*code = bytes[0] & (0x7f >> len);
	for (i = 1; i < len; i++) {
		/* The closing zero is no such byte either. */
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (bytes[i] & 0x3f);
	}
	if (*code < lowest[len] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return len;
}

size_t utf8_escape(const char *text, char escaped[UTF8_ESCAPED_MAX])
{
	uint32_t code = 0;
	size_t len = utf8_next(text, &code);
	bool plain = len && code >= 0x20 && (code < 0x7f || code > 0x9f);
	size_t i;

	if (!len)
		len = 1;
	if (!plain) {
		for (i = 0; i < len; i++)
			sprintf(escaped + 4 * i, "\\x%02x", (unsigned char)text[i]);
	} else if (code == '"' || code == '\\') {
		sprintf(escaped, "\\%c", text[0]);
	} else {
		memcpy(escaped, text, len);
		escaped[len] = 0;
	}
	return len;
}
