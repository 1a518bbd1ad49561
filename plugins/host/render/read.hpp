#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace pra_host {

/// Members of a result; absent ones are empty, 0 or false.
[[nodiscard]] std::string text(const boost::json::object& object, std::string_view member);
[[nodiscard]] std::uint64_t number(const boost::json::object& object, std::string_view member);
[[nodiscard]] double real(const boost::json::object& object, std::string_view member);
[[nodiscard]] bool flag(const boost::json::object& object, std::string_view member);
[[nodiscard]] const boost::json::array& list(const boost::json::object& object,
                                             std::string_view member);
/// "a, b, c".
[[nodiscard]] std::string joined(const boost::json::object& object, std::string_view member);

/// "  path: what is wrong" for each problem or finding, and how many more there are.
[[nodiscard]] std::string problem_lines(const boost::json::array& problems, std::string_view item,
                                        std::uint64_t total);

/// Rows under a heading, columns as wide as they must be.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) : rows_{std::move(heading)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace pra_host
