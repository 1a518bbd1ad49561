#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include <boost/regex.hpp>

#include "base/error.hpp"
#include "base/http.hpp"
#include "probe/checks.hpp"

namespace pra::probe {

namespace {

constexpr std::size_t kBodyLimit = 1 << 20;

bool accepts(const std::vector<int>& wanted, int status) {
  if (wanted.empty()) return status >= 200 && status <= 399;
  return std::ranges::find(wanted, status) != wanted.end();
}

bool body_matches(const std::string& pattern, std::string_view body) {
  try {
    const boost::regex expression(pattern, boost::regex::ECMAScript);
    return boost::regex_search(body.begin(), body.end(), expression);
  } catch (const std::exception& problem) {
    // Also thrown while matching, when an expression would take exponential time.
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("body_matches '{}': {}", printable(pattern), problem.what()));
  }
}

}  // namespace

Finding check(const HttpProbe& probe, Duration timeout, const std::stop_token& stop) {
  HttpRequest request;
  request.method = probe.method;
  request.url = probe.url;
  request.headers = probe.headers;
  request.timeout = timeout;
  request.connect_timeout = timeout;
  request.follow_redirects = probe.follow_redirects;
  request.verify_tls = probe.verify_tls;
  request.ca_file = probe.ca_file;
  request.body_limit = kBodyLimit;

  HttpClient client;
  const auto response = client.send(request, stop);

  Finding finding;
  finding.values["status"] = response.status;
  finding.values["bytes"] = static_cast<double>(response.body.size());
  if (response.certificate_expires) {
    const auto left = response.certificate_expires->since(system_clock()->now());
    finding.values["certificate_seconds"] = std::chrono::duration<double>(left).count();
    if (left < probe.certificate_valid_for) {
      finding.message = fmt::format("the certificate expires at {}",
                                    format_rfc3339(*response.certificate_expires));
      return finding;
    }
  }
  if (!accepts(probe.status, response.status)) {
    finding.message = fmt::format("HTTP status {}", response.status);
    return finding;
  }
  if (!probe.body_matches.empty() && !body_matches(probe.body_matches, as_text(response.body))) {
    finding.message = fmt::format("HTTP status {}, but the body does not match '{}'",
                                  response.status, printable(probe.body_matches));
    return finding;
  }
  finding.healthy = true;
  finding.message = fmt::format("HTTP status {}", response.status);
  return finding;
}

}  // namespace pra::probe
