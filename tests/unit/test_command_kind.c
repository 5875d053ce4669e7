/* SPDX-License-Identifier: MIT */
/* Commands that are refused on a shared connection. */
#include "tap_cmocka.h"

#include "client/command_kind.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 16 };

static podlink_status check(const char *text, podlink_error *err)
{
    static char copy[256];
    const char *words[WORDS_MAX];
    podlink_command command = {.argv = words};
    char *rest = NULL;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        words[command.argc++] = word;
    return pl_command_check_shared(&command, pl_command_kind_of(&command), err);
}

static const char *const refused[] = {
    "AUTH secret",
    "HELLO 3",
    "SELECT 1",
    "RESET",
    "QUIT",
    "MULTI",
    "EXEC",
    "DISCARD",
    "WATCH k",
    "UNWATCH",
    "READONLY",
    "READWRITE",
    "ASKING",
    "CLIENT REPLY OFF",
    "CLIENT TRACKING ON",
    "CLIENT SETNAME me",
    "CLIENT CACHING YES",
    "CLIENT NO-EVICT ON",
    "CLIENT NO-TOUCH ON",
    "SUBSCRIBE c",
    "UNSUBSCRIBE",
    "PSUBSCRIBE c",
    "PUNSUBSCRIBE",
    "SSUBSCRIBE c",
    "SUNSUBSCRIBE",
    "MONITOR",
    "SYNC",
    "PSYNC ? -1",
    "REPLCONF ACK 1",
    "BLPOP k 0",
    "BRPOP k 0",
    "BRPOPLPUSH a b 0",
    "BLMOVE a b LEFT RIGHT 0",
    "BLMPOP 0 1 k LEFT",
    "BZPOPMIN k 0",
    "BZPOPMAX k 0",
    "BZMPOP 0 1 k MIN",
    "WAIT 1 0",
    "WAITAOF 1 0 0",
    "XREAD BLOCK 0 STREAMS s $",
    "XREAD COUNT 1 BLOCK 0 STREAMS s $",
    "XREADGROUP GROUP g c BLOCK 0 STREAMS s >",
};

static void commands_that_affect_other_calls_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        podlink_error err;
        if (check(refused[i], &err) != PODLINK_EINVAL)
            fail_msg("%s is let through", refused[i]);
        assert_int_equal(err.delivery, PODLINK_NOT_SENT);
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(refused[i], " "), refused[i]);
        assert_non_null(strstr(err.message, name));
        assert_null(strstr(err.message, "secret"));
    }
}

static void command_names_are_case_insensitive(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        char text[128] = "", mixed[128] = "";
        for (size_t at = 0; refused[i][at]; at++) {
            text[at] = (char)tolower((unsigned char)refused[i][at]);
            mixed[at] = at % 2 ? text[at] : refused[i][at];
        }
        assert_int_equal(check(text, NULL), PODLINK_EINVAL);
        assert_int_equal(check(mixed, NULL), PODLINK_EINVAL);
    }
}

static void all_other_commands_are_accepted(void **state)
{
    (void)state;
    static const char *const allowed[] = {"GET k",           "SET k v",
                                          "GET multi",       "ECHO SUBSCRIBE",
                                          "CLIENT GETNAME",  "CLIENT LIST",
                                          "CLIENT ID",       "XREAD COUNT 1 STREAMS s 0",
                                          "XADD s * f v",    "XREADGROUP GROUP g c STREAMS s >",
                                          "LPOP k",          "SELECTED",
                                          "SELEC",           "WAITED",
                                          "EVAL x 0",        "SCRIPT EXISTS sha",
                                          "PUBLISH c SELECT"};
    podlink_error err;
    for (size_t i = 0; i < COUNT_OF(allowed); i++)
        if (check(allowed[i], &err) != PODLINK_OK)
            fail_msg("%s: %s", allowed[i], err.message);
}

static void a_command_name_needs_no_nul(void **state)
{
    (void)state;
    static const char *const words[] = {"SELECTED", "SELECT\0x"};
    static const size_t six = 6, eight = 8;
    const podlink_command cut = {.argc = 1, .argv = &words[0], .argv_lengths = &six};
    assert_int_equal(pl_command_check_shared(&cut, pl_command_kind_of(&cut), NULL), PODLINK_EINVAL);
    const podlink_command longer = {.argc = 1, .argv = &words[1], .argv_lengths = &eight};
    assert_int_equal(pl_command_check_shared(&longer, pl_command_kind_of(&longer), NULL), PODLINK_OK);
}

/* Scripts then run step by step, and the connection ends with the first one. */
static void the_debugger_of_scripts_is_refused(void **state)
{
    (void)state;
    assert_int_equal(check("SCRIPT DEBUG YES", NULL), PODLINK_EINVAL);
    assert_int_equal(check("SCRIPT DEBUG SYNC", NULL), PODLINK_EINVAL);
}

/* BLOCK is an option before STREAMS; after it come names. */
static void a_stream_can_have_the_name_of_an_option(void **state)
{
    (void)state;
    assert_int_equal(check("XREAD STREAMS block 0", NULL), PODLINK_OK);
    assert_int_equal(check("XREADGROUP GROUP block c STREAMS s >", NULL), PODLINK_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_that_affect_other_calls_are_refused),
        cmocka_unit_test(command_names_are_case_insensitive),
        cmocka_unit_test(all_other_commands_are_accepted),
        cmocka_unit_test(a_command_name_needs_no_nul),
        cmocka_unit_test(the_debugger_of_scripts_is_refused),
        cmocka_unit_test(a_stream_can_have_the_name_of_an_option),
    };
    return RUN_TESTS("command kind", tests);
}
