#include "crypto/random.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <new>

#include "crypto/openssl.hpp"

namespace pra::crypto {

void fill_random(MutableByteView out) {
  while (!out.empty()) {
    const std::size_t step = std::min<std::size_t>(out.size(), INT_MAX);
    check_openssl(RAND_bytes(out.data(), static_cast<int>(step)), "draw random bytes");
    out = out.subspan(step);
  }
}

Buffer random_bytes(std::size_t count) {
  Buffer bytes(count);
  fill_random(bytes);
  return bytes;
}

void wipe(MutableByteView bytes) {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

/// A kernel page of its own. A child process finds it zeroed, so `available` is 0 there and the
/// pool is filled anew.
struct RandomPool::Page {
  static constexpr std::size_t kBytes = 4096;
  std::size_t available;
  std::array<std::uint8_t, kBytes - sizeof(std::size_t)> bytes;
};

RandomPool::RandomPool() : page_(nullptr) {
  void* memory =
      mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  if (madvise(memory, sizeof(Page), MADV_WIPEONFORK) != 0) {
    munmap(memory, sizeof(Page));
    return;
  }
  page_ = ::new (memory) Page{};
}

RandomPool::~RandomPool() {
  if (page_ == nullptr) return;
  wipe({page_->bytes.data(), page_->bytes.size()});
  munmap(page_, sizeof(Page));
}

void RandomPool::fill(MutableByteView out) {
  if (page_ == nullptr || out.size() > page_->bytes.size()) {
    fill_random(out);
    return;
  }
  if (page_->available < out.size()) {
    fill_random(page_->bytes);
    page_->available = page_->bytes.size();
  }
  std::uint8_t* taken = page_->bytes.data() + page_->bytes.size() - page_->available;
  std::memcpy(out.data(), taken, out.size());
  wipe({taken, out.size()});
  page_->available -= out.size();
}

}  // namespace pra::crypto
