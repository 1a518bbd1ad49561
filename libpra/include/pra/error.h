/** \file
 * Errors are objects that the caller owns. A function that can fail returns `pra_error *`: NULL is
 * success, anything else says what failed and is freed by the caller. There is no "last error".
 *
 * When a function fails its outputs are set to NULL (or left as they were, for structs).
 *
 * Thread contract: an error is immutable; reading it from several threads is safe. */
#ifndef PRA_ERROR_H
#define PRA_ERROR_H

#include <pra/export.h>

PRA_BEGIN_DECLARATIONS

/** What kind of failure it was. Values are part of the ABI: they never change and only grow. Those
 * up to 4, 10 to 12 and 130 are also the exit codes of the program `pra`, where every other is 1.
 */
typedef enum pra_error_code {
  PRA_OK = 0,                /**< No error; never the code of a `pra_error`. */
  PRA_FAILED = 1,            /**< Anything without a kind of its own. */
  PRA_INVALID_ARGUMENT = 2,  /**< The caller's input is wrong; nothing was done. */
  PRA_PARTIAL = 3,           /**< Finished, but some items could not be read or written. */
  PRA_UNHEALTHY = 4,         /**< A probe failed, or an objective is not met. */
  PRA_NOT_FOUND = 5,         /**< A named thing (object, file, snapshot) does not exist. */
  PRA_ALREADY_EXISTS = 6,    /**< It exists and is never overwritten. */
  PRA_PERMISSION_DENIED = 7, /**< The system or the server refused access. */
  PRA_TRANSIENT = 8,         /**< May succeed when tried again. */
  PRA_CORRUPT = 9,           /**< Data is damaged or forged. */
  PRA_NO_REPOSITORY = 10,    /**< There is no repository at that location. */
  PRA_LOCKED = 11,           /**< Another process holds the repository's lock. */
  PRA_WRONG_KEY = 12,        /**< No key of the repository opens with this secret. */
  PRA_NO_SPACE = 13,         /**< The target has no room. */
  PRA_TIMEOUT = 14,          /**< The time limit passed. */
  PRA_UNSUPPORTED = 15,      /**< The other side, or this build, cannot do it. */
  PRA_CANCELLED = 130        /**< The caller asked to stop. */
} pra_error_code;

/** One failure. */
typedef struct pra_error pra_error;

/** The code; PRA_OK for NULL. */
PRA_EXPORT pra_error_code pra_error_get_code(const pra_error* error);
/** The code's name, such as "not_found"; "ok" for NULL. A constant. */
PRA_EXPORT const char* pra_error_name(const pra_error* error);
/** What failed, on what, and why, for people; never with a secret in it. Lives as long as `error`;
 * "" for NULL. */
PRA_EXPORT const char* pra_error_message(const pra_error* error);
/** What to do next, or "" when there is nothing to say. Lives as long as `error`. */
PRA_EXPORT const char* pra_error_hint(const pra_error* error);
/** 1 when the same call may succeed if it is made again, else 0. */
PRA_EXPORT int pra_error_is_retriable(const pra_error* error);
/** Frees an error; NULL is allowed. */
PRA_EXPORT void pra_error_free(pra_error* error);

/** The name of any code, for bindings that list them; NULL for a number that is no code. A
 * constant. */
PRA_EXPORT const char* pra_error_code_name(int code);

PRA_END_DECLARATIONS

#endif /* PRA_ERROR_H */
