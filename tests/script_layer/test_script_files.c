/* SPDX-License-Identifier: MIT */
/* Scripts from files and directories. */
#include "script_fixture.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct files {
    podlink_client *client;
    podlink_error err;
    char directory[64];
};

static int begin(void **state)
{
    struct files *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    snprintf(f->directory, sizeof f->directory, "/tmp/podlink-scripts-XXXXXX");
    f->client = offline_client();
    *state = f;
    return mkdtemp(f->directory) ? 0 : -1;
}

static int end(void **state)
{
    struct files *f = *state;
    char command[128];
    podlink_client_free(f->client);
    snprintf(command, sizeof command, "rm -rf '%s'", f->directory);
    const int result = system(command);
    free(f);
    return result;
}

static const char *path_of(const struct files *f, const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", f->directory, name);
    return path;
}

static void write_bytes(const struct files *f, const char *name, const char *bytes, size_t length)
{
    FILE *file = fopen(path_of(f, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void write_text(const struct files *f, const char *name, const char *text)
{
    write_bytes(f, name, text, strlen(text));
}

static podlink_script_info info_of(const struct files *f, const char *name)
{
    podlink_script_info info;
    assert_int_equal(podlink_script_find(f->client, name, &info), PODLINK_OK);
    return info;
}

static void file_refused(struct files *f, const char *name, const char *reason)
{
    const size_t before = podlink_script_count(f->client);
    podlink_status status = podlink_script_register_file(f->client, path_of(f, name), &f->err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &f->err);
    assert_holds(f->err.message, name);
    assert_holds(f->err.message, reason);
    assert_int_equal(podlink_script_count(f->client), before);
}

/* ---- files ---- */

static void a_file_gives_the_name_and_the_declarations(void **state)
{
    struct files *f = *state;
    write_text(f, "take.seat.lua", "-- A seat.\n--! keys: room\n--! args: seats\n--! reply: integer\nreturn 1\n");
    assert_status(PODLINK_OK, podlink_script_register_file(f->client, path_of(f, "take.seat.lua"), &f->err), &f->err);
    const podlink_script_info info = info_of(f, "take.seat");
    assert_string_equal(info.keys, "room");
    assert_string_equal(info.args, "seats");
    assert_int_equal(info.reply, PODLINK_SCRIPT_INTEGER);
    assert_string_equal(info.source + info.source_length - 9, "return 1\n");
}

static void a_file_that_cannot_be_read_is_named_with_the_reason(void **state)
{
    struct files *f = *state;
    file_refused(f, "missing.lua", "No such file");
    assert_int_equal(mkdir(path_of(f, "directory.lua"), 0700), 0);
    file_refused(f, "directory.lua", "no regular file");
    assert_int_equal(mkfifo(path_of(f, "pipe.lua"), 0600), 0);
    file_refused(f, "pipe.lua", "no regular file");
    assert_status(PODLINK_EINVAL, podlink_script_register_file(f->client, NULL, &f->err), &f->err);
}

static void a_file_that_is_not_a_script_is_named_with_the_reason(void **state)
{
    struct files *f = *state;
    char *large = calloc(1, 1024 * 1024 + 1);
    memset(large, ' ', 1024 * 1024 + 1);
    write_bytes(f, "large.lua", large, 1024 * 1024 + 1);
    free(large);
    file_refused(f, "large.lua", "more than 1048576");
    write_text(f, "empty.lua", "");
    file_refused(f, "empty.lua", "the source is empty");
    write_text(f, "latin.lua", "return '\xe9'");
    file_refused(f, "latin.lua", "not UTF-8");
    write_bytes(f, "nul.lua", "return\0 1", 9);
    file_refused(f, "nul.lua", "not UTF-8");
    write_text(f, "declares.lua", "-- one\n--! keys: a b/c\nreturn 1");
    file_refused(f, "declares.lua", "\"b/c\" is no name");
    write_text(f, "line.lua", "-- one\n--! write-only\nreturn 1");
    file_refused(f, "line.lua", "line.lua, line 2");
    write_text(f, "a name.lua", "return 1");
    file_refused(f, "a name.lua", "letters, digits");
}

static void a_duplicate_name_is_reported(void **state)
{
    struct files *f = *state;
    write_text(f, "statefulSetLink.lua", "return 1");
    podlink_status status = podlink_script_register_file(f->client, path_of(f, "statefulSetLink.lua"), &f->err);
    assert_failure(PODLINK_EEXIST, PODLINK_NOT_SENT, status, &f->err);
    assert_holds(f->err.message, "statefulSetLink");
}

/* ---- directories ---- */

static void a_directory_is_registered_in_alphabetical_order(void **state)
{
    struct files *f = *state;
    static const char *const names[] = {"10.lua", "9.lua", "b.lua", "B.lua", "a.lua"};
    static const char *const order[] = {"10", "9", "B", "a", "b"};
    podlink_script_info info;
    size_t count = 77;
    const size_t first = podlink_script_count(f->client);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        write_text(f, names[i], "return 1");
    write_text(f, "README.md", "no script");
    write_text(f, ".#a.lua", "\xff an editor's");
    write_text(f, ".lua", "\xff");
    assert_int_equal(mkdir(path_of(f, "sub.lua"), 0700), 0);
    podlink_status status = podlink_script_register_directory(f->client, f->directory, &count, &f->err);
    assert_status(PODLINK_OK, status, &f->err);
    assert_int_equal(count, COUNT_OF(order));
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        assert_int_equal(podlink_script_at(f->client, first + i, &info), PODLINK_OK);
        assert_string_equal(info.name, order[i]);
    }
    assert_int_equal(podlink_script_count(f->client), first + COUNT_OF(order));
}

static void an_empty_directory_has_no_scripts(void **state)
{
    struct files *f = *state;
    size_t count = 77;
    podlink_status status = podlink_script_register_directory(f->client, f->directory, &count, &f->err);
    assert_status(PODLINK_OK, status, &f->err);
    assert_int_equal(count, 0);
}

static void a_directory_is_registered_completely_or_not_at_all(void **state)
{
    struct files *f = *state;
    size_t count = 77;
    const size_t before = podlink_script_count(f->client);
    write_text(f, "a.lua", "return 1");
    write_text(f, "b.lua", "return '\xe9'");
    write_text(f, "c.lua", "return 1");
    podlink_status status = podlink_script_register_directory(f->client, f->directory, &count, &f->err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &f->err);
    assert_holds(f->err.message, "/b.lua: the source is not UTF-8");
    assert_int_equal(count, 0);
    assert_int_equal(podlink_script_count(f->client), before);
    write_text(f, "b.lua", "return 2");
    add_script(f->client, "c", "return 3");
    status = podlink_script_register_directory(f->client, f->directory, &count, &f->err);
    assert_failure(PODLINK_EEXIST, PODLINK_NOT_SENT, status, &f->err);
    assert_holds(f->err.message, "script c: this name is taken");
    assert_int_equal(podlink_script_count(f->client), before + 1);
}

static void a_directory_that_cannot_be_read_is_named_with_the_reason(void **state)
{
    struct files *f = *state;
    podlink_status status = podlink_script_register_directory(f->client, path_of(f, "none"), NULL, &f->err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &f->err);
    assert_holds(f->err.message, "/none: No such file");
    write_text(f, "file", "return 1");
    status = podlink_script_register_directory(f->client, path_of(f, "file"), NULL, &f->err);
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, status, &f->err);
    assert_holds(f->err.message, "/file: Not a directory");
    assert_status(PODLINK_EINVAL, podlink_script_register_directory(f->client, NULL, NULL, &f->err), &f->err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_gives_the_name_and_the_declarations, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_named_with_the_reason, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_is_not_a_script_is_named_with_the_reason, begin, end),
        cmocka_unit_test_setup_teardown(a_duplicate_name_is_reported, begin, end),
        cmocka_unit_test_setup_teardown(a_directory_is_registered_in_alphabetical_order, begin, end),
        cmocka_unit_test_setup_teardown(an_empty_directory_has_no_scripts, begin, end),
        cmocka_unit_test_setup_teardown(a_directory_is_registered_completely_or_not_at_all, begin, end),
        cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_read_is_named_with_the_reason, begin, end),
    };
    return RUN_TESTS("script files", tests);
}
