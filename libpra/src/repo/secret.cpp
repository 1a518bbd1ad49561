#include "repo/secret.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/words.hpp"
#include "crypto/random.hpp"

namespace pra::repo {

namespace {

constexpr std::uint64_t kMaxSecretFile = 64 * 1024;
constexpr std::uint32_t kOpenToOthers = 0066;
/// Begins what `create_key_file` makes, so that it is recognised as one that no one can guess.
constexpr std::string_view kGeneratedPrefix = "pra-key-";
constexpr std::size_t kGeneratedBytes = 32;

void wipe_text(std::string& text) {
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

bool looks_generated(std::string_view text) {
  return text.starts_with(kGeneratedPrefix) &&
         text.size() == kGeneratedPrefix.size() + 2 * kGeneratedBytes &&
         text.find_first_not_of("0123456789abcdef", kGeneratedPrefix.size()) ==
             std::string_view::npos;
}

/// Drops the newline that editors and programs put at the end.
Secret make_secret(std::string text, std::string_view origin) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  const bool bad = text.empty() || text.find('\0') != std::string::npos;
  const bool generated = looks_generated(text);
  Secret secret(text, generated);
  wipe_text(text);
  if (bad)
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the secret from {} is empty or not text", origin));
  return secret;
}

Secret read_secret_file(const std::string& path, FileSystem& files, const std::string& origin) {
  Buffer content = files.read(path, kMaxSecretFile);
  std::string text(as_text(content));
  crypto::wipe(content);
  return make_secret(std::move(text), origin);
}

Secret from_file(const std::string& path, FileSystem& files) {
  const std::string shown = printable(path);
  const auto info = files.stat(path);
  if (!info)
    throw Error(ErrorCode::kNotFound, "there is no key file " + shown,
                "give the path of the file with the repository's key");
  if (info->is_directory)
    throw Error(ErrorCode::kInvalidArgument, "the key file " + shown + " is a directory");
  if ((info->mode & kOpenToOthers) != 0)
    throw Error(ErrorCode::kPermissionDenied,
                fmt::format("the key file {} is open to other users (mode {:04o})", shown,
                            info->mode & 07777),
                "run: chmod 600 " + shown);
  return read_secret_file(path, files, shown);
}

Secret from_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr)
    throw Error(ErrorCode::kNotFound,
                fmt::format("the environment variable {} is not set", printable(name)));
  return make_secret(value, "the environment variable " + printable(name));
}

Secret from_command(const std::string& line, const std::stop_token& stop) {
  ProcessRequest request;
  request.command = split_words(line);
  if (request.command.empty())
    throw Error(ErrorCode::kInvalidArgument, "the reference 'command:' names no program");
  request.timeout = std::chrono::seconds(60);
  request.output_limit = kMaxSecretFile;
  const std::string program = printable(request.command.front());
  ProcessResult result = run_process(request, stop);
  if (result.exit_code != 0) {
    wipe_text(result.output);
    throw Error(ErrorCode::kFailed,
                result.timed_out
                    ? fmt::format("{} did not give the secret within 60 s", program)
                    : fmt::format("{} gave no secret: exit code {}", program, result.exit_code),
                "run it by hand to see what it says");
  }
  Secret secret = make_secret(result.output, program);
  wipe_text(result.output);
  return secret;
}

Secret from_credential(const std::string& name, FileSystem& files) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos)
    throw Error(ErrorCode::kInvalidArgument, "not a credential's name: " + printable(name));
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr)
    throw Error(ErrorCode::kNotFound,
                "there is no credential " + printable(name) + ": CREDENTIALS_DIRECTORY is not set",
                "start the service with LoadCredential= or SetCredentialEncrypted=");
  return read_secret_file(std::string(directory) + "/" + name, files,
                          "the credential " + printable(name));
}

}  // namespace

Secret::Secret(std::string text, bool generated) : text_(text), generated_(generated) {
  wipe_text(text);
}

Secret::~Secret() {
  wipe_text(text_);
}

Secret resolve_secret(const std::string& reference, FileSystem& files,
                      const std::stop_token& stop) {
  const std::size_t colon = std::min(reference.find(':'), reference.size());
  const std::string_view kind = std::string_view(reference).substr(0, colon);
  const std::string rest = reference.substr(std::min(colon + 1, reference.size()));
  if (!rest.empty()) {
    if (kind == "file") return from_file(rest, files);
    if (kind == "env") return from_environment(rest);
    if (kind == "command") return from_command(rest, stop);
    if (kind == "credential") return from_credential(rest, files);
  }
  throw Error(ErrorCode::kInvalidArgument, "a secret is given by reference, never in clear",
              "write file:PATH, env:NAME, command:PROGRAM ARG… or credential:NAME");
}

Secret create_key_file(const std::string& path, FileSystem& files) {
  Buffer random = crypto::random_bytes(kGeneratedBytes);
  std::string text = std::string(kGeneratedPrefix) + to_hex(random);
  crypto::wipe(random);
  Secret secret(text, true);
  text += '\n';
  create_durably(files, path, as_bytes(text), 0600);
  wipe_text(text);
  return secret;
}

}  // namespace pra::repo
