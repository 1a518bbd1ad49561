#include <algorithm>
#include <atomic>
#include <map>
#include <optional>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "base/worker_group.hpp"
#include "verify/digest_list.hpp"
#include "verify/file_digest.hpp"
#include "verify/verify.hpp"

namespace pra::verify {
namespace {

/// Names in a list are paths as in `sha256sum -c`: absolute, or from `base`, with "..", through
/// symbolic links. Nothing is written, and a digest that differs tells nothing of the content.
std::string path_from(const std::string& base, const std::string& path) {
  if (base.empty() || path.starts_with('/')) return path;
  return base.ends_with('/') ? base + path : base + "/" + path;
}

/// What is wrong with a listed file; nothing when it is equal.
std::optional<std::string> check_one(const ListedDigest& listed, const std::string& path,
                                     FileDigester& digester) {
  try {
    const std::string hex = digester.digest(File::open(path));
    if (hex == listed.hex) return std::nullopt;
    return "its " + std::string(listed.algorithm->name) + " is " + hex + ", the list says " +
           listed.hex;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    return error.what();
  }
}

}  // namespace

DigestCheck check_digests(const std::string& list_text, const DigestOptions& options,
                          Progress& progress, const std::stop_token& stop) {
  const auto list = parse_digest_list(list_text, crypto::digest_algorithm(options.algorithm));
  if (std::ranges::all_of(list, [](const auto& listed) { return !listed.malformed.empty(); }))
    throw Error(ErrorCode::kInvalidArgument,
                list.empty() ? "the list holds no digests"
                             : "the list holds no digests: its line " +
                                   std::to_string(list.front().line) + " " + list.front().malformed,
                "give a list as `sha256sum` or `pra digest` writes it, and its --algorithm");
  progress.begin_phase("digest", list.size(), 0);

  std::vector<std::optional<std::string>> problems(list.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    // Lines may name different algorithms, but hardly ever do.
    std::map<const crypto::DigestAlgorithm*, FileDigester> digesters;
    for (std::size_t i = next++; i < list.size(); i = next++) {
      throw_if_stopped(stop);
      const auto& listed = list[i];
      if (!listed.malformed.empty()) {
        problems[i] = listed.malformed;
        continue;
      }
      auto& digester =
          digesters.try_emplace(listed.algorithm, *listed.algorithm, progress, stop).first->second;
      problems[i] = check_one(listed, path_from(options.path, listed.path), digester);
      if (problems[i]) progress.add_problem();
    }
  };
  WorkerGroup group([&] { next = list.size(); });
  const std::size_t workers = options.workers != 0 ? options.workers : usable_cores();
  for (std::size_t i = 0; i < std::min(workers, list.size()); ++i)
    group.start(work);
  group.join();

  DigestCheck result;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!problems[i]) {
      ++result.matched;
      continue;
    }
    const bool malformed = !list[i].malformed.empty();
    result.failures.push_back(
        {.severity = "error",
         .object = malformed ? "line " + std::to_string(list[i].line) : printable(list[i].path),
         .message = *problems[i]});
  }
  return result;
}

}  // namespace pra::verify
