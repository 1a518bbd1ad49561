#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "repo/index.hpp"
#include "restore/blob_fetch.hpp"
#include "restore/content_match.hpp"
#include "restore/plan.hpp"

namespace pra::restore {

/// What has to be fetched, in the order of the packs, and every place that wants it: 52 bytes a
/// blob and 16 a place.
struct ContentPlan {
  struct Use {
    std::uint64_t offset = 0;  ///< In the file.
    EntryNumber entry = 0;
  };

  PackNumbers packs;
  std::vector<WantedBlob> wanted;
  std::vector<FetchRequest> requests;
  std::vector<Use> uses;                 ///< Those of one blob are consecutive.
  std::vector<std::uint32_t> first_use;  ///< Of each blob, and one past the last.

  [[nodiscard]] std::span<const Use> uses_of(std::size_t blob) const {
    return std::span(uses).subspan(first_use[blob], first_use[blob + 1] - first_use[blob]);
  }
};

/// Plans the content of those files that `wants` names and whose action needs content: all blobs of
/// created and replaced ones, and of updated ones the blobs that `match` did not find in place.
[[nodiscard]] ContentPlan plan_content(const Plan& plan, const repo::Index& index,
                                       const ContentMatch& match,
                                       const std::function<bool(const Entry&)>& wants,
                                       const std::stop_token& stop);

}  // namespace pra::restore
