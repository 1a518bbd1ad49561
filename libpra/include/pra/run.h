/** \file
 * The one table of operations, as JSON: what the command line, Terraform and Ansible are made of.
 * All that an operation can do, it can do here; the typed functions of the other headers are for
 * programs in C and C++.
 *
 * Thread contract: may be called from several threads. */
#ifndef PRA_RUN_H
#define PRA_RUN_H

#include <pra/context.h>
#include <pra/error.h>
#include <pra/export.h>
#include <stddef.h>

PRA_BEGIN_DECLARATIONS

/** Describes every operation: {"operations": [{name, group, summary, details, examples, changes,
 * dry_run, parameters: [{name, type, help, required, default, choices, positional, repository}],
 * results: [{name, type, help}]}]}. `type` of a parameter: string, path, integer, boolean,
 * duration, size, string_list, path_list, string_map. Free it with `pra_string_free`. */
PRA_EXPORT pra_error* pra_operations_json(char** out_json);

/** What an operation tells while it runs: one JSON object with a member "type", such as
 * {"type":"entry", …} of ls. Lives until the callback returns. */
typedef void (*pra_event_callback)(const char* event_json, void* user_data);
/** Takes bytes that an operation makes: a file's content (dump), lines (digest). Returning anything
 * but 0 ends the operation with an error. */
typedef int (*pra_data_callback)(const void* bytes, size_t length, void* user_data);

/** Begin with `= {.size = sizeof(pra_callbacks)}`. Each may be NULL. */
typedef struct pra_callbacks {
  size_t size; /**< sizeof(pra_callbacks). */
  pra_progress_callback progress;
  pra_event_callback event; /**< Without it, what would be events is in the result. */
  pra_data_callback data;
} pra_callbacks;

/** Runs an operation. `parameters_json` is an object of its parameters (NULL: none); a number may
 * be written as text, a list of one as its element; text may hold bytes that are not UTF-8, as
 * paths do. All that is wrong with them is said at once (PRA_INVALID_ARGUMENT). The result is one
 * JSON object; a verdict (unhealthy, partial, damaged) is its member "code", the exit code of the
 * command line, and not an error. Free it with `pra_string_free`. `callbacks` may be NULL; they all
 * get `user_data`, one at a time. */
PRA_EXPORT pra_error* pra_run(char** out_result_json, pra_context* context, const char* operation,
                              const char* parameters_json, const pra_callbacks* callbacks,
                              void* user_data);

/** Frees a string that this library made; NULL is allowed. */
PRA_EXPORT void pra_string_free(char* string);

PRA_END_DECLARATIONS

#endif /* PRA_RUN_H */
