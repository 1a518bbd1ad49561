#include "repo/compressibility.hpp"

#include <array>
#include <cmath>
#include <cstdint>

namespace pra::repo {

namespace {

/// Below, looking costs more than it can save: 7 % of a whole backup of 64 KiB page groups.
constexpr std::size_t kSmallest = 256 * 1024;
constexpr std::size_t kSamples = 4;
constexpr std::size_t kCountedBytes = 1024;
constexpr std::size_t kTriedBytes = 4096;
/// Bits a byte; 4 KiB of random bytes show about 7.95.
constexpr double kSuspiciousEntropy = 7.7;

/// The first `size` bytes of each of the samples, which are spread over the plaintext.
template <class Visit>
void each_sample(ByteView plaintext, std::size_t size, Visit&& visit) {
  const std::size_t step = (plaintext.size() - size) / (kSamples - 1);
  for (std::size_t i = 0; i < kSamples; ++i)
    visit(plaintext.subspan(i * step, size));
}

double sampled_entropy(ByteView plaintext) {
  std::array<std::uint32_t, 256> counts{};
  each_sample(plaintext, kCountedBytes, [&](ByteView sample) {
    for (const std::uint8_t byte : sample)
      ++counts[byte];
  });
  constexpr double kTotal = kSamples * kCountedBytes;
  double bits = 0;
  for (const std::uint32_t count : counts)
    if (count != 0) bits -= count * std::log2(count / kTotal);
  return bits / kTotal;
}

}  // namespace

bool CompressionProbe::worth_compressing(ByteView plaintext) {
  if (plaintext.size() < kSmallest || sampled_entropy(plaintext) < kSuspiciousEntropy) return true;
  std::size_t compressed = 0;
  each_sample(plaintext, kTriedBytes, [&](ByteView sample) {
    frame_.clear();
    quick_.compress(sample, frame_);
    compressed += frame_.size();
  });
  return compressed < kSamples * kTriedBytes * 98 / 100;
}

}  // namespace pra::repo
