#include "probe/probe.hpp"

#include <pra/probe.h>

#include "api/context.hpp"
#include "api/input.hpp"
#include "api/output.hpp"
#include "api/wall.hpp"

using pra::api::required;
using pra::api::wall;
using pra::api::wall_void;

namespace pra::api {

namespace {

struct ProbeView : pra_probe_results {
  explicit ProbeView(const std::vector<probe::Result>& results) : pra_probe_results{} {
    healthy = 1;
    for (const auto& result : results) {
      if (!result.healthy) healthy = 0;
      probe_items.add() = {texts.keep(result.name),
                           texts.keep(result.kind),
                           result.healthy ? 1 : 0,
                           texts.keep(result.message),
                           std::chrono::duration<double>(result.elapsed).count(),
                           result.attempts};
    }
    items = probe_items.data();
    count = probe_items.size();
  }

  Texts texts;
  Items<pra_probe_result> probe_items;
};

/// Longer waits would overflow what counts nanoseconds.
constexpr std::uint64_t kLongestWait = std::uint64_t{365} * 86400 * 1000;

}  // namespace

}  // namespace pra::api

using pra::api::ProbeView;

pra_error* pra_probe_run(const pra_probe_results** out_results, pra_context* context,
                         const char* const* probes, size_t probe_count, uint64_t wait_ms) {
  return wall([&] {
    auto& out = pra::api::output(out_results, "out_results");
    auto& owner = required(context, "context");
    std::vector<pra::probe::Probe> wanted;
    for (const auto& text : pra::api::text_list(probes, probe_count, "probes"))
      wanted.push_back(pra::probe::parse_probe(text));
    const auto wait =
        std::chrono::milliseconds(std::min<std::uint64_t>(wait_ms, pra::api::kLongestWait));
    const auto stop = owner.stop_token();
    out = new ProbeView(wait_ms == 0 ? pra::probe::run_all(wanted, stop)
                                     : pra::probe::wait_until_healthy(wanted, wait, stop));
  });
}

void pra_probe_results_free(const pra_probe_results* results) {
  return wall_void([&] { delete static_cast<const ProbeView*>(results); });
}
