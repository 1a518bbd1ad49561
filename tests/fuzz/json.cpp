#include "base/json.hpp"

#include "fuzz.hpp"

using namespace pra;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = fuzz::parsed([&] { return parse_json(as_text({data, size}), "input"); });
  if (!value) return 0;
  // Boost.JSON reads some doubles one bit off, so the texts of the two may differ.
  (void)parse_json(to_text(*value), "own text");
  if (value->is_string()) {
    std::string canonical;
    JsonText(canonical).string(value->get_string());
    fuzz::require(parse_json(canonical, "canonical text") == *value,
                  "canonical text means the same");
  }
  (void)fuzz::parsed([&] {
    const JsonReader reader(*value, "input");
    (void)reader.string_or("a", "");
    (void)reader.unsigned_or("b", 0);
    (void)reader.integer_or("c", 0);
    (void)reader.boolean_or("d", false);
    (void)reader.strings_or_empty("e");
    return reader.unsigned_integer("f");
  });
  return 0;
}
