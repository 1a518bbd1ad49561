#include "restore/entry_writer.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.hpp"
#include "base/error.hpp"
#include "restore/parallel.hpp"

namespace pra::restore {
namespace {

constexpr std::size_t kStep = 64;

bool ends_everything(const Error& error) {
  return error.code() == ErrorCode::kNoSpace || error.code() == ErrorCode::kCancelled;
}

}  // namespace

void EntryWriter::make_directories(bool root_is_new, const std::stop_token& stop) {
  // A new root is closed to others as well: files in it can have their modes at once.
  if (root_is_new) plan_.entry(0).action = Action::kCreate;
  for (EntryNumber number = 1; number < plan_.size(); ++number) {
    auto& entry = plan_.entry(number);
    if (!entry.is_directory() || entry.action == Action::kSkip) continue;
    if (plan_.entry(entry.parent).action == Action::kSkip) continue;
    throw_if_stopped(stop);
    try {
      make_directory(number);
    } catch (const Error& error) {
      if (ends_everything(error)) throw;
      entry.action = Action::kSkip;
      report_.lost(plan_.path(number), error.what());
    }
  }
}

void EntryWriter::make_directory(EntryNumber number) {
  auto& entry = plan_.entry(number);
  const auto parent = directories_.get(entry.parent);
  const auto name = plan_.name(number);
  if (entry.action == Action::kCreate || entry.action == Action::kReplace) {
    const bool replaces = entry.action == Action::kReplace;
    if (replaces) output_.make_way(*parent, name);
    parent->create_directory(name, 0700);
    entry.action = Action::kCreate;
    report_.changed([&] { return plan_.path(number); }, replaces ? "update" : "create");
  } else if (::geteuid() != 0) {
    // Its owner may open a directory that is closed; its own mode comes back at the end.
    const auto status = parent->status(name);
    if (status && (status->st_mode & S_IRWXU) != S_IRWXU)
      parent->set_mode(name, (status->st_mode & 07777) | S_IRWXU);
  }
}

void EntryWriter::write_others(unsigned workers, const std::stop_token& stop) {
  parallel_for(
      plan_.size(), kStep, workers, stop, [] { return 0; },
      [&](int, std::size_t i) {
        const auto number = static_cast<EntryNumber>(i);
        try {
          write_other(number);
        } catch (const Error& error) {
          if (ends_everything(error)) throw;
          if (plan_.entry(number).is_file())
            output_.fail(number, error.what());
          else
            report_.lost(plan_.path(number), error.what());
        }
      });
}

void EntryWriter::write_other(EntryNumber number) {
  const auto& entry = plan_.entry(number);
  if (entry.is_directory() || entry.is_link() || entry.is_last) return;
  switch (entry.action) {
    case Action::kSkip:
      return;
    case Action::kUnchanged:
      if (!entry.is_file()) return;
      report_.file_unchanged();
      report_.progress().add(1, 0);
      return;
    case Action::kMetadata:
      return apply_metadata(number);
    default:
      break;
  }
  if (!entry.is_file()) return write_special(number);
  // Files with content were opened when it came; what is left are empty ones and those to cut.
  if (!output_.opened(number) && !output_.failed(number))
    output_.finish(number, output_.open(number, true));
}

void EntryWriter::write_special(EntryNumber number) {
  const auto& entry = plan_.entry(number);
  const auto parent = directories_.get(entry.parent);
  const auto name = plan_.name(number);
  const auto* extra = plan_.extra(entry);
  // No content is at stake and few survive a wrong type: what was there goes first.
  if (entry.action == Action::kReplace) output_.make_way(*parent, name);
  const auto device = static_cast<dev_t>(extra == nullptr ? 0 : extra->device);
  switch (entry.type) {
    case repo::NodeType::kSymlink:
      parent->create_symlink(name, extra == nullptr ? "" : extra->link_target);
      break;
    case repo::NodeType::kFifo:
      parent->create_node(name, S_IFIFO | 0600, 0);
      break;
    default:
      try {
        parent->create_node(
            name, (entry.type == repo::NodeType::kDevice ? S_IFBLK : S_IFCHR) | 0600, device);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kPermissionDenied) throw;
        report_.metadata_failed("device", plan_.path(number), error);
        return;
      }
  }
  if (const auto status = parent->status(name)) metadata_.apply_by_name(*parent, entry, *status);
  report_.changed([&] { return plan_.path(number); },
                  entry.action == Action::kReplace ? "update" : "create");
}

void EntryWriter::apply_metadata(EntryNumber number) {
  const auto& entry = plan_.entry(number);
  const auto parent = directories_.get(entry.parent);
  if (const auto status = parent->status(plan_.name(number));
      status && metadata_.apply_by_name(*parent, entry, *status))
    report_.changed([&] { return plan_.path(number); }, "metadata");
  if (!entry.is_file()) return;
  report_.file_unchanged();
  report_.progress().add(1, 0);
}

void EntryWriter::write_links(const std::stop_token& stop) {
  for (EntryNumber number = 0; number < plan_.size(); ++number) {
    const auto& entry = plan_.entry(number);
    const bool wanted = entry.action == Action::kCreate || entry.action == Action::kReplace;
    if (!entry.is_link()) continue;
    throw_if_stopped(stop);
    try {
      if (wanted)
        write_link(number);
      else if (entry.action == Action::kUnchanged && entry.is_file())
        report_.file_unchanged();
    } catch (const Error& error) {
      if (ends_everything(error)) throw;
      report_.lost(plan_.path(number), error.what());
    }
  }
}

void EntryWriter::write_link(EntryNumber number) {
  const auto& entry = plan_.entry(number);
  if (output_.failed(entry.link_to))
    throw Error(ErrorCode::kFailed, "left out: a hard link to " +
                                        printable(plan_.path(entry.link_to)) +
                                        ", which could not be restored");
  const auto& first = plan_.entry(entry.link_to);
  const auto parent = directories_.get(entry.parent);
  const auto source = directories_.get(first.parent);
  const auto name = plan_.name(number);
  if (entry.action == Action::kReplace) output_.make_way(*parent, name);
  parent->create_link(name, *source, plan_.name(entry.link_to));
  if (entry.is_file()) report_.file_restored();
  report_.changed([&] { return plan_.path(number); },
                  entry.action == Action::kReplace ? "update" : "create");
}

void EntryWriter::finish_directories(bool with_root, const std::stop_token& stop) {
  for (auto number = static_cast<EntryNumber>(plan_.size()); number-- > 1;) {
    if (!plan_.entry(number).is_directory()) continue;
    throw_if_stopped(stop);
    finish_directory(number);
  }
  if (with_root) finish_directory(0);
}

void EntryWriter::finish_directory(EntryNumber number) {
  const auto& entry = plan_.entry(number);
  const bool is_new = entry.action == Action::kCreate;
  const bool ours = is_new || (entry.selected && overwrite_ != Overwrite::kNever);
  if (entry.action == Action::kSkip || !ours) return;
  try {
    const auto directory = directories_.get(number);
    const bool changed =
        metadata_.apply(directory->descriptor(), directory->path(), entry, directory->own_status());
    if (changed && entry.action == Action::kMetadata)
      report_.changed([&] { return plan_.path(number); }, "metadata");
  } catch (const Error& error) {
    if (ends_everything(error)) throw;
    report_.metadata_failed("metadata", plan_.path(number), error);
  }
}

}  // namespace pra::restore
