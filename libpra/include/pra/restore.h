/** \file
 * Restoring a snapshot into a directory.
 *
 * Thread contract: may be called from several threads, with different targets. */
#ifndef PRA_RESTORE_H
#define PRA_RESTORE_H

#include <pra/backup.h>
#include <pra/context.h>
#include <pra/error.h>
#include <pra/export.h>
#include <pra/repository.h>
#include <stddef.h>
#include <stdint.h>

PRA_BEGIN_DECLARATIONS

/** What to do with files that are in the target already. */
typedef enum pra_overwrite {
  PRA_OVERWRITE_IF_CHANGED = 0, /**< Repair those that differ, block by block. */
  PRA_OVERWRITE_ALWAYS = 1,     /**< Compare the content of all. */
  PRA_OVERWRITE_NEVER = 2       /**< Leave them. */
} pra_overwrite;

/** Begin with `= {.size = sizeof(pra_restore_options)}`: what is not set is 0, and means the
 * default. */
typedef struct pra_restore_options {
  size_t size;                 /**< sizeof(pra_restore_options). */
  const char* subpath;         /**< Only what is below it, as if it were the root. */
  const char* const* includes; /**< Only what matches one of these patterns. */
  size_t include_count;
  const char* const* excludes;
  size_t exclude_count;
  pra_overwrite overwrite;
  int remove_extra;               /**< Not 0: remove what the snapshot does not have. */
  int verify;                     /**< Not 0: read everything back and compare. */
  int dry_run;                    /**< Not 0: say what would change, change nothing. */
  const char* const* tablespaces; /**< PostgreSQL: "OLD=NEW" moves a tablespace. */
  size_t tablespace_count;
  int replace_foreign; /**< PostgreSQL, not 0: another cluster may be replaced. */
  unsigned workers;    /**< Threads; 0: as many as are worth it. */
} pra_restore_options;

/** What a restore did. Free it with `pra_restore_result_free`. Read-only; grows at its end. */
typedef struct pra_restore_result {
  const char* snapshot;    /**< Id of the snapshot restored. */
  int changed;             /**< 0 when the target was equal already. */
  uint64_t files_restored; /**< Made, or their content changed. */
  uint64_t files_unchanged;
  uint64_t entries_restored; /**< Of all kinds, metadata included. */
  uint64_t entries_removed;
  uint64_t bytes_written;
  uint64_t bytes_total;   /**< Size of all files wanted. */
  uint64_t problem_count; /**< What could not be restored; not 0: the restore is partial. */
  const pra_problem* const* problems;
  size_t listed_problem_count; /**< How many are in `problems`. */
  double seconds;
} pra_restore_result;

/** Restores `snapshot` (an id, the beginning of one, or "latest") into the directory `target`,
 * which is made when absent, and syncs it. Every byte is authenticated before it is written;
 * nothing outside of the target is touched. A snapshot of type "postgres" becomes a data directory
 * that starts. `options` and `progress` may be NULL. */
PRA_EXPORT pra_error* pra_restore(const pra_restore_result** out_result, pra_repository* repository,
                                  const char* snapshot, const char* target,
                                  const pra_restore_options* options,
                                  pra_progress_callback progress, void* user_data);
PRA_EXPORT void pra_restore_result_free(const pra_restore_result* result);

PRA_END_DECLARATIONS

#endif /* PRA_RESTORE_H */
