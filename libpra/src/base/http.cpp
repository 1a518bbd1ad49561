#include "base/http.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <new>

#include "base/cancel.hpp"
#include "base/certificate_date.hpp"
#include "base/error.hpp"

namespace pra {

namespace {

constexpr std::size_t kHeaderLimit = 256 << 10;

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

void initialise_curl() {
  static const CURLcode kResult = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kResult != CURLE_OK)
    throw Error(ErrorCode::kFailed, fmt::format("start libcurl: {}", curl_easy_strerror(kResult)));
}

/// Without what may be secret: user and password, and the query (signatures, tokens).
std::string shown_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto scheme = url.find("://");
  const std::size_t start = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto host_end = std::min(url.find('/', start), url.size());
  const auto at = url.substr(0, host_end).rfind('@');
  if (at == std::string_view::npos || at < start) return printable(url);
  return printable(std::string(url.substr(0, start)) + std::string(url.substr(at + 1)));
}

/// scheme://host:port
std::string origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  return std::string(url.substr(0, std::min(url.find_first_of("/?#", scheme + 3), url.size())));
}

ErrorCode code_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::kTimeout;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR:
      return ErrorCode::kTransient;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return ErrorCode::kInvalidArgument;
    default:
      return ErrorCode::kFailed;
  }
}

std::string hint_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "check the host name and the name servers";
    case CURLE_COULDNT_CONNECT:
      return "check that the server runs and that nothing blocks the port";
    case CURLE_PEER_FAILED_VERIFICATION:
      return "check the server's certificate (name, dates, authority), or name its authority's "
             "file";
    case CURLE_SSL_CACERT_BADFILE:
      return "check the file with the authorities' certificates";
    default:
      return {};
  }
}

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(handle, option, value);
  if (result == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (result != CURLE_OK)
    throw Error(ErrorCode::kFailed,
                fmt::format("set up a request: {}", curl_easy_strerror(result)));
}

long milliseconds(Duration duration) {
  // 0 would mean "no limit" to libcurl.
  return std::max(
      1L, static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count()));
}

void append_header(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  (void)list.release();
  list.reset(longer);
}

HeaderList header_list(const HttpRequest& request) {
  HeaderList list;
  bool has_type = false;
  for (const auto& [name, value] : request.headers) {
    constexpr std::string_view kBreaks("\r\n\0", 3);
    if (name.empty() || name.find_first_of(kBreaks) != std::string::npos ||
        value.find_first_of(kBreaks) != std::string::npos)
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("send a request: malformed header '{}'", printable(name)));
    // "Name;" is how libcurl is told of an empty value; "Name:" would drop the header.
    append_header(list, value.empty() ? name + ';' : fmt::format("{}: {}", name, value));
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    has_type = has_type || lower == "content-type";
  }
  // libcurl's own: a form's type, and a pause of a second for servers that ignore Expect.
  if (!has_type) append_header(list, "Content-Type:");
  append_header(list, "Expect:");
  return list;
}

/// What arrives, and why it was given up.
struct Reception {
  HttpResponse response;
  std::size_t body_limit = 0;
  std::size_t header_bytes = 0;
  bool too_large = false;
  bool out_of_memory = false;
};

std::size_t take_body(char* data, std::size_t, std::size_t count, void* user_data) noexcept {
  auto& reception = *static_cast<Reception*>(user_data);
  auto& body = reception.response.body;
  if (count > reception.body_limit - body.size()) {
    reception.too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  try {
    append(body, as_bytes({data, count}));
  } catch (...) {
    reception.out_of_memory = true;
    return CURL_WRITEFUNC_ERROR;
  }
  return count;
}

void add_header_line(HttpResponse& response, std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' '))
    line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // A redirect's or an interim answer's headers end here.
    response.headers.clear();
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  auto value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  response.headers.emplace_back(std::move(name), value);
}

std::size_t take_header(char* data, std::size_t, std::size_t count, void* user_data) noexcept {
  auto& reception = *static_cast<Reception*>(user_data);
  reception.header_bytes += count;
  if (reception.header_bytes > kHeaderLimit) {
    reception.too_large = true;
    return 0;
  }
  try {
    add_header_line(reception.response, {data, count});
  } catch (...) {
    reception.out_of_memory = true;
    return 0;
  }
  return count;
}

}  // namespace

std::optional<std::string> HttpResponse::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_case_name) return value;
  return std::nullopt;
}

struct HttpClient::Implementation {
  std::unique_ptr<CURLM, MultiDeleter> multi{curl_multi_init()};
  std::unique_ptr<CURL, EasyDeleter> easy{curl_easy_init()};
  std::array<char, CURL_ERROR_SIZE> detail{};  ///< libcurl's own words for a failure.
  /// A reused connection does not show its certificate again.
  std::map<std::string, Timestamp> certificates;

  void prepare(const HttpRequest& request, curl_slist* headers, Reception& reception);
  [[nodiscard]] CURLcode perform(const std::stop_token& stop) const;
  void note_certificate(HttpResponse& response);
};

HttpClient::HttpClient() {
  initialise_curl();
  implementation_ = std::make_unique<Implementation>();
  if (!implementation_->multi || !implementation_->easy) throw std::bad_alloc();
}

