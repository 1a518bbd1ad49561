#pragma once

#include <memory>
#include <string>

#include "base/file_system.hpp"
#include "store/store.hpp"

namespace pra::store {

/// A directory. Objects are written under a temporary name in their own directory, synced, linked to
/// their name (never over another), and the directory is synced; modes 0400 and 0700. Temporary
/// files that a crash left are invisible and are removed when older than a day. A crash can leave
/// anything but half an object.
[[nodiscard]] StorePointer make_local_store(std::string directory, std::shared_ptr<FileSystem> files);

}  // namespace pra::store
