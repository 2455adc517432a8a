#include "cmd/deploy_pack.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "cmd/tools.h"
#include "model/closure.h"
#include "model/toolchain.h"

struct packing {
	struct package *p;
	struct store *st;
	char *const *envp;
	struct deploy_wish *wish;
	bool linking; /* compilers first, then what links: a package may have no room for all */
};

/* "gcc" means all that a build with it starts. */
static const struct family {
	const char *name;
	const char *programs[9]; /* drivers first; those that are not installed are left out */
} families[] = {
	{ "clang", { "clang", "clang++", "gcc", "ar", "as", "ld", "strip", "ranlib" } },
	{ "gcc", { "gcc", "g++", "ar", "as", "ld", "strip", "ranlib" } },
};

/* @what: for people. */
static int pack_manifest(const struct packing *k, const struct oid *id, const char *what,
                         struct err *err)
{
	uint64_t bytes = package_manifest_bytes(k->p, k->st, id);

	if (k->wish->max_bytes &&
	    package_size(k->p).unpacked_bytes + bytes > k->wish->max_bytes) {
		auto_free char *line = xasprintf("%s (%.1f MB)", what, (double)bytes / 1e6);

		if (!strv_has(&k->wish->left_out, line))
			strv_add(&k->wish->left_out, line);
		return 0;
	}
	return package_add_manifest(k->p, k->st, id, err);
}

static int pack_toolchain(const struct packing *k, const char *path, const char *lang,
                          struct err *err)
{
	auto_free char *what = xasprintf("%s of %s", k->linking ? "the linker" : "the compiler",
	                                 path_base(path));
	char *argv[] = { (char *)path, NULL };
	char *none[] = { NULL };
	struct call call = { .store = k->st,
		             .cwd = "/",
		             .envp = k->envp,
		             .tool = path,
		             .argv = argv,
		             .argc = 1 };
	struct toolchain tc = { 0 };
	int rc = toolchain_get(&call, lang, none, &tc, err);

	const struct oid *id = k->linking ? &tc.link_closure : &tc.compile_closure;
	if (rc == 0 && *id->s)
		rc = pack_manifest(k, id, what, err);
	toolchain_release(&tc);
	return rc;
}

static int pack_closure(const struct packing *k, const char *path, struct err *err)
{
	struct call call = { .store = k->st, .cwd = "/", .envp = k->envp };
	char *programs[] = { (char *)path, NULL };
	struct oid id;

	if (closure_of(&call, programs, NULL, &id, err) < 0)
		return -1;
	return pack_manifest(k, &id, path_base(path), err);
}

/* What compilers read of the locale of whoever deploys: hundreds of kilobytes to megabytes. */
static int pack_locale(const struct packing *k, struct err *err)
{
	struct call call = { .store = k->st, .cwd = "/", .envp = k->envp };
	struct oid id;
	bool any = false;

	if (closure_of_locale(&call, &id, &any, err) < 0)
		return -1;
	return any ? pack_manifest(k, &id, "the locale", err) : 0;
}

static int pack_tool(const struct packing *k, const char *path, struct err *err)
{
	static const char *const langs[] = { "c", "c++", "assembler-with-cpp" };

	if (model_for(path) != &model_gcc)
		return k->linking ? pack_closure(k, path, err) : 0;
	for (size_t i = 0; i < countof(langs); i++)
		if (pack_toolchain(k, path, langs[i], err) < 0)
			return -1;
	return 0;
}

static int pack_with(const struct packing *k, const char *name, struct err *err)
{
	const char *path_env = proc_env(k->envp, "PATH");

	for (size_t i = 0; i < countof(families); i++) {
		if (strcmp(families[i].name, name) != 0)
			continue;
		for (const char *const *p = families[i].programs; *p; p++) {
			auto_free char *found = proc_find_on_path(*p, path_env, NULL);
			if (found && pack_tool(k, found, err) < 0)
				return err_wrap(err, "--with %s", name);
			if (!found && p == families[i].programs)
				return err_set(err, ERR_NOTFOUND, "--with %s: not on PATH",
				               name);
		}
		return 0;
	}
	auto_free char *found = strchr(name, '/') ? realpath(name, NULL)
	                                          : proc_find_on_path(name, path_env, NULL);
	if (!found)
		return err_set(err, ERR_NOTFOUND, "--with %s: there is no such program", name);
	return pack_tool(k, found, err) < 0 ? err_wrap(err, "--with %s", name) : 0;
}

/* Servers are checked against the certificates of this machine: the host may keep its own
 * elsewhere. */
static int pack_certificates(const struct packing *k, struct err *err)
{
	static const char *const places[] = { "/etc/ssl/certs/ca-certificates.crt",
		                              "/etc/pki/tls/certs/ca-bundle.crt",
		                              "/etc/ssl/cert.pem" };
	const char *given = proc_env(k->envp, "SSL_CERT_FILE");

	if (given && *given)
		return package_add_file(k->p, "etc/certificates.pem", 0644, given, err);
	for (size_t i = 0; i < countof(places); i++)
		if (access(places[i], R_OK) == 0)
			return package_add_file(k->p, "etc/certificates.pem", 0644, places[i],
			                        err);
	return 0; /* then only what needs no TLS works, and says so */
}

static int pack_launcher(const struct packing *k, struct deploy_selftest *selftest,
                         struct err *err)
{
	auto_free char *launcher = tools_beside("gg-bootstrap");
	auto_free char *worker = tools_beside("gg-worker");

	if (!launcher || !worker)
		return err_set(err, ERR_NOTFOUND,
		               "%s is not beside this program: installed wrongly?",
		               launcher ? "gg-worker" : "gg-bootstrap");
	auto_fd fd = open(launcher, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "%s", launcher);
	if (store_put_fd(k->st, fd, true, &selftest->program, err) < 0 ||
	    package_add_object(k->p, k->st, &selftest->program, true, err) < 0 ||
	    package_add_file(k->p, "bootstrap", 0755, launcher, err) < 0)
		return -1;
	return package_add_program(k->p, k->st, k->envp, worker, err);
}

int deploy_pack(struct store *st, char *const *envp, struct deploy_wish *wish,
                struct package **out, struct deploy_selftest *selftest, struct err *err)
{
	struct packing k = { package_new(), st, envp, wish, false };
	int rc = pack_launcher(&k, selftest, err);

	if (rc == 0)
		rc = pack_certificates(&k, err);
	for (int pass = 0; pass < 2; pass++) {
		k.linking = pass == 1;
		for (size_t i = 0; rc == 0 && i < wish->with->n; i++)
			rc = pack_with(&k, wish->with->v[i], err);
	}
	if (rc == 0 && wish->with->n)
		rc = pack_locale(&k, err);
	if (rc < 0) {
		package_free(k.p);
		return -1;
	}
	*out = k.p;
	return 0;
}
