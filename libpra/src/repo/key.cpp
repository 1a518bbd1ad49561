#include "repo/key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "base/host.hpp"
#include "base/json.hpp"
#include "crypto/random.hpp"
#include "crypto/sha256.hpp"
#include "repo/repository.hpp"

namespace pra::repo {

namespace {

constexpr std::size_t kMaxKeys = 20;
constexpr std::uint64_t kMaxKeyFile = 64 * 1024;
constexpr std::size_t kSaltSize = 64;
/// N·r·p: about half a minute. restic's calibration lands near 2^20.
constexpr std::uint64_t kMaxCost = std::uint64_t{1} << 26;

struct KeyFile {
  crypto::ScryptParameters parameters;
  Buffer salt;
  Buffer data;

  [[nodiscard]] std::uint64_t cost() const { return parameters.n * parameters.r * parameters.p; }
};

KeyFile decode_key_file(ByteView content) {
  const auto document = parse_json(as_text(content), "key file");
  const JsonReader reader(document, "key file");
  if (reader.string("kdf") != "scrypt")
    throw Error(ErrorCode::kUnsupported, "a key file uses a key derivation other than scrypt");
  const auto small = [&](std::string_view member) {
    const std::uint64_t value = reader.unsigned_integer(member);
    if (value == 0 || value > 0x3fffffff)
      throw Error(ErrorCode::kCorrupt, "key file: impossible parameters of scrypt");
    return static_cast<std::uint32_t>(value);
  };
  KeyFile file;
  file.parameters.n = small("N");
  file.parameters.r = small("r");
  file.parameters.p = small("p");
  const std::uint64_t blocks = std::uint64_t{file.parameters.r} * file.parameters.p;
  if (blocks >= 1u << 30 || file.cost() > kMaxCost)
    throw Error(ErrorCode::kCorrupt, "key file: impossible parameters of scrypt");
  file.salt = from_base64(reader.string("salt"));
  file.data = from_base64(reader.string("data"));
  return file;
}

template <std::size_t kSize>
void read_key_part(const JsonReader& reader, std::string_view member,
                   std::array<std::uint8_t, kSize>& out) {
  Buffer bytes = from_base64(reader.string(member));
  if (bytes.size() != kSize) throw Error(ErrorCode::kCorrupt, "key file: a key of a wrong length");
  std::copy(bytes.begin(), bytes.end(), out.begin());
  crypto::wipe(bytes);
}

crypto::EnvelopeKey decode_master_key(ByteView text) {
  const auto document = parse_json(as_text(text), "master key");
  const JsonReader reader(document, "master key");
  const auto* mac = reader.find("mac");
  if (mac == nullptr) throw Error(ErrorCode::kCorrupt, "master key: member 'mac' is missing");
  const JsonReader mac_reader(*mac, "master key");
  crypto::EnvelopeKey key;
  read_key_part(reader, "encrypt", key.encrypt);
  read_key_part(mac_reader, "k", key.mac_k);
  read_key_part(mac_reader, "r", key.mac_r);
  return key;
}

/// Nothing when the secret is not the one of this file.
std::optional<crypto::EnvelopeKey> try_key(const KeyFile& file, const Secret& secret) {
  const crypto::EnvelopeKey derived = crypto::derive_key(secret.text(), file.salt, file.parameters);
  Buffer text;
  try {
    crypto::Envelope(derived).open(file.data, text);
  } catch (const Error&) {
    return std::nullopt;  // the MAC tells a wrong secret from a right one
  }
  const crypto::EnvelopeKey master = decode_master_key(text);
  crypto::wipe(text);
  return master;
}

std::vector<std::string> list_keys(store::Store& store, const std::stop_token& stop) {
  std::vector<std::string> names;
  const std::string_view prefix = object_prefix(FileKind::kKey);
  store.list(
      prefix,
      [&](const store::Store::Entry& entry) {
        Digest id;
        const auto hex = std::string_view(entry.name).substr(prefix.size());
        if (entry.size <= kMaxKeyFile && Digest::parse(hex, id)) names.push_back(entry.name);
      },
      stop);
  std::sort(names.begin(), names.end());
  return names;
}

/// The readable key files; `damaged` counts the others.
std::vector<KeyFile> load_keys(store::Store& store, const std::stop_token& stop,
                               std::size_t& damaged) {
  std::vector<KeyFile> keys;
  for (const std::string& name : list_keys(store, stop)) {
    if (keys.size() == kMaxKeys) break;
    throw_if_stopped(stop);
    try {
      const Buffer content = store.read(name, stop);
      if (!name.ends_with(crypto::sha256(content).hex()))
        throw Error(ErrorCode::kCorrupt, "key file: its content does not match its name");
      keys.push_back(decode_key_file(content));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled || error.code() == ErrorCode::kTransient) throw;
      ++damaged;
    }
  }
  std::stable_sort(keys.begin(), keys.end(),
                   [](const KeyFile& a, const KeyFile& b) { return a.cost() < b.cost(); });
  return keys;
}

std::string master_key_json(const crypto::EnvelopeKey& key) {
  return fmt::format(R"({{"mac":{{"k":"{}","r":"{}"}},"encrypt":"{}"}})", to_base64(key.mac_k),
                     to_base64(key.mac_r), to_base64(key.encrypt));
}

}  // namespace

crypto::EnvelopeKey open_master_key(store::Store& store, const Secret& secret,
                                    const std::stop_token& stop) {
  std::size_t damaged = 0;
  const std::vector<KeyFile> keys = load_keys(store, stop, damaged);
  for (const KeyFile& key : keys) {
    throw_if_stopped(stop);
    try {
      if (auto master = try_key(key, secret)) return *master;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCorrupt) throw;
      ++damaged;
    }
  }
  std::string message = fmt::format("none of the {} keys of {} opens with this secret", keys.size(),
                                    store.location());
  if (damaged > 0) message += fmt::format(" ({} key files are damaged)", damaged);
  throw Error(ErrorCode::kWrongKey, message, "check that the key belongs to this repository");
}

std::string add_key_file(store::Store& store, const crypto::EnvelopeKey& master,
                         const Secret& secret, const Timestamp& now, const std::stop_token& stop) {
  const crypto::ScryptParameters parameters =
      secret.is_generated() ? crypto::cheap_scrypt() : crypto::costly_scrypt();
  const Buffer salt = crypto::random_bytes(kSaltSize);
  const crypto::EnvelopeKey derived = crypto::derive_key(secret.text(), salt, parameters);
  std::string master_text = master_key_json(master);
  Buffer sealed;
  crypto::Envelope(derived).seal(as_bytes(master_text), sealed);
  crypto::wipe({reinterpret_cast<std::uint8_t*>(master_text.data()), master_text.size()});

  const HostIdentity self = current_identity();
  std::string text;
  JsonText json(text);
  json.raw("{\"created\":\"").raw(format_rfc3339(now));
  json.raw("\",\"username\":").string(self.username);
  json.raw(",\"hostname\":").string(self.hostname);
  json.raw(",\"kdf\":\"scrypt\",\"N\":").number(parameters.n);
  json.raw(",\"r\":").number(std::uint64_t{parameters.r});
  json.raw(",\"p\":").number(std::uint64_t{parameters.p});
  json.raw(",\"salt\":\"").raw(to_base64(salt));
  json.raw("\",\"data\":\"").raw(to_base64(sealed)).raw("\"}");
  const std::string name = object_name(FileKind::kKey, crypto::sha256(as_bytes(text)).hex());
  store.create(name, as_bytes(text), stop);
  return name;
}

}  // namespace pra::repo
