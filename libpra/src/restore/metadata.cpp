#include "restore/metadata.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/descriptor_metadata.hpp"
#include "base/error.hpp"

namespace pra::restore {
namespace {

/// The mode that an entry gets whose owner is `uid` and `gid`: what runs as its owner must not run
/// as somebody else because the owner could not be restored.
mode_t mode_for(const Entry& entry, uid_t uid, gid_t gid) {
  mode_t mode = entry.mode;
  if (uid != entry.uid) mode &= ~static_cast<mode_t>(S_ISUID);
  if (gid != entry.gid && !entry.is_directory()) mode &= ~static_cast<mode_t>(S_ISGID);
  return mode;
}

/// Runs `step`; a failure of metadata is reported and costs nothing else.
template <class Step>
bool attempt(Report& report, std::string_view what, const std::string& path, const Step& step) {
  try {
    return step();
  } catch (const Error& error) {
    report.metadata_failed(what, path, error);
    return false;
  }
}

}  // namespace

std::vector<ExtendedAttribute> restorable_attributes(std::vector<ExtendedAttribute> attributes) {
  std::erase_if(attributes,
                [](const auto& attribute) { return !is_restorable_attribute(attribute.first); });
  std::sort(attributes.begin(), attributes.end());
  return attributes;
}

MetadataDifference compare_metadata(const Plan& plan, const Entry& entry, const struct stat& status,
                                    const std::vector<ExtendedAttribute>& attributes) {
  MetadataDifference difference;
  difference.mode =
      entry.type != repo::NodeType::kSymlink && (status.st_mode & 07777) != entry.mode;
  difference.owner = status.st_uid != entry.uid || status.st_gid != entry.gid;
  difference.time = to_timestamp(status.st_mtim) != entry.modified;
  const auto& wanted = plan.attributes(entry);
  difference.attributes =
      !(wanted.empty() && attributes.empty()) && restorable_attributes(wanted) != attributes;
  return difference;
}

MetadataWriter::MetadataWriter(const Plan& plan, Report& report)
    : plan_(plan), report_(report), is_root_(::geteuid() == 0) {}

MetadataDifference MetadataWriter::changeable(const Plan& plan, const Entry& entry,
                                              const struct stat& status,
                                              const std::vector<ExtendedAttribute>& present) const {
  auto difference = compare_metadata(plan, entry, status, present);
  if (is_root_) return difference;
  difference.owner = false;
  if (entry.type != repo::NodeType::kSymlink)
    difference.mode = (status.st_mode & 07777) != mode_for(entry, status.st_uid, status.st_gid);
  return difference;
}

bool MetadataWriter::apply(int descriptor, const std::string& name, const Entry& entry,
                           const struct stat& status) const {
  bool changed = false;
  uid_t uid = status.st_uid;
  gid_t gid = status.st_gid;
  const bool owner_differs = uid != entry.uid || gid != entry.gid;
  if (owner_differs) {
    changed = attempt(report_, "owner", name, [&] {
      set_owner_of(descriptor, name, entry.uid, entry.gid);
      uid = entry.uid;
      gid = entry.gid;
      return true;
    });
  }
  // After the owner: a change of owner clears capabilities, and setuid and setgid of the mode.
  changed |= attempt(report_, "extended attributes", name, [&] {
    return set_extended_attributes_of(descriptor, name, plan_.attributes(entry));
  });
  const auto mode = mode_for(entry, uid, gid);
  if (changed || (status.st_mode & 07777) != mode) {
    changed |= attempt(report_, "mode", name, [&] {
      set_mode_of(descriptor, name, mode);
      return true;
    });
  }
  if (to_timestamp(status.st_mtim) != entry.modified) {
    changed |= attempt(report_, "times", name, [&] {
      set_times_of(descriptor, name, entry.accessed, entry.modified);
      return true;
    });
  }
  return changed;
}

bool MetadataWriter::apply_by_name(const Directory& parent, const Entry& entry,
                                   const struct stat& status) const {
  const std::string name(entry.name_view());
  bool changed = false;
  uid_t uid = status.st_uid;
  gid_t gid = status.st_gid;
  if (uid != entry.uid || gid != entry.gid) {
    changed = attempt(report_, "owner", parent.path_of(name), [&] {
      parent.set_owner(name, entry.uid, entry.gid);
      uid = entry.uid;
      gid = entry.gid;
      return true;
    });
  }
  changed |= attempt(report_, "extended attributes", parent.path_of(name), [&] {
    const auto present = restorable_attributes(parent.extended_attributes(name));
    if (present == restorable_attributes(plan_.attributes(entry))) return false;
    parent.set_extended_attributes(name, plan_.attributes(entry));
    return true;
  });
  const auto mode = mode_for(entry, uid, gid);
  if (entry.type != repo::NodeType::kSymlink && (status.st_mode & 07777) != mode) {
    changed |= attempt(report_, "mode", parent.path_of(name), [&] {
      parent.set_mode(name, mode);
      return true;
    });
  }
  if (to_timestamp(status.st_mtim) != entry.modified) {
    changed |= attempt(report_, "times", parent.path_of(name), [&] {
      parent.set_times(name, entry.accessed, entry.modified);
      return true;
    });
  }
  return changed;
}

}  // namespace pra::restore
