/** \file
 * Probes: is a service there, and well?
 *
 * Thread contract: may be called from several threads. */
#ifndef PRA_PROBE_H
#define PRA_PROBE_H

#include <pra/context.h>
#include <pra/error.h>
#include <pra/export.h>
#include <stddef.h>
#include <stdint.h>

PRA_BEGIN_DECLARATIONS

/** What one probe saw. */
typedef struct pra_probe_result {
  const char* name;
  const char* kind;    /**< "http", "tcp", "postgres" or "command". */
  int healthy;         /**< Not 0: well. */
  const char* message; /**< One line: why it is not, or what was seen. */
  double seconds;      /**< Time of the last attempt. */
  unsigned attempts;
} pra_probe_result;

/** What all of them saw, in the order asked. Free it with `pra_probe_results_free`. */
typedef struct pra_probe_results {
  int healthy;                          /**< Not 0: all are well. */
  const pra_probe_result* const* items; /**< count of them. */
  size_t count;
} pra_probe_results;

/** Runs probes at the same time. Each is written KIND:TARGET, with "NAME=" in front if you like:
 * "http://HOST/PATH", "tcp:HOST:PORT", "postgres:DSN", "command:PROGRAM ARG…". With `wait_ms` above
 * 0 they are tried again until all are well, at most this long. An unhealthy service is a result,
 * not an error. */
PRA_EXPORT pra_error* pra_probe_run(const pra_probe_results** out_results, pra_context* context,
                                    const char* const* probes, size_t probe_count,
                                    uint64_t wait_ms);
PRA_EXPORT void pra_probe_results_free(const pra_probe_results* results);

PRA_END_DECLARATIONS

#endif /* PRA_PROBE_H */
