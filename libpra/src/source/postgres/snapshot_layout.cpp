#include "source/postgres/snapshot_layout.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "base/error.hpp"
#include "base/json.hpp"

namespace pra::source::postgres {

namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kWhat = "backup.json of the snapshot";
constexpr std::size_t kMaxTablespaces = 65536;

[[noreturn]] void fail(const std::string& problem) {
  throw Error(ErrorCode::kCorrupt, std::string(kWhat) + ": " + problem);
}

bool is_decimal(std::string_view text) {
  return !text.empty() && text.size() <= 20 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::uint32_t narrow(std::uint64_t value, const char* member) {
  if (value > std::numeric_limits<std::uint32_t>::max())
    fail(std::string("member '") + member + "' is out of range");
  return static_cast<std::uint32_t>(value);
}

Description::Tablespace decode_tablespace(const json::value& value) {
  const JsonReader reader(value, kWhat);
  Description::Tablespace tablespace;
  tablespace.oid = narrow(reader.unsigned_integer("oid"), "oid");
  const Buffer raw = from_hex(reader.string("location_hex"));
  tablespace.location = as_text(raw);
  tablespace.in_place = reader.boolean_or("in_place", false);
  if (tablespace.oid == 0) fail("a tablespace without oid");
  if (tablespace.location.find('\0') != std::string::npos) fail("a location with a zero byte");
  return tablespace;
}

}  // namespace

std::string encode_description(const Description& description) {
  json::array tablespaces;
  for (const auto& tablespace : description.tablespaces)
    tablespaces.push_back(
        json::object{{"oid", tablespace.oid},
                     {"location", printable(tablespace.location)},
                     // JSON holds no bytes that are not UTF-8, and a location may be any bytes.
                     {"location_hex", to_hex(as_bytes(tablespace.location))},
                     {"in_place", tablespace.in_place}});
  const json::object object{{"format", kFormat},
                            {"system_id", description.system_identifier},
                            {"version", description.version},
                            {"start_lsn", format_lsn(description.start_lsn)},
                            {"end_lsn", format_lsn(description.end_lsn)},
                            {"timeline", description.timeline},
                            {"started", format_rfc3339(description.started)},
                            {"ended", format_rfc3339(description.ended)},
                            {"wal_segment_size", description.wal_segment_size},
                            {"data_checksums", description.data_checksums},
                            {"from_standby", description.from_standby},
                            {"page_group", description.page_group},
                            {"tablespaces", std::move(tablespaces)}};
  return to_text(object) + '\n';
}

Description decode_description(std::string_view text) {
  const json::value value = parse_json(text, kWhat);
  const JsonReader reader(value, kWhat);
  if (reader.unsigned_integer("format") != kFormat)
    throw Error(ErrorCode::kUnsupported, std::string(kWhat) + ": written by a newer version",
                "update pra on this machine");
  Description description;
  description.system_identifier = reader.string("system_id");
  if (!is_decimal(description.system_identifier)) fail("member 'system_id' is not a number");
  description.version = reader.string("version");
  if (!is_decimal(description.major())) fail("member 'version' is not a version");
  description.start_lsn = parse_lsn(reader.string("start_lsn"));
  description.end_lsn = parse_lsn(reader.string("end_lsn"));
  description.timeline = narrow(reader.unsigned_integer("timeline"), "timeline");
  description.started = parse_rfc3339(reader.string("started"));
  description.ended = parse_rfc3339(reader.string("ended"));
  description.wal_segment_size = reader.unsigned_integer("wal_segment_size");
  description.data_checksums = reader.boolean_or("data_checksums", false);
  description.from_standby = reader.boolean_or("from_standby", false);
  description.page_group = reader.unsigned_or("page_group", 0);
  const auto& tablespaces = reader.array_or_empty("tablespaces");
  if (tablespaces.size() > kMaxTablespaces) fail("too many tablespaces");
  std::set<std::uint32_t> oids;
  for (const auto& tablespace : tablespaces) {
    description.tablespaces.push_back(decode_tablespace(tablespace));
    if (!oids.insert(description.tablespaces.back().oid).second) fail("a tablespace twice");
  }
  return description;
}

std::vector<std::string> description_tags(const Description& description) {
  const auto tag = [](std::string_view name, const std::string& value) {
    return std::string(kTagPrefix).append(name).append("=").append(value);
  };
  return {tag("version", description.major()),
          tag("system_id", description.system_identifier),
          tag("start_lsn", format_lsn(description.start_lsn)),
          tag("end_lsn", format_lsn(description.end_lsn)),
          tag("timeline", std::to_string(description.timeline)),
          tag("page_group", std::to_string(description.page_group))};
}

std::optional<std::string> description_tag(const repo::Snapshot& snapshot, std::string_view name) {
  const std::string prefix = std::string(kTagPrefix).append(name).append("=");
  for (const std::string& tag : snapshot.tags)
    if (tag.starts_with(prefix)) return tag.substr(prefix.size());
  return std::nullopt;
}

}  // namespace pra::source::postgres
