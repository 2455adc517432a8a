/* Whatever the text, a URI is refused, or what is shown of it has neither its password nor a
 * secret option. */
#include "fuzz.h"

#include "net/uri.h"

#include <string.h>

/* What is shown escapes other bytes, so only a password of plain ones can be looked for. */
static bool is_plain(const char *s)
{
	return strlen(s) >= 8 && s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == '\0';
}

/* Whether @word stands in @shown; the digits of an escape ("%40" before "ATQ…") are none of it.
 */
static bool shows(const char *shown, const char *word)
{
	for (const char *p = shown; (p = strstr(p, word)); p++)
		if (!(p > shown && p[-1] == '%') && !(p > shown + 1 && p[-2] == '%'))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = xstrndup((const char *)data, size);
	auto_uri u = URI_INIT;
	auto_uri again = URI_INIT;

	if (uri_parse(text, &u, NULL) < 0) {
		MUST(!u.scheme && !u.host && !u.options.n);
		return 0;
	}
	MUST(u.scheme && u.host && u.path && u.port <= 65535);
	auto_free char *shown = uri_display(&u);
	if (u.password && is_plain(u.password)) {
		auto_uri bare = URI_INIT;
		auto_free char *all =
			xasprintf("%s|%s|%s", u.user ? u.user : "", u.host, u.path);

		for (size_t i = 0; i < u.options.n; i++)
			if (strstr(u.options.v[i], u.password))
				return 0;
		MUST(strstr(all, u.password) || !shows(shown, u.password));
		MUST(uri_parse(shown, &bare, NULL) < 0 || !bare.password);
	}
	/* what is shown means the same place */
	if (uri_parse(shown, &again, NULL) == 0) {
		MUST(strcmp(again.host, u.host) == 0 && again.port == u.port);
		MUST(strcmp(again.path, u.path) == 0);
	}
	return 0;
}
