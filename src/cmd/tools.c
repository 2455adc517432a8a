#include "cmd/tools.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "core/digest.h"
#include "intercept/launch.h"
#include "intercept/target.h"
#include "model/conf.h"
#include "model/plan.h"

char *tools_beside(const char *name)
{
	auto_free char *self = file_readlink("/proc/self/exe");
	auto_free char *dir = self ? path_dir(self) : xstrdup(".");
	/* beside us in a build tree, in libexec when installed */
	static const char *const places[] = { "", "../libexec/gg/", "../lib/gg/" };

	for (size_t i = 0; i < countof(places); i++) {
		auto_free char *there = xasprintf("%s%s", places[i], name);
		auto_free char *full = path_absolute(dir, there);

		if (access(full, R_OK) == 0)
			return steal(&full);
	}
	return NULL;
}

/* What the set of links depends on, as text. */
static void describe_path(const char *path, const char *wrapper, bool readers,
                          const struct conf *conf, struct buf *out)
{
	buf_addf(out, "%s\n%d\n", wrapper, readers);
	for (size_t i = 0; i < conf->n; i++)
		buf_addf(out, "%s%s\n", conf->v[i].name, conf->v[i].off ? " off" : "");
	for (const char *p = path; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		size_t n = strcspn(p, ":");
		auto_free char *dir = xstrndup(p, n);
		struct stat st;

		if (n == 0 || stat(dir, &st) < 0)
			continue;
		buf_addf(out, "%s %lld\n", dir, (long long)clock_ns_of(st.st_mtim));
	}
}

static bool is_wanted(const char *name, bool readers, const struct conf *conf)
{
	const struct model *m = name[0] == '.' ? NULL : model_for(name);
	size_t at = 0;

	if (!m)
		return conf_next(conf, name, &at) != NULL;
	return readers || m != &model_reader;
}

static int link_tools_of(const char *dir, const char *into, const char *wrapper, bool readers,
                         const struct conf *conf, struct err *err)
{
	DIR *d = opendir(dir);

	if (!d)
		return 0;
	for (struct dirent *e; (e = readdir(d));) {
		if (!is_wanted(e->d_name, readers, conf))
			continue;
		auto_free char *tool = path_join(dir, e->d_name);
		auto_free char *name = path_join(into, e->d_name);

		if (access(tool, X_OK) < 0)
			continue;
		if (symlink(wrapper, name) < 0 && errno != EEXIST) {
			err_sys(err, "%s", name);
			closedir(d);
			return -1;
		}
	}
	closedir(d);
	return 0;
}

static int make_links(const char *path, const char *folder, const char *wrapper, bool readers,
                      const struct conf *conf, struct err *err)
{
	auto_free char *tmp = xasprintf("%s.%d", folder, (int)getpid());

	if (file_mkdirs(tmp, 0755, err) < 0)
		return -1;
	for (const char *p = path; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		auto_free char *dir = xstrndup(p, strcspn(p, ":"));

		if (*dir && link_tools_of(dir, tmp, wrapper, readers, conf, err) < 0)
			return -1;
	}
	/* A placeholder of a program that is run asks for it. */
	auto_free char *runner = path_join(tmp, "gg-force-and-run");
	auto_free char *self = realpath("/proc/self/exe", NULL);
	if (!self || symlink(self, runner) < 0)
		return err_sys(err, "%s", runner);
	if (rename(tmp, folder) < 0) {
		if (errno != EEXIST && errno != ENOTEMPTY)
			return err_sys(err, "%s", folder);
		/* another process was faster */
		return file_remove_tree(tmp, err);
	}
	return 0;
}

/* The folder for this @path, below the store; made when it is new or PATH's folders have
 * changed. Any number of processes may do so at once. Cost when known: a stat per folder of
 * PATH. */
static char *links_folder(struct store *st, const char *path, bool readers, struct err *err)
{
	auto_free char *wrapper = tools_beside("gg-model");
	auto_buf what = BUF_INIT;
	struct oid id;

	if (!wrapper) {
		err_set(err, ERR_NOTFOUND,
		        "gg-model is not beside this program: installed wrongly?");
		return NULL;
	}
	auto_free char *home = conf_home(environ);
	auto_conf conf = { 0 };
	conf_load(&conf, store_dir(st), home);
	for (size_t i = 0; i < conf.errors.n; i++)
		fprintf(stderr, "gg: %s; this line counts for nothing\n", conf.errors.v[i]);
	describe_path(path, wrapper, readers, &conf, &what);
	digest_bytes(what.data, what.len, &id);
	auto_free char *folder = xasprintf("%s/models/%.20s", store_dir(st), id.s + 1);
	if (access(folder, X_OK) < 0 &&
	    make_links(path, folder, wrapper, readers, &conf, err) < 0)
		return NULL;
	return steal(&folder);
}

