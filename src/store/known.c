#include "store/known.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "core/digest.h"
#include "store/env.h"

enum { TEXT_MAX = 512 };

static char *record_path(const char *kind, const char *path, bool make)
{
	auto_free char *dir = file_user_cache_own(kind, make);
	struct oid name;

	if (!dir)
		return NULL;
	digest_bytes(path, strlen(path), &name);
	return path_join(dir, name.s);
}

/* All that says that a file is the one that was hashed; a device's number holds for a boot. */
static bool describe(const char *path, const struct stat *sb, char text[TEXT_MAX])
{
	char boot[ENV_BOOT_LEN + 1];

	env_read_boot(boot);
	if (!*boot)
		return false;
	int n = snprintf(text, TEXT_MAX, "%s %llx %llx %lld %lld %lld %.200s", boot,
	                 (unsigned long long)sb->st_dev, (unsigned long long)sb->st_ino,
	                 (long long)sb->st_size, (long long)clock_ns_of(sb->st_mtim),
	                 (long long)clock_ns_of(sb->st_ctim), path);
	return n < TEXT_MAX;
}

/* "NOTE DESCRIPTION" */
bool known_note_get(const char *kind, const char *path, const struct stat *sb, struct buf *note)
{
	auto_free char *record = record_path(kind, path, false);
	auto_buf text = BUF_LIMIT(KNOWN_NOTE_MAX + TEXT_MAX);
	char want[TEXT_MAX];
	struct err ignored;

	if (!record || !describe(path, sb, want) || file_read(record, &text, &ignored) < 0)
		return false;
	size_t tail = strlen(want) + 1;
	if (text.len < tail || text.data[text.len - tail] != ' ' ||
	    memcmp(text.data + text.len - tail + 1, want, tail - 1) != 0)
		return false;
	return buf_add(note, text.data, text.len - tail) == 0;
}

void known_note_put(const char *kind, const char *path, const struct stat *sb, const char *note)
{
	auto_free char *record = record_path(kind, path, true);
	char what[TEXT_MAX];
	auto_buf text = BUF_INIT;
	struct err ignored;

	if (!record || !describe(path, sb, what) || strlen(note) >= KNOWN_NOTE_MAX)
		return;
	buf_addf(&text, "%s %s", note, what);
	file_write(record, text.data, text.len, 0600, &ignored);
}

/* Of names: "NAME HASHED_NS". */
bool known_get(const char *path, const struct stat *sb, struct oid *id, int64_t *hashed_ns)
{
	auto_buf note = BUF_INIT;
	struct err ignored;
	char *end;

	if (!known_note_get("known", path, sb, &note))
		return false;
	const char *at = buf_str(&note);
	size_t n = strcspn(at, " ");
	if (at[n] != ' ' || oid_parse(at, n, id, &ignored) < 0 ||
	    oid_size(id) != (uint64_t)sb->st_size)
		return false;
	*hashed_ns = strtoll(at + n + 1, &end, 10);
	return end > at + n + 1 && !*end;
}

void known_put(const char *path, const struct stat *sb, const struct oid *id, int64_t hashed_ns)
{
	auto_buf note = BUF_INIT;

	buf_addf(&note, "%s %lld", id->s, (long long)hashed_ns);
	known_note_put("known", path, sb, buf_str(&note));
}
