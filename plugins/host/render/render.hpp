#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "command_line.hpp"

namespace pra_host {

namespace json = boost::json;

/// A result as people read it; ends with a newline, or is empty.
[[nodiscard]] std::string render(const std::string& operation, const json::object& result);
/// One event while an operation runs; empty when there is nothing to show.
[[nodiscard]] std::string render_event(const json::object& event, const Display& display);

[[nodiscard]] std::string render_backup(const json::object& result);
[[nodiscard]] std::string render_restore(const json::object& result);
[[nodiscard]] std::string render_verify(const json::object& result);
[[nodiscard]] std::string render_digest(const json::object& result);
[[nodiscard]] std::string render_snapshots(const json::object& result);
[[nodiscard]] std::string render_health(const json::object& result);
[[nodiscard]] std::string render_status(const json::object& result);
[[nodiscard]] std::string render_init(const json::object& result);
[[nodiscard]] std::string render_unlock(const json::object& result);
[[nodiscard]] std::string render_config_check(const json::object& result);

}  // namespace pra_host