static bool is_set_by(const char *entry, const struct strv *set)
{
	for (size_t i = 0; i < set->n; i++) {
		size_t n = strcspn(set->v[i], "=");

		if (strncmp(entry, set->v[i], n) == 0 && entry[n] == '=')
			return true;
	}
	return false;
}

/* PATH without the folder that an outer gg has put there. */
static char *own_path(void)
{
	const char *path = getenv("PATH");
	const char *models = getenv("GG_MODELPATH");
	size_t n = models ? strlen(models) : 0;

	path = path ? path : "/usr/local/bin:/usr/bin:/bin";
	if (n && strncmp(path, models, n) == 0 && path[n] == ':')
		path += n + 1;
	return xstrdup(path);
}

/* ld.so has no way to quote a blank or a colon. */
static char *usable_library(const char *command)
{
	auto_free char *library =
		getenv("GG_NO_PRELOAD") ? NULL : tools_beside("libgg-intercept.so");
	char real[PATH_MAX];

	if (!library || strpbrk(library, " :\n") ||
	    target_inspect("/bin/sh", real, sizeof(real)) != TARGET_HOOKED ||
	    (target_inspect(command, real, sizeof(real)) != TARGET_HOOKED &&
	     !model_for(command)))
		return NULL;
	return steal(&library);
}

char *tools_program(const struct tools *t, const char *command)
{
	auto_free char *models = NULL;

	if (strchr(command, '/'))
		return xstrdup(command);
	if (t->folder && !t->library)
		models = xasprintf("%s:%s", t->folder, t->path);
	char *found = proc_find_on_path(command, models ? models : t->path, NULL);
	return found ? found : xstrdup(command);
}

int tools_find(struct store *st, const char *command, bool placeholders, struct tools *out,
               struct err *err)
{
	const char *models = getenv("GG_MODELPATH");
	auto_tools t = { .path = own_path() };
	auto_free char *found = tools_program(&t, command);

	t.library = usable_library(found);
	t.folder = models ? xstrdup(models)
	                  : links_folder(st, t.path, placeholders && !t.library, err);
	if (!t.folder)
		return -1;
	*out = t;
	t = (struct tools){ 0 };
	return 0;
}

void tools_release(struct tools *t)
{
	free(t->folder);
	free(t->library);
	free(t->path);
}

/* "LD_PRELOAD=…": what the user has there stays. */
static char *preload_list(const char *library)
{
	const char *old = getenv("LD_PRELOAD");

	old = old ? old : "";
	if (!library || strstr(old, library))
		return xasprintf(LAUNCH_PRELOAD "%s", old);
	return xasprintf(LAUNCH_PRELOAD "%s%s%s", library, *old ? ":" : "", old);
}

struct strv tools_additions(const struct tools *t, struct store *st)
{
	struct strv added = STRV_INIT;
	auto_free char *wrapper = tools_beside("gg-model");

	if (t->library)
		strv_addf(&added, "PATH=%s", t->path);
	else
		strv_addf(&added, "PATH=%s:%s", t->folder, t->path);
	strv_addf(&added, LAUNCH_PATH "%s", t->path);
	strv_addf(&added, LAUNCH_MODELS "%s", t->folder);
	strv_addf(&added, LAUNCH_DIR "%s", store_dir(st));
	strv_addf(&added, LAUNCH_WRAPPER "%s", wrapper ? wrapper : "");
	strv_addf(&added, LAUNCH_LIBRARY "%s", t->library ? t->library : "");
	strv_take(&added, preload_list(t->library));
	return added;
}

struct strv tools_environment(const struct strv *added)
{
	struct strv env = STRV_INIT;

	for (char **e = environ; *e; e++)
		if (!is_set_by(*e, added))
			strv_add(&env, *e);
	for (size_t i = 0; i < added->n; i++)
		if (added->v[i][strcspn(added->v[i], "=")] && strchr(added->v[i], '=')[1])
			strv_add(&env, added->v[i]);
	return env;
}
