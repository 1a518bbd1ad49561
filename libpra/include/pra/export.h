/** \file
 * What makes a function part of libpra.so.1. Only names that begin with `pra_` are exported. */
#ifndef PRA_EXPORT_H
#define PRA_EXPORT_H

#if defined(__GNUC__) && defined(PRA_BUILDING)
#define PRA_EXPORT __attribute__((visibility("default")))
#else
#define PRA_EXPORT
#endif

#ifdef __cplusplus
#define PRA_BEGIN_DECLARATIONS extern "C" {
#define PRA_END_DECLARATIONS }
#else
#define PRA_BEGIN_DECLARATIONS
#define PRA_END_DECLARATIONS
#endif

#endif /* PRA_EXPORT_H */
