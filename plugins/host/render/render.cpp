#include "render/render.hpp"

#include <fmt/format.h>

#include <map>

#include <boost/json/serialize.hpp>

#include "format.hpp"
#include "render/read.hpp"

namespace pra_host {

namespace {

/// An operation without a view of its own: its members, one a line.
std::string render_members(const json::object& result) {
  std::string out;
  for (const auto& member : result) {
    if (member.key() == "code") continue;
    const auto& value = member.value();
    out +=
        fmt::format("{}: {}\n", std::string_view(member.key()),
                    value.is_string() ? std::string(value.get_string()) : json::serialize(value));
  }
  return out;
}

std::string permissions(const json::object& entry) {
  const auto mode = std::stoul(text(entry, "mode"), nullptr, 8);
  const auto kind = text(entry, "kind");
  static const std::map<std::string, char> kLetters{
      {"file", '-'}, {"dir", 'd'}, {"symlink", 'l'}, {"dev", 'b'}, {"chardev", 'c'}, {"fifo", 'p'}};
  const auto letter = kLetters.find(kind);
  std::string out(1, letter == kLetters.end() ? '?' : letter->second);
  static constexpr std::string_view kBits = "rwxrwxrwx";
  for (unsigned i = 0; i < 9; ++i)
    out += (mode >> (8 - i) & 1) != 0 ? kBits[i] : '-';
  const auto special = [&](unsigned long bit, std::size_t place, char with, char without) {
    if ((mode & bit) != 0) out[place] = out[place] == 'x' ? with : without;
  };
  special(04000, 3, 's', 'S');
  special(02000, 6, 's', 'S');
  special(01000, 9, 't', 'T');
  return out;
}

std::string name_or_id(const json::object& entry, std::string_view name, std::string_view id) {
  const auto known = text(entry, name);
  return known.empty() ? std::to_string(number(entry, id)) : known;
}

}  // namespace

std::string render(const std::string& operation, const json::object& result) {
  static const std::map<std::string, std::string (*)(const json::object&)> kViews{
      {"backup", render_backup},
      {"restore", render_restore},
      {"verify", render_verify},
      {"digest", render_digest},
      {"snapshots", render_snapshots},
      {"health", render_health},
      {"status", render_status},
      {"init", render_init},
      {"unlock", render_unlock},
      {"config_check", render_config_check},
      // What they have to say was said while they ran.
      {"ls", [](const json::object&) { return std::string(); }},
      {"dump", [](const json::object&) { return std::string(); }}};
  const auto view = kViews.find(operation);
  return view == kViews.end() ? render_members(result) : view->second(result);
}

std::string render_event(const json::object& event, const Display& display) {
  if (text(event, "type") != "entry") return {};
  const auto path = text(event, "path");
  if (!display.long_format) return path + "\n";
  const auto target = text(event, "link_target");
  return fmt::format("{} {:<8} {:<8} {:>10} {} {}{}\n", permissions(event),
                     name_or_id(event, "user", "uid"), name_or_id(event, "group", "gid"),
                     size_text(number(event, "size")), local_time_text(text(event, "modified")),
                     path, target.empty() ? "" : " -> " + target);
}

}  // namespace pra_host
