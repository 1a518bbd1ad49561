/* The C API from C11 and from several threads at once: one context, one repository, and four
 * threads that back up, list, restore and verify; then cancellation, and every kind of misuse that
 * must end as an error and not as a crash. threads FOLDER */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <pra/pra.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define THREADS 4

static void die(const char* file, int line, const char* what) {
  fprintf(stderr, "%s:%d: %s\n", file, line, what);
  exit(1);
}
#define CHECK(condition)                                   \
  do {                                                     \
    if (!(condition)) die(__FILE__, __LINE__, #condition); \
  } while (0)
#define SUCCEEDS(call) succeeds(call, __FILE__, __LINE__)
#define FAILS_WITH(code, call) fails_with(code, call, __FILE__, __LINE__)

static void succeeds(pra_error* error, const char* file, int line) {
  if (error != NULL) die(file, line, pra_error_message(error));
}

static void fails_with(pra_error_code code, pra_error* error, const char* file, int line) {
  if (pra_error_get_code(error) != code) die(file, line, pra_error_message(error));
  if (*pra_error_message(error) == '\0') die(file, line, "an error without a message");
  pra_error_free(error);
}

static int remove_entry(const char* path, const struct stat* status, int type, struct FTW* place) {
  (void)status, (void)type, (void)place;
  return remove(path);
}

static void write_file(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

struct Job {
  pra_repository* repository;
  pra_context* context;
  const char* folder;
  int number;
  unsigned long calls;
};

static int count_calls(const pra_progress* progress, void* user_data) {
  struct Job* job = user_data;
  CHECK(progress->size >= sizeof *progress && progress->phase != NULL && progress->current != NULL);
  ++job->calls;
  return 0;
}

static int64_t read_number(void* buffer, size_t length, void* user_data) {
  struct Job* job = user_data;
  CHECK(length >= 16);
  if (job->calls++ == 1000) return 0;
  return snprintf(buffer, length, "%d %lu\n", job->number, job->calls);
}

/* What one thread does with the repository that all share. */
static void* work(void* argument) {
  struct Job* job = argument;
  struct Job stream = *job;
  char source[512], target[512], text[64];
  const char* path = source;
  const char* tags[] = {"thread"};
  const pra_backup_result* backup = NULL;
  const pra_restore_result* restored = NULL;
  const pra_verify_result* proof = NULL;
  const pra_snapshot_list* list = NULL;
  const pra_digest_result* digest = NULL;
  pra_backup_options options = {.size = sizeof options};
  pra_restore_options restoring = {.size = sizeof restoring};
  int i;

  snprintf(source, sizeof source, "%s/source%d", job->folder, job->number);
  snprintf(target, sizeof target, "%s/target%d", job->folder, job->number);
  CHECK(mkdir(source, 0755) == 0);
  for (i = 0; i < 20; ++i) {
    char name[600];
    snprintf(name, sizeof name, "%s/file%d", source, i);
    snprintf(text, sizeof text, "thread %d file %d\n", job->number, i);
    write_file(name, text);
  }
  options.tags = tags;
  options.tag_count = 1;
  restoring.subpath = source;
  SUCCEEDS(pra_backup_paths(&backup, job->repository, &path, 1, &options, count_calls, job));
  CHECK(backup->files == 20 && strlen(backup->snapshot) == 64 && backup->unreadable_count == 0);
  CHECK(job->calls > 0);
  SUCCEEDS(
      pra_restore(&restored, job->repository, backup->snapshot, target, &restoring, NULL, NULL));
  CHECK(restored->changed && restored->files_restored == 20 && restored->problem_count == 0);
  SUCCEEDS(
      pra_verify_restored(&proof, job->repository, backup->snapshot, target, source, NULL, NULL));
  CHECK(proof->error_count == 0);
  SUCCEEDS(pra_snapshot_list_get(&list, job->repository, NULL));
  CHECK(list->count >= 1 && list->items[0]->tag_count >= 1);
  SUCCEEDS(pra_digest_tree(&digest, job->context, target, NULL, NULL, NULL));
  CHECK(digest->files == 20 && strlen(digest->lines) == digest->lines_length);
  pra_digest_result_free(digest);
  pra_snapshot_list_free(list);
  pra_verify_result_free(proof);
  pra_restore_result_free(restored);
  pra_backup_result_free(backup);

  stream.calls = 0;
  options.source = "numbers";
  SUCCEEDS(
      pra_backup_stream(&backup, job->repository, "numbers", read_number, &options, NULL, &stream));
  CHECK(backup->bytes > 1000);
  pra_backup_result_free(backup);
  return NULL;
}

static void run_threads(pra_context* context, pra_repository* repository, const char* folder) {
  pthread_t threads[THREADS];
  struct Job jobs[THREADS];
  int i;
  for (i = 0; i < THREADS; ++i) {
    jobs[i].repository = repository;
    jobs[i].context = context;
    jobs[i].folder = folder;
    jobs[i].number = i;
    jobs[i].calls = 0;
    CHECK(pthread_create(&threads[i], NULL, work, &jobs[i]) == 0);
  }
  for (i = 0; i < THREADS; ++i)
    CHECK(pthread_join(threads[i], NULL) == 0);
}

static int64_t endless(void* buffer, size_t length, void* user_data) {
  (void)user_data;
  memset(buffer, 'x', length);
  return (int64_t)length;
}

static int64_t broken(void* buffer, size_t length, void* user_data) {
  (void)buffer, (void)length, (void)user_data;
  return -1;
}

static int stop_at_once(const pra_progress* progress, void* user_data) {
  (void)progress, (void)user_data;
  return 1;
}

static void* cancel(void* context) {
  pra_context_cancel(context);
  return NULL;
}

static void check_cancellation(pra_context* context, pra_repository* repository) {
  const pra_backup_result* backup = NULL;
  const pra_snapshot_list* list = NULL;
  pthread_t thread;
  FAILS_WITH(PRA_CANCELLED,
             pra_backup_stream(&backup, repository, "x", endless, NULL, stop_at_once, NULL));
  CHECK(backup == NULL);
  FAILS_WITH(PRA_FAILED, pra_backup_stream(&backup, repository, "x", broken, NULL, NULL, NULL));
  CHECK(pthread_create(&thread, NULL, cancel, context) == 0);
  FAILS_WITH(PRA_CANCELLED, pra_backup_stream(&backup, repository, "x", endless, NULL, NULL, NULL));
  CHECK(pthread_join(thread, NULL) == 0);
  pra_context_reset(context);
  SUCCEEDS(pra_snapshot_list_get(&list, repository, NULL));
  CHECK(list->count == 2 * THREADS);
  pra_snapshot_list_free(list);
}

/* A struct of a newer version of the library, with a field that this one does not know. */
struct NewerOptions {
  pra_backup_options known;
  int added;
};

static void check_misuse(pra_context* context, pra_repository* repository, const char* place) {
  const pra_backup_result* backup = NULL;
  const pra_snapshot* snapshot = NULL;
  const pra_probe_results* probes = NULL;
  pra_repository* other = NULL;
  char* json = NULL;
  const char* nothing = NULL;
  const char* probe = "command:true";
  pra_backup_options sizeless = {.size = 0};
  struct NewerOptions newer = {{.size = sizeof newer}, 0};
  FAILS_WITH(PRA_INVALID_ARGUMENT, pra_context_new(NULL, NULL));
  FAILS_WITH(PRA_INVALID_ARGUMENT, pra_repository_open(&other, NULL, "x", "y"));
  FAILS_WITH(PRA_INVALID_ARGUMENT, pra_repository_open(&other, context, NULL, "y"));
  FAILS_WITH(PRA_NO_REPOSITORY, pra_repository_open(&other, context, "/nowhere", "file:/nothing"));
  FAILS_WITH(PRA_INVALID_ARGUMENT,
             pra_repository_open(&other, context, place, "a secret in clear"));
  FAILS_WITH(PRA_INVALID_ARGUMENT,
             pra_backup_paths(&backup, repository, NULL, 1, NULL, NULL, NULL));
  FAILS_WITH(PRA_INVALID_ARGUMENT,
             pra_backup_paths(&backup, repository, &nothing, 1, NULL, NULL, NULL));
  FAILS_WITH(PRA_INVALID_ARGUMENT, pra_backup_paths(&backup, NULL, &probe, 1, NULL, NULL, NULL));
  FAILS_WITH(PRA_INVALID_ARGUMENT,
             pra_backup_paths(&backup, repository, &probe, 1, &sizeless, NULL, NULL));
  newer.known.dry_run = 1;
  newer.added = 1;
  FAILS_WITH(PRA_UNSUPPORTED, pra_backup_paths(&backup, repository, &probe, 1,
                                               (const pra_backup_options*)&newer, NULL, NULL));
  FAILS_WITH(PRA_NOT_FOUND, pra_snapshot_find(&snapshot, repository, "ffffffff", NULL));
  FAILS_WITH(PRA_INVALID_ARGUMENT, pra_run(&json, context, "snapshots", "{", NULL, NULL));
  FAILS_WITH(PRA_INVALID_ARGUMENT, pra_run(&json, context, "snapshots", "[]", NULL, NULL));
  FAILS_WITH(PRA_INVALID_ARGUMENT, pra_run(&json, context, "nothing", NULL, NULL, NULL));
  FAILS_WITH(PRA_INVALID_ARGUMENT,
             pra_run(&json, context, "health", "{\"probes\": 5, \"wiat\": \"1\"}", NULL, NULL));
  CHECK(json == NULL && backup == NULL && other == NULL && snapshot == NULL);

  SUCCEEDS(pra_run(&json, context, "health", "{\"probes\": \"command:true\"}", NULL, NULL));
  CHECK(strstr(json, "\"healthy\":true") != NULL);
  pra_string_free(json);
  SUCCEEDS(pra_operations_json(&json));
  CHECK(strstr(json, "\"name\":\"restore\"") != NULL);
  pra_string_free(json);
  SUCCEEDS(pra_probe_run(&probes, context, &probe, 1, 0));
  CHECK(probes->healthy && probes->count == 1 && probes->items[0]->attempts == 1);
  pra_probe_results_free(probes);

  CHECK(pra_error_get_code(NULL) == PRA_OK && strcmp(pra_error_message(NULL), "") == 0);
  CHECK(strcmp(pra_error_code_name(PRA_WRONG_KEY), "wrong_key") == 0);
  CHECK(pra_error_code_name(9999) == NULL && strcmp(pra_error_code_name(1), "failed") == 0);
  pra_error_free(NULL);
  pra_context_free(NULL);
  pra_repository_close(NULL);
  pra_backup_result_free(NULL);
  pra_snapshot_free(NULL);
  pra_string_free(NULL);
}

int main(int count, char** values) {
  pra_context* context = NULL;
  pra_repository* repository = NULL;
  const pra_verify_result* proof = NULL;
  pra_verify_options options = {.size = sizeof options};
  pra_context_options settings = {.size = sizeof settings};
  char place[512], key[512];
  CHECK(count == 2);
  nftw(values[1], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  CHECK(mkdir(values[1], 0755) == 0);
  snprintf(place, sizeof place, "%s/repository", values[1]);
  snprintf(key, sizeof key, "file:%s/key", values[1]);
  settings.cache_directory = "";
  SUCCEEDS(pra_context_new(&context, &settings));
  SUCCEEDS(pra_repository_init(&repository, context, place, key));
  CHECK(strlen(pra_repository_id(repository)) == 64);
  run_threads(context, repository, values[1]);
  check_cancellation(context, repository);
  check_misuse(context, repository, place);
  options.read_data = 1;
  SUCCEEDS(pra_verify_repository(&proof, repository, &options, NULL, NULL));
  CHECK(proof->error_count == 0 && proof->snapshots == 2 * THREADS);
  pra_verify_result_free(proof);
  pra_repository_close(repository);
  pra_context_free(context);
  nftw(values[1], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  return 0;
}
