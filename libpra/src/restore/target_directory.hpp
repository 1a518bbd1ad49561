#pragma once

#include <string>

#include "base/file_system.hpp"

namespace pra::restore {

/// Makes a directory to restore into, for its owner alone (0700), and the directories above it that
/// are missing, for all to pass (0755): the restored owner must be able to reach what is his.
void create_target_directory(FileSystem& files, const std::string& path);

}  // namespace pra::restore
