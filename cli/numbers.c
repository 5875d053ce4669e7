/* SPDX-License-Identifier: MIT */
/* Strict parsers for numbers, durations and routings. Print nothing. */
#include "numbers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Parses a number that starts with a digit or with '-' and a digit; rest: out, its end. */
static bool scan_number(const char *text, int64_t *value, const char **rest)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    char *end;

    if (digits[0] < '0' || digits[0] > '9')
        return false;
    errno = 0;
    *value = strtoll(text, &end, 10);
    *rest = end;
    return errno == 0;
}

bool cli_parse_number(const char *text, const char *what, int64_t min, int64_t max, int64_t *value,
                      cli_problem *problem)
{
    const char *rest;
    int64_t number;

    if (!scan_number(text, &number, &rest) || *rest || number < min || number > max) {
        cli_problem_set(problem, "%s %s is not a whole number from %" PRId64 " to %" PRId64, what, cli_quote(text).text,
                        min, max);
        return false;
    }
    *value = number;
    return true;
}

bool cli_parse_pod(const char *text, int32_t *pod, cli_problem *problem)
{
    int64_t number;

    if (!cli_parse_number(text, "pod", 0, PODLINK_POD_MAX, &number, problem))
        return false;
    *pod = (int32_t)number;
    return true;
}

bool cli_parse_load(const char *text, int64_t *load, cli_problem *problem)
{
    return cli_parse_number(text, "load", INT64_MIN, INT64_MAX, load, problem);
}

static int64_t unit_seconds(const char *unit)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i].name) == 0)
            return units[i].seconds;
    return 0;
}

bool cli_parse_duration(const char *text, const char *what, int64_t *seconds, cli_problem *problem)
{
    const char *rest = "";
    int64_t number = 0;
    int64_t unit = scan_number(text, &number, &rest) ? unit_seconds(rest) : 0;

    if (unit == 0 || number < 1 || number > PODLINK_PERSIST_MAX / unit) {
        cli_problem_set(problem, "%s %s is not a duration of 1 to %d seconds, such as 90, 90s, 15m, 2h or 7d", what,
                        cli_quote(text).text, PODLINK_PERSIST_MAX);
        return false;
    }
    *seconds = number * unit;
    return true;
}

bool cli_parse_routing(const char *text, podlink_routing *routing, cli_problem *problem)
{
    for (int i = PODLINK_UNAVAILABLE; i <= PODLINK_SHUTTING_DOWN; i++) {
        const char digit[2] = {(char)('0' + i), '\0'};
        if (strcmp(text, podlink_routing_text((podlink_routing)i)) == 0 || strcmp(text, digit) == 0) {
            *routing = (podlink_routing)i;
            return true;
        }
    }
    cli_problem_set(problem, "routing %s is not one of unavailable (0), ready (1), draining (2), shutting-down (3)",
                    cli_quote(text).text);
    return false;
}
