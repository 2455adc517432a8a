/** `gg deploy container`: a folder from which an image of the worker is built. */
#ifndef CMD_DEPLOY_CONTAINER_H
#define CMD_DEPLOY_CONTAINER_H

#include <stddef.h>

#include "engine/package.h"

/** deploy/Containerfile. */
extern const unsigned char containerfile[];
extern const size_t containerfile_len;

/** Make @folder (which must not exist) with Containerfile and, in gg/, the package. */
int deploy_container(const struct package *p, const char *folder, struct err *err);

#endif
