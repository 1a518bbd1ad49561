/** \file
 * Which library this is. */
#ifndef PRA_VERSION_H
#define PRA_VERSION_H

#include <pra/export.h>

/** The version of these headers. A library of the same major version that is as new or newer has
 * everything that they declare. */
#define PRA_VERSION_MAJOR 0
#define PRA_VERSION_MINOR 1
#define PRA_VERSION_PATCH 0
/** The version as one number that grows: 1.2.3 is 10203. */
#define PRA_VERSION_NUMBER (PRA_VERSION_MAJOR * 10000 + PRA_VERSION_MINOR * 100 + PRA_VERSION_PATCH)

PRA_BEGIN_DECLARATIONS

/** The version of the library that was loaded, such as "0.1.0". A constant; never freed. */
PRA_EXPORT const char* pra_version(void);
/** The same as one number; compare it with PRA_VERSION_NUMBER. */
PRA_EXPORT int pra_version_number(void);

PRA_END_DECLARATIONS

#endif /* PRA_VERSION_H */
