#include "config/yaml_reader.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/error.hpp"
#include "base/units.hpp"
#include "base/words.hpp"

namespace pra::config {

void ErrorList::add(int line, const std::string& message) {
  messages_.emplace_back(line, message);
}

void ErrorList::throw_if_any() const {
  if (messages_.empty()) return;
  auto sorted = messages_;
  std::ranges::stable_sort(sorted, {}, &std::pair<int, std::string>::first);
  std::string text;
  for (const auto& [line, message] : sorted) {
    if (!text.empty()) text += '\n';
    text += line > 0 ? fmt::format("{}:{}: {}", path_, line, message)
                     : fmt::format("{}: {}", path_, message);
  }
  throw Error(ErrorCode::kInvalidArgument, text,
              sorted.size() == 1
                  ? "correct it; `pra config check` reads the file again"
                  : fmt::format("correct these {} places; `pra config check` reads the "
                                "file again",
                                sorted.size()));
}

namespace {

int line_of(const YAML::Node& node) {
  return node.Mark().is_null() ? 0 : node.Mark().line + 1;
}

}  // namespace

struct YamlMap::Implementation {
  YAML::Node node;
  std::string what;
  ErrorList& errors;
  std::set<std::string> known;
  std::set<std::string> all;

  YAML::Node get(const std::string& key) {
    known.insert(key);
    if (!node.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
    for (const auto& entry : node)
      if (entry.first.IsScalar() && entry.first.Scalar() == key) return entry.second;
    return YAML::Node(YAML::NodeType::Undefined);
  }
  [[nodiscard]] std::string name_of(const std::string& key) const {
    return what.empty() ? key : what + "." + key;
  }
  void fail(const YAML::Node& at, const std::string& key, const std::string& problem) {
    errors.add(line_of(at), fmt::format("{}: {}", name_of(key), problem));
  }
  /// The text of a scalar; nothing, with an error, for anything else.
  bool scalar(const std::string& key, const std::string& wanted, YAML::Node& found) {
    found.reset(get(key));
    if (!found.IsDefined() || found.IsNull()) return false;
    if (found.IsScalar()) return true;
    fail(found, key, "must be " + wanted);
    return false;
  }
};

YamlMap::YamlMap(const YAML::Node& node, std::string what, ErrorList& errors)
    : implementation_(new Implementation{node, std::move(what), errors, {}, {}}) {
  auto& self = *implementation_;
  if (!node.IsMap()) {
    errors.add(line_of(node), fmt::format("{}: must be a mapping (name: value)",
                                          self.what.empty() ? "the file" : self.what));
    return;
  }
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      errors.add(line_of(entry.first), fmt::format("{}: a key must be plain text", self.what));
    } else if (!self.all.insert(entry.first.Scalar()).second) {
      errors.add(line_of(entry.first),
                 fmt::format("{}: is given twice", printable(self.name_of(entry.first.Scalar()))));
    }
  }
}

YamlMap::~YamlMap() = default;

int YamlMap::line() const {
  return line_of(implementation_->node);
}

bool YamlMap::has(const std::string& key) {
  const auto node = implementation_->get(key);
  return node.IsDefined() && !node.IsNull();
}

void YamlMap::fail(const std::string& key, const std::string& problem) {
  const auto node = implementation_->get(key);
  implementation_->fail(node.IsDefined() ? node : implementation_->node, key, problem);
}

std::string YamlMap::string(const std::string& key, std::string fallback) {
  YAML::Node found;
  return implementation_->scalar(key, "text", found) ? found.Scalar() : fallback;
}

std::string YamlMap::required_string(const std::string& key) {
  auto text = string(key);
  if (text.empty() && !has(key))
    implementation_->errors.add(line(),
                                fmt::format("{}: is missing", implementation_->name_of(key)));
  else if (text.empty())
    fail(key, "must not be empty");
  return text;
}

bool YamlMap::boolean(const std::string& key, bool fallback) {
  YAML::Node found;
  if (!implementation_->scalar(key, "true or false", found)) return fallback;
  if (found.Scalar() == "true") return true;
  if (found.Scalar() == "false") return false;
  implementation_->fail(found, key,
                        fmt::format("must be true or false, not '{}'", printable(found.Scalar())));
  return fallback;
}

long long YamlMap::integer(const std::string& key, long long fallback, long long least,
                           long long most) {
  YAML::Node found;
  if (!implementation_->scalar(key, "a whole number", found)) return fallback;
  const auto& text = found.Scalar();
  long long value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc() && result.ptr == text.data() + text.size() && value >= least &&
      value <= most)
    return value;
  implementation_->fail(
      found, key,
      fmt::format("must be a whole number from {} to {}, not '{}'", least, most, printable(text)));
  return fallback;
}

namespace {

template <class Value, class Parse>
Value parsed(YamlMap& map, const std::string& key, Value fallback, Parse parse) {
  const auto text = map.string(key);
  if (text.empty()) {
    if (map.has(key)) map.fail(key, "must not be empty");
    return fallback;
  }
  try {
    return parse(text);
  } catch (const Error& problem) {
    map.fail(key, fmt::format("{}; {}", problem.what(), problem.hint()));
    return fallback;
  }
}

}  // namespace

