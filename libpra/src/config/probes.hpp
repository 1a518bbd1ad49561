#pragma once

#include <vector>

#include "config/yaml_reader.hpp"
#include "probe/probe.hpp"

namespace pra::config {

/// Reads one probe and appends it: `{name, http|tcp|postgres|command: {…}, timeout, period, …}`;
/// the fields of time are spelt in snake_case (initial_delay, period, timeout, success_threshold,
/// failure_threshold) and, as Kubernetes writes them, in whole seconds (timeoutSeconds, …).
void read_probe(YamlMap& map, std::vector<probe::Probe>& probes);

}  // namespace pra::config
