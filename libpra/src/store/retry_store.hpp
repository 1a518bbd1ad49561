#pragma once

#include <memory>

#include "base/log.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

namespace pra::store {

struct RetryPolicy {
  Duration first_wait = std::chrono::milliseconds(500);
  Duration longest_wait = std::chrono::seconds(30);
  Duration total = std::chrono::minutes(15);  ///< Gives up after this much time on one request.
};

/// Tries kTransient failures again with jittered exponential back-off. Idempotent: a create that
/// fails after its bytes arrived is recognised on the next try by comparing what is there, and an
/// equal object is success. Each retry is logged once, as a warning.
[[nodiscard]] StorePointer make_retry_store(StorePointer inner, RetryPolicy policy,
                                            std::shared_ptr<Clock> clock,
                                            std::shared_ptr<Logger> logger);

}  // namespace pra::store
