/*
 * Long names are written with one dash or two (those that begin with 'o' with two only); a
 * value follows after "=" or in the next word. Names of one letter have one dash, and the value
 * joined or in the next word. So "-znow" is looked up as the long name "znow" first, then as
 * "z".
 *
 * Left out, so that the real linker runs: what says times or names of temporary files (-t, -M,
 * --stats, --verbose), plugins, --sysroot, caches of LTO, scripts that are run.
 */
#include "model/ldopts.h"
#include "store/look.h"

#include <string.h>
#include <sys/stat.h>

const struct ldopt ldopts[] = {
	{ "(", LDOPT_ALONE },
	{ ")", LDOPT_ALONE },
	{ "A", LDOPT_VALUE },
	{ "Bdynamic", LDOPT_ALONE },
	{ "Bgroup", LDOPT_ALONE },
	{ "Bno-group", LDOPT_ALONE },
	{ "Bno-symbolic", LDOPT_ALONE },
	{ "Bshareable", LDOPT_ALONE },
	{ "Bstatic", LDOPT_ALONE },
	{ "Bsymbolic", LDOPT_ALONE },
	{ "Bsymbolic-functions", LDOPT_ALONE },
	{ "Bsymbolic-non-weak-functions", LDOPT_ALONE },
	{ "E", LDOPT_ALONE },
	{ "EB", LDOPT_ALONE },
	{ "EL", LDOPT_ALONE },
	{ "F", LDOPT_VALUE },
	{ "I", LDOPT_VALUE },
	{ "L", LDOPT_LIB_DIR },
	{ "Map", LDOPT_MADE },
	{ "N", LDOPT_ALONE },
	{ "O", LDOPT_VALUE },
	{ "P", LDOPT_VALUE },
	{ "Qy", LDOPT_ALONE },
	{ "R", LDOPT_SYMBOLS },
	{ "S", LDOPT_ALONE },
	{ "T", LDOPT_READ },
	{ "Tbss", LDOPT_VALUE },
	{ "Tdata", LDOPT_VALUE },
	{ "Tldata-segment", LDOPT_VALUE },
	{ "Trodata-segment", LDOPT_VALUE },
	{ "Ttext", LDOPT_VALUE },
	{ "Ttext-segment", LDOPT_VALUE },
	{ "Ur", LDOPT_RELOCATABLE },
	{ "X", LDOPT_ALONE },
	{ "accept-unknown-input-arch", LDOPT_ALONE },
	{ "add-needed", LDOPT_ALONE },
	{ "allow-multiple-definition", LDOPT_ALONE },
	{ "allow-shlib-undefined", LDOPT_ALONE },
	{ "apply-dynamic-relocs", LDOPT_ALONE },
	{ "architecture", LDOPT_VALUE },
	{ "as-needed", LDOPT_ALONE },
	{ "assert", LDOPT_VALUE },
	{ "audit", LDOPT_VALUE },
	{ "auxiliary", LDOPT_VALUE },
	{ "b", LDOPT_VALUE },
	{ "build-id", LDOPT_ALONE },
	{ "build-id-chunk-size-for-treehash", LDOPT_VALUE },
	{ "build-id-min-file-size-for-treehash", LDOPT_VALUE },
	{ "c", LDOPT_READ },
	{ "call_shared", LDOPT_ALONE },
	{ "check-sections", LDOPT_ALONE },
	{ "color-diagnostics", LDOPT_ALONE },
	{ "compress-debug-sections", LDOPT_VALUE },
	{ "copy-dt-needed-entries", LDOPT_ALONE },
	{ "cref", LDOPT_ALONE },
	{ "ctf-share-types", LDOPT_VALUE },
	{ "ctf-variables", LDOPT_ALONE },
	{ "ctors-in-init-array", LDOPT_ALONE },
	{ "d", LDOPT_ALONE },
	{ "dT", LDOPT_READ },
	{ "dc", LDOPT_ALONE },
	{ "default-imported-symver", LDOPT_ALONE },
	{ "default-script", LDOPT_READ },
	{ "default-symver", LDOPT_ALONE },
	{ "define-common", LDOPT_ALONE },
	{ "defsym", LDOPT_VALUE },
	{ "demangle", LDOPT_ALONE },
	{ "depaudit", LDOPT_VALUE },
	{ "dependency-file", LDOPT_DEPS },
	{ "detect-odr-violations", LDOPT_ALONE },
	{ "disable-multiple-abs-defs", LDOPT_ALONE },
	{ "disable-new-dtags", LDOPT_ALONE },
	{ "discard-all", LDOPT_ALONE },
	{ "discard-locals", LDOPT_ALONE },
	{ "discard-none", LDOPT_ALONE },
	{ "dn", LDOPT_ALONE },
	{ "dp", LDOPT_ALONE },
	{ "dy", LDOPT_ALONE },
	{ "dynamic-linker", LDOPT_VALUE },
	{ "dynamic-list", LDOPT_READ },
	{ "dynamic-list-cpp-new", LDOPT_ALONE },
	{ "dynamic-list-cpp-typeinfo", LDOPT_ALONE },
	{ "dynamic-list-data", LDOPT_ALONE },
	{ "e", LDOPT_VALUE },
	{ "eh-frame-hdr", LDOPT_ALONE },
	{ "emit-relocs", LDOPT_ALONE },
	{ "enable-new-dtags", LDOPT_ALONE },
	{ "enable-non-contiguous-regions", LDOPT_ALONE },
	{ "enable-non-contiguous-regions-warnings", LDOPT_ALONE },
	{ "end-group", LDOPT_ALONE },
	{ "end-lib", LDOPT_ALONE },
	{ "entry", LDOPT_VALUE },
	{ "error-limit", LDOPT_VALUE },
	{ "error-unresolved-symbols", LDOPT_ALONE },
	{ "exclude-libs", LDOPT_VALUE },
	{ "export-dynamic", LDOPT_ALONE },
	{ "export-dynamic-symbol", LDOPT_VALUE },
	{ "export-dynamic-symbol-list", LDOPT_READ },
	{ "f", LDOPT_VALUE },
	{ "fatal-warnings", LDOPT_ALONE },
	{ "filter", LDOPT_VALUE },
	{ "fini", LDOPT_VALUE },
	{ "force-group-allocation", LDOPT_ALONE },
	{ "format", LDOPT_VALUE },
	{ "g", LDOPT_ALONE },
	{ "gc-keep-exported", LDOPT_ALONE },
	{ "gc-sections", LDOPT_ALONE },
	{ "gdb-index", LDOPT_ALONE },
	{ "gnu-unique", LDOPT_ALONE },
	{ "gpsize", LDOPT_VALUE },
	{ "h", LDOPT_VALUE },
	{ "hash-bucket-empty-fraction", LDOPT_VALUE },
	{ "hash-size", LDOPT_VALUE },
	{ "hash-style", LDOPT_VALUE },
	{ "i", LDOPT_RELOCATABLE },
	{ "icf", LDOPT_VALUE },
	{ "icf-iterations", LDOPT_VALUE },
	{ "ignore-unresolved-symbol", LDOPT_VALUE },
	{ "image-base", LDOPT_VALUE },
	{ "init", LDOPT_VALUE },
	{ "just-symbols", LDOPT_SYMBOLS },
	{ "keep-files-mapped", LDOPT_ALONE },
	{ "keep-unique", LDOPT_VALUE },
	{ "l", LDOPT_LIB },
	{ "ld-generated-unwind-info", LDOPT_ALONE },
	{ "library", LDOPT_LIB },
	{ "library-path", LDOPT_LIB_DIR },
	{ "m", LDOPT_VALUE },
	{ "map-whole-files", LDOPT_ALONE },
	{ "max-cache-size", LDOPT_VALUE },
	{ "mmap-output-file", LDOPT_ALONE },
	{ "mri-script", LDOPT_READ },
	{ "n", LDOPT_ALONE },
	{ "nmagic", LDOPT_ALONE },
	{ "no-accept-unknown-input-arch", LDOPT_ALONE },
	{ "no-add-needed", LDOPT_ALONE },
	{ "no-allow-multiple-definition", LDOPT_ALONE },
	{ "no-allow-shlib-undefined", LDOPT_ALONE },
	{ "no-apply-dynamic-relocs", LDOPT_ALONE },
	{ "no-as-needed", LDOPT_ALONE },
	{ "no-check-sections", LDOPT_ALONE },
	{ "no-color-diagnostics", LDOPT_ALONE },
	{ "no-copy-dt-needed-entries", LDOPT_ALONE },
	{ "no-cref", LDOPT_ALONE },
	{ "no-ctf-variables", LDOPT_ALONE },
	{ "no-ctors-in-init-array", LDOPT_ALONE },
	{ "no-define-common", LDOPT_ALONE },
	{ "no-demangle", LDOPT_ALONE },
	{ "no-detect-odr-violations", LDOPT_ALONE },
	{ "no-dynamic-linker", LDOPT_ALONE },
	{ "no-eh-frame-hdr", LDOPT_ALONE },
	{ "no-error-limit", LDOPT_ALONE },
	{ "no-export-dynamic", LDOPT_ALONE },
	{ "no-fatal-warnings", LDOPT_ALONE },
	{ "no-gc-sections", LDOPT_ALONE },
	{ "no-gdb-index", LDOPT_ALONE },
	{ "no-gnu-unique", LDOPT_ALONE },
	{ "no-keep-files-mapped", LDOPT_ALONE },
	{ "no-keep-memory", LDOPT_ALONE },
	{ "no-ld-generated-unwind-info", LDOPT_ALONE },
	{ "no-map-whole-files", LDOPT_ALONE },
	{ "no-mmap-output-file", LDOPT_ALONE },
	{ "no-omagic", LDOPT_ALONE },
	{ "no-pic-executable", LDOPT_ALONE },
	{ "no-pie", LDOPT_ALONE },
	{ "no-posix-fallocate", LDOPT_ALONE },
	{ "no-print-gc-sections", LDOPT_ALONE },
	{ "no-print-icf-sections", LDOPT_ALONE },
	{ "no-print-map-discarded", LDOPT_ALONE },
	{ "no-relax", LDOPT_ALONE },
	{ "no-rosegment", LDOPT_ALONE },
	{ "no-strip-discarded", LDOPT_ALONE },
	{ "no-text-reorder", LDOPT_ALONE },
	{ "no-threads", LDOPT_ALONE },
	{ "no-undefined", LDOPT_ALONE },
	{ "no-undefined-version", LDOPT_ALONE },
	{ "no-warn-backrefs", LDOPT_ALONE },
	{ "no-warn-common", LDOPT_ALONE },
	{ "no-warn-execstack", LDOPT_ALONE },
	{ "no-warn-mismatch", LDOPT_ALONE },
	{ "no-warn-rwx-segments", LDOPT_ALONE },
	{ "no-warn-search-mismatch", LDOPT_ALONE },
	{ "no-warn-shared-textrel", LDOPT_ALONE },
	{ "no-warn-symbol-ordering", LDOPT_ALONE },
	{ "no-warnings", LDOPT_ALONE },
	{ "no-whole-archive", LDOPT_ALONE },
	{ "noinhibit-exec", LDOPT_ALONE },
	{ "non_shared", LDOPT_ALONE },
	{ "nostdlib", LDOPT_ALONE },
	{ "o", LDOPT_OUTPUT },
	{ "oformat", LDOPT_SHAPE },
	{ "omagic", LDOPT_ALONE },
	{ "optimize", LDOPT_VALUE },
	{ "orphan-handling", LDOPT_VALUE },
	{ "out-implib", LDOPT_MADE },
	{ "output", LDOPT_OUTPUT },
	{ "p", LDOPT_ALONE },
	{ "pack-dyn-relocs", LDOPT_ALONE },
	{ "package-metadata", LDOPT_ALONE },
	{ "pic-executable", LDOPT_ALONE },
	{ "pie", LDOPT_ALONE },
	{ "pop-state", LDOPT_ALONE },
	{ "posix-fallocate", LDOPT_ALONE },
	{ "preread-archive-symbols", LDOPT_ALONE },
	{ "print-gc-sections", LDOPT_ALONE },
	{ "print-icf-sections", LDOPT_ALONE },
	{ "print-map-discarded", LDOPT_ALONE },
	{ "print-memory-usage", LDOPT_ALONE },
	{ "push-state", LDOPT_ALONE },
	{ "q", LDOPT_ALONE },
	{ "qmagic", LDOPT_ALONE },
	{ "r", LDOPT_RELOCATABLE },
	{ "reduce-memory-overheads", LDOPT_ALONE },
	{ "relax", LDOPT_ALONE },
	{ "relocatable", LDOPT_RELOCATABLE },
	{ "require-defined", LDOPT_VALUE },
	{ "retain-symbols-file", LDOPT_READ },
	{ "rosegment", LDOPT_ALONE },
	{ "rosegment-gap", LDOPT_VALUE },
	{ "rpath", LDOPT_RPATH },
	{ "rpath-link", LDOPT_RPATH },
	{ "s", LDOPT_ALONE },
	{ "script", LDOPT_READ },
	{ "section-ordering-file", LDOPT_READ },
	{ "section-start", LDOPT_VALUE },
	{ "shared", LDOPT_ALONE },
	{ "soname", LDOPT_VALUE },
	{ "sort-common", LDOPT_ALONE },
	{ "sort-section", LDOPT_VALUE },
	{ "spare-dynamic-tags", LDOPT_VALUE },
	{ "split-by-file", LDOPT_ALONE },
	{ "split-by-reloc", LDOPT_ALONE },
	{ "split-stack-adjust-size", LDOPT_VALUE },
	{ "start-group", LDOPT_ALONE },
	{ "start-lib", LDOPT_ALONE },
	{ "static", LDOPT_ALONE },
	{ "strip-all", LDOPT_ALONE },
	{ "strip-debug", LDOPT_ALONE },
	{ "strip-debug-gdb", LDOPT_ALONE },
	{ "strip-debug-non-line", LDOPT_ALONE },
	{ "strip-discarded", LDOPT_ALONE },
	{ "strip-lto-sections", LDOPT_ALONE },
	{ "symbol-ordering-file", LDOPT_READ },
	{ "task-link", LDOPT_VALUE },
	{ "text-reorder", LDOPT_ALONE },
	{ "thread-count", LDOPT_VALUE },
	{ "thread-count-final", LDOPT_VALUE },
	{ "thread-count-initial", LDOPT_VALUE },
	{ "thread-count-middle", LDOPT_VALUE },
	{ "threads", LDOPT_ALONE },
	{ "trace-symbol", LDOPT_VALUE },
	{ "traditional-format", LDOPT_ALONE },
	{ "u", LDOPT_VALUE },
	{ "undefined", LDOPT_VALUE },
	{ "undefined-version", LDOPT_ALONE },
	{ "unique", LDOPT_ALONE },
	{ "unresolved-symbols", LDOPT_VALUE },
	{ "use-android-relr-tags", LDOPT_ALONE },
	{ "version-script", LDOPT_READ },
	{ "w", LDOPT_ALONE },
	{ "warn-alternate-em", LDOPT_ALONE },
	{ "warn-backrefs", LDOPT_ALONE },
	{ "warn-common", LDOPT_ALONE },
	{ "warn-constructors", LDOPT_ALONE },
	{ "warn-execstack", LDOPT_ALONE },
	{ "warn-ifunc-textrel", LDOPT_ALONE },
	{ "warn-mismatch", LDOPT_ALONE },
	{ "warn-multiple-gp", LDOPT_ALONE },
	{ "warn-once", LDOPT_ALONE },
	{ "warn-rwx-segments", LDOPT_ALONE },
	{ "warn-search-mismatch", LDOPT_ALONE },
	{ "warn-section-align", LDOPT_ALONE },
	{ "warn-shared-textrel", LDOPT_ALONE },
	{ "warn-textrel", LDOPT_ALONE },
	{ "warn-unresolved-symbols", LDOPT_ALONE },
	{ "weak-unresolved-symbols", LDOPT_ALONE },
	{ "whole-archive", LDOPT_ALONE },
	{ "wrap", LDOPT_VALUE },
	{ "x", LDOPT_ALONE },
	{ "y", LDOPT_VALUE },
	{ "z", LDOPT_VALUE },
};
const size_t ldopts_n = countof(ldopts);

