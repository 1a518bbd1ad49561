#include "chunk/rabin.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace pra;
using chunk::Polynomial;
using chunk::RabinTables;

namespace {

constexpr Polynomial kPolynomial{0x3DA3358B4DC173};
constexpr Polynomial kOtherPolynomial{0x2482734cacca49};

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
Buffer noise(std::uint64_t seed, std::size_t size) {
  Buffer data(size);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (i % 8 == 0) {
      value = seed += 0x9e3779b97f4a7c15;
      value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
      value = (value ^ value >> 27) * 0x94d049bb133111eb;
      value ^= value >> 31;
    }
    data[i] = static_cast<std::uint8_t>(value >> (8 * (i % 8)));
  }
  return data;
}

Buffer repeated(ByteView pattern, std::size_t size) {
  Buffer data(size);
  for (std::size_t i = 0; i < size; ++i)
    data[i] = pattern[i % pattern.size()];
  return data;
}

Buffer joined(std::initializer_list<Buffer> parts) {
  Buffer data;
  for (const Buffer& part : parts)
    append(data, part);
  return data;
}

Buffer text_data(std::size_t size) {
  std::string text;
  for (std::uint64_t line = 0; text.size() < size; ++line)
    text += "line " + std::to_string(line) + ": the quick brown fox jumps " +
            std::to_string(line * line % 977) + " times over the lazy dog\n";
  text.resize(size);
  return to_buffer(as_bytes(text));
}

/// The definition, bit by bit: the polynomial of 64 bytes modulo p.
std::uint64_t fingerprint_by_division(Polynomial polynomial, ByteView window) {
  std::uint64_t rest = 0;
  for (const std::uint8_t byte : window)
    for (int bit = 7; bit >= 0; --bit) {
      rest = rest << 1 | (byte >> bit & 1);
      if ((rest >> polynomial.degree() & 1) != 0) rest ^= polynomial.bits;
    }
  return rest;
}

/// One chunk after the other and one byte after the other, with the state that the format's own
/// chunker keeps: at the start of each chunk the window holds a single 1 and the first bytes are
/// passed over.
std::vector<std::uint64_t> cuts_one_by_one(const RabinTables& tables, ByteView data) {
  std::vector<std::uint64_t> cuts;
  std::size_t start = 0;
  while (start < data.size()) {
    std::array<std::uint8_t, chunk::kWindow> window{};
    window[0] = 1;
    std::size_t oldest = 1;
    std::uint64_t fingerprint = 1;
    std::size_t length = std::min(chunk::kMinimumChunk - chunk::kWindow, data.size() - start);
    while (start + length < data.size()) {
      const std::uint8_t entering = data[start + length++];
      fingerprint = (fingerprint << 8 | entering) ^ tables.mod()[fingerprint >> 45] ^
                    tables.out()[window[oldest]];
      window[oldest] = entering;
      oldest = (oldest + 1) % window.size();
      if (length < chunk::kMinimumChunk) continue;
      if ((fingerprint & chunk::kSplitMask) == 0 || length >= chunk::kMaximumChunk) break;
    }
    start += length;
    cuts.push_back(start);
  }
  return cuts;
}

std::vector<std::uint64_t> cuts_by_first_cut(const RabinTables& tables, ByteView data) {
  std::vector<std::uint64_t> cuts;
  std::size_t start = 0;
  while (start < data.size()) {
    start += chunk::first_cut(tables, data.subspan(start), true);
    cuts.push_back(start);
  }
  return cuts;
}

/// As a parallel pipeline does it: parts with 63 bytes before each, cuts chosen as parts come.
std::vector<std::uint64_t> cuts_by_parts(const RabinTables& tables, ByteView data,
                                         std::size_t part) {
  std::vector<std::uint64_t> cuts;
  chunk::CutChooser chooser;
  std::vector<std::size_t> candidates;
  for (std::size_t begin = 0; begin < data.size(); begin += part) {
    const std::size_t before = std::min(begin, chunk::kWindow - 1);
    const std::size_t end = std::min(begin + part, data.size());
    candidates.clear();
    chunk::find_candidates(tables, data.subspan(begin - before, end - begin + before), candidates);
    chooser.add(candidates, begin - before, cuts);
    chooser.advance(end, cuts);
  }
  chooser.finish(data.size(), cuts);
  return cuts;
}

std::vector<std::uint64_t> lengths_of(const std::vector<std::uint64_t>& cuts) {
  std::vector<std::uint64_t> lengths;
  for (std::size_t i = 0; i < cuts.size(); ++i)
    lengths.push_back(cuts[i] - (i == 0 ? 0 : cuts[i - 1]));
  return lengths;
}

