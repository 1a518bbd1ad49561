#pragma once

#include <cstddef>
#include <memory>

#include "base/bytes.hpp"

namespace pra::crypto {

/// Fills from the operating system's generator (by OpenSSL's CSPRNG). Never fails silently.
void fill_random(MutableByteView out);
[[nodiscard]] Buffer random_bytes(std::size_t count);
/// Clears memory in a way that the compiler keeps.
void wipe(MutableByteView bytes);

/// Random bytes drawn ahead in steps of a page, for many small draws such as one IV a blob. After a
/// fork parent and child never hand out the same bytes: the page is emptied in the child by the
/// kernel (MADV_WIPEONFORK; where that is unsupported nothing is drawn ahead). One thread at a
/// time; keep one a worker.
class RandomPool {
 public:
  RandomPool();
  ~RandomPool();
  RandomPool(const RandomPool&) = delete;
  RandomPool& operator=(const RandomPool&) = delete;

  void fill(MutableByteView out);

 private:
  struct Page;
  Page* page_;  ///< Null where pages cannot be emptied on fork.
};

}  // namespace pra::crypto
