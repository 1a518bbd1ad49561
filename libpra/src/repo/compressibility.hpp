#pragma once

#include "base/bytes.hpp"
#include "base/compression.hpp"

namespace pra::repo {

/// Says cheaply whether compressing pays: random, encrypted or compressed data does not. Looks at a
/// few samples of large plaintexts; small ones always pass. One thread at a time.
class CompressionProbe {
 public:
  CompressionProbe() : quick_(1) {}
  [[nodiscard]] bool worth_compressing(ByteView plaintext);

 private:
  Compressor quick_;
  Buffer frame_;
};

}  // namespace pra::repo
