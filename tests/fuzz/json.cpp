#include "base/json.hpp"

#include "fuzz.hpp"

using namespace pra;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = fuzz::parsed([&] { return parse_json(as_text({data, size}), "input"); });
  if (!value) return 0;
  const std::string text = to_text(*value);
  fuzz::require(to_text(parse_json(text, "own text")) == text, "written text is read back");
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
