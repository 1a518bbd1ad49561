/** \file
 * A context is what everything else is made with: where messages go, where caches are, and what is
 * cancelled together.
 *
 * Thread contract: a context and everything made with it is safe for concurrent use. It must
 * outlive what was made with it.
 *
 * Callbacks: the library makes them from a thread of its own or from the calling one, one at a time
 * for one call of the library. Messages of one context come one at a time, too, but may
 * come while a callback of another kind runs. Inside a callback only `pra_context_cancel`,
 * `pra_error_*` and `pra_version*` may be called. A callback must return (no longjmp, no
 * exception). */
#ifndef PRA_CONTEXT_H
#define PRA_CONTEXT_H

#include <pra/error.h>
#include <pra/export.h>
#include <stddef.h>
#include <stdint.h>

PRA_BEGIN_DECLARATIONS

typedef struct pra_context pra_context;

/** How much is said. */
typedef enum pra_log_level {
  PRA_LOG_ERROR = 0,
  PRA_LOG_WARNING = 1,
  PRA_LOG_INFO = 2,
  PRA_LOG_DEBUG = 3
} pra_log_level;

/** Takes one message: a line without its end, for people. */
typedef void (*pra_log_callback)(pra_log_level level, const char* message, void* user_data);

/** Options of a context. Begin with `= {.size = sizeof(pra_context_options)}`: what is not set is
 * 0, and means the default. */
typedef struct pra_context_options {
  size_t size;                 /**< sizeof(pra_context_options). */
  pra_log_callback log;        /**< NULL: messages are dropped. */
  void* log_user_data;         /**< Given to `log`. */
  pra_log_level log_level;     /**< Messages above it are dropped. Default: errors only. */
  const char* cache_directory; /**< NULL: pra/ in $XDG_CACHE_HOME or ~/.cache. "": no cache. A cache
                                    may be deleted at any time. */
} pra_context_options;

/** Makes a context. `options` may be NULL. Free it with `pra_context_free`. */
PRA_EXPORT pra_error* pra_context_new(pra_context** out_context,
                                      const pra_context_options* options);
/** Frees a context with which nothing works any more; NULL is allowed. */
PRA_EXPORT void pra_context_free(pra_context* context);

/** Asks everything that works with this context to stop, from any thread (but not from a signal
 * handler: write to a pipe there). It ends with PRA_CANCELLED at its next safe point: what is
 * stored stays reusable, locks are removed. What is started later ends at once, too, until
 * `pra_context_reset`. */
PRA_EXPORT void pra_context_cancel(pra_context* context);
/** Takes back `pra_context_cancel` for what is started from now on. */
PRA_EXPORT void pra_context_reset(pra_context* context);

/** How far an operation is. */
typedef struct pra_progress {
  size_t size;          /**< Of this struct in the library; what lies behind it is not there. */
  const char* phase;    /**< "scan", "backup", "restore", …; may be "". */
  const char* current;  /**< What is at work now, such as a path; may be "". */
  uint64_t items_done;  /**< Files, blobs, packs: as the phase has it. */
  uint64_t items_total; /**< 0 while unknown. */
  uint64_t bytes_done;
  uint64_t bytes_total;   /**< 0 while unknown. */
  uint64_t problems;      /**< Items that could not be handled so far. */
  double elapsed_seconds; /**< Since the operation began. */
} pra_progress;

/** Called about ten times a second while an operation runs, and once at its end. The struct and its
 * strings live until the callback returns. Returning anything but 0 cancels this operation. */
typedef int (*pra_progress_callback)(const pra_progress* progress, void* user_data);

PRA_END_DECLARATIONS

#endif /* PRA_CONTEXT_H */
