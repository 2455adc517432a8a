#include "net/profile.h"

#include <string.h>

struct piece {
	const char *s;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct piece trim(struct piece p)
{
	while (p.len && is_blank(p.s[0])) {
		p.s++;
		p.len--;
	}
	while (p.len && is_blank(p.s[p.len - 1]))
		p.len--;
	return p;
}

static bool is_word(struct piece p, const char *word)
{
	return p.len == strlen(word) && memcmp(p.s, word, p.len) == 0;
}

/* "[name]" or "[profile name]", perhaps with a comment after it. */
static bool is_section_of(struct piece line, const char *profile)
{
	const char *end = memchr(line.s, ']', line.len);

	if (!end)
		return false;
	struct piece name = trim((struct piece){ line.s + 1, (size_t)(end - line.s) - 1 });
	if (is_word(name, profile))
		return true;
	if (name.len <= 7 || memcmp(name.s, "profile", 7) != 0 || !is_blank(name.s[7]))
		return false;
	return is_word(trim((struct piece){ name.s + 7, name.len - 7 }), profile);
}

/* A comment begins at a ' #' or ' ;'. */
static struct piece without_comment(struct piece value)
{
	for (size_t i = 1; i < value.len; i++)
		if ((value.s[i] == '#' || value.s[i] == ';') && is_blank(value.s[i - 1]))
			value.len = i;
	return trim(value);
}

/* @name NULL: only whether the section is there. */
static bool search(const char *text, size_t len, const char *profile, const char *name,
                   struct piece *out)
{
	const char *end = text + len;
	bool inside = false, found = false;

	for (const char *at = text, *stop; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		struct piece line = { at, (size_t)(stop - at) };
		const char *eq = memchr(line.s, '=', line.len);

		if (line.len == 0 || strchr("#; \t\r", line.s[0]))
			continue;
		if (line.s[0] == '[') {
			inside = is_section_of(line, profile);
			found |= inside && !name;
		} else if (inside && name && eq) {
			struct piece key = { line.s, (size_t)(eq - line.s) };
			struct piece value = { eq + 1, line.len - (size_t)(eq - line.s) - 1 };

			if (is_word(trim(key), name)) {
				*out = without_comment(value);
				found = true;
			}
		}
	}
	return found;
}

char *profile_value(const char *text, size_t len, const char *profile, const char *name)
{
	struct piece value;

	if (!search(text, len, profile, name, &value) || value.len == 0 ||
	    memchr(value.s, '\0', value.len))
		return NULL;
	return xstrndup(value.s, value.len);
}

bool profile_exists(const char *text, size_t len, const char *profile)
{
	struct piece none;

	return search(text, len, profile, NULL, &none);
}
