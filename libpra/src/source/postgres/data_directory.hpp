#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace pra::source::postgres {

/// The system identifier in global/pg_control of a data directory, as decimal digits; nothing when
/// there is no such file. Error(kCorrupt) when the file is none that a server of this machine
/// wrote.
[[nodiscard]] std::optional<std::string> system_identifier_at(const std::string& data_directory);

/// The process id of a server that runs on this data directory: one of this machine's processes
/// that works in it (containers included, when we may look at them), or the one that
/// postmaster.pid names, as long as it cannot be told that it is another's by now. Nothing when
/// none does.
[[nodiscard]] std::optional<std::int64_t> running_server(const std::string& data_directory);

}  // namespace pra::source::postgres
