/* SPDX-License-Identifier: MIT */
/* The server's URL: reads it, and keeps its password out of all output. Prints nothing. */
#include "cli_url.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { URL_MAX = 8192 };

/* A range of a text. */
typedef struct span {
    size_t begin;
    size_t end;
} span;

static const char *after_scheme(const char *url)
{
    const char *colon = strstr(url, "://");

    return colon ? colon + 3 : NULL;
}

/* Users forget to escape '/', '?' or '@' in a password, so the last '@' of the whole URL counts, not that of the
 * authority. A URL with an '@' elsewhere, such as redis://host:1/?client_name=a@b, is then taken for one with a
 * password; written with %40 it is not. */
static bool find_password(const char *url, span *found)
{
    const char *rest = after_scheme(url);
    const char *at = rest ? strrchr(rest, '@') : NULL;
    const char *colon = at ? memchr(rest, ':', (size_t)(at - rest)) : NULL;

    if (!colon || colon + 1 == at)
        return false;
    found->begin = (size_t)(colon + 1 - url);
    found->end = (size_t)(at - url);
    return true;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)tolower((unsigned char)digit);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The letter at this position, which may be escaped as %xx, in lower case. */
static char letter_at(const char *at, size_t *length)
{
    char letter = *at;
    *length = 1;
    if (letter == '%' && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
        letter = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
        *length = 3;
    }
    return (char)tolower((unsigned char)letter);
}

/* Whether the parameter at this position has this name; value: out, the offset of its value. */
static bool is_parameter(const char *at, const char *name, size_t *value)
{
    size_t used = 0;
    for (; *name; name++) {
        size_t length;
        if (letter_at(at + used, &length) != *name)
            return false;
        used += length;
    }
    *value = used + 1;
    return at[used] == '=';
}

static bool is_password_parameter(const char *at, size_t *value)
{
    return is_parameter(at, "password", value) || is_parameter(at, "sentinel_password", value);
}

static bool find_password_parameter(const char *url, size_t from, span *found)
{
    for (size_t i = from; url[i]; i++) {
        size_t value;
        if ((url[i] == '?' || url[i] == '&') && is_password_parameter(url + i + 1, &value)) {
            found->begin = i + 1 + value;
            found->end = found->begin + strcspn(url + found->begin, "&");
            return true;
        }
    }
    return false;
}

bool cli_url_has_password(const char *url)
{
    span found;

    return find_password(url, &found) || find_password_parameter(url, 0, &found);
}

/* Replaces a span by "***"; the buffer must have room for three more bytes. Returns the offset behind it. */
static size_t replace_by_stars(char *text, span found)
{
    memmove(text + found.begin + 3, text + found.end, strlen(text + found.end) + 1);
    memset(text + found.begin, '*', 3);
    return found.begin + 3;
}

char *cli_url_redacted(const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length + 3 * (length / 10 + 2)); /* each "?password=", ten bytes, adds at most three */
    span found;
    size_t from = 0;

    if (!copy)
        return NULL;
    memcpy(copy, text, length + 1);
    if (!after_scheme(copy))
        return copy;
    if (find_password(copy, &found))
        from = replace_by_stars(copy, found);
    while (find_password_parameter(copy, from, &found))
        from = replace_by_stars(copy, found);
    return copy;
}

char *cli_url_of_socket(const char *path)
{
    static const char scheme[] = "unix://";
    char *url = malloc(sizeof scheme + 3 * strlen(path));
    char *end = url;

    if (!url)
        return NULL;
    end += sprintf(end, "%s", scheme);
    for (const unsigned char *at = (const unsigned char *)path; *at; at++) {
        bool plain = (*at < 0x80 && isalnum(*at)) || strchr("/-._~", *at);
        end += sprintf(end, plain ? "%c" : "%%%02X", *at);
    }
    return url;
}

/* Reads the first line of a file, at most URL_MAX bytes. NULL: errno is set. */
static char *read_first_line(int file)
{
    char *line = malloc(URL_MAX + 1);
    size_t length = 0;
    ssize_t got = 1;

    while (line && length < URL_MAX && got > 0) {
        got = read(file, line + length, URL_MAX - length);
        if (got > 0)
            length += (size_t)got;
    }
    if (got < 0) {
        cli_url_free(line);
        return NULL;
    }
    if (line) {
        line[length] = '\0';
        line[strcspn(line, "\r\n")] = '\0';
    }
    return line;
}

char *cli_url_from_file(const char *path, bool *exposed, cli_problem *problem)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    char *url = NULL;

    *exposed = false;
    if (file >= 0 && fstat(file, &status) == 0) {
        *exposed = (status.st_mode & S_IROTH) != 0;
        url = read_first_line(file);
    }
    if (!url) {
        cli_problem_set(problem, "cannot read --url-file %s: %s", cli_quote(path).text, strerror(errno));
    } else if (!url[0] || strlen(url) == URL_MAX) {
        cli_problem_set(problem, "--url-file %s: the first line is %s", cli_quote(path).text,
                        url[0] ? "too long for a URL" : "empty, but must contain the URL");
        cli_url_free(url);
        url = NULL;
    }
    if (file >= 0)
        close(file);
    return url;
}

void cli_url_free(char *url)
{
    if (url) {
        explicit_bzero(url, strlen(url));
        free(url);
    }
}
