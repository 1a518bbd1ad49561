#include <fmt/format.h>

#include <charconv>

#include "base/error.hpp"
#include "base/words.hpp"
#include "probe/probe.hpp"

namespace pra::probe {

namespace {

constexpr std::string_view kHint =
    "write http:http://HOST/PATH, tcp:HOST:PORT, postgres:DSN or command:PROGRAM ARG…, "
    "with NAME= in front to name it";

Error bad(const std::string& text, std::string_view why) {
  return {ErrorCode::kInvalidArgument, fmt::format("probe '{}': {}", printable(text), why),
          std::string(kHint)};
}

TcpProbe parse_tcp(const std::string& text, std::string_view address) {
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0) throw bad(text, "no HOST:PORT");
  auto host = address.substr(0, colon);
  const auto port_text = address.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  TcpProbe probe;
  probe.host = host;
  const auto result =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), probe.port);
  if (result.ec != std::errc() || result.ptr != port_text.data() + port_text.size() ||
      probe.port < 1 || probe.port > 65535)
    throw bad(text, "the port is not a number from 1 to 65535");
  return probe;
}

/// Takes "NAME=" off the front: letters, digits, '-', '_' and '.' before the first '='.
std::string take_name(std::string_view& rest) {
  const auto equals = rest.find('=');
  if (equals == std::string_view::npos || equals == 0) return {};
  for (const char c : rest.substr(0, equals)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (!plain) return {};
  }
  const std::string name(rest.substr(0, equals));
  rest.remove_prefix(equals + 1);
  return name;
}

}  // namespace

Probe parse_probe(const std::string& text) {
  std::string_view rest = text;
  Probe probe;
  probe.name = take_name(rest);
  const auto colon = rest.find(':');
  if (colon == std::string_view::npos) throw bad(text, "it does not say what kind it is");
  const auto kind = rest.substr(0, colon);
  const auto value = rest.substr(colon + 1);
  if (kind == "http" || kind == "https") {
    HttpProbe http;
    http.url = value.starts_with("//") ? rest : value;
    if (!http.url.starts_with("http://") && !http.url.starts_with("https://"))
      throw bad(text, "the URL does not begin with http:// or https://");
    probe.check = std::move(http);
  } else if (kind == "tcp") {
    probe.check = parse_tcp(text, value.starts_with("//") ? value.substr(2) : value);
  } else if (kind == "postgres") {
    probe.check = PostgresProbe{.dsn = std::string(value), .role = {}, .query = {}, .expect = {}};
  } else if (kind == "command") {
    CommandProbe command{split_words(value), {}};
    if (command.command.empty()) throw bad(text, "no program is named");
    probe.check = std::move(command);
  } else {
    throw bad(text, fmt::format("there is no kind '{}'", printable(kind)));
  }
  if (probe.name.empty())
    probe.name = value.starts_with("//") ? std::string(rest) : std::string(value);
  return probe;
}

}  // namespace pra::probe
