#include "source/files/metadata.hpp"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace pra::source {
namespace {

constexpr std::size_t kLargestNameRecord = 1 << 20;

/// Calls a reentrant look-up of the C library with a buffer that grows until the record fits.
template <class Record, class LookUp>
std::string look_up(LookUp&& call, char* Record::*name) {
  std::vector<char> buffer(1024);
  while (true) {
    Record record{};
    Record* found = nullptr;
    const int failure = call(&record, buffer.data(), buffer.size(), &found);
    if (failure == ERANGE && buffer.size() < kLargestNameRecord) {
      buffer.resize(buffer.size() * 4);
      continue;
    }
    return failure == 0 && found != nullptr ? record.*name : std::string();
  }
}

repo::NodeType type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return repo::NodeType::kFile;
    case S_IFDIR:
      return repo::NodeType::kDirectory;
    case S_IFLNK:
      return repo::NodeType::kSymlink;
    case S_IFBLK:
      return repo::NodeType::kDevice;
    case S_IFCHR:
      return repo::NodeType::kCharacterDevice;
    case S_IFIFO:
      return repo::NodeType::kFifo;
    case S_IFSOCK:
      return repo::NodeType::kSocket;
    default:
      return repo::NodeType::kIrregular;
  }
}

}  // namespace

const std::string& OwnerNames::user(std::uint32_t uid) {
  const auto [place, added] = users_.try_emplace(uid);
  if (added)
    place->second = look_up<struct passwd>(
        [uid](auto... arguments) { return ::getpwuid_r(uid, arguments...); }, &passwd::pw_name);
  return place->second;
}

const std::string& OwnerNames::group(std::uint32_t gid) {
  const auto [place, added] = groups_.try_emplace(gid);
  if (added)
    place->second = look_up<struct group>(
        [gid](auto... arguments) { return ::getgrgid_r(gid, arguments...); }, &group::gr_name);
  return place->second;
}

repo::Node node_of_status(const struct stat& status, std::string name, OwnerNames& owners,
                          const MetadataOptions& options) {
  repo::Node node;
  node.name = std::move(name);
  node.type = type_of(status.st_mode);
  node.mode = status.st_mode & 07777;
  node.modified = to_timestamp(status.st_mtim);
  node.accessed = options.with_access_times ? to_timestamp(status.st_atim) : node.modified;
  node.changed = to_timestamp(status.st_ctim);
  node.uid = status.st_uid;
  node.gid = status.st_gid;
  node.user = owners.user(node.uid);
  node.group = owners.group(node.gid);
  node.inode = status.st_ino;
  node.device_id = status.st_dev;
  switch (node.type) {
    case repo::NodeType::kFile:
      node.size = static_cast<std::uint64_t>(status.st_size);
      node.links = status.st_nlink;
      break;
    case repo::NodeType::kSymlink:
      node.links = status.st_nlink;
      break;
    case repo::NodeType::kDevice:
    case repo::NodeType::kCharacterDevice:
      node.links = status.st_nlink;
      node.device = status.st_rdev;
      break;
    default:
      break;
  }
  return node;
}

repo::Node node_of_descriptor(int descriptor, const struct stat& status, std::string name,
                              OwnerNames& owners, const MetadataOptions& options) {
  auto node = node_of_status(status, std::move(name), owners, options);
  node.extended_attributes = extended_attributes_of(descriptor, node.name);
  return node;
}

std::optional<repo::Node> node_of_entry(const Directory& directory, const std::string& name,
                                        OwnerNames& owners, const MetadataOptions& options) {
  const auto status = directory.status(name);
  if (!status) return std::nullopt;
  auto node = node_of_status(*status, name, owners, options);
  if (node.type == repo::NodeType::kSymlink) node.link_target = directory.read_link(name);
  node.extended_attributes = directory.extended_attributes(name);
  return node;
}

}  // namespace pra::source
