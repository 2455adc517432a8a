/**
 * What the dynamic section of an ELF file says: the loader, the libraries, where to look.
 * Reads headers and the dynamic section only; every offset is checked against the file.
 */
#ifndef MODEL_ELFINFO_H
#define MODEL_ELFINFO_H

#include "base/err.h"
#include "base/strv.h"

struct elf_info {
	int bits; /* 32 or 64 */
	unsigned machine;
	bool shared;   /* ET_DYN */
	char *interp;  /* owned; NULL if none */
	char *rpath;   /* owned; NULL if none */
	char *runpath; /* owned; NULL if none */
	struct strv needed;
};

void elf_info_release(struct elf_info *e);
/** 1 and @out filled, 0 when it isn't ELF of this machine's byte order, -1 (IO, CORRUPT). */
int elf_read(const char *path, struct elf_info *out, struct err *err);
int elf_read_fd(int fd, struct elf_info *out, struct err *err);

#define auto_elf_info struct elf_info cleanup(elf_info_release)

#endif
