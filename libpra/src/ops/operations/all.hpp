#pragma once

#include "ops/operation.hpp"

namespace pra::ops {

/// The rows of the table, each from the file of its name.
[[nodiscard]] Operation init_operation();
[[nodiscard]] Operation backup_operation();
[[nodiscard]] Operation snapshots_operation();
[[nodiscard]] Operation ls_operation();
[[nodiscard]] Operation dump_operation();
[[nodiscard]] Operation restore_operation();
[[nodiscard]] Operation verify_operation();
[[nodiscard]] Operation digest_operation();
[[nodiscard]] Operation health_operation();
[[nodiscard]] Operation status_operation();
[[nodiscard]] Operation unlock_operation();
[[nodiscard]] Operation config_check_operation();

}  // namespace pra::ops
