#include "repo/index.hpp"

#include "fuzz.hpp"

using namespace pra;

namespace {

std::vector<repo::IndexedPack> decode(std::string_view text) {
  std::vector<repo::IndexedPack> packs;
  repo::decode_index(text, [&](repo::IndexedPack&& pack) { packs.push_back(std::move(pack)); });
  return packs;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto packs = fuzz::parsed([&] { return decode(as_text({data, size})); });
  if (!packs) return 0;
  const std::string text = repo::encode_index(*packs);
  fuzz::require(repo::encode_index(decode(text)) == text, "an encoded index is read back");

  repo::Index index;
  std::size_t blobs = 0;
  for (const auto& pack : *packs) {
    index.add(pack);
    blobs += pack.blobs.size();
  }
  std::size_t seen = 0;
  index.for_each([&](const auto& blob, const auto&) {
    ++seen;
    fuzz::require(index.contains(blob) && !index.find_all(blob).empty(), "every blob is found");
  });
  fuzz::require(seen <= blobs, "no blob appears from nowhere");
  return 0;
}
