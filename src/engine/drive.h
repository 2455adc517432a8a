/**
 * Compilers without their drivers (model/driver.h): asks the driver in the sandbox, as it would
 * run there, and keeps what it has answered, here and in the store.
 */
#ifndef ENGINE_DRIVE_H
#define ENGINE_DRIVE_H

#include "core/thunk.h"
#include "model/driver.h"
#include "sandbox/box.h"
#include "store/store.h"

struct drive;

struct drive *drive_new(struct store *st);
void drive_free(struct drive *d);

/**
 * What the job's program would start. False: it is to be run itself. Cost: a parse of the
 * command line and a look-up; for a new shape two short jobs, which are waited for (a slot must
 * be free). @out is to be released in either case.
 */
bool drive_commands(struct drive *d, struct box *box, const struct thunk *t,
                    const struct box_job *job, struct driver_commands *out);

#endif
