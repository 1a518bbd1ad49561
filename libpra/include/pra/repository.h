/** \file
 * Repositories: restic's format, version 2. What is written here restic reads, and the other way
 * round.
 *
 * Thread contract: safe for concurrent use; several operations may run on one repository at once.
 */
#ifndef PRA_REPOSITORY_H
#define PRA_REPOSITORY_H

#include <pra/context.h>
#include <pra/error.h>
#include <pra/export.h>

PRA_BEGIN_DECLARATIONS

typedef struct pra_repository pra_repository;

/** Opens a repository. `location` is a directory. `key_reference` says where its key or password is
 * to be had: "file:PATH", "env:NAME", "command:PROGRAM ARG…", "credential:NAME" (systemd). A secret
 * itself is refused there. PRA_NO_REPOSITORY, PRA_WRONG_KEY, PRA_UNSUPPORTED. */
PRA_EXPORT pra_error* pra_repository_open(pra_repository** out_repository, pra_context* context,
                                          const char* location, const char* key_reference);
/** Creates a repository and opens it. A key file ("file:PATH") that does not exist is made: 256
 * random bits, mode 0600. Keep a copy of it elsewhere: without it the backups are lost.
 * PRA_ALREADY_EXISTS when there is one. */
PRA_EXPORT pra_error* pra_repository_init(pra_repository** out_repository, pra_context* context,
                                          const char* location, const char* key_reference);
/** Closes a repository with which nothing works any more; NULL is allowed. */
PRA_EXPORT void pra_repository_close(pra_repository* repository);

/** Its id, 64 hex digits; lives as long as `repository`. */
PRA_EXPORT const char* pra_repository_id(const pra_repository* repository);

PRA_END_DECLARATIONS

#endif /* PRA_REPOSITORY_H */
