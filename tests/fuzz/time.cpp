#include "base/time.hpp"

#include "base/units.hpp"
#include "fuzz.hpp"

using namespace pra;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const auto time = fuzz::parsed([&] { return parse_rfc3339(text); });
  if (time) {
    fuzz::require(time->nanoseconds >= 0 && time->nanoseconds < 1'000'000'000,
                  "nanoseconds lie within a second");
    const std::string written = format_rfc3339(*time);
    fuzz::require(format_rfc3339(parse_rfc3339(written)) == written, "a written time is read back");
  }
  (void)fuzz::parsed([&] { return format_duration(parse_duration(text)); });
  (void)fuzz::parsed([&] { return format_size(parse_size(text)); });
  return 0;
}
