#include "restore/read_back.hpp"

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "restore/content_match.hpp"

namespace pra::restore {

void ReadBack::run(unsigned workers, const std::stop_token& stop) {
  std::vector<EntryNumber> files;
  std::vector<MatchJob> jobs;
  std::uint64_t bytes = 0;
  for (EntryNumber number = 0; number < plan_.size(); ++number) {
    const auto& entry = plan_.entry(number);
    if (!entry.is_file() || entry.is_link() || entry.action == Action::kSkip ||
        output_.failed(number))
      continue;
    files.push_back(number);
    bytes += entry.size;
    add_match_jobs(plan_, index_, number, jobs);
  }
  auto& progress = report_.progress();
  progress.begin_phase("verify", files.size(), bytes);
  const auto open = [&](EntryNumber number) -> std::optional<File> {
    try {
      auto file = directories_.get(plan_.entry(number).parent)->open_file(plan_.name(number));
      file.forget_cached();
      return file;
    } catch (const Error&) {
      return std::nullopt;  // Told below, as a file that does not hold its content.
    }
  };
  ContentMatch match(plan_);
  match.run(
      jobs, index_, open, workers, [&](std::uint64_t count) { progress.add(0, count); }, stop);
  for (const auto number : files) {
    const auto& entry = plan_.entry(number);
    progress.add(1, 0);
    try {
      const auto status = directories_.get(entry.parent)->status(plan_.name(number));
      const bool same = status && S_ISREG(status->st_mode) &&
                        static_cast<std::uint64_t>(status->st_size) == entry.size &&
                        match.holds_all(entry);
      if (!same) report_.lost(plan_.path(number), "reads back differently from what was restored");
    } catch (const Error& error) {
      report_.lost(plan_.path(number), error.what());
    }
  }
}

}  // namespace pra::restore
