#include <fmt/format.h>

#include <algorithm>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "repo/repository_implementation.hpp"

namespace pra::repo {

namespace {

constexpr std::uint8_t kCompressedVersion = 2;
constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

/// Bounds what a few stored bytes can become in memory. Ids do not compress, so an index cannot
/// shrink much; paths and excludes in snapshots can.
std::uint64_t text_limit(FileKind kind, std::uint64_t stored) {
  switch (kind) {
    case FileKind::kIndex:
      return std::min(512 * kMebibyte, kMebibyte + 64 * stored);
    case FileKind::kSnapshot:
      return 64 * kMebibyte;
    default:
      return kMebibyte;
  }
}

}  // namespace

std::optional<std::string_view> cache_folder(FileKind kind) {
  if (kind == FileKind::kIndex) return "index";
  if (kind == FileKind::kSnapshot) return "snapshots";
  return std::nullopt;
}

Buffer Repository::Implementation::read_stored(FileKind kind, const std::string& hex,
                                               const std::stop_token& stop) {
  const auto folder = cache ? cache_folder(kind) : std::nullopt;
  if (folder) {
    if (auto cached = cache->load(*folder, hex)) return std::move(*cached);
  }
  const std::string name = object_name(kind, hex);
  // Read twice before it is called damaged: the first time a wire may have been at fault.
  for (int attempt = 0; attempt < 2; ++attempt) {
    throw_if_stopped(stop);
    Buffer content = environment.store->read(name, stop);
    if (codecs.lease()->sha256.digest(content).hex() != hex) continue;
    if (folder) cache->store(*folder, hex, content);
    return content;
  }
  throw Error(ErrorCode::kCorrupt,
              fmt::format("{} of {} is damaged: its content does not match its name", name,
                          environment.store->location()));
}

Buffer Repository::read_file(FileKind kind, const std::string& hex, const std::stop_token& stop) {
  const Buffer stored = implementation_->read_stored(kind, hex, stop);
  const auto codec = implementation_->codecs.lease();
  Buffer text;
  try {
    codec->envelope.open(stored, text);
    // Format 1 knows no compression.
    if (config().version < 2 || text.empty() || text[0] == '{' || text[0] == '[') return text;
    if (text[0] != kCompressedVersion)
      throw Error(ErrorCode::kUnsupported, "an encoding that this version does not know");
    codec->decompressor.decompress(ByteView(text).subspan(1), text_limit(kind, stored.size()),
                                   codec->buffer);
  } catch (const Error& error) {
    throw error.with_context(object_name(kind, hex));
  }
  text = std::move(codec->buffer);
  codec->buffer = {};
  return text;
}

Digest Repository::write_file(FileKind kind, std::string_view json_text,
                              const std::stop_token& stop) {
  Buffer sealed;
  Digest id;
  {
    const auto codec = implementation_->codecs.lease();
    if (config().version < 2) {
      codec->envelope.seal(as_bytes(json_text), sealed);
    } else {
      codec->buffer.assign(1, kCompressedVersion);
      codec->compressor.compress(as_bytes(json_text), codec->buffer);
      codec->envelope.seal(codec->buffer, sealed);
      codec->buffer = {};
    }
    id = codec->sha256.digest(sealed);
  }
  const std::string hex = id.hex();
  store().create(object_name(kind, hex), sealed, stop);
  if (const auto folder = cache_folder(kind); folder && implementation_->cache)
    implementation_->cache->store(*folder, hex, sealed);
  if (kind == FileKind::kIndex) {
    const std::scoped_lock lock(implementation_->index_mutex);
    implementation_->index_files.insert(hex);
  }
  return id;
}

void Repository::remove_file(FileKind kind, const std::string& hex, const std::stop_token& stop) {
  store().remove(object_name(kind, hex), stop);
  if (const auto folder = cache_folder(kind); folder && implementation_->cache)
    implementation_->cache->remove(*folder, hex);
}

std::vector<Repository::Listed> Repository::list_files(FileKind kind, const std::stop_token& stop) {
  std::vector<Listed> files;
  store().list(
      object_prefix(kind),
      [&](const store::Store::Entry& entry) {
        const std::string_view name = entry.name;
        const std::size_t slash = name.rfind('/');
        const std::string hex(slash == std::string_view::npos ? name : name.substr(slash + 1));
        Digest id;
        // Only what lies in its right place: a pack in another folder would not be found again.
        if (Digest::parse(hex, id) && id.hex() == hex && object_name(kind, hex) == name)
          files.push_back({hex, entry.size});
      },
      stop);
  return files;
}

}  // namespace pra::repo
