/* SPDX-License-Identifier: MIT */
/* The status of a server's error reply. */
#include "tap_cmocka.h"

#include "conn/error_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *code;
    podlink_status status;
} codes[] = {
    {"NOSCRIPT", PODLINK_ENOSCRIPT},
    {"WRONGTYPE", PODLINK_EWRONGTYPE},
    {"MOVED", PODLINK_EREDIRECT},
    {"ASK", PODLINK_EREDIRECT},
    {"NOAUTH", PODLINK_EAUTH},
    {"WRONGPASS", PODLINK_EAUTH},
    {"NOPERM", PODLINK_ENOPERM},
    {"READONLY", PODLINK_EREADONLY},
    {"LOADING", PODLINK_ELOADING},
    {"MASTERDOWN", PODLINK_EMASTERDOWN},
    {"CLUSTERDOWN", PODLINK_ECLUSTERDOWN},
    {"TRYAGAIN", PODLINK_ETRYAGAIN},
    {"BUSY", PODLINK_EBUSY},
    {"OOM", PODLINK_EOOM},
};

/* In a block of exactly that size, so that a sanitizer finds a read beyond its end. */
static podlink_status status_of(const char *words)
{
    size_t length = strlen(words);
    char *exact = malloc(length + (length == 0));
    memcpy(exact, words, length);
    podlink_status status = pl_error_reply_status(exact, length);
    free(exact);
    return status;
}

static void expect(const char *words, podlink_status status)
{
    podlink_status found = status_of(words);
    if (found != status)
        fail_msg("\"%s\" is %s, not %s", words, podlink_status_name(found), podlink_status_name(status));
}

static void each_code_has_its_status(void **state)
{
    (void)state;
    char words[256];
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        expect(codes[i].code, codes[i].status);
        snprintf(words, sizeof words, "%s whatever: it says", codes[i].code);
        expect(words, codes[i].status);
    }
}

static void an_error_code_is_a_complete_first_word(void **state)
{
    (void)state;
    char words[256];
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        snprintf(words, sizeof words, "%sX and so on", codes[i].code);
        expect(words, PODLINK_ESERVER);
        snprintf(words, sizeof words, "ERR %s and so on", codes[i].code);
        expect(words, PODLINK_ESERVER);
        snprintf(words, sizeof words, " %s", codes[i].code);
        expect(words, PODLINK_ESERVER);
        snprintf(words, sizeof words, "%.*s", (int)strlen(codes[i].code) - 1, codes[i].code);
        expect(words, PODLINK_ESERVER);
        snprintf(words, sizeof words, "%c%s", codes[i].code[0] + 32, codes[i].code + 1);
        expect(words, PODLINK_ESERVER);
    }
}

static void other_errors_have_no_status_of_their_own(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       " ",
                                       "ERR",
                                       "ERR unknown command 'X', with args beginning with: ",
                                       "BUSYGROUP Consumer Group name already exists",
                                       "BUSYKEY Target key name already exists.",
                                       "MISCONF Redis is configured to save RDB snapshots",
                                       "NOREPLICAS Not enough good replicas to write.",
                                       "EXECABORT Transaction discarded because of previous errors.",
                                       "CROSSSLOT Keys in request don't hash to the same slot",
                                       "ERR podlink: pod 'BUSY x' is not a whole number from 0 to 2147483647"};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect(rows[i], PODLINK_ESERVER);
}

/* Redis 6.2 */
static void the_error_of_a_command_in_a_script_is_found(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "ERR Error running script (call to f_0123456789abcdef0123456789abcdef01234567): @user_script:3: %s what it "
        "says",
        "ERR Error running script (call to f_0123456789abcdef0123456789abcdef01234567): @user_script:3: -%s what it "
        "says",
        "ERR Error running script (call to f_0123456789abcdef0123456789abcdef01234567): @user_script:13: "
        "@user_script: 13: -%s what it says",
    };
    static const char *const in_scripts[] = {"WRONGTYPE", "NOPERM", "READONLY", "OOM"};
    char words[512];
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        for (size_t k = 0; k < COUNT_OF(in_scripts); k++)
            for (size_t form = 0; form < COUNT_OF(forms) && strcmp(codes[i].code, in_scripts[k]) == 0; form++) {
                snprintf(words, sizeof words, forms[form], codes[i].code);
                expect(words, codes[i].status);
            }
}

static void a_scripts_own_error_has_no_status_of_its_own(void **state)
{
    (void)state;
    expect("ERR Error running script (call to f_0123): @user_script:3: user_script:3: attempt to index a nil value",
           PODLINK_ESERVER);
    expect("ERR Error running script (call to f_0123)", PODLINK_ESERVER);
    expect("ERR Error running script: ", PODLINK_ESERVER);
    expect("ERR Error running script:", PODLINK_ESERVER);
    expect("ERR Error running script: -", PODLINK_ESERVER);
    expect("ERR Error compiling script (new function): user_script:1: unexpected symbol: BUSY", PODLINK_ESERVER);
}

/* A temporary error means that the server has not run the command, and it is sent again. A script that has failed half
 * way has run. */
static void an_error_of_a_script_that_ran_is_never_temporary(void **state)
{
    (void)state;
    static const char *const put_off[] = {"NOSCRIPT", "LOADING", "TRYAGAIN", "BUSY", "CLUSTERDOWN", "MASTERDOWN"};
    char words[256];
    for (size_t i = 0; i < COUNT_OF(put_off); i++) {
        snprintf(words, sizeof words, "ERR Error running script (call to f_0123): @user_script:9: %s x", put_off[i]);
        podlink_status status = status_of(words);
        if (status == PODLINK_ENOSCRIPT || status == PODLINK_ELOADING || status == PODLINK_ETRYAGAIN ||
            status == PODLINK_EBUSY || status == PODLINK_ECLUSTERDOWN || status == PODLINK_EMASTERDOWN)
            fail_msg("\"%s\" is %s: the script would run again", words, podlink_status_name(status));
    }
}

static void longer_prefixes_have_their_own_status(void **state)
{
    (void)state;
    expect("ERR max number of clients reached", PODLINK_ECONNECT);
    expect("ERR max number of clients", PODLINK_ESERVER);
    expect("ERR The user executing the script can't run this command or subcommand", PODLINK_ENOPERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_has_its_status),
        cmocka_unit_test(an_error_code_is_a_complete_first_word),
        cmocka_unit_test(other_errors_have_no_status_of_their_own),
        cmocka_unit_test(the_error_of_a_command_in_a_script_is_found),
        cmocka_unit_test(a_scripts_own_error_has_no_status_of_its_own),
        cmocka_unit_test(an_error_of_a_script_that_ran_is_never_temporary),
        cmocka_unit_test(longer_prefixes_have_their_own_status),
    };
    return RUN_TESTS("error reply", tests);
}
