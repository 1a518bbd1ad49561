/** \file
 * Digests of trees, in the form of sha256sum.
 *
 * Thread contract: may be called from several threads. */
#ifndef PRA_DIGEST_H
#define PRA_DIGEST_H

#include <pra/context.h>
#include <pra/error.h>
#include <pra/export.h>
#include <stddef.h>
#include <stdint.h>

PRA_BEGIN_DECLARATIONS

/** The digests of a tree. Free it with `pra_digest_result_free`. Read-only; grows at its end. */
typedef struct pra_digest_result {
  const char* tree;  /**< One digest over all lines: equal trees have equal ones. */
  const char* lines; /**< What `sha256sum` would print, sorted by path; `sha256sum -c` reads it. */
  size_t lines_length; /**< Bytes of `lines`. */
  uint64_t files;
  uint64_t bytes;
  uint64_t problem_count; /**< Files that could not be read. */
} pra_digest_result;

/** Digests every regular file below `path`. `algorithm` is sha256 (also for NULL), sha512, sha384,
 * sha224, sha1, md5 or blake2b. `progress` may be NULL. */
PRA_EXPORT pra_error* pra_digest_tree(const pra_digest_result** out_result, pra_context* context,
                                      const char* path, const char* algorithm,
                                      pra_progress_callback progress, void* user_data);
PRA_EXPORT void pra_digest_result_free(const pra_digest_result* result);

PRA_END_DECLARATIONS

#endif /* PRA_DIGEST_H */
