#include "model/elfinfo.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { PHDRS_MAX = 512, DYNAMIC_MAX = 1 << 20, STRTAB_MAX = 64 << 20 };

struct image {
	int fd;
	int bits;
	Elf64_Phdr *phdrs; /* widened from 32 bits where needed */
	size_t n_phdrs;
};

void elf_info_release(struct elf_info *e)
{
	free(e->interp);
	free(e->rpath);
	free(e->runpath);
	strv_release(&e->needed);
	*e = (struct elf_info){ 0 };
}

static bool read_at(int fd, void *to, size_t len, uint64_t at)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)to + done, len - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* @len bytes from @at, NUL-terminated; NULL when they aren't all there. */
static char *read_new(int fd, uint64_t at, uint64_t len, uint64_t max)
{
	if (len > max || at > INT64_MAX - len)
		return NULL;
	char *bytes = xmalloc(len + 1);

	if (!read_at(fd, bytes, len, at)) {
		free(bytes);
		return NULL;
	}
	bytes[len] = '\0';
	return bytes;
}

static Elf64_Phdr widen(const Elf32_Phdr *p)
{
	return (Elf64_Phdr){ .p_type = p->p_type,
		             .p_offset = p->p_offset,
		             .p_vaddr = p->p_vaddr,
		             .p_filesz = p->p_filesz,
		             .p_memsz = p->p_memsz };
}

static int load_phdrs(struct image *im, uint64_t at, size_t n, size_t entry)
{
	size_t want = im->bits == 64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (n == 0)
		return 0;
	if (n > PHDRS_MAX || entry != want)
		return -1;
	auto_free char *raw = read_new(im->fd, at, n * entry, PHDRS_MAX * entry);
	if (!raw)
		return -1;
	im->phdrs = xcalloc(n, sizeof(*im->phdrs));
	im->n_phdrs = n;
	for (size_t i = 0; i < n; i++) {
		Elf32_Phdr narrow;

		if (im->bits == 64) {
			memcpy(&im->phdrs[i], raw + i * entry, entry);
			continue;
		}
		memcpy(&narrow, raw + i * entry, entry);
		im->phdrs[i] = widen(&narrow);
	}
	return 0;
}

/* Where in the file the byte at address @vaddr is; 0 for nowhere. */
static uint64_t offset_of(const struct image *im, uint64_t vaddr)
{
	for (size_t i = 0; i < im->n_phdrs; i++) {
		const Elf64_Phdr *p = &im->phdrs[i];
		if (p->p_type == PT_LOAD && vaddr >= p->p_vaddr &&
		    vaddr - p->p_vaddr < p->p_filesz)
			return p->p_offset + (vaddr - p->p_vaddr);
	}
	return 0;
}

static bool dynamic_entry(const struct image *im, const char *raw, size_t len, size_t i,
                          int64_t *tag, uint64_t *value)
{
	Elf64_Dyn wide;
	Elf32_Dyn narrow;
	size_t size = im->bits == 64 ? sizeof(wide) : sizeof(narrow);

	if ((i + 1) * size > len)
		return false;
	if (im->bits == 64) {
		memcpy(&wide, raw + i * size, size);
		*tag = wide.d_tag;
		*value = wide.d_un.d_val;
	} else {
		memcpy(&narrow, raw + i * size, size);
		*tag = narrow.d_tag;
		*value = narrow.d_un.d_val;
	}
	return *tag != DT_NULL;
}

static int read_dynamic(const struct image *im, const Elf64_Phdr *p, struct elf_info *out)
{
	auto_free char *raw = read_new(im->fd, p->p_offset, p->p_filesz, DYNAMIC_MAX);
	uint64_t at = 0, size = 0, value;
	int64_t tag;

	if (!raw)
		return -1;
	for (size_t i = 0; dynamic_entry(im, raw, p->p_filesz, i, &tag, &value); i++) {
		if (tag == DT_STRTAB)
			at = offset_of(im, value);
		else if (tag == DT_STRSZ)
			size = value;
	}
	if (!at)
		return 0;
	auto_free char *text = read_new(im->fd, at, size, STRTAB_MAX);
	if (!text)
		return -1;
	for (size_t i = 0; dynamic_entry(im, raw, p->p_filesz, i, &tag, &value); i++) {
		char **to = tag == DT_RPATH     ? &out->rpath
		            : tag == DT_RUNPATH ? &out->runpath
		                                : NULL;
		if (tag != DT_NEEDED && !to)
			continue;
		if (value >= size)
			return -1;
		if (!to)
			strv_add(&out->needed, text + value);
		else if (!*to)
			*to = xstrdup(text + value);
	}
	return 0;
}

static int read_segments(const struct image *im, struct elf_info *out)
{
	for (size_t i = 0; i < im->n_phdrs; i++) {
		const Elf64_Phdr *p = &im->phdrs[i];
		if (p->p_type == PT_INTERP && !out->interp) {
			out->interp = read_new(im->fd, p->p_offset, p->p_filesz, 4096);
			if (!out->interp)
				return -1;
		} else if (p->p_type == PT_DYNAMIC && read_dynamic(im, p, out) < 0) {
			return -1;
		}
	}
	return 0;
}

int elf_read_fd(int fd, struct elf_info *out, struct err *err)
{
	struct image im = { .fd = fd };
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;
	int rc;

	*out = (struct elf_info){ 0 };
	if (!read_at(fd, &narrow, sizeof(narrow), 0) ||
	    memcmp(narrow.e_ident, ELFMAG, SELFMAG) != 0 ||
	    narrow.e_ident[EI_DATA] != ELFDATA2LSB)
		return 0;
	im.bits = narrow.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	out->bits = im.bits;
	out->machine = narrow.e_machine;
	out->shared = narrow.e_type == ET_DYN;
	if (im.bits == 32)
		rc = load_phdrs(&im, narrow.e_phoff, narrow.e_phnum, narrow.e_phentsize);
	else if (!read_at(fd, &wide, sizeof(wide), 0))
		rc = -1;
	else
		rc = load_phdrs(&im, wide.e_phoff, wide.e_phnum, wide.e_phentsize);
	if (rc == 0)
		rc = read_segments(&im, out);
	free(im.phdrs);
	if (rc == 0)
		return 1;
	elf_info_release(out);
	return err_set(err, ERR_CORRUPT, "malformed ELF file");
}

int elf_read(const char *path, struct elf_info *out, struct err *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	*out = (struct elf_info){ 0 };
	if (fd < 0)
		return err_sys(err, "%s", path);
	int rc = elf_read_fd(fd, out, err);
	return rc < 0 ? err_wrap(err, "%s", path) : rc;
}