Duration YamlMap::duration(const std::string& key, Duration fallback) {
  return parsed(*this, key, fallback, [](const std::string& text) { return parse_duration(text); });
}

std::uint64_t YamlMap::size(const std::string& key, std::uint64_t fallback) {
  return parsed(*this, key, fallback, [](const std::string& text) { return parse_size(text); });
}

std::vector<std::string> YamlMap::strings(const std::string& key) {
  std::vector<std::string> out;
  const auto found = implementation_->get(key);
  if (!found.IsDefined() || found.IsNull()) return out;
  if (found.IsScalar()) return {found.Scalar()};
  if (!found.IsSequence()) {
    implementation_->fail(found, key, "must be a list of texts");
    return out;
  }
  for (const auto& item : found) {
    if (item.IsScalar())
      out.push_back(item.Scalar());
    else
      implementation_->fail(item, key, "must hold texts only");
  }
  return out;
}

std::vector<std::string> YamlMap::command(const std::string& key) {
  return implementation_->get(key).IsSequence() ? strings(key) : std::vector<std::string>{};
}

std::vector<long long> YamlMap::integers(const std::string& key) {
  std::vector<long long> out;
  for (const auto& text : strings(key)) {
    long long value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec == std::errc() && result.ptr == text.data() + text.size())
      out.push_back(value);
    else
      fail(key, fmt::format("must hold whole numbers only, not '{}'", printable(text)));
  }
  return out;
}

void YamlMap::map(const std::string& key, const std::function<void(YamlMap&)>& read) {
  const auto found = implementation_->get(key);
  if (!found.IsDefined() || found.IsNull()) return;
  YamlMap inner(found, implementation_->name_of(key), implementation_->errors);
  if (!found.IsMap()) return;
  read(inner);
  inner.finish();
}

void YamlMap::maps(const std::string& key,
                   const std::function<void(const std::string&, YamlMap&)>& read) {
  map(key, [&](YamlMap& all) {
    for (const auto& entry : all.implementation_->node) {
      if (!entry.first.IsScalar()) continue;
      const std::string name = entry.first.Scalar();
      all.map(name, [&](YamlMap& one) { read(name, one); });
    }
  });
}

void YamlMap::list_of_maps(const std::string& key, const std::function<void(YamlMap&)>& read) {
  const auto found = implementation_->get(key);
  if (!found.IsDefined() || found.IsNull()) return;
  if (!found.IsSequence()) {
    implementation_->fail(found, key, "must be a list");
    return;
  }
  std::size_t number = 0;
  for (const auto& item : found) {
    YamlMap inner(item, fmt::format("{}[{}]", implementation_->name_of(key), ++number),
                  implementation_->errors);
    if (!item.IsMap()) continue;
    read(inner);
    inner.finish();
  }
}

std::vector<std::pair<std::string, std::string>> YamlMap::pairs(const std::string& key) {
  std::vector<std::pair<std::string, std::string>> out;
  map(key, [&](YamlMap& entries) {
    for (const auto& name : entries.implementation_->all)
      out.emplace_back(name, entries.string(name));
  });
  return out;
}

void YamlMap::finish() {
  auto& self = *implementation_;
  if (!self.node.IsMap()) return;
  const std::vector<std::string> known(self.known.begin(), self.known.end());
  for (const auto& entry : self.node) {
    if (!entry.first.IsScalar() || self.known.contains(entry.first.Scalar())) continue;
    const auto& key = entry.first.Scalar();
    const auto nearest = nearest_name(key, known);
    self.errors.add(line_of(entry.first),
                    fmt::format("{}: there is no such key{}", printable(self.name_of(key)),
                                nearest.empty() ? fmt::format("; known: {}", fmt::join(known, ", "))
                                                : fmt::format("; did you mean '{}'?", nearest)));
  }
}

namespace {

/// Where the documents of a text begin.
class DocumentMarks : public YAML::EventHandler {
 public:
  [[nodiscard]] const std::vector<YAML::Mark>& starts() const { return starts_; }

  void OnDocumentStart(const YAML::Mark& mark) override { starts_.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  std::vector<YAML::Mark> starts_;
};

}  // namespace

void read_yaml(const std::string& text, ErrorList& errors,
               const std::function<void(YamlMap&)>& read) {
  YAML::Node document;
  try {
    document.reset(YAML::Load(text));
    DocumentMarks marks;
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    // Two are enough to know; YAML::LoadAll reads ",x" as one empty document after the other, for
    // ever.
    while (marks.starts().size() < 2 && parser.HandleNextDocument(marks))
      continue;
    if (marks.starts().size() > 1) {
      const bool stuck = marks.starts()[0].pos == marks.starts()[1].pos;
      errors.add(marks.starts()[1].line + 1,
                 stuck ? "YAML syntax: unexpected character" : "only one YAML document is read");
      return;
    }
  } catch (const YAML::Exception& problem) {
    errors.add(problem.mark.is_null() ? 0 : problem.mark.line + 1, "YAML syntax: " + problem.msg);
    return;
  }
  if (!document.IsDefined() || document.IsNull()) {
    errors.add(0, "the file is empty");
    return;
  }
  YamlMap top(document, "", errors);
  if (!document.IsMap()) return;
  read(top);
  top.finish();
}

}  // namespace pra::config
