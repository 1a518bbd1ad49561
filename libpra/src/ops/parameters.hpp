#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "ops/operation.hpp"

namespace pra::ops {

/// `given` in the one form that operations see: every value has its parameter's type (durations and
/// sizes as checked text, lists as arrays of strings, maps as objects of strings), defaults are
/// filled in, and null is the same as absent. Error(kInvalidArgument) names everything that is
/// wrong.
[[nodiscard]] json::object check_parameters(const Operation& operation, const json::object& given);

/// Reads checked parameters.
class Arguments {
 public:
  explicit Arguments(const json::object& checked) : checked_(checked) {}

  [[nodiscard]] bool has(std::string_view name) const { return checked_.contains(name); }
  /// Empty when absent.
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback = 0) const;
  [[nodiscard]] std::optional<Duration> duration(std::string_view name) const;
  [[nodiscard]] std::uint64_t size(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
  [[nodiscard]] std::map<std::string, std::string> map(std::string_view name) const;

 private:
  const json::object& checked_;
};

}  // namespace pra::ops
