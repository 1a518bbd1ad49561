#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "source/postgres/snapshot_layout.hpp"

namespace pra::restore {

/// Decides where each tablespace goes: what `wished` says (by location in the snapshot, or by oid;
/// new locations are absolute), else where it was. By oid, without tablespaces in place.
/// Error(kInvalidArgument) for an unknown tablespace, for a location that is not absolute, and for
/// places that lie in each other or in `target`, the absolute path of the data directory.
[[nodiscard]] std::map<std::uint32_t, std::string> place_tablespaces(
    const source::postgres::Description& description,
    const std::map<std::string, std::string>& wished, const std::string& target);

/// Error(kAlreadyExists) when a place holds something and is not the tablespace of the cluster at
/// `target` already (which its link in pg_tblspc shows): it may be that of a living cluster.
void check_places_free(const std::map<std::uint32_t, std::string>& places,
                       const std::string& target);

}  // namespace pra::restore
