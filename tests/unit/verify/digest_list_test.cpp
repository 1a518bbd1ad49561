#include "verify/digest_list.hpp"

#include <doctest/doctest.h>

#include <string>

#include "verify/verify.hpp"

using namespace pra;
using verify::parse_digest_list;

namespace {

const std::string kHex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

const crypto::DigestAlgorithm& sha256() {
  return crypto::digest_algorithm("sha256");
}

}  // namespace

TEST_CASE("every form of a line that sha256sum writes is read") {
  const auto list = parse_digest_list(
      kHex + "  plain\n" + kHex + " *binary\n" + kHex + " one blank\r\n" + "# a comment\n\n   \n" +
          "\\" + kHex + "  new\\nline \\\\ \\r\n" + "SHA256 (a) = b) = " + kHex +
          "\n\\SHA256 (x\\ny) = " + kHex + "\n  " + kHex + "  \tlast",
      sha256());
  const std::string names[] = {"plain",  "binary", "one blank", "new\nline \\ \r",
                               "a) = b", "x\ny",   "\tlast"};
  REQUIRE(list.size() == std::size(names));
  for (std::size_t i = 0; i < list.size(); ++i) {
    CAPTURE(i);
    CHECK(list[i].malformed.empty());
    CHECK(list[i].path == names[i]);
    CHECK(list[i].hex == kHex);
    CHECK(list[i].algorithm == &sha256());
  }
  CHECK(list[3].line == 7);
}

TEST_CASE("a line names its own algorithm in BSD's style") {
  const auto list =
      parse_digest_list("MD5 (x) = 900150983CD24FB0D6963F7D28E17F72\nSHA1 (y) = " + kHex, sha256());
  REQUIRE(list.size() == 2);
  CHECK(list[0].algorithm->name == "md5");
  CHECK(list[0].hex == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(list[1].malformed.find("sha1") != std::string::npos);
}

TEST_CASE("malformed lines are told, with the algorithm they may be of") {
  const std::string nul("  a\0b", 5);
  for (const std::string& line :
       {std::string("hello"), kHex, kHex + "  ", kHex.substr(1) + "  x", kHex + "0  x",
        "\\" + kHex + "  bad \\x escape", "\\" + kHex + "  ends in \\", kHex + nul,
        std::string("SHA256 (x"), std::string("SHA256 (x) = "), "SHA256 () = " + kHex,
        std::string("\\"), std::string("BLAKE2b-256 (x) = ") + kHex}) {
    CAPTURE(line);
    const auto list = parse_digest_list(line, sha256());
    REQUIRE(list.size() == 1);
    CHECK_FALSE(list[0].malformed.empty());
  }
  const auto list = parse_digest_list("900150983cd24fb0d6963f7d28e17f72  x\n", sha256());
  CHECK(list.at(0).malformed.find("md5") != std::string::npos);
}

TEST_CASE("what is written is read back, whatever bytes a name has") {
  std::string name = "\\n literal";
  for (int byte = 1; byte < 256; ++byte)
    name += static_cast<char>(byte);
  const auto text = verify::format_digest_lines(
      {.lines = {{kHex, name}, {kHex, "plain"}}, .tree = {}, .bytes = 0, .problems = {}});
  const auto list = parse_digest_list(text, sha256());
  REQUIRE(list.size() == 2);
  CHECK(list[0].path == name);
  CHECK(list[1].path == "plain");
}
