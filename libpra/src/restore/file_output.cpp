#include "restore/file_output.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/random.hpp"

namespace pra::restore {
namespace {

constexpr std::uint64_t kHoleGrain = 4096;

}  // namespace

FileOutput::FileOutput(const Plan& plan, DirectoryCache& directories,
                       const MetadataWriter& metadata, Report& report, bool write_zeros)
    : plan_(plan),
      directories_(directories),
      metadata_(metadata),
      report_(report),
      write_zeros_(write_zeros),
      run_tag_(to_hex(crypto::random_bytes(8))),
      states_(plan.size()) {}

std::string FileOutput::working_name(EntryNumber number) const {
  const auto& entry = plan_.entry(number);
  if (!has_working_name(entry)) return plan_.name(number);
  return fmt::format(".pra-restore-{}-{}", run_tag_, number);
}

File FileOutput::open(EntryNumber number, bool alone) {
  const auto& entry = plan_.entry(number);
  const auto parent = directories_.get(entry.parent);
  if (!is_new(entry)) {
    auto file = open_existing(*parent, number);
    states_[number].fetch_or(kOpened, std::memory_order_release);
    return file;
  }
  // In a directory that we made, and nobody else may enter yet, a file can have its mode at once.
  // (Not with extended attributes, which only a file that may be written to accepts.)
  const bool hidden =
      plan_.entry(entry.parent).action == Action::kCreate && plan_.attributes(entry).empty();
  auto file = parent->create_file(working_name(number),
                                  hidden && alone ? static_cast<mode_t>(entry.mode & 0777) : 0600);
  states_[number].fetch_or(kOpened, std::memory_order_release);
  return file;
}

File FileOutput::open_again(EntryNumber number) {
  const auto& entry = plan_.entry(number);
  const auto parent = directories_.get(entry.parent);
  if (!is_new(entry)) return open_existing(*parent, number);
  auto file = parent->open_for_writing(working_name(number));
  if (file.status().st_nlink != 1)
    throw Error(ErrorCode::kFailed, fmt::format("write {}: somebody else changed it meanwhile",
                                                printable(file.name())));
  return file;
}

File FileOutput::open_existing(const Directory& parent, EntryNumber number) {
  const auto name = plan_.name(number);
  const auto open = [&] {
    try {
      return parent.open_for_writing(name);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kPermissionDenied) throw;
      // Its owner may write to a file that is read-only once it is not.
      parent.set_mode(name, 0600);
      return parent.open_for_writing(name);
    }
  };
  auto file = open();
  if (file.status().st_nlink != 1 && !plan_.entry(number).has_links)
    throw Error(ErrorCode::kFailed, fmt::format("write {}: somebody else changed it meanwhile",
                                                printable(file.name())));
  return file;
}

void FileOutput::write(const File& file, const Entry& entry, std::uint64_t offset, ByteView block) {
  if (write_zeros_)
    file.write_at(offset, block);
  else
    write_with_holes(file, is_new(entry), offset, block);
  report_.bytes_written(block.size());
}

/// Zeros that fill whole grains of the file become holes: in a new file by leaving them out, in an
/// existing one by taking its blocks away.
void FileOutput::write_with_holes(const File& file, bool fresh, std::uint64_t offset,
                                  ByteView block) {
  std::size_t run = 0;  // Where the run that is not written yet begins.
  bool run_is_zero = false;
  const auto flush = [&](std::size_t end) {
    if (run == end) return;
    if (!run_is_zero)
      file.write_at(offset + run, block.subspan(run, end - run));
    else if (!fresh)
      file.punch_hole(offset + run, end - run);
    run = end;
  };
  for (std::size_t at = 0; at < block.size();) {
    const auto to_grain = kHoleGrain - (offset + at) % kHoleGrain;
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(to_grain, block.size() - at));
    const bool zero = length == kHoleGrain && all_zero(block.subspan(at, length));
    if (zero != run_is_zero) {
      flush(at);
      run_is_zero = zero;
    }
    at += length;
  }
  flush(block.size());
}

void FileOutput::fail(EntryNumber number, const std::string& why) {
  if ((states_[number].fetch_or(kFailed) & kFailed) != 0) return;
  const auto& entry = plan_.entry(number);
  report_.lost(
      plan_.path(number),
      fmt::format("{}; {}", why,
                  entry.action == Action::kUpdate    ? "the file that was there is repaired in part"
                  : entry.action == Action::kReplace ? "what was there stays"
                                                     : "the file is left out"));
}

void FileOutput::finish(EntryNumber number, const File& file) {
  if (failed(number)) return finish_failed(number);
  const auto& entry = plan_.entry(number);
  try {
    auto status = file.status();
    if (static_cast<std::uint64_t>(status.st_size) != entry.size) {
      file.truncate(entry.size);
      status = file.status();
    }
    metadata_.apply(file.descriptor(), file.name(), entry, status);
    if (entry.is_last) file.sync();
    if (has_working_name(entry)) {
      const auto parent = directories_.get(entry.parent);
      const auto there = parent->status(plan_.name(number));
      if (there && S_ISDIR(there->st_mode)) make_way(*parent, plan_.name(number));
      parent->rename(working_name(number), plan_.name(number));
      if (entry.is_last) parent->sync();
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNoSpace) throw;
    fail(number, error.what());
    return finish_failed(number);
  }
  states_[number].fetch_or(kFinished, std::memory_order_release);
  report_.file_restored();
  report_.changed([&] { return plan_.path(number); },
                  entry.action == Action::kCreate ? "create" : "update");
  report_.progress().add(1, 0);
}

void FileOutput::finish_failed(EntryNumber number) {
  const auto before = states_[number].fetch_or(kFinished);
  if ((before & kFinished) != 0) return;
  report_.progress().add(1, 0);
  const auto& entry = plan_.entry(number);
  if (!is_new(entry) || (before & kOpened) == 0) return;
  try {
    directories_.get(entry.parent)->remove(working_name(number), false);
  } catch (const Error& error) {
    report_.problem(plan_.path(number),
                    fmt::format("an incomplete file stays there: {}", error.what()));
  }
}

void FileOutput::discard_unfinished() {
  for (EntryNumber number = 0; number < plan_.size(); ++number)
    if ((states_[number].load() & (kOpened | kFinished)) == kOpened) finish_failed(number);
}

void FileOutput::make_way(const Directory& parent, const std::string& name) {
  const auto there = parent.status(name);
  if (!there) return;
  if (S_ISDIR(there->st_mode) && clear_directory_) clear_directory_(parent, name);
  parent.remove(name, S_ISDIR(there->st_mode));
}

}  // namespace pra::restore
