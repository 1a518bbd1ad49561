#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/file_system.hpp"
#include "base/time.hpp"
#include "probe/probe.hpp"

namespace pra::config {

struct RepositoryReference {
  std::string url;
  std::string key;  ///< Secret reference: file:, env:, command:, credential:.
};

struct FilesSource {
  std::vector<std::string> paths;
  std::vector<std::string> exclude;
  std::vector<std::string> exclude_files;
  bool exclude_caches = false;
  bool one_file_system = false;
  std::uint64_t exclude_larger_than = 0;
};
struct PostgresSource {
  std::string dsn;
};
struct CommandSource {
  std::vector<std::string> command;
  std::string file_name;
};
struct Source {
  std::string name;
  std::variant<FilesSource, PostgresSource, CommandSource> what;
  std::vector<std::string> tags;
};

struct Objectives {
  Duration rto = std::chrono::hours(1);
  Duration rpo = std::chrono::minutes(15);
};

/// pra.yaml as far as this version reads it.
struct Config {
  std::string path;
  std::string name;
  Objectives objectives;
  std::optional<RepositoryReference> repository;
  std::vector<Source> sources;
  std::vector<probe::Probe> probes;
};

/// Parses pra.yaml. Everything that is wrong is said at once, one line each, "FILE:LINE: what", an
/// unknown key with the nearest known one: Error(kInvalidArgument).
[[nodiscard]] Config load_config(const std::string& path, FileSystem& files);
[[nodiscard]] Config parse_config(const std::string& text, const std::string& path);

}  // namespace pra::config
