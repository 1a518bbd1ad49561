#include "source/postgres/manifest_check.hpp"

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace pra::source::postgres {

namespace {

constexpr std::string_view kBefore = "\"Manifest-Checksum\": \"";
constexpr std::string_view kAfter = "\"}\n";
constexpr std::size_t kTail = kBefore.size() + 64 + kAfter.size();

}  // namespace

void ManifestCheck::update(ByteView bytes) {
  append(tail_, bytes);
  if (tail_.size() <= kTail) return;
  const std::size_t certain = tail_.size() - kTail;
  hash_.update(ByteView(tail_).first(certain));
  tail_.erase(tail_.begin(), tail_.begin() + static_cast<std::ptrdiff_t>(certain));
}

void ManifestCheck::finish() {
  if (as_text(tail_) != std::string(kBefore) + hash_.finish().hex() + std::string(kAfter))
    throw Error(ErrorCode::kCorrupt, "base backup: the manifest is not whole", "run it again");
}

}  // namespace pra::source::postgres
