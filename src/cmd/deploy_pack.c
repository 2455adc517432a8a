#include "cmd/deploy_pack.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "cmd/tools.h"
#include "model/toolchain.h"

struct packing {
	struct package *p;
	struct store *st;
	char *const *envp;
};

/* "gcc" means all that a build with it starts. */
static const struct family {
	const char *name;
	const char *programs[9]; /* drivers first; those that are not installed are left out */
} families[] = {
	{ "clang", { "clang", "clang++", "gcc", "ar", "as", "ld", "strip", "ranlib" } },
	{ "gcc", { "gcc", "g++", "ar", "as", "ld", "strip", "ranlib" } },
};

static int pack_toolchain(const struct packing *k, const char *path, const char *lang,
                          struct err *err)
{
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

	if (rc == 0 && *tc.compile_closure.s)
		rc = package_add_manifest(k->p, k->st, &tc.compile_closure, err);
	if (rc == 0 && *tc.link_closure.s)
		rc = package_add_manifest(k->p, k->st, &tc.link_closure, err);
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
	return package_add_manifest(k->p, k->st, &id, err);
}

static int pack_tool(const struct packing *k, const char *path, struct err *err)
{
	static const char *const langs[] = { "c", "c++", "assembler-with-cpp" };

	if (model_for(path) != &model_gcc)
		return pack_closure(k, path, err);
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

int deploy_pack(struct store *st, char *const *envp, const struct strv *with,
                struct package **out, struct deploy_selftest *selftest, struct err *err)
{
	struct packing k = { package_new(), st, envp };
	int rc = pack_launcher(&k, selftest, err);

	if (rc == 0)
		rc = pack_certificates(&k, err);
	for (size_t i = 0; rc == 0 && i < with->n; i++)
		rc = pack_with(&k, with->v[i], err);
	if (rc < 0) {
		package_free(k.p);
		return -1;
	}
	*out = k.p;
	return 0;
}
