#include "config/config.hpp"

#include "fuzz.hpp"

using namespace pra;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(as_text({data, size}));
  (void)fuzz::parsed([&] { return config::parse_config(text, "pra.yaml"); });
  return 0;
}
