#include "repo/tree.hpp"

#include "fuzz.hpp"

using namespace pra;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto nodes = fuzz::parsed([&] { return repo::decode_tree(as_text({data, size})); });
  if (!nodes) return 0;
  for (std::size_t i = 0; i < nodes->size(); ++i) {
    const std::string& name = (*nodes)[i].name;
    fuzz::require(!name.empty() && name != "." && name != ".." && name.find('/') == name.npos &&
                      name.find('\0') == name.npos,
                  "names are single components");
    fuzz::require(i == 0 || (*nodes)[i - 1].name < name, "names ascend");
    fuzz::require(((*nodes)[i].mode & ~07777u) == 0, "modes are permission bits");
  }
  const std::string text = repo::encode_tree(*nodes);
  fuzz::require(repo::encode_tree(repo::decode_tree(text)) == text, "an encoded tree is read back");
  return 0;
}
