/** \file
 * Backing up paths, a PostgreSQL cluster, or a stream of bytes.
 *
 * Thread contract: every function may be called from several threads, also on one repository.
 * It blocks until the backup is durable; `pra_context_cancel` or the progress callback end it. */
#ifndef PRA_BACKUP_H
#define PRA_BACKUP_H

#include <pra/context.h>
#include <pra/error.h>
#include <pra/export.h>
#include <pra/repository.h>
#include <stddef.h>
#include <stdint.h>

PRA_BEGIN_DECLARATIONS

/** One item that could not be handled while the rest went on. */
typedef struct pra_problem {
  const char* item;    /**< Path or id, printable. */
  const char* message; /**< What failed and why. */
} pra_problem;

/** Options of every backup. Begin with `= {.size = sizeof(pra_backup_options)}`: what is not set is
 * 0, and means the default. Those that say "paths" are for `pra_backup_paths` only. */
typedef struct pra_backup_options {
  size_t size;             /**< sizeof(pra_backup_options). */
  const char* source;      /**< Name of the source, kept as a tag. */
  const char* const* tags; /**< tag_count of them. */
  size_t tag_count;
  const char* host;            /**< NULL: this host's name. */
  int dry_run;                 /**< Not 0: store nothing, say what would be. */
  int compression_level;       /**< zstd, 1 to 19; 0: the default, 2. */
  unsigned workers;            /**< Threads; 0: one a core. */
  const char* const* excludes; /**< paths: patterns as restic's --exclude. */
  size_t exclude_count;
  int exclude_caches;           /**< paths: leave out directories with a CACHEDIR.TAG. */
  int one_file_system;          /**< paths: do not cross into other file systems. */
  uint64_t exclude_larger_than; /**< paths: bytes; 0: no limit. */
  int force;                    /**< paths: read every file again. */
} pra_backup_options;

/** What a backup did. Free it with `pra_backup_result_free`. Read-only; grows at its end. */
typedef struct pra_backup_result {
  const char* snapshot; /**< Id of the snapshot; "" on a dry run. */
  const char* parent;   /**< Id of the one it was compared with, or "". */
  uint64_t files_new;
  uint64_t files_changed;
  uint64_t files_unmodified;
  uint64_t files;            /**< All files in the snapshot. */
  uint64_t bytes;            /**< Their size. */
  uint64_t bytes_new;        /**< Of these, what the repository did not have. */
  uint64_t bytes_stored;     /**< What that took. */
  uint64_t unreadable_count; /**< Files that are missing, as they could not be read: when it
                                  is not 0 the backup is partial. */
  uint64_t problem_count;    /**< These, and files that changed while they were read. */
  const pra_problem* const* problems; /**< The first of them. */
  size_t listed_problem_count;        /**< How many are in `problems`. */
  double seconds;
} pra_backup_result;

/** Backs up files and directories, whole and with all their metadata. A file that cannot be read is
 * in the result, not an error. `options` and `progress` may be NULL. */
PRA_EXPORT pra_error* pra_backup_paths(const pra_backup_result** out_result,
                                       pra_repository* repository, const char* const* paths,
                                       size_t path_count, const pra_backup_options* options,
                                       pra_progress_callback progress, void* user_data);

/** Takes a base backup of a PostgreSQL cluster over the replication protocol. `dsn` is a libpq
 * connection string without a password, such as "service=shop": credentials come from libpq's own
 * places. */
PRA_EXPORT pra_error* pra_backup_postgres(const pra_backup_result** out_result,
                                          pra_repository* repository, const char* dsn,
                                          const pra_backup_options* options,
                                          pra_progress_callback progress, void* user_data);

/** Fills `buffer` with at most `length` bytes and says how many; 0 at the end of the stream, and a
 * negative number to fail the backup, of which then nothing is kept. Called from one thread at a
 * time. */
typedef int64_t (*pra_read_callback)(void* buffer, size_t length, void* user_data);

/** Backs up a stream of bytes as one file named `file_name`. `read` and `progress` both get
 * `user_data`, and may run at the same time. */
PRA_EXPORT pra_error* pra_backup_stream(const pra_backup_result** out_result,
                                        pra_repository* repository, const char* file_name,
                                        pra_read_callback read, const pra_backup_options* options,
                                        pra_progress_callback progress, void* user_data);

PRA_EXPORT void pra_backup_result_free(const pra_backup_result* result);

PRA_END_DECLARATIONS

#endif /* PRA_BACKUP_H */