static const struct ldopt *row_of(const char *name, size_t len)
{
	size_t lo = 0;
	size_t hi = ldopts_n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int cmp = strncmp(ldopts[mid].name, name, len);

		if (cmp == 0 && ldopts[mid].name[len])
			cmp = 1;
		if (cmp == 0)
			return &ldopts[mid];
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct ldopt *ldopt_find(const char *word, const char **value)
{
	bool two = word[0] == '-' && word[1] == '-';
	const char *name = word + 1 + two;
	size_t n = strcspn(name, "=");
	const struct ldopt *o = NULL;

	*value = NULL;
	if (word[0] != '-' || !*name)
		return NULL;
	if (n > 1 && (two || name[0] != 'o'))
		o = row_of(name, n);
	if (o && name[n])
		*value = name + n + 1;
	if (o || two)
		return o;
	o = row_of(name, 1);
	if (!name[1])
		return o;
	*value = name + 1;
	/* "-sS" is not "-s -S" */
	return o && o->kind != LDOPT_ALONE && o->kind != LDOPT_RELOCATABLE ? o : NULL;
}

void ldopts_call_release(struct ldopts_call *c)
{
	ldscan_release(&c->scan);
	strv_release(&c->made);
	strv_release(&c->deps);
}

static void take_folders(struct ldscan *s, const char *list)
{
	for (const char *at = list; *at; at += strcspn(at, ":") + (strchr(at, ':') != NULL))
		if (strcspn(at, ":"))
			strv_addn(&s->needed_dirs, at, strcspn(at, ":"));
}

static bool is_folder(const char *path)
{
	struct stat st;

	return look_stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void take_value(struct ldopts_call *c, enum ldopt_kind kind, const char *value)
{
	switch (kind) {
	case LDOPT_SYMBOLS:
		if (is_folder(value))
			take_folders(&c->scan, value);
		else
			strv_add(&c->scan.files, value);
		break;
	case LDOPT_READ: strv_add(&c->scan.files, value); break;
	case LDOPT_RPATH: take_folders(&c->scan, value); break;
	case LDOPT_LIB: strv_add(&c->scan.libs, value); break;
	case LDOPT_LIB_DIR: strv_add(&c->scan.lib_dirs, value); break;
	case LDOPT_OUTPUT: c->output = value; break;
	case LDOPT_MADE: strv_add(&c->made, value); break;
	case LDOPT_DEPS: strv_add(&c->deps, value); break;
	case LDOPT_SHAPE: c->odd_shape = true; break;
	default: break;
	}
}

/* A map in a folder gets a name of the linker's choice; "-" is the standard output. */
static bool is_bad_output(enum ldopt_kind kind, const char *value)
{
	return (kind == LDOPT_MADE || kind == LDOPT_DEPS) &&
	       (strcmp(value, "-") == 0 || strchr(value, '%') || is_folder(value));
}

void ldopts_take(struct ldopts_call *c, char *const *words, size_t n, struct plan *p)
{
	for (size_t i = 0; i < n && !p->delegate; i++) {
		const char *word = words[i];
		const char *value;

		if (word[0] != '-' && word[0] != '@') {
			strv_add(&c->scan.files, word);
			continue;
		}
		const struct ldopt *o = ldopt_find(word, &value);
		bool alone = o && (o->kind == LDOPT_ALONE || o->kind == LDOPT_RELOCATABLE);

		c->relocatable |= o && o->kind == LDOPT_RELOCATABLE;
		if (o && !alone && !value && i + 1 < n)
			value = words[++i];
		if (!o || (!alone && (!value || is_bad_output(o->kind, value))))
			plan_delegate(p, "linker option %.*s", (int)strcspn(word, "="), word);
		else if (!alone)
			take_value(c, o->kind, value);
	}
}
