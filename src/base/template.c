#include "base/template.h"

#include <string.h>

#include "base/path.h"

enum change { WHOLE, NO_EXTENSION, NO_EXTENSIONS, LAST, FOLDER, LAST_NO_EXTENSION };

/* One "{…}" of a template. */
struct field {
	const char *name;
	size_t name_len;
	enum change change;
	const char *end; /* behind the brace */
};

/* Is there a field at @at, a '{'? Longer suffixes first. */
static bool field_read(const char *at, struct field *f)
{
	static const struct {
		const char *suffix;
		enum change change;
	} changes[] = {
		{ "//", FOLDER },        { "/.", LAST_NO_EXTENSION }, { "/", LAST },
		{ "..", NO_EXTENSIONS }, { ".", NO_EXTENSION },
	};
	size_t n = strcspn(at + 1, "{} \t");

	if (at[n + 1] != '}')
		return false;
	*f = (struct field){ at + 1, n, WHOLE, at + n + 2 };
	for (size_t i = 0; i < countof(changes); i++) {
		size_t len = strlen(changes[i].suffix);

		if (n < len || memcmp(f->name + n - len, changes[i].suffix, len) != 0)
			continue;
		f->change = changes[i].change;
		f->name_len = n - len;
		break;
	}
	return true;
}

/* Length of the first @n characters without the extension: up to the last dot of the last part.
 */
static size_t stem_of(const char *text, size_t n)
{
	for (size_t i = n; i > 0 && text[i - 1] != '/'; i--)
		if (text[i - 1] == '.')
			return i - 1;
	return n;
}

static size_t stem(const char *text)
{
	return stem_of(text, strlen(text));
}

static void add_folder(const char *value, struct buf *out)
{
	size_t n = strlen(value);

	while (n > 1 && value[n - 1] == '/')
		n--;
	auto_free char *trimmed = xstrndup(value, n);
	auto_free char *dir = path_dir(trimmed);

	for (n = strlen(dir); n > 1 && dir[n - 1] == '/';)
		n--;
	buf_add(out, dir, n);
}

static void add_changed(const char *value, enum change change, struct buf *out)
{
	switch (change) {
	case WHOLE: buf_adds(out, value); break;
	case NO_EXTENSION: buf_add(out, value, stem(value)); break;
	case NO_EXTENSIONS: buf_add(out, value, stem_of(value, stem(value))); break;
	case LAST: buf_adds(out, path_base(value)); break;
	case LAST_NO_EXTENSION: buf_add(out, path_base(value), stem(path_base(value))); break;
	case FOLDER: add_folder(value, out); break;
	}
}

void template_expand(const char *text, template_value_fn *value, void *arg, struct buf *out)
{
	struct field f;

	for (const char *at = text; *at;) {
		const char *v = NULL;

		if (*at == '{' && field_read(at, &f))
			v = value(arg, f.name, f.name_len);
		if (v) {
			add_changed(v, f.change, out);
			at = f.end;
		} else {
			buf_addc(out, *at++);
		}
	}
}

char *template_text(const char *text, template_value_fn *value, void *arg)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, "");
	template_expand(text, value, arg, &out);
	return buf_steal(&out);
}

enum template_use template_use(const char *text, template_value_fn *value, void *arg)
{
	bool uses = false;
	bool stems = false;
	bool more = false;
	struct field f;

	for (const char *at = text; *at;) {
		if (*at == '{' && field_read(at, &f) && value(arg, f.name, f.name_len)) {
			uses = true;
			stems |= f.change == NO_EXTENSION || f.change == NO_EXTENSIONS ||
			         f.change == LAST_NO_EXTENSION;
			at = f.end;
		} else {
			more = true;
			at++;
		}
	}
	return stems && more ? TEMPLATE_DERIVES : uses ? TEMPLATE_USES : TEMPLATE_PLAIN;
}
