/*
 * "!<thin>\n", then headers of 60 bytes: name[16] … size[10] "`\n". "/" (symbols) and "//"
 * (long names) have their bytes after them, at even offsets; members have none. A member's name
 * is
 * "/OFFSET" into the long names, where it ends with "/\n".
 */
#include "model/thin.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"

enum { HEADER = 60, SIZE_AT = 48, SIZE_LEN = 10, NAME_LEN = 16, ARCHIVE_MAX = 256 << 20 };

static const char magic[] = "!<thin>\n";

bool thin_sniff(const char *head, size_t len)
{
	return len >= 8 && memcmp(head, magic, 8) == 0;
}

static unsigned long number(const char *text, size_t len)
{
	char digits[NAME_LEN + 1] = "";

	memcpy(digits, text, len);
	return strtoul(digits, NULL, 10);
}

static int add_member(const char *header, const char *names, size_t names_len, const char *dir,
                      struct strv *members, struct err *err)
{
	unsigned long at = number(header + 1, NAME_LEN - 1);

	if (header[0] != '/' || !names || at >= names_len)
		return err_set(err, ERR_CORRUPT, "a thin archive with a bad name");
	const char *end = memmem(names + at, names_len - at, "/\n", 2);
	if (!end)
		return err_set(err, ERR_CORRUPT, "a thin archive with a bad name");
	if (memchr(header + 1, ':', NAME_LEN - 1))
		return err_set(err, ERR_UNSURE, "a thin archive of an archive");
	auto_free char *name = xstrndup(names + at, (size_t)(end - names) - at);
	strv_take(members, name[0] == '/' || !*dir ? xstrdup(name) : path_join(dir, name));
	return 0;
}

int thin_parse(const char *data, size_t len, const char *dir, struct strv *members,
               struct err *err)
{
	const char *names = NULL;
	size_t names_len = 0;

	if (!thin_sniff(data, len))
		return err_set(err, ERR_CORRUPT, "no thin archive");
	for (size_t at = 8; at + HEADER <= len;) {
		const char *h = data + at;
		size_t size = number(h + SIZE_AT, SIZE_LEN);
		bool table = h[0] == '/' &&
		             (h[1] == ' ' || h[1] == '/' || strncmp(h, "/SYM64/", 7) == 0);

		at += HEADER;
		if (!table) {
			if (add_member(h, names, names_len, dir, members, err) < 0)
				return -1;
			continue;
		}
		if (size > len - at)
			return err_set(err, ERR_CORRUPT, "a thin archive that is cut short");
		if (h[1] == '/') {
			names = data + at;
			names_len = size;
		}
		at += size + (size & 1);
	}
	return 0;
}

int thin_members(const char *path, struct strv *members, struct err *err)
{
	auto_buf raw = BUF_LIMIT(ARCHIVE_MAX);
	auto_free char *dir = strchr(path, '/') ? path_dir(path) : xstrdup("");

	if (file_read(path, &raw, err) < 0)
		return -1;
	return thin_parse(raw.data, raw.len, dir, members, err);
}
