#include "base/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <ctime>
#include <mutex>

#include "base/error.hpp"

namespace pra {

namespace {

constexpr std::int64_t kBillion = 1'000'000'000;

void append_padded(std::string& out, std::int64_t value, int width) {
  std::array<char, 20> digits{};
  for (int i = width - 1; i >= 0; --i) {
    digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits.data(), static_cast<std::size_t>(width));
}

}  // namespace

Timestamp Timestamp::plus(Duration duration) const {
  const std::int64_t total = nanoseconds + duration.count() % kBillion;
  Timestamp out{seconds + duration.count() / kBillion, 0};
  out.seconds += total >= kBillion ? 1 : total < 0 ? -1 : 0;
  out.nanoseconds = static_cast<std::int32_t>((total + kBillion) % kBillion);
  return out;
}

Duration Timestamp::since(const Timestamp& earlier) const {
  return Duration((seconds - earlier.seconds) * kBillion + (nanoseconds - earlier.nanoseconds));
}

void append_rfc3339(std::string& out, const Timestamp& time) {
  using namespace std::chrono;
  // Years 0 to 9999: outside of them RFC 3339 has no form.
  constexpr std::int64_t kFirst = -62167219200;
  constexpr std::int64_t kLast = 253402300799;
  const bool clamped = time.seconds < kFirst || time.seconds > kLast;
  const std::int64_t second = std::clamp(time.seconds, kFirst, kLast);
  const sys_seconds moment{std::chrono::seconds(second)};
  const auto day = floor<days>(moment);
  const year_month_day date{day};
  const hh_mm_ss clock{moment - day};
  append_padded(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, clock.hours().count(), 2);
  out += ':';
  append_padded(out, clock.minutes().count(), 2);
  out += ':';
  append_padded(out, clock.seconds().count(), 2);
  if (time.nanoseconds != 0 && !clamped) {
    out += '.';
    append_padded(out, time.nanoseconds, 9);
    while (out.back() == '0')
      out.pop_back();
  }
  out += 'Z';
}

std::string format_rfc3339(const Timestamp& time) {
  std::string out;
  append_rfc3339(out, time);
  return out;
}

Timestamp parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto bad = [&] {
    return Error(ErrorCode::kInvalidArgument,
                 "not an RFC 3339 time: " + printable(text.substr(0, 64)),
                 "write it like 2026-11-22T09:00:00Z");
  };
  std::size_t at = 0;
  const auto digits = [&](std::size_t count) {
    if (at + count > text.size()) throw bad();
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = text[at++];
      if (c < '0' || c > '9') throw bad();
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const auto expect = [&](std::string_view allowed) {
    if (at >= text.size() || allowed.find(text[at]) == std::string_view::npos) throw bad();
    return text[at++];
  };
  const int year_value = digits(4);
  expect("-");
  const int month_value = digits(2);
  expect("-");
  const int day_value = digits(2);
  expect("Tt ");
  const int hour = digits(2);
  expect(":");
  const int minute = digits(2);
  expect(":");
  const int second = digits(2);
  std::int32_t nanoseconds = 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    std::int32_t scale = 100'000'000;
    const std::size_t start = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      nanoseconds += (text[at] - '0') * scale;
    if (at == start) throw bad();
  }
  std::int64_t offset = 0;
  const char zone = expect("Zz+-");
  if (zone == '+' || zone == '-') {
    const int zone_hours = digits(2);
    expect(":");
    const int zone_minutes = digits(2);
    if (zone_hours > 23 || zone_minutes > 59) throw bad();
    offset = (zone_hours * 60 + zone_minutes) * 60 * (zone == '+' ? 1 : -1);
  }
  const year_month_day date{year(year_value), month(static_cast<unsigned>(month_value)),
                            day(static_cast<unsigned>(day_value))};
  if (at != text.size() || !date.ok() || hour > 23 || minute > 59 || second > 60) throw bad();
  const std::int64_t total = sys_days(date).time_since_epoch().count() * std::int64_t{86400} +
                             hour * 3600 + minute * 60 + second;
  return {total - offset, nanoseconds};
}

std::string format_local(const Timestamp& time) {
  const std::time_t seconds = time.seconds;
  std::tm fields{};
  localtime_r(&seconds, &fields);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &fields);
  return {text.data(), length};
}

namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override {
    std::timespec value{};
    std::timespec_get(&value, TIME_UTC);
    return {value.tv_sec, static_cast<std::int32_t>(value.tv_nsec)};
  }
  bool sleep(Duration duration, const std::stop_token& stop) override {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, duration, [] { return false; });
    return !stop.stop_requested();
  }
};

}  // namespace

std::shared_ptr<Clock> system_clock() {
  return std::make_shared<SystemClock>();
}

}  // namespace pra
