/** \file
 * Proof: that a repository is whole, and that a restored tree equals its snapshot.
 *
 * Thread contract: may be called from several threads. Nothing is changed. */
#ifndef PRA_VERIFY_H
#define PRA_VERIFY_H

#include <pra/context.h>
#include <pra/error.h>
#include <pra/export.h>
#include <pra/repository.h>
#include <stddef.h>
#include <stdint.h>

PRA_BEGIN_DECLARATIONS

/** Something that is wrong. */
typedef struct pra_finding {
  const char* severity; /**< "error" or "warning". */
  const char* object;   /**< "pack 1234…", "snapshot …", or a path. */
  const char* message;  /**< What is wrong with it. */
} pra_finding;

/** Begin with `= {.size = sizeof(pra_verify_options)}`. */
typedef struct pra_verify_options {
  size_t size;      /**< sizeof(pra_verify_options). */
  int read_data;    /**< Not 0: read and check every byte, not structure only. */
  double share;     /**< With read_data: the part of the packs to read, 0 to 1; 0: all. */
  unsigned workers; /**< Threads; 0: one a core. */
} pra_verify_options;

/** What was seen. Damage is in the result, not an error: look at `error_count`. Free it with
 * `pra_verify_result_free`. Read-only; grows at its end. */
typedef struct pra_verify_result {
  uint64_t error_count;               /**< Errors, or differences; 0: all is well. */
  const pra_finding* const* findings; /**< The first of them, and warnings. */
  size_t finding_count;               /**< How many are in `findings`. */
  uint64_t snapshots;                 /**< Repository: snapshots, trees, blobs, packs looked at. */
  uint64_t trees;
  uint64_t blobs;
  uint64_t packs;
  uint64_t packs_read;
  uint64_t entries; /**< Restored tree: entries compared. */
  uint64_t bytes_read;
  const char* const* damaged_files; /**< Repository: files that damage costs. */
  size_t damaged_file_count;
  double seconds;
} pra_verify_result;

/** Checks a repository. `options` and `progress` may be NULL. */
PRA_EXPORT pra_error* pra_verify_repository(const pra_verify_result** out_result,
                                            pra_repository* repository,
                                            const pra_verify_options* options,
                                            pra_progress_callback progress, void* user_data);

/** Compares the tree in `directory` with `snapshot` (an id, the beginning of one, or "latest"):
 * content, metadata, missing and extra entries. `subpath` is that of the restore, or NULL. */
PRA_EXPORT pra_error* pra_verify_restored(const pra_verify_result** out_result,
                                          pra_repository* repository, const char* snapshot,
                                          const char* directory, const char* subpath,
                                          pra_progress_callback progress, void* user_data);
PRA_EXPORT void pra_verify_result_free(const pra_verify_result* result);

PRA_END_DECLARATIONS

#endif /* PRA_VERIFY_H */