void check_all_ways_agree(const RabinTables& tables, ByteView data) {
  const auto expected = cuts_one_by_one(tables, data);
  CHECK(cuts_by_first_cut(tables, data) == expected);
  std::vector<std::size_t> candidates;
  chunk::find_candidates(tables, data, candidates);
  CHECK(std::is_sorted(candidates.begin(), candidates.end()));
  CHECK(chunk::choose_cuts(candidates, data.size()) == expected);
  for (const std::size_t part :
       {std::size_t{1} << 20, std::size_t{700'001}, std::size_t{9'000'000}})
    CHECK(cuts_by_parts(tables, data, part) == expected);
}

}  // namespace

TEST_CASE("the tables agree with division of polynomials") {
  const RabinTables tables(kPolynomial);
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::array<std::uint8_t, 65> leaving{static_cast<std::uint8_t>(byte)};
    CHECK(tables.out()[byte] == fingerprint_by_division(kPolynomial, leaving));
    CHECK((tables.mod()[byte] >> 53) == byte);
  }
}

TEST_CASE("candidates are exactly where the last 64 bytes have a fingerprint with 20 clear bits") {
  const RabinTables tables(kOtherPolynomial);
  // Zeros give candidates by the thousand, random bytes around them check the ends of that run.
  const Buffer data = joined({noise(7, 3000), Buffer(6000, 0), noise(8, 3000)});
  for (const std::size_t size : {0u, 1u, 63u, 64u, 65u, 3100u, 4608u + 64u, 4609u + 64u, 12000u}) {
    const ByteView part = ByteView(data).last(size);
    std::vector<std::size_t> expected;
    for (std::size_t end = chunk::kWindow; end <= part.size(); ++end)
      if ((fingerprint_by_division(kOtherPolynomial, part.subspan(end - 64, 64)) &
           chunk::kSplitMask) == 0)
        expected.push_back(end);
    std::vector<std::size_t> found;
    chunk::find_candidates(tables, part, found);
    CHECK(found == expected);
    if (size == 12000) CHECK(expected.size() >= 5937);
  }
}

// Lengths that restic's own chunker (v0.4) gave for these bytes.
TEST_CASE("cuts are those of restic") {
  const RabinTables tables(kPolynomial);
  CHECK(lengths_of(cuts_by_first_cut(tables, noise(23, 32u << 20))) ==
        std::vector<std::uint64_t>{1153221, 1368292, 1032272, 574085,  580863,  707335,
                                   688668,  1545561, 2359577, 1935291, 1312011, 856912,
                                   2825299, 1587105, 985416,  2788974, 1843812, 879005,
                                   734761,  984735,  2171465, 673834,  3965938});
  CHECK(lengths_of(
            cuts_by_first_cut(RabinTables(kOtherPolynomial), noise(24, (20u << 20) + 12345))) ==
        std::vector<std::uint64_t>{955455, 1241584, 841985, 666524, 2165053, 668741, 964959, 772550,
                                   7290651, 4176915, 1239448});
  const Buffer zeros_inside =
      joined({noise(1, 3'000'000), Buffer(3'000'000, 0), noise(2, 3'000'000)});
  CHECK(lengths_of(cuts_by_first_cut(tables, zeros_inside)) ==
        std::vector<std::uint64_t>{686181, 2313883, 524288, 524288, 524288, 524288, 524288, 763785,
                                   2614711});
  CHECK(lengths_of(cuts_by_first_cut(tables, repeated(noise(5, 1000), 20'000'000))) ==
        std::vector<std::uint64_t>{8388608, 8388608, 3222784});
}

TEST_CASE("every way to cut gives the same cuts, whatever the polynomial") {
  for (const Polynomial polynomial : {kOtherPolynomial, Polynomial::generate()}) {
    CAPTURE(polynomial.hex());
    check_all_ways_agree(RabinTables(polynomial), noise(polynomial.bits, 4'345'678));
  }
}

TEST_CASE("every way to cut gives the same cuts, whatever the data") {
  const RabinTables tables(kPolynomial);
  check_all_ways_agree(tables, text_data(9'999'999));
  check_all_ways_agree(tables, repeated(noise(3, 64), 9'000'001));
  check_all_ways_agree(tables, repeated(as_bytes("abc"), 2'000'001));
  check_all_ways_agree(tables, Buffer(3'000'000, 0));
  check_all_ways_agree(tables, joined({noise(11, 600'000), Buffer(1'111'111, 0),
                                       noise(12, 4'000'000), Buffer(555'555, 0)}));
}

TEST_CASE("sizes around the minimum and the maximum") {
  const RabinTables tables(kPolynomial);
  const Buffer pattern = repeated(noise(5, 1000), chunk::kMaximumChunk + 100);
  const Buffer zeros(2 * chunk::kMinimumChunk + 100, 0);
  for (int distance = -1; distance <= 1; ++distance) {
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{64}, chunk::kMinimumChunk - 64, chunk::kMinimumChunk,
          2 * chunk::kMinimumChunk, chunk::kMaximumChunk}) {
      const std::size_t length = size + static_cast<std::size_t>(distance);
      CAPTURE(length);
      check_all_ways_agree(tables, ByteView(pattern).first(length));
      if (length < zeros.size()) check_all_ways_agree(tables, ByteView(zeros).first(length));
    }
  }
  CHECK(lengths_of(cuts_by_first_cut(tables, zeros)) ==
        std::vector<std::uint64_t>{524288, 524288, 100});
}

TEST_CASE("first_cut asks for more data unless it is at the end") {
  const RabinTables tables(kPolynomial);
  const Buffer data = noise(23, 3u << 20);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{100}, chunk::kMinimumChunk, std::size_t{1153220}}) {
    CHECK(chunk::first_cut(tables, ByteView(data).first(size), false) == 0);
    CHECK(chunk::first_cut(tables, ByteView(data).first(size), true) == size);
  }
  CHECK(chunk::first_cut(tables, ByteView(data).first(1153221), false) == 1153221);
  CHECK(chunk::first_cut(tables, data, false) == 1153221);
}

TEST_CASE("a cut chooser needs no memory for dense candidates and takes them in any portions") {
  std::vector<std::size_t> dense(1'000'000);
  for (std::size_t i = 0; i < dense.size(); ++i)
    dense[i] = i + 1;
  std::vector<std::uint64_t> cuts;
  chunk::CutChooser chooser;
  const std::uint64_t far = std::uint64_t{1} << 40;
  chooser.add(dense, 0, cuts);
  CHECK(cuts == std::vector<std::uint64_t>{524288});
  cuts.clear();
  chooser.advance(far, cuts);
  CHECK(cuts.size() == (far - 524288 - 1) / chunk::kMaximumChunk);
  cuts.clear();
  chooser.finish(far, cuts);
  CHECK(cuts == std::vector<std::uint64_t>{far});
}
