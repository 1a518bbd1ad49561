#pragma once

#include <pra/backup.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/progress.hpp"

namespace pra::api {

/// Strings that a C struct points to; it lives beside the struct and is freed with it.
class Texts {
 public:
  const char* keep(std::string text) { return texts_.emplace_back(std::move(text)).c_str(); }

 private:
  std::deque<std::string> texts_;
};

/// Objects handed out as an array of pointers, so that their struct may grow.
template <class T>
class Items {
 public:
  T& add() {
    pointers_.push_back(&items_.emplace_back());
    return items_.back();
  }
  [[nodiscard]] const T* const* data() const { return pointers_.data(); }
  [[nodiscard]] std::size_t size() const { return pointers_.size(); }

 private:
  std::deque<T> items_;
  std::vector<const T*> pointers_;
};

/// The same for plain strings.
class TextItems {
 public:
  TextItems() = default;
  explicit TextItems(const std::vector<std::string>& texts) {
    for (const auto& text : texts)
      pointers_.push_back(texts_.keep(text));
  }
  [[nodiscard]] const char* const* data() const { return pointers_.data(); }
  [[nodiscard]] std::size_t size() const { return pointers_.size(); }

 private:
  Texts texts_;
  std::vector<const char*> pointers_;
};

inline void add_problems(const std::vector<Problem>& problems, Texts& texts,
                         Items<pra_problem>& items) {
  for (const auto& problem : problems)
    items.add() = {texts.keep(problem.item), texts.keep(problem.message)};
}

}  // namespace pra::api
