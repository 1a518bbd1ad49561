#include "restore/content_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/cancel.hpp"
#include "base/error.hpp"

namespace pra::restore {
namespace {

struct Piece {
  std::uint32_t pack = 0;
  std::uint32_t offset = 0;
  std::uint32_t content = 0;  ///< Of the entry, in order.
  EntryNumber entry = 0;
  std::uint64_t file_offset = 0;
};

}  // namespace

ContentPlan plan_content(const Plan& plan, const repo::Index& index, const ContentMatch& match,
                         const std::function<bool(const Entry&)>& wants,
                         const std::stop_token& stop) {
  ContentPlan out;
  std::vector<Piece> pieces;
  for (EntryNumber number = 0; number < plan.size(); ++number) {
    const auto& entry = plan.entry(number);
    const bool whole = entry.action == Action::kCreate || entry.action == Action::kReplace;
    if (!entry.is_file() || entry.is_link() || !(whole || entry.action == Action::kUpdate) ||
        !wants(entry))
      continue;
    throw_if_stopped(stop);
    std::uint64_t file_offset = 0;
    for (std::uint32_t i = 0; i < entry.content_count; ++i) {
      const auto location = index.find({repo::BlobType::kData, plan.content(entry, i)});
      if (!location)
        throw Error(ErrorCode::kCorrupt, fmt::format("blob {} vanished from the index",
                                                     plan.content(entry, i).short_hex()));
      if (whole || !match.holds(entry, i))
        pieces.push_back(
            {out.packs.number(location->pack), location->offset, i, number, file_offset});
      file_offset += location->plaintext_length();
    }
  }
  if (pieces.size() >= kNothing)
    throw Error(ErrorCode::kUnsupported, "more than 4 billion pieces of content to restore");
  const auto id_of = [&](const Piece& piece) -> const BlobId& {
    return plan.content(plan.entry(piece.entry), piece.content);
  };
  // By id as well: a forged index can claim two blobs for one place.
  std::sort(pieces.begin(), pieces.end(), [&](const Piece& a, const Piece& b) {
    if (a.pack != b.pack) return a.pack < b.pack;
    if (a.offset != b.offset) return a.offset < b.offset;
    if (id_of(a) != id_of(b)) return id_of(a) < id_of(b);
    return a.entry != b.entry ? a.entry < b.entry : a.content < b.content;
  });
  out.uses.reserve(pieces.size());
  const Piece* before = nullptr;
  for (const auto& piece : pieces) {
    const auto& id = id_of(piece);
    if (before == nullptr || before->pack != piece.pack || before->offset != piece.offset ||
        id_of(*before) != id) {
      out.first_use.push_back(static_cast<std::uint32_t>(out.uses.size()));
      out.wanted.push_back(wanted_blob(id, *index.find({repo::BlobType::kData, id}), out.packs));
    }
    out.uses.push_back({piece.file_offset, piece.entry});
    before = &piece;
  }
  out.first_use.push_back(static_cast<std::uint32_t>(out.uses.size()));
  out.requests = plan_requests(out.wanted);
  return out;
}

}  // namespace pra::restore