HttpClient::~HttpClient() = default;

void HttpClient::Implementation::prepare(const HttpRequest& request, curl_slist* headers,
                                         Reception& reception) {
  CURL* const handle = easy.get();
  curl_easy_reset(handle);
  detail[0] = '\0';
  set(handle, CURLOPT_ERRORBUFFER, detail.data());
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_QUICK_EXIT, 1L);  // A name server that is silent does not outlast a timeout.
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_URL, request.url.c_str());
  set(handle, CURLOPT_USERAGENT, "libpra/" PRA_VERSION);
  set(handle, CURLOPT_HTTPHEADER, headers);
  set(handle, CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
  set(handle, CURLOPT_MAXREDIRS, 10L);
  set(handle, CURLOPT_SSL_VERIFYPEER, request.verify_tls ? 1L : 0L);
  set(handle, CURLOPT_SSL_VERIFYHOST, request.verify_tls ? 2L : 0L);
  if (!request.ca_file.empty()) set(handle, CURLOPT_CAINFO, request.ca_file.c_str());
  set(handle, CURLOPT_CERTINFO, 1L);
  set(handle, CURLOPT_TIMEOUT_MS, milliseconds(request.timeout));
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.connect_timeout));
  set(handle, CURLOPT_WRITEFUNCTION, take_body);
  set(handle, CURLOPT_WRITEDATA, static_cast<void*>(&reception));
  set(handle, CURLOPT_HEADERFUNCTION, take_header);
  set(handle, CURLOPT_HEADERDATA, static_cast<void*>(&reception));
  const auto& method = request.method;
  if (method.empty() || !std::all_of(method.begin(), method.end(),
                                     [](unsigned char c) { return std::isupper(c) != 0; }))
    throw Error(ErrorCode::kInvalidArgument, "not a request method: " + printable(method));
  if (method == "HEAD") {
    set(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!request.body.empty() || method == "POST" || method == "PUT") {
    set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(handle, CURLOPT_POSTFIELDS,
        request.body.empty() ? "" : reinterpret_cast<const char*>(request.body.data()));
  }
  set(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
}

CURLcode HttpClient::Implementation::perform(const std::stop_token& stop) const {
  const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
  struct Membership {
    CURLM* multi;
    CURL* easy;
    ~Membership() { curl_multi_remove_handle(multi, easy); }
  };
  if (curl_multi_add_handle(multi.get(), easy.get()) != CURLM_OK) return CURLE_FAILED_INIT;
  const Membership membership{multi.get(), easy.get()};
  for (;;) {
    throw_if_stopped(stop);
    int running = 0;
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left))
      if (message->msg == CURLMSG_DONE) return message->data.result;
    if (curl_multi_poll(multi.get(), nullptr, 0, 1000, nullptr) != CURLM_OK)
      return CURLE_FAILED_INIT;
  }
}

void HttpClient::Implementation::note_certificate(HttpResponse& response) {
  const char* url = nullptr;  // After redirects.
  curl_easy_getinfo(easy.get(), CURLINFO_EFFECTIVE_URL, &url);
  const auto origin = origin_of(url == nullptr ? "" : url);
  curl_certinfo* chain = nullptr;
  if (curl_easy_getinfo(easy.get(), CURLINFO_CERTINFO, &chain) == CURLE_OK && chain != nullptr &&
      chain->num_of_certs > 0) {
    for (const auto* item = chain->certinfo[0]; item != nullptr; item = item->next) {
      constexpr std::string_view kName = "Expire date:";
      const std::string_view line = item->data;
      if (!line.starts_with(kName)) continue;
      if (const auto date = parse_certificate_date(line.substr(kName.size()))) {
        certificates[origin] = *date;
        response.certificate_expires = *date;
        return;
      }
    }
  }
  const auto known = certificates.find(origin);
  if (known != certificates.end()) response.certificate_expires = known->second;
}

HttpResponse HttpClient::send(const HttpRequest& request, const std::stop_token& stop) {
  throw_if_stopped(stop);
  Reception reception;
  reception.body_limit = request.body_limit;
  const auto headers = header_list(request);
  implementation_->prepare(request, headers.get(), reception);
  const auto started = std::chrono::steady_clock::now();
  const CURLcode result = implementation_->perform(stop);
  auto& response = reception.response;
  response.elapsed = std::chrono::steady_clock::now() - started;
  if (reception.out_of_memory) throw std::bad_alloc();
  if (reception.too_large)
    throw Error(ErrorCode::kFailed,
                fmt::format("{} {}: the answer is larger than {} bytes", request.method,
                            shown_url(request.url), request.body_limit));
  if (result != CURLE_OK) {
    const auto& detail = implementation_->detail;
    const std::string_view reason = detail[0] != '\0' ? detail.data() : curl_easy_strerror(result);
    throw Error(code_of(result),
                fmt::format("{} {}: {}", request.method, shown_url(request.url), printable(reason)),
                hint_of(result));
  }
  long status = 0;
  curl_easy_getinfo(implementation_->easy.get(), CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  implementation_->note_certificate(response);
  return std::move(reception.response);
}

}  // namespace pra
