/* SPDX-License-Identifier: MIT */
/* Scripts from files. */
#include <podlink/script.h>

#include "base/error.h"
#include "base/text.h"
#include "client/client.h"
#include "script/registry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".lua";
enum { SUFFIX_LENGTH = sizeof suffix - 1, LABEL_SIZE = 256 };

/* --- a file --------------------------------------------------------------------------------------------------- */

static podlink_status failed(podlink_error *err, const char *label, int error_number)
{
    char reason[128];
    return pl_error_invalid(err, "%s: %s", label, strerror_r(error_number, reason, sizeof reason));
}

/* Up to one byte more than is allowed. @return how many, -1 with errno set */
static ssize_t read_all(int fd, char *bytes)
{
    size_t length = 0;
    while (length <= PL_SOURCE_MAX) {
        ssize_t got = read(fd, bytes + length, PL_SOURCE_MAX + 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

/* The name of a file without its directory and ".lua". */
static void name_of(const char *path, char name[PL_SCRIPT_NAME_MAX + 2])
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t length = strlen(base);
    if (length > SUFFIX_LENGTH && strcmp(base + length - SUFFIX_LENGTH, suffix) == 0)
        length -= SUFFIX_LENGTH;
    if (length > PL_SCRIPT_NAME_MAX)
        length = PL_SCRIPT_NAME_MAX + 1; /* which is refused */
    memcpy(name, base, length);
    name[length] = '\0';
}

static podlink_status make_from(const pl_heap *heap, int fd, const char *path, const char *label, char *bytes,
                                pl_script **made, podlink_error *err)
{
    char name[PL_SCRIPT_NAME_MAX + 2];
    struct stat file;
    if (fstat(fd, &file) != 0)
        return failed(err, label, errno);
    if (!S_ISREG(file.st_mode))
        return pl_error_invalid(err, "%s: it is no regular file", label);
    ssize_t length = read_all(fd, bytes);
    if (length < 0)
        return failed(err, label, errno);
    if (length == 0)
        return pl_error_invalid(err, "%s: the source is empty", label);
    name_of(path, name);
    const podlink_script script = {.name = name, .source = bytes, .source_length = (size_t)length};
    podlink_status status = pl_script_make(heap, &script, label, made, err);
    if (status == PODLINK_EINVAL && err && !strstr(err->message, label)) {
        char reason[sizeof err->message];
        memcpy(reason, err->message, sizeof reason);
        pl_error_invalid(err, "%s: %s", label, reason);
    }
    return status;
}

/* Opened so that a pipe does not block us. */
static podlink_status read_script(const pl_heap *heap, const char *path, pl_script **made, podlink_error *err)
{
    char label[LABEL_SIZE];
    pl_text_escape(path, strlen(path), label, sizeof label);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return failed(err, label, errno);
    char *bytes = pl_heap_alloc(heap, PL_SOURCE_MAX + 1);
    podlink_status status = bytes ? make_from(heap, fd, path, label, bytes, made, err) : pl_error_no_memory(err);
    pl_heap_free(heap, bytes);
    close(fd);
    return status;
}

podlink_status podlink_script_register_file(podlink_client *client, const char *path, podlink_error *err)
{
    pl_script *made;
    pl_error_clear(err);
    if (!path)
        return pl_error_invalid(err, "path is NULL");
    podlink_status status = read_script(&client->env.config.heap, path, &made, err);
    if (status != PODLINK_OK)
        return status;
    status = pl_scripts_append(client->scripts, &made, 1, err);
    if (status != PODLINK_OK)
        pl_script_free(&client->env.config.heap, made);
    return status;
}

/* --- a directory ---------------------------------------------------------------------------------------------- */

/* The names of its files that count. */
typedef struct listing {
    const pl_heap *heap;
    char **names; /* owned, each */
    uint32_t count;
    uint32_t capacity;
} listing;

static bool is_script(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > SUFFIX_LENGTH &&
           strcmp(entry->d_name + length - SUFFIX_LENGTH, suffix) == 0;
}

/* False when out of memory. */
static bool add_name(listing *l, const char *name)
{
    if (l->count == l->capacity) {
        uint32_t capacity = l->capacity ? 2 * l->capacity : 32;
        char **names = pl_heap_realloc(l->heap, l->names, capacity * sizeof *names);
        if (!names)
            return false;
        l->names = names;
        l->capacity = capacity;
    }
    l->names[l->count] = pl_heap_copy(l->heap, name, strlen(name));
    return l->names[l->count] && ++l->count;
}

static bool is_directory(int directory, const char *name)
{
    struct stat file;
    return fstatat(directory, name, &file, 0) == 0 && S_ISDIR(file.st_mode);
}

static podlink_status read_names(listing *l, DIR *directory, const char *label, podlink_error *err)
{
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(directory)) != NULL) {
        if (!is_script(entry) || is_directory(dirfd(directory), entry->d_name))
            continue;
        if (!add_name(l, entry->d_name))
            return pl_error_no_memory(err);
    }
    return errno == 0 ? PODLINK_OK : failed(err, label, errno);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static podlink_status list_directory(listing *l, const char *path, podlink_error *err)
{
    char label[LABEL_SIZE];
    pl_text_escape(path, strlen(path), label, sizeof label);
    DIR *directory = opendir(path);
    if (!directory)
        return failed(err, label, errno);
    podlink_status status = read_names(l, directory, label, err);
    closedir(directory);
    if (status == PODLINK_OK && l->count > 0)
        qsort(l->names, l->count, sizeof *l->names, by_name);
    return status;
}

static podlink_status read_one(const pl_heap *heap, const char *directory, const char *name, pl_script **made,
                               podlink_error *err)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return failed(err, name, ENAMETOOLONG);
    return read_script(heap, path, made, err);
}

/* Reads all, then registers all. */
static podlink_status register_listed(podlink_client *client, const char *path, const listing *l, pl_script **made,
                                      podlink_error *err)
{
    const pl_heap *heap = &client->env.config.heap;
    podlink_status status = PODLINK_OK;
    uint32_t count = 0;
    while (count < l->count && status == PODLINK_OK) {
        status = read_one(heap, path, l->names[count], &made[count], err);
        count += status == PODLINK_OK;
    }
    if (status == PODLINK_OK)
        status = pl_scripts_append(client->scripts, made, count, err);
    for (uint32_t i = 0; i < count && status != PODLINK_OK; i++)
        pl_script_free(heap, made[i]);
    return status;
}

podlink_status podlink_script_register_directory(podlink_client *client, const char *path, size_t *registered,
                                                 podlink_error *err)
{
    const pl_heap *heap = &client->env.config.heap;
    listing l = {.heap = heap};
    pl_script **made = NULL;
    pl_error_clear(err);
    if (registered)
        *registered = 0;
    if (!path)
        return pl_error_invalid(err, "path is NULL");
    podlink_status status = list_directory(&l, path, err);
    if (status == PODLINK_OK && l.count > 0) {
        made = pl_heap_alloc(heap, l.count * sizeof(pl_script *));
        status = made ? register_listed(client, path, &l, made, err) : pl_error_no_memory(err);
    }
    if (status == PODLINK_OK && registered)
        *registered = l.count;
    for (uint32_t i = 0; i < l.count; i++)
        pl_heap_free(heap, l.names[i]);
    pl_heap_free(heap, l.names);
    pl_heap_free(heap, made);
    return status;
}
