#include <algorithm>

#include "fuzz.hpp"
#include "source/postgres/tar_reader.hpp"

using namespace pra;
using namespace pra::source::postgres;

namespace {

constexpr std::size_t kBlock = 512;

/// Writes down what it is told, and checks that it is told in order.
class Recorder : public TarHandler {
 public:
  void begin_entry(const TarEntry& entry) override {
    fuzz::require(!inside_, "one entry at a time");
    fuzz::require(
        !entry.path.starts_with('/') && ("/" + entry.path + "/").find("/../") == std::string::npos,
        "paths stay below the root");
    inside_ = true;
    left_ = entry.size;
    text_ +=
        "entry " + entry.path + " " + std::to_string(entry.size) + " " + entry.link_target + "\n";
  }
  void content(ByteView bytes) override {
    fuzz::require(inside_ && bytes.size() <= left_, "content as long as stated");
    left_ -= bytes.size();
    text_ += as_text(bytes);
  }
  void end_entry() override {
    fuzz::require(inside_ && left_ == 0, "entries end when they are whole");
    inside_ = false;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::uint64_t left_ = 0;
  bool inside_ = false;
};

/// No fuzzer finds a right checksum, so every block gets one as if it were a header.
void set_checksum(MutableByteView block) {
  constexpr std::size_t kOffset = 148;
  constexpr std::size_t kDigits = 6;
  if (all_zero(block)) return;
  std::fill_n(block.begin() + kOffset, 8, std::uint8_t{' '});
  unsigned sum = 0;
  for (const std::uint8_t byte : block)
    sum += byte;
  for (std::size_t digit = kDigits; digit-- > 0; sum /= 8)
    block[kOffset + digit] = static_cast<std::uint8_t>('0' + sum % 8);
  block[kOffset + kDigits] = 0;
}

/// What the reader tells of an archive that arrives in pieces of this size, and how it ends.
std::string told(ByteView archive, std::size_t piece) {
  Recorder recorder;
  TarReader reader(recorder);
  const auto whole = fuzz::parsed([&] {
    for (std::size_t at = 0; at < archive.size(); at += piece)
      reader.feed(archive.subspan(at, std::min(piece, archive.size() - at)));
    reader.finish();
    return true;
  });
  return recorder.text() + (whole ? "whole" : "refused");
}

}  // namespace

// The first byte chooses whether the checksums are made right.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Buffer archive = to_buffer(ByteView(data, size).subspan(1));
  if ((data[0] & 1) == 0)
    for (std::size_t at = 0; at + kBlock <= archive.size(); at += kBlock)
      set_checksum(MutableByteView(archive).subspan(at, kBlock));
  const std::string expected = told(archive, std::max<std::size_t>(archive.size(), 1));
  fuzz::require(told(archive, 7) == expected && told(archive, 700) == expected,
                "pieces of any size tell the same");
  return 0;
}
