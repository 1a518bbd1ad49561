#include "repo/repository.hpp"

#include <fmt/format.h>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "crypto/random.hpp"
#include "repo/key.hpp"
#include "repo/repository_implementation.hpp"

namespace pra::repo {

namespace {

constexpr std::string_view kConfigName = "config";
constexpr std::uint64_t kMaxConfig = 64 * 1024;

std::string encode_config(const Config& config) {
  return fmt::format(R"({{"version":{},"id":"{}","chunker_polynomial":"{}"}})", config.version,
                     config.id, config.polynomial.hex());
}

Config decode_config(std::string_view text) {
  const auto document = parse_json(text, "config");
  const JsonReader reader(document, "config");
  Config config;
  const std::uint64_t version = reader.unsigned_integer("version");
  if (version < 1 || version > 2)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the repository has format version {}", version),
                "this version knows formats 1 (reading) and 2");
  config.version = static_cast<unsigned>(version);
  config.id = Digest::from_hex(reader.string("id")).hex();
  config.polynomial = chunk::Polynomial::parse(reader.string("chunker_polynomial"));
  return config;
}

Config open_config(ByteView sealed, const crypto::EnvelopeKey& key, const std::string& location) {
  try {
    Buffer text;
    crypto::Envelope(key).open(sealed, text);
    return decode_config(as_text(text));
  } catch (const Error& error) {
    const ErrorCode code =
        error.code() == ErrorCode::kUnsupported ? ErrorCode::kUnsupported : ErrorCode::kCorrupt;
    throw Error(code, fmt::format("the config of {}: {}", location, error.what()), error.hint());
  }
}

bool has_config(store::Store& store, const std::stop_token& stop) {
  try {
    return store.size(kConfigName, stop) <= kMaxConfig;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) return false;
    throw;
  }
}

void check_environment(Environment& environment) {
  if (!environment.store || !environment.files)
    throw Error(ErrorCode::kInvalidArgument, "a repository needs a store and a file system");
  if (!environment.clock) environment.clock = system_clock();
  if (!environment.logger) environment.logger = std::make_shared<Logger>();
}

/// An earlier attempt may have stored a key and been interrupted before the config: it is taken up
/// when the secret is the same.
crypto::EnvelopeKey make_master_key(Environment& environment, const Secret& secret,
                                    std::string& key_name, const std::stop_token& stop) {
  store::Store& store = *environment.store;
  bool has_keys = false;
  store.list(
      object_prefix(FileKind::kKey), [&](const store::Store::Entry&) { has_keys = true; }, stop);
  if (has_keys) {
    try {
      return open_master_key(store, secret, stop);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kWrongKey) throw;
      throw Error(ErrorCode::kAlreadyExists,
                  fmt::format("{} has keys of another repository but no config", store.location()),
                  "choose another place, or restore the file 'config'");
    }
  }
  const auto master = crypto::EnvelopeKey::generate();
  key_name = add_key_file(store, master, secret, environment.clock->now(), stop);
  return master;
}

}  // namespace

std::string_view object_prefix(FileKind kind) {
  switch (kind) {
    case FileKind::kKey:
      return "keys/";
    case FileKind::kPack:
      return "data/";
    case FileKind::kIndex:
      return "index/";
    case FileKind::kSnapshot:
      return "snapshots/";
    case FileKind::kLock:
      return "locks/";
  }
  return {};
}

std::string object_name(FileKind kind, std::string_view hex) {
  std::string name(object_prefix(kind));
  if (kind == FileKind::kPack) name.append(hex.substr(0, 2)).append("/");
  return name.append(hex);
}

Repository::Implementation::Implementation(Environment given, const crypto::EnvelopeKey& key,
                                           Config parsed)
    : environment(std::move(given)),
      master_key(key),
      config(std::move(parsed)),
      codecs([this] { return std::make_unique<FileCodec>(master_key); }),
      readers([this] { return std::make_unique<BlobReader>(master_key); }) {
  if (!environment.cache_directory.empty() && !environment.store->is_local())
    cache.emplace(environment.cache_directory + "/" + config.id, environment.files,
                  environment.clock, environment.logger);
}

Repository::Repository(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {
  implementation_->index_writer = std::make_unique<IndexWriter>(*this);
}
Repository::~Repository() = default;

std::shared_ptr<Repository> Repository::create(Environment environment, const Secret& secret,
                                               const std::stop_token& stop) {
  check_environment(environment);
  store::Store& store = *environment.store;
  if (secret.empty()) throw Error(ErrorCode::kInvalidArgument, "a repository needs a secret");
  throw_if_stopped(stop);
  store.initialise(stop);
  const auto exists = [&] {
    return Error(ErrorCode::kAlreadyExists,
                 fmt::format("there is a repository at {} already", store.location()));
  };
  if (has_config(store, stop)) throw exists();

  Config config;
  config.id = to_hex(crypto::random_bytes(32));
  config.polynomial = chunk::Polynomial::generate();
  std::string key_name;
  const auto master = make_master_key(environment, secret, key_name, stop);
  Buffer sealed;
  crypto::Envelope(master).seal(as_bytes(encode_config(config)), sealed);
  try {
    store.create(kConfigName, sealed, stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kAlreadyExists) throw;
    // Somebody else was faster: their repository must not keep a key that opens nothing.
    if (!key_name.empty()) store.remove(key_name, {});
    throw exists();
  }
  return std::shared_ptr<Repository>(new Repository(
      std::make_unique<Implementation>(std::move(environment), master, std::move(config))));
}

std::shared_ptr<Repository> Repository::open(Environment environment, const Secret& secret,
                                             const std::stop_token& stop) {
  check_environment(environment);
  store::Store& store = *environment.store;
  throw_if_stopped(stop);
  if (!has_config(store, stop))
    throw Error(ErrorCode::kNoRepository,
                fmt::format("there is no repository at {}", store.location()),
                "check the place, or make one with `pra init`");
  const Buffer sealed = store.read(kConfigName, stop);
  const auto master = open_master_key(store, secret, stop);
  Config config = open_config(sealed, master, store.location());
  return std::shared_ptr<Repository>(new Repository(
      std::make_unique<Implementation>(std::move(environment), master, std::move(config))));
}

const Config& Repository::config() const {
  return implementation_->config;
}
const crypto::EnvelopeKey& Repository::master_key() const {
  return implementation_->master_key;
}
store::Store& Repository::store() const {
  return *implementation_->environment.store;
}
Clock& Repository::clock() const {
  return *implementation_->environment.clock;
}
Logger& Repository::logger() const {
  return *implementation_->environment.logger;
}
FileSystem& Repository::files() const {
  return *implementation_->environment.files;
}
std::string Repository::location() const {
  return store().location();
}

}  // namespace pra::repo
