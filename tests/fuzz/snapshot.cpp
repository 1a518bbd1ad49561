#include "repo/snapshot.hpp"

#include "fuzz.hpp"

using namespace pra;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto snapshot = fuzz::parsed([&] {
    return repo::decode_snapshot(as_text({data, size}), SnapshotId{});
  });
  if (!snapshot) return 0;
  (void)snapshot->source();
  (void)snapshot->type();
  const std::string text = repo::encode_snapshot(*snapshot);
  fuzz::require(repo::encode_snapshot(repo::decode_snapshot(text, SnapshotId{})) == text,
                "an encoded snapshot is read back");
  return 0;
}
