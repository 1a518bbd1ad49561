#pragma once

#include <memory>
#include <string>

#include "base/file_system.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

namespace pra::store {

/// A directory. Objects are written under a temporary name in their own directory, synced, renamed
/// to their name (never over another), and the directory is synced; modes 0400 and 0700. Temporary
/// files that a crash left are invisible; those older than a day (by `clock`) are removed before
/// the first object of a process goes into their directory. A crash can leave anything but half an
/// object.
[[nodiscard]] StorePointer make_local_store(std::string directory,
                                            std::shared_ptr<FileSystem> files,
                                            std::shared_ptr<Clock> clock = system_clock());

}  // namespace pra::store
