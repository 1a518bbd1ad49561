#include "table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <boost/json/parse.hpp>

#include "handle.hpp"

namespace pra_host {

namespace json = boost::json;

namespace {

std::string replaced(std::string text, char from, char to) {
  std::ranges::replace(text, from, to);
  return text;
}

std::string text_of(const json::object& object, std::string_view member) {
  const auto& value = object.at(member);
  return value.is_null() ? std::string() : std::string(value.as_string());
}

std::vector<std::string> texts_of(const json::object& object, std::string_view member) {
  std::vector<std::string> out;
  for (const auto& item : object.at(member).as_array())
    out.emplace_back(item.as_string());
  return out;
}

Parameter parameter_of(const json::object& object) {
  return {text_of(object, "name"),           text_of(object, "type"),
          text_of(object, "help"),           text_of(object, "default"),
          texts_of(object, "choices"),       object.at("required").as_bool(),
          object.at("positional").as_bool(), object.at("repository").as_bool()};
}

Operation operation_of(const json::object& object) {
  Operation out;
  out.name = text_of(object, "name");
  out.group = text_of(object, "group");
  out.summary = text_of(object, "summary");
  out.details = text_of(object, "details");
  out.examples = texts_of(object, "examples");
  out.changes = object.at("changes").as_bool();
  for (const auto& item : object.at("parameters").as_array())
    out.parameters.push_back(parameter_of(item.as_object()));
  for (const auto& item : object.at("results").as_array()) {
    const auto& field = item.as_object();
    out.results.push_back({text_of(field, "name"), text_of(field, "type"), text_of(field, "help")});
  }
  return out;
}

}  // namespace

std::string Parameter::option() const {
  return "--" + replaced(name, '_', '-');
}

std::string Parameter::placeholder() const {
  if (!choices.empty()) return fmt::format("{}", fmt::join(choices, "|"));
  if (type == "string_map") return "NAME=VALUE";
  auto word = positional ? name : is_path() ? "path" : type == "integer" ? "n" : type;
  if (word == "string" || word == "string_list") word = "text";
  std::ranges::transform(word, word.begin(), [](char c) {
    return c == '_' ? '-' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return word;
}

std::string Operation::command() const {
  return replaced(name, '_', ' ');
}

bool Operation::has_result(std::string_view field) const {
  return std::ranges::find(results, field, &ResultField::name) != results.end();
}

std::vector<Operation> load_table() {
  char* text = nullptr;
  check(pra_operations_json(&text));
  const Handle<char> owned(text);
  std::vector<Operation> out;
  const auto document = json::parse(text);
  for (const auto& item : document.at("operations").as_array())
    out.push_back(operation_of(item.as_object()));
  return out;
}

const Operation* find(const std::vector<Operation>& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Operation::name);
  return found == table.end() ? nullptr : &*found;
}

}  // namespace pra_host
