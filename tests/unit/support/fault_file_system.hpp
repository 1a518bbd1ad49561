#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/file_system.hpp"

namespace pra::test {

/// Fails chosen calls of another FileSystem, before they do anything. Safe for concurrent use.
class FaultFileSystem final : public FileSystem {
 public:
  explicit FaultFileSystem(std::shared_ptr<FileSystem> inner) : inner_(std::move(inner)) {}

  /// The `number`-th call from now on (from 1) fails; with `persistent` all after it do, too.
  void fail(std::uint64_t number, bool persistent, ErrorCode code) {
    fail_at_ = number;
    persistent_ = persistent;
    code_ = code;
    calls_ = 0;
    fired_ = false;
  }
  void heal() { fail_at_ = 0; }
  [[nodiscard]] bool fired() const { return fired_; }

  std::optional<Info> stat(const std::string& path) override {
    check("stat");
    return inner_->stat(path);
  }
  Buffer read(const std::string& path, std::uint64_t limit) override {
    check("read");
    return inner_->read(path, limit);
  }
  void read_range(const std::string& path, std::uint64_t offset, MutableByteView out) override {
    check("read_range");
    inner_->read_range(path, offset, out);
  }
  void write_new(const std::string& path, ByteView content, std::uint32_t mode) override {
    check("write_new");
    inner_->write_new(path, content, mode);
  }
  void rename(const std::string& from, const std::string& to) override {
    check("rename");
    inner_->rename(from, to);
  }
  void rename_new(const std::string& from, const std::string& to) override {
    check("rename_new");
    inner_->rename_new(from, to);
  }
  void remove(const std::string& path) override {
    check("remove");
    inner_->remove(path);
  }
  void create_directories(const std::string& path, std::uint32_t mode) override {
    check("create_directories");
    inner_->create_directories(path, mode);
  }
  void sync_directory(const std::string& path) override {
    check("sync_directory");
    inner_->sync_directory(path);
  }
  void list(const std::string& path,
            const std::function<void(std::string_view, bool)>& visit) override {
    check("list");
    inner_->list(path, visit);
  }

 private:
  void check(const char* what) {
    const auto number = ++calls_;
    if (fail_at_ == 0 || number < fail_at_ || (number > fail_at_ && !persistent_)) return;
    fired_ = true;
    throw Error(code_, std::string(what) + ": injected fault");
  }

  std::shared_ptr<FileSystem> inner_;
  std::atomic<std::uint64_t> calls_ = 0;
  std::atomic<std::uint64_t> fail_at_ = 0;
  std::atomic<bool> persistent_ = false;
  std::atomic<bool> fired_ = false;
  std::atomic<ErrorCode> code_ = ErrorCode::kFailed;
};

}  // namespace pra::test
