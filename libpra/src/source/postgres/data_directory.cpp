#include "source/postgres/data_directory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

#include "base/bytes.hpp"
#include "base/directory.hpp"
#include "base/error.hpp"
#include "base/file_system.hpp"

namespace pra::source::postgres {

namespace {

/// Versions that pg_control files have had (PG_CONTROL_VERSION), generously.
constexpr std::uint32_t kFirstControlVersion = 800;
constexpr std::uint32_t kLastControlVersion = 10'000;

std::optional<std::int64_t> parse_pid(std::string_view text) {
  std::int64_t pid = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (failure != std::errc() || pid == 0) return std::nullopt;
  return pid < 0 ? -pid : pid;  // A server in single-user mode writes it negated.
}

/// The pid in the first line of postmaster.pid.
std::optional<std::int64_t> recorded_pid(const std::string& data_directory, FileSystem& files) {
  const std::string path = data_directory + "/postmaster.pid";
  if (!files.stat(path)) return std::nullopt;
  constexpr std::uint64_t kLimit = 65536;
  return parse_pid(as_text(files.read(path, kLimit)));
}

enum class WorksHere { kYes, kNo, kUnknown };

/// Whether the process's working directory, which of a server is its data directory, is this one.
WorksHere works_in(std::int64_t pid, const struct stat& data_directory) {
  try {
    const auto status = Directory::open("/proc/" + std::to_string(pid) + "/cwd").own_status();
    return status.st_dev == data_directory.st_dev && status.st_ino == data_directory.st_ino
               ? WorksHere::kYes
               : WorksHere::kNo;
  } catch (const Error& error) {
    return error.code() == ErrorCode::kNotFound ? WorksHere::kNo : WorksHere::kUnknown;
  }
}

/// A shell may work in a data directory too.
bool is_server(std::int64_t pid, FileSystem& files) {
  try {
    const Buffer name = files.read("/proc/" + std::to_string(pid) + "/comm", 4096);
    const std::string_view text = as_text(name);
    return text.find("postgres") != std::string_view::npos ||
           text.find("postmaster") != std::string_view::npos;
  } catch (const Error&) {
    return false;  // It ended meanwhile.
  }
}

}  // namespace

std::optional<std::string> system_identifier_at(const std::string& data_directory) {
  const auto files = posix_file_system();
  const std::string path = data_directory + "/global/pg_control";
  if (!files->stat(path)) return std::nullopt;
  // The first fields of every version: the identifier, and the version of the file's format.
  std::array<std::uint8_t, 12> head{};
  files->read_range(path, 0, head);
  std::uint64_t identifier = 0;
  std::uint32_t version = 0;
  std::memcpy(&identifier, head.data(), sizeof identifier);
  std::memcpy(&version, head.data() + sizeof identifier, sizeof version);
  if (version < kFirstControlVersion || version > kLastControlVersion)
    throw Error(ErrorCode::kCorrupt, "not a control file of PostgreSQL: " + printable(path));
  return std::to_string(identifier);
}

std::optional<std::int64_t> running_server(const std::string& data_directory) {
  const auto files = posix_file_system();
  if (!files->stat(data_directory)) return std::nullopt;
  const struct stat here = Directory::open(data_directory).own_status();
  std::optional<std::int64_t> found;
  files->list("/proc", [&](std::string_view name, bool) {
    if (found || name.empty() || name.front() < '1' || name.front() > '9') return;
    const auto pid = parse_pid(name);
    if (pid && works_in(*pid, here) == WorksHere::kYes && is_server(*pid, *files)) found = pid;
  });
  if (found) return found;
  const auto recorded = recorded_pid(data_directory, *files);
  if (recorded && files->stat("/proc/" + std::to_string(*recorded)) &&
      works_in(*recorded, here) != WorksHere::kNo)
    return recorded;
  return std::nullopt;
}

}  // namespace pra::source::postgres
