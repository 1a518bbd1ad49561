/** \file
 * Snapshots: what a backup left.
 *
 * Structs that the library hands out are read-only, are freed as a whole by the one function that
 * their description names, and only ever grow at their end: a program that was built with older
 * headers goes on to work.
 *
 * Thread contract: what is handed out is immutable. */
#ifndef PRA_SNAPSHOT_H
#define PRA_SNAPSHOT_H

#include <pra/error.h>
#include <pra/export.h>
#include <pra/repository.h>
#include <stddef.h>
#include <stdint.h>

PRA_BEGIN_DECLARATIONS

/** One snapshot. Strings are never NULL. Names that are not UTF-8 are as the system has them. */
typedef struct pra_snapshot {
  const char* id;           /**< 64 hex digits. */
  const char* parent;       /**< Id of the snapshot that it was compared with, or "". */
  const char* tree;         /**< Id of its root tree. */
  int64_t time_seconds;     /**< Since 1970-01-01T00:00:00Z. */
  int32_t time_nanoseconds; /**< 0 to 999,999,999. */
  const char* time;         /**< The same, as RFC 3339 in UTC. */
  const char* host;         /**< Where it was made. */
  const char* user;         /**< By whom. */
  const char* source;       /**< Name of the source, or "". */
  const char* type;         /**< "files", "postgres", "command", "stream". */
  const char* const* paths; /**< path_count of them, as given to the backup. */
  size_t path_count;
  const char* const* tags; /**< tag_count of them. */
  size_t tag_count;
  uint64_t files; /**< Files in it; 0 when the snapshot does not say. */
  uint64_t bytes; /**< Their size; 0 when the snapshot does not say. */
} pra_snapshot;

/** Which snapshots are meant. Begin with `= {.size = sizeof(pra_snapshot_filter)}`; what is not set
 * matches everything. */
typedef struct pra_snapshot_filter {
  size_t size; /**< sizeof(pra_snapshot_filter). */
  const char* host;
  const char* source;
  const char* const* tags; /**< All of these. */
  size_t tag_count;
  const char* const* paths; /**< All of these. */
  size_t path_count;
} pra_snapshot_filter;

/** Snapshots, oldest first. Free it with `pra_snapshot_list_free`. */
typedef struct pra_snapshot_list {
  const pra_snapshot* const* items; /**< count of them. */
  size_t count;
  size_t damaged_count; /**< Snapshots that exist and cannot be read. */
} pra_snapshot_list;

/** Lists the snapshots that match `filter` (NULL: all). Takes milliseconds. */
PRA_EXPORT pra_error* pra_snapshot_list_get(const pra_snapshot_list** out_list,
                                            pra_repository* repository,
                                            const pra_snapshot_filter* filter);
PRA_EXPORT void pra_snapshot_list_free(const pra_snapshot_list* list);

/** Finds one: `name` is an id, the beginning of one that is unique, or "latest" (the newest that
 * matches `filter`, which may be NULL). PRA_NOT_FOUND; PRA_INVALID_ARGUMENT when several ids begin
 * so. Free it with `pra_snapshot_free`. */
PRA_EXPORT pra_error* pra_snapshot_find(const pra_snapshot** out_snapshot,
                                        pra_repository* repository, const char* name,
                                        const pra_snapshot_filter* filter);
/** Frees what `pra_snapshot_find` gave (never a member of a list); NULL is allowed. */
PRA_EXPORT void pra_snapshot_free(const pra_snapshot* snapshot);

PRA_END_DECLARATIONS

#endif /* PRA_SNAPSHOT_H */
