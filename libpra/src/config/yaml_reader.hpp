#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace YAML {
class Node;
}

namespace pra::config {

/// What is wrong with a file, gathered so that all of it can be said at once.
class ErrorList {
 public:
  explicit ErrorList(std::string path) : path_(std::move(path)) {}
  /// `line` counts from 1; 0 when there is none.
  void add(int line, const std::string& message);
  /// Throws Error(kInvalidArgument) with every message, in order of line, when there is any.
  void throw_if_any() const;

 private:
  std::string path_;
  std::vector<std::pair<int, std::string>> messages_;
};

/// One mapping of a YAML file. Every getter notes its key as known and adds an error, instead of
/// throwing, for a wrong type; `finish` then finds keys that nobody asked for, and repeated ones.
class YamlMap {
 public:
  /// `what` names the mapping in messages: "repository", "sources.db".
  YamlMap(const YAML::Node& node, std::string what, ErrorList& errors);
  ~YamlMap();

  [[nodiscard]] int line() const;
  [[nodiscard]] bool has(const std::string& key);
  void fail(const std::string& key, const std::string& problem);

  [[nodiscard]] std::string string(const std::string& key, std::string fallback = {});
  /// Adds an error when it is missing or empty.
  [[nodiscard]] std::string required_string(const std::string& key);
  [[nodiscard]] bool boolean(const std::string& key, bool fallback);
  [[nodiscard]] long long integer(const std::string& key, long long fallback, long long least,
                                  long long most);
  [[nodiscard]] Duration duration(const std::string& key, Duration fallback);
  [[nodiscard]] std::uint64_t size(const std::string& key, std::uint64_t fallback);
  /// A list of strings; one string counts as a list of one.
  [[nodiscard]] std::vector<std::string> strings(const std::string& key);
  /// The list under `key` when it is one; empty, without an error, when it is something else.
  [[nodiscard]] std::vector<std::string> command(const std::string& key);
  [[nodiscard]] std::vector<long long> integers(const std::string& key);
  /// Calls `read` with the mapping under `key`, if there is one.
  void map(const std::string& key, const std::function<void(YamlMap&)>& read);
  /// Each entry of the mapping under `key`: its name and the mapping it holds.
  void maps(const std::string& key, const std::function<void(const std::string&, YamlMap&)>& read);
  /// Each item of the list under `key`, which must be mappings.
  void list_of_maps(const std::string& key, const std::function<void(YamlMap&)>& read);
  /// Each entry of the mapping under `key` as text to text.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> pairs(const std::string& key);

  void finish();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Parses the text and reads its one document, a mapping; syntax errors go to `errors`.
void read_yaml(const std::string& text, ErrorList& errors,
               const std::function<void(YamlMap&)>& read);

}  // namespace pra::config
