#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "base/error.hpp"
#include "base/id.hpp"
#include "base/utf8.hpp"
#include "support/errors.hpp"

using namespace pra;
using pra::test::code_of;
using pra::test::words_of;

TEST_CASE("UTF-8: what RFC 3629 allows and what it does not") {
  const auto valid = [](std::string_view text) { return utf8::is_valid(text); };
  CHECK(valid(""));
  CHECK(valid(std::string_view("\0a\x7f", 3)));
  CHECK(valid("\xc2\x80\xdf\xbf"));
  CHECK(valid("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"));
  CHECK(valid("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
  for (const std::string text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80", "\xfe", "\xff", "a\xff"}) {
    CAPTURE(to_hex(as_bytes(text)));
    CHECK_FALSE(valid(text));
  }
}

TEST_CASE("UTF-8: an invalid byte is consumed alone") {
  const auto decoded = utf8::decode("\xe2\x82x");
  CHECK_FALSE(decoded.valid);
  CHECK(decoded.length == 1);
  const auto euro = utf8::decode("\xe2\x82\xacx");
  CHECK(euro.valid);
  CHECK(euro.length == 3);
  CHECK(euro.code_point == 0x20ac);
}

TEST_CASE("UTF-8: every code point that is appended is decoded again") {
  for (const char32_t point :
       {U'\0', U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\xffff', U'\x10000', U'\x10ffff'}) {
    std::string text;
    utf8::append(text, point);
    const auto decoded = utf8::decode(text);
    CHECK(decoded.valid);
    CHECK(decoded.code_point == point);
    CHECK(decoded.length == text.size());
  }
}

TEST_CASE("printable text cannot drive a terminal") {
  CHECK(printable("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
  CHECK(printable("a\nb\x1b[31m\x7f") == "a\\x0ab\\x1b[31m\\x7f");
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");  // The C1 form of ESC [.
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(printable("").empty());
}

TEST_CASE("errors of the system have a kind, words and hints") {
  const auto thrown = [](int value) { return code_of([&] { throw_errno("open", "x", value); }); };
  CHECK(thrown(ENOENT) == ErrorCode::kNotFound);
  CHECK(thrown(ENOTDIR) == ErrorCode::kNotFound);
  CHECK(thrown(EACCES) == ErrorCode::kPermissionDenied);
  CHECK(thrown(EPERM) == ErrorCode::kPermissionDenied);
  CHECK(thrown(EROFS) == ErrorCode::kPermissionDenied);
  CHECK(thrown(EEXIST) == ErrorCode::kAlreadyExists);
  CHECK(thrown(ENOSPC) == ErrorCode::kNoSpace);
  CHECK(thrown(EDQUOT) == ErrorCode::kNoSpace);
  CHECK(thrown(EAGAIN) == ErrorCode::kTransient);
  CHECK(thrown(EIO) == ErrorCode::kFailed);
  CHECK(words_of([] { throw_errno("open", "/a\nb", ENOENT); }) ==
        "open /a\\x0ab: No such file or directory");
  CHECK(words_of([] { throw_errno("write", "/a", ENOSPC); }).find(" | ") != std::string::npos);
}

TEST_CASE("an error keeps its kind and hint under more context") {
  const Error error(ErrorCode::kLocked, "reason", "hint");
  const auto outer = error.with_context("prune");
  CHECK(std::string(outer.what()) == "prune: reason");
  CHECK(outer.hint() == "hint");
  CHECK(outer.code() == ErrorCode::kLocked);
  CHECK_FALSE(outer.retriable());
  CHECK(Error(ErrorCode::kTransient, "x").retriable());
}

TEST_CASE("every code has a name of its own") {
  CHECK(error_code_name(ErrorCode::kNotFound) == "not_found");
  CHECK(error_code_name(ErrorCode::kCancelled) == "cancelled");
  for (int i = 2; i <= 15; ++i)
    CHECK(error_code_name(static_cast<ErrorCode>(i)) != error_code_name(ErrorCode::kFailed));
}

TEST_CASE("ids are 64 hex digits") {
  const std::string text = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  const auto id = BlobId::from_hex(text);
  CHECK(id.hex() == text);
  CHECK(id.short_hex() == "00112233");
  CHECK_FALSE(id.is_null());
  CHECK(BlobId{}.is_null());
  CHECK(PackId::from(id).hex() == text);
  std::string upper = text;
  for (auto& c : upper)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  CHECK(BlobId::from_hex(upper) == id);
  for (const auto& bad : {std::string(), text.substr(1), text + "0", 'g' + text.substr(1)}) {
    BlobId out;
    CHECK_FALSE(BlobId::parse(bad, out));
    CHECK(code_of([&] { (void)BlobId::from_hex(bad); }) == ErrorCode::kInvalidArgument);
  }
}
