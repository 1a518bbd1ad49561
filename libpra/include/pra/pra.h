/** \file
 * libpra, a recovery engine: back up, restore, prove and probe. This header has all of it.
 *
 * Conventions (docs/api-conventions.md has them in full): functions that can fail return
 * `pra_error *`, NULL being success; outputs come first and are named out_…; `user_data` comes
 * last; what the library makes, the library frees; strings are UTF-8, paths are the system's bytes;
 * structs that the caller fills begin with their size. */
#ifndef PRA_PRA_H
#define PRA_PRA_H

#include <pra/backup.h>
#include <pra/context.h>
#include <pra/digest.h>
#include <pra/error.h>
#include <pra/export.h>
#include <pra/probe.h>
#include <pra/repository.h>
#include <pra/restore.h>
#include <pra/run.h>
#include <pra/snapshot.h>
#include <pra/verify.h>
#include <pra/version.h>

#endif /* PRA_PRA_H */
