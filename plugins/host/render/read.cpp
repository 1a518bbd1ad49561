#include "render/read.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "format.hpp"
#include "wrap.hpp"

namespace pra_host {

namespace json = boost::json;

std::string text(const json::object& object, std::string_view member) {
  const auto* value = object.if_contains(member);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number(const json::object& object, std::string_view member) {
  const auto* value = object.if_contains(member);
  if (value == nullptr) return 0;
  if (value->is_uint64()) return value->get_uint64();
  return value->is_int64() && value->get_int64() > 0
             ? static_cast<std::uint64_t>(value->get_int64())
             : 0;
}

double real(const json::object& object, std::string_view member) {
  const auto* value = object.if_contains(member);
  return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

bool flag(const json::object& object, std::string_view member) {
  const auto* value = object.if_contains(member);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const json::array& list(const json::object& object, std::string_view member) {
  static const json::array kEmpty;
  const auto* value = object.if_contains(member);
  return value != nullptr && value->is_array() ? value->get_array() : kEmpty;
}

std::string joined(const json::object& object, std::string_view member) {
  std::string out;
  for (const auto& item : list(object, member)) {
    if (!item.is_string()) continue;
    out += out.empty() ? "" : ", ";
    out += item.get_string();
  }
  return out;
}

std::string problem_lines(const json::array& problems, std::string_view item, std::uint64_t total) {
  static constexpr std::size_t kShown = 50;
  std::string out;
  const auto shown = std::min(problems.size(), kShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& problem = problems[i].as_object();
    out += fmt::format("  {}: {}\n", text(problem, item), text(problem, "message"));
  }
  if (total > shown)
    out += fmt::format("  … and {} more; --json has the first 10,000\n", count_text(total - shown));
  return out;
}

std::string Table::text() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], columns(row[i]));
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - columns(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace pra_host
