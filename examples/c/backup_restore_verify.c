/* Backs up a directory, restores it elsewhere, and proves that the two are equal.
 *   backup_restore_verify REPOSITORY KEY-FILE SOURCE TARGET */
#include <pra/pra.h>
#include <stdio.h>

static int failed(pra_error* error) {
  if (error == NULL) return 0;
  fprintf(stderr, "%s\n%s\n", pra_error_message(error), pra_error_hint(error));
  pra_error_free(error);
  return 1;
}

static int run(pra_context* context, char** argument) {
  char key[4096];
  pra_repository* repository = NULL;
  const pra_backup_result* backup = NULL;
  const pra_restore_result* restored = NULL;
  const pra_verify_result* proof = NULL;
  const char* source = argument[3];
  pra_restore_options restoring = {.size = sizeof restoring};
  int bad = snprintf(key, sizeof key, "file:%s", argument[2]) >= (int)sizeof key;
  restoring.subpath = source;

  bad = bad || failed(pra_repository_init(&repository, context, argument[1], key)) ||
        failed(pra_backup_paths(&backup, repository, &source, 1, NULL, NULL, NULL)) ||
        failed(pra_restore(&restored, repository, backup->snapshot, argument[4], &restoring, NULL,
                           NULL)) ||
        failed(pra_verify_restored(&proof, repository, backup->snapshot, argument[4], source, NULL,
                                   NULL));
  if (!bad) {
    printf("snapshot %.8s: %llu files\n", backup->snapshot, (unsigned long long)backup->files);
    printf("restored: %llu files\n", (unsigned long long)restored->files_restored);
    printf("differences: %llu\n", (unsigned long long)proof->error_count);
    bad = backup->unreadable_count != 0 || restored->problem_count != 0 || proof->error_count != 0;
  }
  pra_verify_result_free(proof);
  pra_restore_result_free(restored);
  pra_backup_result_free(backup);
  pra_repository_close(repository);
  return bad;
}

int main(int count, char** argument) {
  pra_context* context = NULL;
  int bad;
  if (count != 5) return fprintf(stderr, "usage: REPOSITORY KEY-FILE SOURCE TARGET\n"), 2;
  if (failed(pra_context_new(&context, NULL))) return 1;
  bad = run(context, argument);
  pra_context_free(context);
  return bad;
}
