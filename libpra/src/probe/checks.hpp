#pragma once

#include <stop_token>

#include "base/time.hpp"
#include "probe/probe.hpp"

namespace pra::probe {

/// What one attempt of a check found; the caller adds names and times. The checks throw pra::Error
/// for a target that cannot be reached; that is turned into an unhealthy result in one place.
struct Finding {
  bool healthy = false;
  std::string message;
  std::map<std::string, double> values;
};

[[nodiscard]] Finding check(const HttpProbe& probe, Duration timeout, const std::stop_token& stop);
[[nodiscard]] Finding check(const TcpProbe& probe, Duration timeout, const std::stop_token& stop);
[[nodiscard]] Finding check(const PostgresProbe& probe, Duration timeout,
                            const std::stop_token& stop);
[[nodiscard]] Finding check(const CommandProbe& probe, Duration timeout,
                            const std::stop_token& stop);

}  // namespace pra::probe
