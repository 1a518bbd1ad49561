#include <fmt/format.h>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "base/host.hpp"
#include "base/json.hpp"
#include "repo/lock.hpp"
#include "repo/repository.hpp"

namespace pra::repo {

namespace {

constexpr Duration kStaleAge = std::chrono::minutes(30);

std::uint32_t user_or_group(const JsonReader& reader, std::string_view member) {
  const std::uint64_t value = reader.unsigned_or(member, 0);
  if (value > 0xffffffff) throw Error(ErrorCode::kCorrupt, "lock: a user or group id is too large");
  return static_cast<std::uint32_t>(value);
}

}  // namespace

std::string encode_lock(const LockInfo& lock) {
  std::string out;
  JsonText json(out);
  json.raw("{\"time\":\"").raw(format_rfc3339(lock.time));
  json.raw(lock.exclusive ? "\",\"exclusive\":true" : "\",\"exclusive\":false");
  json.raw(",\"hostname\":").string(lock.hostname);
  json.raw(",\"username\":").string(lock.username);
  json.raw(",\"pid\":").number(lock.pid);
  if (lock.uid != 0) json.raw(",\"uid\":").number(std::uint64_t{lock.uid});
  if (lock.gid != 0) json.raw(",\"gid\":").number(std::uint64_t{lock.gid});
  json.raw("}");
  return out;
}

LockInfo decode_lock(std::string_view text, const LockId& id) {
  try {
    const auto document = parse_json(text, "lock");
    const JsonReader reader(document, "lock");
    LockInfo lock;
    lock.id = id;
    lock.time = parse_rfc3339(reader.string("time"));
    lock.exclusive = reader.boolean_or("exclusive", false);
    lock.hostname = reader.string_or("hostname", "");
    lock.username = reader.string_or("username", "");
    lock.pid = reader.integer_or("pid", 0);
    lock.uid = user_or_group(reader, "uid");
    lock.gid = user_or_group(reader, "gid");
    return lock;
  } catch (const Error& error) {
    throw Error(ErrorCode::kCorrupt, error.what());
  }
}

bool is_stale(const LockInfo& lock, const Timestamp& now) {
  if (now.since(lock.time) > kStaleAge) return true;
  const std::string here = current_identity().hostname;
  return !here.empty() && lock.hostname == here && !process_exists(lock.pid);
}

std::vector<LockInfo> list_locks(Repository& repository, const std::stop_token& stop,
                                 std::vector<std::string>* damaged) {
  std::vector<LockInfo> locks;
  for (const auto& file : repository.list_files(FileKind::kLock, stop)) {
    // Some stores show a file before its content has arrived.
    if (file.size == 0) continue;
    try {
      const Buffer text = repository.read_file(FileKind::kLock, file.hex, stop);
      locks.push_back(decode_lock(as_text(text), LockId::from_hex(file.hex)));
    } catch (const Error& error) {
      // Released between the listing and now.
      if (error.code() == ErrorCode::kNotFound) continue;
      if (error.code() != ErrorCode::kCorrupt) throw;
      if (damaged != nullptr) damaged->push_back(file.hex);
    }
  }
  return locks;
}

std::size_t remove_locks(Repository& repository, bool all, const std::stop_token& stop) {
  std::vector<std::string> names;
  if (all) {
    for (auto& file : repository.list_files(FileKind::kLock, stop))
      names.push_back(std::move(file.hex));
  } else {
    const Timestamp now = repository.clock().now();
    for (const LockInfo& lock : list_locks(repository, stop))
      if (is_stale(lock, now)) names.push_back(lock.id.hex());
  }
  std::size_t removed = 0;
  for (const std::string& name : names) {
    throw_if_stopped(stop);
    try {
      repository.remove_file(FileKind::kLock, name, stop);
      ++removed;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound) throw;
    }
  }
  return removed;
}

}  // namespace pra::repo
