/**
 * The library that is preloaded into jobs on step BOX_SHIM, as bytes of this program: so a
 * worker that travels needs no other file, and no place to look for one. preload.c says what it
 * does.
 */
#ifndef SANDBOX_SHIM_IMAGE_H
#define SANDBOX_SHIM_IMAGE_H

#include <stddef.h>

extern const unsigned char shim_image[];
extern const size_t shim_image_len;

#endif
