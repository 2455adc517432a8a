#include "cmd/names.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "core/placeholder.h"

enum { PREFIX_MIN = 4 };

static int by_prefix(struct store *st, const char *text, struct oid *out, struct err *err)
{
	auto_free char *folder = path_join(store_dir(st), "blobs");
	DIR *d = opendir(folder);
	size_t found = 0;

	if (!d)
		return err_sys(err, "%s", folder);
	for (struct dirent *e; (e = readdir(d));)
		if (strncmp(e->d_name, text, strlen(text)) == 0 &&
		    oid_parse(e->d_name, strlen(e->d_name), out, err) == 0)
			found++;
	closedir(d);
	if (found == 0)
		return err_set(err, ERR_NOTFOUND, "no thunk, file or object called \"%s\"",
		               text);
	if (found > 1)
		return err_set(err, ERR_USAGE, "\"%s\" is the beginning of %zu names", text,
		               found);
	return 0;
}

int names_thunk(struct store *st, const char *text, struct oid *out, struct err *err)
{
	auto_placeholder h = { 0 };
	struct file_info info;

	if (access(text, F_OK) == 0) {
		int rc = placeholder_read(text, &h, err);

		if (rc == 1)
			*out = h.thunk;
		else if (rc == 0 && store_file(st, text, FILE_KEEP, &info, err) == 0)
			*out = info.id;
		else
			return -1;
	} else if (oid_valid(text)) {
		return oid_parse(text, strlen(text), out, err);
	} else if (strlen(text) < PREFIX_MIN) {
		return err_set(err, ERR_NOTFOUND, "no file called \"%s\"", text);
	} else if (by_prefix(st, text, out, err) < 0) {
		return -1;
	}
	if (!oid_is_thunk(out))
		return err_set(err, ERR_USAGE, "%s: not a thunk nor a placeholder", text);
	return 0;
}
