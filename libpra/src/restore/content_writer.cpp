#include "restore/content_writer.hpp"

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/cancel.hpp"
#include "base/error.hpp"

namespace pra::restore {
namespace {

constexpr std::size_t kMostOpenFiles = 64;

/// How many blobs each file still waits for.
using Pending = std::vector<std::atomic<std::uint32_t>>;

bool ends_everything(const Error& error) {
  return error.code() == ErrorCode::kNoSpace || error.code() == ErrorCode::kCancelled;
}

class ContentSink : public BlobSink {
 public:
  ContentSink(const Plan& plan, const ContentPlan& content, FileOutput& output, Pending& pending,
              Progress& progress, const std::stop_token& stop)
      : plan_(plan),
        content_(content),
        output_(output),
        pending_(pending),
        progress_(progress),
        stop_(stop) {}

  void take(std::size_t number, ByteView plaintext) override {
    for (const auto& use : content_.uses_of(number)) {
      throw_if_stopped(stop_);
      write(use, plaintext);
      progress_.add(0, plaintext.size());
    }
  }

  void miss(std::size_t number, const Error& error) override {
    for (const auto& use : content_.uses_of(number)) {
      output_.fail(use.entry, fmt::format("content is lost: {}", error.what()));
      settle(use.entry);
    }
  }

  void end_request() override {
    open_.clear();
    if (latest_ != kNothing) progress_.set_current(printable(plan_.path(latest_)));
  }

 private:
  void write(const ContentPlan::Use& use, ByteView plaintext) {
    latest_ = use.entry;
    const auto& entry = plan_.entry(use.entry);
    if (!output_.failed(use.entry)) {
      try {
        // Most files are small: one blob, and nobody else has to find them open.
        if (!output_.opened(use.entry) && pending_[use.entry].load() == 1) {
          const auto file = output_.open(use.entry, true);
          output_.write(file, entry, use.offset, plaintext);
          pending_[use.entry].store(0);
          return output_.finish(use.entry, file);
        }
        output_.write(file_of(use.entry), entry, use.offset, plaintext);
      } catch (const Error& error) {
        if (ends_everything(error)) throw;
        output_.fail(use.entry, error.what());
      }
    }
    settle(use.entry);
  }

  const File& file_of(EntryNumber number) {
    if (const auto found = open_.find(number); found != open_.end()) return found->second;
    if (open_.size() >= kMostOpenFiles) open_.clear();
    auto file = output_.opened(number) ? output_.open_again(number) : output_.open(number, false);
    return open_.emplace(number, std::move(file)).first->second;
  }

  /// One blob fewer; the last one finishes the file.
  void settle(EntryNumber number) {
    if (pending_[number].fetch_sub(1) != 1) return;
    try {
      if (!output_.failed(number)) return output_.finish(number, file_of(number));
    } catch (const Error& error) {
      if (ends_everything(error)) throw;
      output_.fail(number, error.what());
    }
    output_.finish_failed(number);
  }

  const Plan& plan_;
  const ContentPlan& content_;
  FileOutput& output_;
  Pending& pending_;
  Progress& progress_;
  const std::stop_token& stop_;
  std::unordered_map<EntryNumber, File> open_;
  EntryNumber latest_ = kNothing;
};

/// Counts blobs a file, and opens files to which several requests will write: whoever comes later
/// only opens them again.
void prepare(const Plan& plan, const ContentPlan& content, FileOutput& output, Pending& pending) {
  std::vector<std::uint32_t> request_of(plan.size(), kNothing);
  for (std::uint32_t request = 0; request < content.requests.size(); ++request) {
    const auto& [first, last] = content.requests[request];
    for (auto i = content.first_use[first]; i < content.first_use[last]; ++i) {
      const auto number = content.uses[i].entry;
      pending[number].fetch_add(1, std::memory_order_relaxed);
      if (request_of[number] == kNothing) request_of[number] = request;
      if (request_of[number] == request || output.opened(number) || output.failed(number)) continue;
      try {
        static_cast<void>(output.open(number, false));
      } catch (const Error& error) {
        if (ends_everything(error)) throw;
        output.fail(number, error.what());
      }
    }
  }
}

}  // namespace

void write_content(repo::Repository& repository, const Plan& plan, const ContentPlan& content,
                   FileOutput& output, unsigned workers, const std::stop_token& stop) {
  Pending pending(plan.size());
  prepare(plan, content, output, pending);
  fetch_blobs(
      repository,
      {repo::BlobType::kData, content.wanted, content.requests, &content.packs, &repository.index(),
       workers},
      [&] {
        return std::make_unique<ContentSink>(plan, content, output, pending, output.progress(),
                                             stop);
      },
      stop);
}

}  // namespace pra::restore
