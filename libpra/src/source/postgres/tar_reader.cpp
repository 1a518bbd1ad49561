#include "source/postgres/tar_reader.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <string_view>

#include "base/error.hpp"

namespace pra::source::postgres {

namespace {

/// Where a field lies in the header block (POSIX.1-1988, ustar).
struct Field {
  std::size_t offset;
  std::size_t length;
};
constexpr Field kName{0, 100};
constexpr Field kMode{100, 8};
constexpr Field kUid{108, 8};
constexpr Field kGid{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kModified{136, 12};
constexpr Field kChecksum{148, 8};
constexpr std::size_t kTypeOffset = 156;
constexpr Field kLinkTarget{157, 100};
constexpr Field kMagic{257, 5};
constexpr Field kUser{265, 32};
constexpr Field kGroup{297, 32};
constexpr Field kPrefix{345, 155};

/// Deeper paths than this do not come from a PostgreSQL server.
constexpr std::ptrdiff_t kMaxDepth = 32;

[[noreturn]] void fail(const std::string& problem) {
  throw Error(ErrorCode::kCorrupt, "tar archive from the server: " + problem);
}

ByteView field_bytes(ByteView header, Field field) {
  return header.subspan(field.offset, field.length);
}

std::string field_text(ByteView header, Field field) {
  const std::string_view raw = as_text(field_bytes(header, field));
  return std::string(raw.substr(0, raw.find('\0')));
}

/// Octal digits, or base-256 when the first bit is set (sizes of 8 GiB and more).
std::uint64_t field_number(ByteView header, Field field, const char* name) {
  const ByteView bytes = field_bytes(header, field);
  std::uint64_t value = 0;
  if ((bytes[0] & 0x80) != 0) {
    if (bytes[0] != 0x80) fail(std::string("negative number in field ") + name);
    for (const std::uint8_t byte : bytes.subspan(1)) {
      if (value >> 55 != 0) fail(std::string("number too large in field ") + name);
      value = value << 8 | byte;
    }
    return value;
  }
  bool digits = false;
  for (const std::uint8_t byte : bytes) {
    if (byte == ' ' && !digits) continue;
    if (byte == ' ' || byte == '\0') break;
    if (byte < '0' || byte > '7') fail(std::string("not an octal number in field ") + name);
    digits = true;
    value = value << 3 | static_cast<std::uint64_t>(byte - '0');
  }
  return value;
}

void check_checksum(ByteView header) {
  const std::uint64_t stated = field_number(header, kChecksum, "checksum");
  std::uint64_t sum = std::accumulate(header.begin(), header.end(), std::uint64_t{0});
  // The checksum's own bytes count as spaces.
  for (const std::uint8_t byte : field_bytes(header, kChecksum))
    sum += ' ' - std::uint64_t{byte};
  if (sum != stated) fail("header with a wrong checksum");
}

std::string_view checked_path(std::string_view path) {
  const auto refuse = [path] { fail("member with the path '" + printable(path) + "'"); };
  std::string_view rest = path;
  if (rest.starts_with("./")) rest.remove_prefix(2);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (std::count(rest.begin(), rest.end(), '/') >= kMaxDepth) refuse();
  for (std::size_t start = 0; start <= rest.size();) {
    const std::size_t end = std::min(rest.find('/', start), rest.size());
    const std::string_view part = rest.substr(start, end - start);
    if (part.empty() || part == "." || part == "..") refuse();
    start = end + 1;
  }
  return rest;
}

TarType type_of(std::uint8_t flag, const std::string& path) {
  switch (flag) {
    case '0':
    case '\0':
      return TarType::kFile;
    case '2':
      return TarType::kSymlink;
    case '5':
      return TarType::kDirectory;
    default:
      fail("member of an unexpected type: '" + printable(path) + "'");
  }
}

std::uint32_t narrow(std::uint64_t value, const char* name) {
  if (value > std::numeric_limits<std::uint32_t>::max())
    fail(std::string("number too large in field ") + name);
  return static_cast<std::uint32_t>(value);
}

TarEntry parse_header(ByteView header) {
  check_checksum(header);
  if (as_text(field_bytes(header, kMagic)) != "ustar") fail("header without the mark of ustar");
  TarEntry entry;
  std::string path = field_text(header, kPrefix);
  if (!path.empty()) path += '/';
  path += field_text(header, kName);
  entry.path = checked_path(path);
  entry.type = type_of(header[kTypeOffset], entry.path);
  entry.mode = narrow(field_number(header, kMode, "mode"), "mode") & 07777U;
  entry.uid = narrow(field_number(header, kUid, "uid"), "uid");
  entry.gid = narrow(field_number(header, kGid, "gid"), "gid");
  entry.user = field_text(header, kUser);
  entry.group = field_text(header, kGroup);
  entry.size = field_number(header, kSize, "size");
  if (entry.size > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    fail("size too large: '" + printable(entry.path) + "'");
  if (entry.type != TarType::kFile && entry.size != 0)
    fail("content in a member that is no file: '" + printable(entry.path) + "'");
  entry.modified = static_cast<std::int64_t>(field_number(header, kModified, "mtime"));
  entry.link_target = field_text(header, kLinkTarget);
  return entry;
}

}  // namespace

void TarReader::read_header() {
  header_filled_ = 0;
  if (all_zero(header_)) {
    ended_ = true;
    return;
  }
  const TarEntry entry = parse_header(header_);
  content_left_ = entry.size;
  padding_left_ = static_cast<std::size_t>((kBlock - entry.size % kBlock) % kBlock);
  handler_->begin_entry(entry);
  if (content_left_ == 0) handler_->end_entry();
}

void TarReader::feed(ByteView bytes) {
  while (!bytes.empty()) {
    if (ended_) {
      if (!all_zero(bytes)) fail("data after the end of the archive");
      return;
    }
    if (content_left_ != 0) {
      const auto taken =
          static_cast<std::size_t>(std::min<std::uint64_t>(content_left_, bytes.size()));
      handler_->content(bytes.first(taken));
      content_left_ -= taken;
      bytes = bytes.subspan(taken);
      if (content_left_ == 0) handler_->end_entry();
    } else if (padding_left_ != 0) {
      const std::size_t taken = std::min(padding_left_, bytes.size());
      padding_left_ -= taken;
      bytes = bytes.subspan(taken);
    } else {
      const std::size_t taken = std::min(kBlock - header_filled_, bytes.size());
      std::memcpy(header_.data() + header_filled_, bytes.data(), taken);
      header_filled_ += taken;
      bytes = bytes.subspan(taken);
      if (header_filled_ == kBlock) read_header();
    }
  }
}

void TarReader::finish() const {
  if (content_left_ != 0 || padding_left_ != 0 || header_filled_ != 0)
    fail("it ends in the middle of a member");
}

}  // namespace pra::source::postgres
