#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"

/// What libFuzzer calls for each input. Whatever the input is, nothing but pra::Error may come out
/// of the code under test, and what it accepts must keep its promises.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace pra::fuzz {

/// Ends the process, so that the input is kept as a crash.
inline void require(bool condition, std::string_view promise) {
  if (condition) return;
  std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

/// What `parse` gives, or nothing when it refuses the input with one of the two errors for that.
template <class Parse>
auto parsed(const Parse& parse) -> std::optional<decltype(parse())> {
  try {
    return parse();
  } catch (const Error& error) {
    require(error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kInvalidArgument,
            "input is refused as corrupt or as an invalid argument");
    require(std::string_view(error.what()).size() < 100'000, "messages are bounded");
    return std::nullopt;
  }
}

}  // namespace pra::fuzz
