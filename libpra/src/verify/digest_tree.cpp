#include <dirent.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "base/bounded_queue.hpp"
#include "base/cancel.hpp"
#include "base/error.hpp"
#include "base/file_system.hpp"
#include "base/worker_group.hpp"
#include "verify/digest_list.hpp"
#include "verify/file_digest.hpp"
#include "verify/verify.hpp"

namespace pra::verify {
namespace {

/// Files of one directory, to be digested by one worker. The directory stays open so long.
struct Batch {
  std::shared_ptr<const Directory> directory;
  std::vector<std::string> names;
};

constexpr std::size_t kBatchFiles = 32;
// Bounds the directories that are open for waiting batches.
constexpr std::size_t kQueueBatches = 64;

/// Digests a tree: one thread walks, the others digest.
class TreeDigest {
 public:
  TreeDigest(const DigestOptions& options, Progress& progress, const std::stop_token& stop)
      : algorithm_(crypto::digest_algorithm(options.algorithm)),
        workers_(options.workers != 0 ? options.workers : usable_cores()),
        progress_(progress),
        stop_(stop) {}

  DigestResult run(const std::string& path) {
    auto root = std::make_shared<const Directory>(Directory::open(path));
    std::vector<std::vector<DigestLine>> lines(workers_);
    WorkerGroup group([this] { queue_.abort(); });
    group.start([this, root = std::move(root)]() mutable {
      walk(std::move(root));
      queue_.close();
    });
    for (auto& own_lines : lines)
      group.start([this, &own_lines] { work(own_lines); });
    group.join();

    DigestResult result{.lines = {}, .tree = {}, .bytes = bytes_, .problems = problems_.items()};
    for (auto& part : lines)
      std::move(part.begin(), part.end(), std::back_inserter(result.lines));
    std::ranges::sort(result.lines, {}, &DigestLine::path);
    std::ranges::sort(result.problems, {}, &Problem::item);
    return result;
  }

 private:
  void report(const std::string& path, const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw error;
    progress_.add_problem();
    problems_.add({printable(path), error.what()});
  }

  /// Depth first, with a stack of our own: a tree may be deeper than the thread's.
  void walk(std::shared_ptr<const Directory> root) {
    struct Pending {
      std::shared_ptr<const Directory> parent;
      std::string name;
    };
    std::vector<Pending> pending;
    std::shared_ptr<const Directory> directory = std::move(root);
    for (;;) {
      throw_if_stopped(stop_);
      if (directory) {
        try {
          for (auto& name : queue_files(directory))
            pending.push_back({directory, std::move(name)});
        } catch (const Error& error) {
          report(directory->path(), error);
        }
      }
      directory.reset();
      if (pending.empty()) return;
      const Pending next = std::move(pending.back());
      pending.pop_back();
      try {
        directory = std::make_shared<const Directory>(next.parent->open_directory(next.name));
      } catch (const Error& error) {
        report(next.parent->path_of(next.name), error);
      }
    }
  }

  /// Hands the files of a directory to the workers; the names of its directories.
  std::vector<std::string> queue_files(const std::shared_ptr<const Directory>& directory) {
    std::vector<std::string> directories;
    Batch batch{directory, {}};
    const auto flush = [&] {
      if (batch.names.empty()) return;
      if (!queue_.push(std::exchange(batch, Batch{directory, {}})))
        throw Error(ErrorCode::kCancelled, "another thread failed");
    };
    for (auto& entry : directory->entries()) {
      unsigned char type = entry.type;
      if (type == DT_UNKNOWN) {
        const auto status = directory->status(entry.name);
        if (status) type = static_cast<unsigned char>(IFTODT(status->st_mode));
      }
      if (type == DT_DIR) directories.push_back(std::move(entry.name));
      if (type != DT_REG) continue;
      batch.names.push_back(std::move(entry.name));
      if (batch.names.size() == kBatchFiles) flush();
    }
    flush();
    return directories;
  }

  void work(std::vector<DigestLine>& lines) {
    FileDigester digester(algorithm_, progress_, stop_);
    while (const auto batch = queue_.pop()) {
      progress_.set_current(batch->directory->path());
      for (const auto& name : batch->names) {
        try {
          std::string hex = digester.digest(batch->directory->open_file(name));
          lines.push_back({std::move(hex), batch->directory->path_of(name)});
        } catch (const Error& error) {
          report(batch->directory->path_of(name), error);
        }
      }
    }
    bytes_ += digester.bytes();
  }

  const crypto::DigestAlgorithm& algorithm_;
  const unsigned workers_;
  Progress& progress_;
  const std::stop_token& stop_;
  BoundedQueue<Batch> queue_{kQueueBatches};
  ProblemList problems_;
  std::atomic<std::uint64_t> bytes_ = 0;
};

DigestResult digest_one(const DigestOptions& options, Progress& progress,
                        const std::stop_token& stop) {
  FileDigester digester(crypto::digest_algorithm(options.algorithm), progress, stop);
  std::string hex = digester.digest(File::open(options.path));
  return {.lines = {{std::move(hex), options.path}},
          .tree = {},
          .bytes = digester.bytes(),
          .problems = {}};
}

/// Paths below the root take part, not the root's: equal trees have equal digests anywhere.
std::string digest_of_lines(const DigestResult& result, std::size_t root_length,
                            const crypto::DigestAlgorithm& algorithm) {
  crypto::Hasher hasher(algorithm);
  std::string text;
  for (const auto& line : result.lines) {
    text.clear();
    append_digest_line(text, line.hex, std::string_view(line.path).substr(root_length));
    hasher.update(as_bytes(text));
  }
  return hasher.finish_hex();
}

}  // namespace

DigestResult digest_tree(const DigestOptions& options, Progress& progress,
                         const std::stop_token& stop) {
  const auto& algorithm = crypto::digest_algorithm(options.algorithm);
  progress.begin_phase("digest", 0, 0);
  const auto info = posix_file_system()->stat(options.path);
  if (!info)
    throw Error(ErrorCode::kNotFound, "cannot digest " + printable(options.path) +
                                          ": there is no such file or directory");
  DigestResult result;
  std::size_t root_length = 0;
  if (info->is_directory) {
    result = TreeDigest(options, progress, stop).run(options.path);
    root_length = options.path.size() + (options.path.ends_with('/') ? 0 : 1);
  } else {
    result = digest_one(options, progress, stop);
    root_length = options.path.rfind('/') + 1;
  }
  result.tree = digest_of_lines(result, root_length, algorithm);
  return result;
}

}  // namespace pra::verify
