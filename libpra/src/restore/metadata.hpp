#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "base/directory.hpp"
#include "restore/plan.hpp"
#include "restore/report.hpp"

namespace pra::restore {

/// In what an entry on disk differs from the snapshot. Access times are not compared: reading
/// changes them.
struct MetadataDifference {
  bool mode = false;
  bool owner = false;
  bool time = false;
  bool attributes = false;

  [[nodiscard]] bool any() const { return mode || owner || time || attributes; }
};

/// The attributes that a restore is concerned with, in order of their names.
[[nodiscard]] std::vector<ExtendedAttribute> restorable_attributes(
    std::vector<ExtendedAttribute> attributes);

/// Compares what `stat` and `attributes` (restorable ones) say with the plan.
[[nodiscard]] MetadataDifference compare_metadata(const Plan& plan, const Entry& entry,
                                                  const struct stat& status,
                                                  const std::vector<ExtendedAttribute>& attributes);

/// Gives restored entries their owner, mode, extended attributes and times. What cannot be set is
/// reported, and the rest is set. Safe for concurrent use.
class MetadataWriter {
 public:
  MetadataWriter(const Plan& plan, Report& report);

  /// Of an open file or directory whose state is `status`; `name` is for messages. True when
  /// anything changed.
  bool apply(int descriptor, const std::string& name, const Entry& entry,
             const struct stat& status) const;
  /// Of a symbolic link, device or fifo.
  bool apply_by_name(const Directory& parent, const Entry& entry, const struct stat& status) const;
  /// What `apply` could change: without root the owner stays, and with it setuid and setgid do.
  [[nodiscard]] MetadataDifference changeable(const Plan& plan, const Entry& entry,
                                              const struct stat& status,
                                              const std::vector<ExtendedAttribute>& present) const;

 private:
  const Plan& plan_;
  Report& report_;
  const bool is_root_;
};

}  // namespace pra::restore
