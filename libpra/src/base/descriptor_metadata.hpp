#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/directory.hpp"
#include "base/time.hpp"

namespace pra {

/// Metadata of an open file or directory: no path is looked up, so nothing can be put in its place.
/// Errors name `name`. (Reading: `extended_attributes_of` in base/directory.hpp.)
void set_owner_of(int descriptor, const std::string& name, uid_t uid, gid_t gid);
void set_mode_of(int descriptor, const std::string& name, mode_t mode);
void set_times_of(int descriptor, const std::string& name, const Timestamp& accessed,
                  const Timestamp& modified);
/// Makes the extended attributes equal to `wanted`: sets what is missing or different and removes
/// the rest, except for what the kernel or a security module keeps there by itself (`security.*`
/// but capabilities, `system.*` but ACLs). All are tried; then the first failure is thrown.
/// Returns whether anything was changed.
bool set_extended_attributes_of(int descriptor, const std::string& name,
                                const std::vector<ExtendedAttribute>& wanted);
/// True for an attribute that belongs to the file's owner or administrator, not to the kernel: what
/// a restore compares, sets and removes.
[[nodiscard]] bool is_restorable_attribute(const std::string& attribute);

}  // namespace pra
