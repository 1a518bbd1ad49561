#include "restore/tablespace_places.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/directory.hpp"
#include "base/error.hpp"
#include "base/file_system.hpp"
#include "source/files/path.hpp"

namespace pra::restore {

namespace pg = source::postgres;

namespace {

constexpr const char* kMapHint = "choose other places with --tablespace OLD=NEW";

/// Whether one path is the other or lies in it.
bool overlap(const std::string& one, const std::string& other) {
  const std::string a = one == "/" ? one : one + '/';
  const std::string b = other == "/" ? other : other + '/';
  return a.starts_with(b) || b.starts_with(a);
}

std::string known_locations(const pg::Description& description) {
  std::string text;
  for (const auto& tablespace : description.tablespaces)
    if (!tablespace.in_place)
      text += (text.empty() ? "" : ", ") + printable(tablespace.location) + " (" +
              std::to_string(tablespace.oid) + ")";
  return text.empty() ? "the snapshot has no tablespaces" : "the snapshot has " + text;
}

std::string checked_place(const std::string& place) {
  if (place.empty() || place.front() != '/' || place.find('\0') != std::string::npos)
    throw Error(ErrorCode::kInvalidArgument,
                "the place of a tablespace is no absolute path: '" + printable(place) + "'",
                kMapHint);
  return source::clean_path(place);
}

void check_overlaps(const std::map<std::uint32_t, std::string>& places, const std::string& target) {
  std::vector<std::string> taken{target};
  for (const auto& [oid, place] : places) {
    for (const std::string& other : taken)
      if (overlap(place, other))
        throw Error(ErrorCode::kInvalidArgument,
                    "the place of a tablespace, '" + printable(place) + "', overlaps '" +
                        printable(other) + "'",
                    kMapHint);
    taken.push_back(place);
  }
}

/// The link's target in pg_tblspc; nothing when there is no such link.
std::optional<std::string> link_at(const std::string& target, std::uint32_t oid) {
  const std::string folder = target + '/' + std::string(pg::kTablespaceLinks);
  if (!posix_file_system()->stat(folder)) return std::nullopt;
  const Directory links = Directory::open(folder);
  const auto status = links.status(std::to_string(oid));
  if (!status || !S_ISLNK(status->st_mode)) return std::nullopt;
  return links.read_link(std::to_string(oid));
}

}  // namespace

std::map<std::uint32_t, std::string> place_tablespaces(
    const pg::Description& description, const std::map<std::string, std::string>& wished,
    const std::string& target) {
  std::map<std::uint32_t, std::string> places;
  std::set<std::string> used;
  for (const auto& tablespace : description.tablespaces) {
    if (tablespace.in_place) continue;
    std::string place = tablespace.location;
    for (const auto& [old_name, new_place] : wished)
      if (old_name == std::to_string(tablespace.oid) ||
          (old_name.starts_with('/') &&
           source::clean_path(old_name) == source::clean_path(tablespace.location))) {
        place = new_place;
        used.insert(old_name);
      }
    places.emplace(tablespace.oid, checked_place(place));
  }
  for (const auto& [old_name, new_place] : wished)
    if (!used.contains(old_name))
      throw Error(ErrorCode::kInvalidArgument, "no tablespace '" + printable(old_name) + "'",
                  known_locations(description));
  check_overlaps(places, target);
  return places;
}

void check_places_free(const std::map<std::uint32_t, std::string>& places,
                       const std::string& target) {
  for (const auto& [oid, place] : places) {
    const auto info = posix_file_system()->stat(place);
    if (!info) continue;
    if (!info->is_directory)
      throw Error(ErrorCode::kAlreadyExists,
                  "the place of a tablespace is no directory: " + printable(place), kMapHint);
    const auto link = link_at(target, oid);
    if (link && source::clean_path(*link) == place) continue;
    if (!Directory::open(place).entries().empty())
      throw Error(ErrorCode::kAlreadyExists,
                  "the place of tablespace " + std::to_string(oid) +
                      " is not empty, and may be that of a living cluster: " + printable(place),
                  kMapHint);
  }
}

}  // namespace pra::restore
