#include "repo/snapshot.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/json.hpp"

namespace pra::repo {

namespace {

constexpr std::string_view kSourceTag = "pra:source=";
constexpr std::string_view kTypeTag = "pra:type=";

std::string tag_value(const std::vector<std::string>& tags, std::string_view prefix) {
  for (const auto& tag : tags)
    if (tag.starts_with(prefix)) return tag.substr(prefix.size());
  return {};
}

void add_strings(JsonText& json, std::string_view member, const std::vector<std::string>& values) {
  json.raw(member).raw("[");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) json.raw(",");
    json.string(values[i]);
  }
  json.raw("]");
}

void add_summary(JsonText& json, const SnapshotSummary& summary) {
  const auto add = [&](std::string_view member, auto value) {
    json.raw(",\"").raw(member).raw("\":").number(value);
  };
  json.raw(",\"summary\":{\"backup_start\":\"").raw(format_rfc3339(summary.backup_start));
  json.raw("\",\"backup_end\":\"").raw(format_rfc3339(summary.backup_end)).raw("\"");
  add("files_new", summary.files_new);
  add("files_changed", summary.files_changed);
  add("files_unmodified", summary.files_unmodified);
  add("dirs_new", summary.dirs_new);
  add("dirs_changed", summary.dirs_changed);
  add("dirs_unmodified", summary.dirs_unmodified);
  add("data_blobs", summary.data_blobs);
  add("tree_blobs", summary.tree_blobs);
  add("data_added", summary.data_added);
  add("data_added_packed", summary.data_added_packed);
  add("total_files_processed", summary.total_files_processed);
  add("total_bytes_processed", summary.total_bytes_processed);
  json.raw("}");
}

SnapshotSummary decode_summary(const JsonReader& reader) {
  SnapshotSummary summary;
  summary.backup_start = parse_rfc3339(reader.string("backup_start"));
  summary.backup_end = parse_rfc3339(reader.string("backup_end"));
  summary.files_new = reader.unsigned_or("files_new", 0);
  summary.files_changed = reader.unsigned_or("files_changed", 0);
  summary.files_unmodified = reader.unsigned_or("files_unmodified", 0);
  summary.dirs_new = reader.unsigned_or("dirs_new", 0);
  summary.dirs_changed = reader.unsigned_or("dirs_changed", 0);
  summary.dirs_unmodified = reader.unsigned_or("dirs_unmodified", 0);
  summary.data_blobs = reader.integer_or("data_blobs", 0);
  summary.tree_blobs = reader.integer_or("tree_blobs", 0);
  summary.data_added = reader.unsigned_or("data_added", 0);
  summary.data_added_packed = reader.unsigned_or("data_added_packed", 0);
  summary.total_files_processed = reader.unsigned_or("total_files_processed", 0);
  summary.total_bytes_processed = reader.unsigned_or("total_bytes_processed", 0);
  return summary;
}

std::uint32_t user_or_group(const JsonReader& reader, std::string_view member) {
  const std::uint64_t value = reader.unsigned_or(member, 0);
  if (value > 0xffffffff)
    throw Error(ErrorCode::kCorrupt, "snapshot: a user or group id is too large");
  return static_cast<std::uint32_t>(value);
}

std::optional<SnapshotId> optional_id(const JsonReader& reader, std::string_view member) {
  if (reader.find(member) == nullptr) return std::nullopt;
  return SnapshotId::from_hex(reader.string(member));
}

Snapshot decode(std::string_view text, const SnapshotId& id) {
  const auto document = parse_json(text, "snapshot");
  const JsonReader reader(document, "snapshot");
  Snapshot snapshot;
  snapshot.id = id;
  snapshot.time = parse_rfc3339(reader.string("time"));
  snapshot.parent = optional_id(reader, "parent");
  snapshot.tree = BlobId::from_hex(reader.string("tree"));
  snapshot.paths = reader.strings_or_empty("paths");
  snapshot.hostname = reader.string_or("hostname", "");
  snapshot.username = reader.string_or("username", "");
  snapshot.uid = user_or_group(reader, "uid");
  snapshot.gid = user_or_group(reader, "gid");
  snapshot.excludes = reader.strings_or_empty("excludes");
  snapshot.tags = reader.strings_or_empty("tags");
  snapshot.original = optional_id(reader, "original");
  snapshot.program_version = reader.string_or("program_version", "");
  if (const auto* summary = reader.find("summary"))
    snapshot.summary = decode_summary(JsonReader(*summary, "snapshot summary"));
  return snapshot;
}

}  // namespace

std::string Snapshot::source() const {
  return tag_value(tags, kSourceTag);
}

std::string Snapshot::type() const {
  const std::string type = tag_value(tags, kTypeTag);
  return type.empty() ? "files" : type;
}

std::string encode_snapshot(const Snapshot& snapshot) {
  std::string out;
  JsonText json(out);
  json.raw("{\"time\":\"").raw(format_rfc3339(snapshot.time)).raw("\"");
  if (snapshot.parent) json.raw(",\"parent\":\"").raw(snapshot.parent->hex()).raw("\"");
  json.raw(",\"tree\":\"").raw(snapshot.tree.hex()).raw("\"");
  add_strings(json, ",\"paths\":", snapshot.paths);
  if (!snapshot.hostname.empty()) json.raw(",\"hostname\":").string(snapshot.hostname);
  if (!snapshot.username.empty()) json.raw(",\"username\":").string(snapshot.username);
  if (snapshot.uid != 0) json.raw(",\"uid\":").number(std::uint64_t{snapshot.uid});
  if (snapshot.gid != 0) json.raw(",\"gid\":").number(std::uint64_t{snapshot.gid});
  if (!snapshot.excludes.empty()) add_strings(json, ",\"excludes\":", snapshot.excludes);
  if (!snapshot.tags.empty()) add_strings(json, ",\"tags\":", snapshot.tags);
  if (snapshot.original) json.raw(",\"original\":\"").raw(snapshot.original->hex()).raw("\"");
  if (!snapshot.program_version.empty())
    json.raw(",\"program_version\":").string(snapshot.program_version);
  if (snapshot.summary) add_summary(json, *snapshot.summary);
  out += '}';
  return out;
}

Snapshot decode_snapshot(std::string_view text, const SnapshotId& id) {
  try {
    return decode(text, id);
  } catch (const Error& error) {
    throw Error(ErrorCode::kCorrupt, "snapshot " + id.short_hex() + ": " + error.what());
  }
}

bool matches(const Snapshot& snapshot, const SnapshotFilter& filter) {
  const auto holds = [](const std::vector<std::string>& values, const std::string& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
  };
  const auto holds_all = [&](const std::vector<std::string>& values,
                             const std::vector<std::string>& wanted) {
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](const std::string& value) { return holds(values, value); });
  };
  return (filter.host.empty() || filter.host == snapshot.hostname) &&
         (filter.source.empty() || filter.source == snapshot.source()) &&
         holds_all(snapshot.tags, filter.tags) && holds_all(snapshot.paths, filter.paths);
}

}  // namespace pra::repo
