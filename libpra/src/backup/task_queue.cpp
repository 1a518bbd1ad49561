#include "backup/task_queue.hpp"

#include <iterator>
#include <utility>

namespace pra::backup {

void TaskQueue::push_chunk(Task task) {
  {
    const std::scoped_lock lock(mutex_);
    chunks_.push_back(std::move(task));
  }
  changed_.notify_all();
}

void TaskQueue::push_large(Task task) {
  {
    const std::scoped_lock lock(mutex_);
    large_.push_back(std::move(task));
  }
  changed_.notify_all();
}

void TaskQueue::push_walk(Task task) {
  {
    const std::scoped_lock lock(mutex_);
    walk_.push_back(std::move(task));
  }
  changed_.notify_all();
}

void TaskQueue::push_walk(std::vector<Task> tasks) {
  {
    const std::scoped_lock lock(mutex_);
    walk_.insert(walk_.end(), std::make_move_iterator(tasks.rbegin()),
                 std::make_move_iterator(tasks.rend()));
  }
  changed_.notify_all();
}

TaskQueue::Kind TaskQueue::next() const {
  if (!chunks_.empty()) return Kind::kChunk;
  if (!large_.empty() && driving_ < drivers_) return Kind::kLarge;
  if (!walk_.empty() && large_.size() < kWaitingLargeFiles) return Kind::kWalk;
  return Kind::kNone;
}

void TaskQueue::run(Kind kind, WorkerTools& tools, Lock& lock) {
  Task task;
  if (kind == Kind::kWalk) {
    task = std::move(walk_.back());
    walk_.pop_back();
  } else {
    auto& queue = kind == Kind::kChunk ? chunks_ : large_;
    task = std::move(queue.front());
    queue.pop_front();
  }
  ++running_;
  if (kind == Kind::kLarge) ++driving_;
  lock.unlock();
  struct Finish {
    TaskQueue& queue;
    Kind kind;
    Task& task;
    Lock& lock;
    ~Finish() {
      task = nullptr;
      lock.lock();
      --queue.running_;
      if (kind == Kind::kLarge) --queue.driving_;
      if (kind != Kind::kWalk || queue.running_ == 0) queue.changed_.notify_all();
    }
  } finish{*this, kind, task, lock};
  task(tools);
}

void TaskQueue::work(WorkerTools& tools) {
  Lock lock(mutex_);
  while (!aborted_) {
    const auto kind = next();
    if (kind != Kind::kNone) {
      run(kind, tools, lock);
    } else if (running_ == 0) {
      return;
    } else {
      changed_.wait(lock);
    }
  }
}

bool TaskQueue::help_until(WorkerTools& tools, const std::function<bool()>& done) {
  Lock lock(mutex_);
  while (!done()) {
    if (aborted_) return false;
    if (!chunks_.empty())
      run(Kind::kChunk, tools, lock);
    else
      changed_.wait(lock);
  }
  return true;
}

void TaskQueue::abort() {
  {
    const std::scoped_lock lock(mutex_);
    aborted_ = true;
  }
  changed_.notify_all();
}

bool TaskQueue::aborted() const {
  const std::scoped_lock lock(mutex_);
  return aborted_;
}

}  // namespace pra::backup
