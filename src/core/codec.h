/**
 * Thunks as bytes: the magic, then a proto3 message (WIRE 2). A thunk of classic
 * fields has the bytes, hence the name, that the original gives it.
 */
#ifndef CORE_CODEC_H
#define CORE_CODEC_H

#include "base/buf.h"
#include "core/thunk.h"

/** Encode, normalised (references sorted); appends to @out. */
int thunk_encode(struct thunk *t, struct buf *out, struct err *err);
/** Decode and check; CORRUPT for anything but a whole, valid thunk. @out owned. */
int thunk_decode(const void *data, size_t len, struct thunk **out, struct err *err);
/** The same into an empty thunk (thunk_new, thunk_clear); on error it holds a part. */
int thunk_decode_into(const void *data, size_t len, struct thunk *t, struct err *err);

#endif
