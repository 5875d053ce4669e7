/* SPDX-License-Identifier: MIT */
/* The errors of a build without OpenSSL. */
#include "tap_cmocka.h"

#include "base/sha1.h"
#include "net/tls.h"

#include <string.h>

static void an_open_with_tls_fails_without_openssl(void **state)
{
    (void)state;
    const pl_heap heap = {0};
    const pl_tls_options options = {.verifies = true};
    pl_tls_context *context = (pl_tls_context *)&heap;
    podlink_error err;
    assert_int_equal(pl_tls_context_new(&heap, &options, &context, &err), PODLINK_EUNSUPPORTED);
    assert_null(context);
    assert_int_equal(err.status, PODLINK_EUNSUPPORTED);
    assert_int_equal(err.delivery, PODLINK_NOT_SENT);
    assert_non_null(strstr(err.message, "built without TLS"));
}

static void no_clear_connection_replaces_tls(void **state)
{
    (void)state;
    const pl_tls_peer peer = {0};
    const pl_clock clock = {0};
    pl_tls *tls = (pl_tls *)&clock;
    podlink_error err;
    assert_int_equal(pl_tls_open(&peer, 0, &clock, PL_NEVER, &tls, &err), PODLINK_EUNSUPPORTED);
    assert_null(tls);
}

static void a_user_script_has_no_sha1_without_openssl(void **state)
{
    (void)state;
    char sha[PL_SHA1_HEX + 1] = "?";
    assert_false(pl_sha1_hex("abc", 3, sha));
    assert_string_equal(sha, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_with_tls_fails_without_openssl),
        cmocka_unit_test(no_clear_connection_replaces_tls),
        cmocka_unit_test(a_user_script_has_no_sha1_without_openssl),
    };
    return RUN_TESTS("tls none", tests);
}
