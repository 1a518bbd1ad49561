#include "config/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "config/probes.hpp"
#include "config/yaml_reader.hpp"

namespace pra::config {

namespace {

constexpr std::uint64_t kFileLimit = 1 << 20;

bool is_secret_reference(const std::string& text) {
  static constexpr std::array<std::string_view, 4> kKinds{
      "file:", "env:", "command:", "credential:"};
  return std::ranges::any_of(
      kKinds, [&](auto kind) { return text.starts_with(kind) && text.size() > kind.size(); });
}

RepositoryReference read_repository(YamlMap& map) {
  RepositoryReference repository;
  repository.url = map.required_string("url");
  repository.key = map.required_string("key");
  // The value is not echoed: somebody may have written the secret itself.
  if (!repository.key.empty() && !is_secret_reference(repository.key))
    map.fail("key",
             "must say where the secret is, never the secret itself: file:PATH, env:NAME, "
             "command:PROGRAM… or credential:NAME");
  return repository;
}

FilesSource read_files_source(YamlMap& map) {
  FilesSource source;
  source.paths = map.strings("paths");
  if (source.paths.empty()) map.fail("paths", "names no path to back up");
  for (const auto& path : source.paths)
    if (!path.starts_with('/'))
      map.fail("paths", fmt::format("'{}' is not absolute", printable(path)));
  source.exclude = map.strings("exclude");
  source.exclude_files = map.strings("exclude_files");
  source.exclude_caches = map.boolean("exclude_caches", false);
  source.one_file_system = map.boolean("one_file_system", false);
  source.exclude_larger_than = map.size("exclude_larger_than", 0);
  return source;
}

PostgresSource read_postgres_source(YamlMap& map) {
  PostgresSource source{map.required_string("dsn")};
  if (source.dsn.find("password=") != std::string::npos)
    map.fail("dsn",
             "must not hold a password; use a passfile (~/.pgpass), a service file or PGPASSWORD");
  return source;
}

CommandSource read_command_source(const std::string& name, YamlMap& map) {
  CommandSource source;
  source.command = map.strings("command");
  if (source.command.empty()) map.fail("command", "names no program");
  source.file_name = map.string("file_name", name);
  if (source.file_name.empty() || source.file_name.find('/') != std::string::npos)
    map.fail("file_name", "must be a plain file name");
  return source;
}

void read_source(const std::string& name, YamlMap& map, std::vector<Source>& sources) {
  Source source;
  source.name = name;
  source.tags = map.strings("tags");
  const auto type = map.required_string("type");
  if (type == "files") {
    source.what = read_files_source(map);
  } else if (type == "postgres") {
    source.what = read_postgres_source(map);
  } else if (type == "command") {
    source.what = read_command_source(name, map);
  } else {
    if (!type.empty())
      map.fail("type", fmt::format("there is no type '{}'; known: files, postgres, command",
                                   printable(type)));
    return;
  }
  sources.push_back(std::move(source));
}

}  // namespace

Config parse_config(const std::string& text, const std::string& path) {
  Config config;
  config.path = path;
  ErrorList errors(printable(path));
  read_yaml(text, errors, [&](YamlMap& top) {
    if (top.integer("version", 0, 0, 1'000'000) != 1)
      top.fail("version", "must be 1: the version of this file's format");
    config.name = top.string("name");
    top.map("objectives", [&](YamlMap& map) {
      config.objectives.rto = map.duration("rto", config.objectives.rto);
      config.objectives.rpo = map.duration("rpo", config.objectives.rpo);
    });
    top.map("repository", [&](YamlMap& map) { config.repository = read_repository(map); });
    top.maps("sources", [&](const std::string& name, YamlMap& map) {
      read_source(name, map, config.sources);
    });
    top.list_of_maps("probes", [&](YamlMap& map) { read_probe(map, config.probes); });
  });
  errors.throw_if_any();
  return config;
}

Config load_config(const std::string& path, FileSystem& files) {
  return parse_config(std::string(as_text(files.read(path, kFileLimit))), path);
}

}  // namespace pra::config
