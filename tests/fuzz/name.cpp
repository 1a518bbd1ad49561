#include "fuzz.hpp"
#include "repo/tree.hpp"

using namespace pra;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text({data, size});
  const std::string quoted = repo::quote_name(input);
  fuzz::require(repo::unquote_name(quoted) == input, "a quoted name is read back");
  const auto raw = fuzz::parsed([&] { return repo::unquote_name(input); });
  if (raw) fuzz::require(repo::unquote_name(repo::quote_name(*raw)) == *raw, "and so is any other");
  return 0;
}
