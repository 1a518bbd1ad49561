#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace pra::test {

/// Writes tar archives as a PostgreSQL server does, and broken ones.
class TarBuilder {
 public:
  struct Header {
    std::string name;
    char type = '0';
    unsigned mode = 0600;
    std::uint64_t size = 0;
    std::int64_t modified = 1'700'000'000;
    std::string link_target = {};
    bool binary_size = false;  ///< Base-256, as for 8 GiB and more.
  };

  static std::string header(const Header& h) {
    std::string block(512, '\0');
    const auto put = [&](std::size_t offset, std::string_view text) {
      block.replace(offset, text.size(), text);
    };
    put(0, h.name);
    put(100, octal(h.mode, 7));
    put(108, octal(26, 7));
    put(116, octal(26, 7));
    if (h.binary_size) {
      block[124] = static_cast<char>(0x80);
      for (std::size_t i = 0; i < 8; ++i)
        block[135 - i] = static_cast<char>(h.size >> (8 * i) & 0xFF);
    } else {
      put(124, octal(h.size, 11));
    }
    put(136, octal(static_cast<std::uint64_t>(h.modified), 11));
    block[156] = h.type;
    put(157, h.link_target);
    put(257, std::string_view("ustar\00000", 8));
    put(265, "postgres");
    put(297, "postgres");
    return seal(std::move(block));
  }

  /// Sets the checksum of a header.
  static std::string seal(std::string block) {
    block.replace(148, 8, "        ");
    unsigned sum = 0;
    for (const char byte : block)
      sum += static_cast<unsigned char>(byte);
    block.replace(148, 7, octal(sum, 6) + '\0');
    return block;
  }

  TarBuilder& file(const std::string& name, std::string_view content) {
    bytes_ += header({.name = name, .size = content.size()});
    bytes_ += content;
    bytes_.resize((bytes_.size() + 511) / 512 * 512);
    return *this;
  }
  TarBuilder& directory(const std::string& name) {
    bytes_ += header({.name = name, .type = '5', .mode = 0700});
    return *this;
  }
  TarBuilder& symlink(const std::string& name, const std::string& target) {
    bytes_ += header({.name = name, .type = '2', .mode = 0777, .link_target = target});
    return *this;
  }
  TarBuilder& end() {
    bytes_.append(1024, '\0');
    return *this;
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  static std::string octal(std::uint64_t value, std::size_t digits) {
    std::string text(digits, '0');
    for (std::size_t i = digits; i-- > 0; value >>= 3)
      text[i] = static_cast<char>('0' + (value & 7));
    return text;
  }

  std::string bytes_;
};

}  // namespace pra::test
