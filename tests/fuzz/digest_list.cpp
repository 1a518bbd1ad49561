#include "verify/digest_list.hpp"

#include "fuzz.hpp"

using namespace pra;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto& sha256 = crypto::digest_algorithm("sha256");
  for (const auto& listed : verify::parse_digest_list(as_text({data, size}), sha256)) {
    if (!listed.malformed.empty()) continue;
    fuzz::require(listed.hex.size() == 2 * listed.algorithm->size, "digests are whole");
    std::string line;
    verify::append_digest_line(line, listed.hex, listed.path);
    const auto again = verify::parse_digest_list(line, *listed.algorithm);
    fuzz::require(again.size() == 1 && again[0].malformed.empty() && again[0].hex == listed.hex &&
                      again[0].path == listed.path,
                  "a written line is read back");
  }
  return 0;
}
