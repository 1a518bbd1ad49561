#include "restore/target_directory.hpp"

namespace pra::restore {

void create_target_directory(FileSystem& files, const std::string& path) {
  const auto end = path.find_last_not_of('/');
  const auto slash = path.find_last_of('/', end);
  if (slash != std::string::npos && slash != 0)
    files.create_directories(path.substr(0, slash), 0755);
  files.create_directories(path, 0700);
}

}  // namespace pra::restore
