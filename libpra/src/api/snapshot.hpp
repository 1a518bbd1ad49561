#pragma once

#include <pra/snapshot.h>

#include "repo/snapshot.hpp"

namespace pra::api {

[[nodiscard]] repo::SnapshotFilter filter_of(const pra_snapshot_filter* filter);

}  // namespace pra::api
