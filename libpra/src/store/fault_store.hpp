#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "store/store.hpp"

namespace pra::store {

/// A Store that asks `decide` before (and for writes, after) each operation, for fault tests.
struct Fault {
  enum class Kind { kNone, kFailBefore, kFailAfter };
  Kind kind = Kind::kNone;
  ErrorCode code = ErrorCode::kFailed;
};

/// `decide(operation number from 1, operation name such as "create", object name)`.
using FaultDecision = std::function<Fault(std::uint64_t, std::string_view, std::string_view)>;

[[nodiscard]] StorePointer make_fault_store(StorePointer inner, FaultDecision decide);

}  // namespace pra::store
