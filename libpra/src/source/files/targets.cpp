#include "source/files/targets.hpp"

#include "source/files/path.hpp"

namespace pra::source {

Target make_targets(const std::vector<std::string>& paths) {
  Target root;
  for (const auto& path : paths) {
    Target* at = &root;
    for (auto& component : path_components(path))
      at = &at->children[std::move(component)];
    at->whole = true;
  }
  return root;
}

}  // namespace pra::source
