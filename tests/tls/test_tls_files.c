/* SPDX-License-Identifier: MIT */
/* The files of TLS are read at the open: a wrong one is reported then, with the name of its option. */
#include "certificates.h"
#include "pool_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct certificates *made;

static podlink_options right_options(void)
{
    podlink_options options = api_options("rediss://127.0.0.1:1");
    options.script_loading = PODLINK_LOAD_ON_DEMAND; /* the open connects to no server */
    options.tls_ca_file = certificates_path(made, "ca.pem");
    options.tls_cert_file = certificates_path(made, "client.pem");
    options.tls_key_file = certificates_path(made, "client.key");
    return options;
}

static void is_reported(const podlink_options *options, const char *option, const char *words)
{
    podlink_client *client = (podlink_client *)&client;
    podlink_error err;
    assert_failure(PODLINK_EINVAL, PODLINK_NOT_SENT, podlink_client_open(options, &client, &err), &err);
    assert_null(client);
    assert_holds(err.message, option);
    assert_holds(err.message, words);
    assert_null(strstr(err.message, "PRIVATE"));
    assert_null(strstr(err.message, ".key")); /* the place of keys must not be reported */
}

static const char *write_file(const char *name, const char *text)
{
    const char *path = certificates_path(made, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static void valid_files_are_accepted(void **state)
{
    (void)state;
    const podlink_options options = right_options();
    podlink_client_free(api_open_with(&options));
}

static void a_certificate_and_its_key_can_be_in_one_file(void **state)
{
    (void)state;
    char text[8192];
    size_t length = 0;
    const char *const files[] = {"client.pem", "client.key"};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        FILE *file = fopen(certificates_path(made, files[i]), "r");
        assert_non_null(file);
        length += fread(text + length, 1, sizeof text - 1 - length, file);
        fclose(file);
    }
    text[length] = '\0';
    podlink_options options = right_options();
    options.tls_cert_file = options.tls_key_file = write_file("both.pem", text);
    podlink_client_free(api_open_with(&options));
}

static void a_missing_file_is_reported(void **state)
{
    (void)state;
    podlink_options options = right_options();
    options.tls_ca_file = certificates_path(made, "none.pem");
    is_reported(&options, "tls_ca_file", "No such file");
    options = right_options();
    options.tls_ca_dir = certificates_path(made, "none");
    is_reported(&options, "tls_ca_dir", "No such file");
    options = right_options();
    options.tls_cert_file = certificates_path(made, "none.pem");
    is_reported(&options, "tls_cert_file", "No such file");
    options = right_options();
    options.tls_key_file = certificates_path(made, "none.key");
    is_reported(&options, "tls_key_file", "No such file");
}

static void a_directory_in_place_of_a_file_is_reported(void **state)
{
    (void)state;
    podlink_options options = right_options();
    options.tls_ca_file = certificates_path(made, "");
    is_reported(&options, "tls_ca_file", "is a directory");
    options = right_options();
    options.tls_ca_dir = certificates_path(made, "ca.pem");
    is_reported(&options, "tls_ca_dir", "is no directory");
}

static void a_file_that_is_not_pem_is_reported(void **state)
{
    (void)state;
    podlink_options options = right_options();
    options.tls_ca_file = write_file("text.pem", "PRIVATE words\n");
    is_reported(&options, "tls_ca_file", "PEM");
    options = right_options();
    options.tls_cert_file = write_file("text.pem", "PRIVATE words\n");
    is_reported(&options, "tls_cert_file", "certificate");
    options = right_options();
    options.tls_key_file = write_file("text.key", "PRIVATE words\n");
    is_reported(&options, "tls_key_file", "holds no private key in PEM form");
}

static void the_key_of_another_certificate_is_reported(void **state)
{
    (void)state;
    podlink_options options = right_options();
    options.tls_key_file = certificates_path(made, "ca.key");
    is_reported(&options, "tls_key_file", "is not that of the certificate");
}

static void an_encrypted_key_is_reported_without_a_prompt(void **state)
{
    (void)state;
    podlink_options options = right_options();
    options.tls_cert_file = certificates_path(made, "locked.pem");
    options.tls_key_file = certificates_path(made, "locked.key");
    is_reported(&options, "tls_key_file", "is encrypted");
}

static void certificate_and_key_need_each_other(void **state)
{
    (void)state;
    podlink_options options = right_options();
    options.tls_cert_file = NULL;
    is_reported(&options, "tls_key_file", "tls_cert_file");
    options = right_options();
    options.tls_key_file = NULL;
    is_reported(&options, "tls_cert_file", "tls_key_file");
}

static void a_path_that_is_too_long_is_reported(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    podlink_options options = right_options();
    options.tls_server_name = name;
    is_reported(&options, "tls_server_name", "longer");
}

/* A caller that gives files expects TLS: a URL without TLS must fail. */
static void files_without_tls_are_reported(void **state)
{
    (void)state;
    podlink_options options = right_options();
    options.url = "redis://127.0.0.1:1";
    is_reported(&options, "tls_ca_file", "");
}

static int start(void **state)
{
    (void)state;
    made = certificates_new();
    certificate_make_good(made, "client", NULL);
    certificate_make(
        made,
        &(struct certificate){
            .name = "locked", .issuer = "ca", .from_days = -1, .to_days = 1, .key_password = "canary-0123456789"});
    return 0;
}

static int stop(void **state)
{
    (void)state;
    certificates_free(made);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_files_are_accepted),
        cmocka_unit_test(a_certificate_and_its_key_can_be_in_one_file),
        cmocka_unit_test(a_missing_file_is_reported),
        cmocka_unit_test(a_directory_in_place_of_a_file_is_reported),
        cmocka_unit_test(a_file_that_is_not_pem_is_reported),
        cmocka_unit_test(the_key_of_another_certificate_is_reported),
        cmocka_unit_test(an_encrypted_key_is_reported_without_a_prompt),
        cmocka_unit_test(certificate_and_key_need_each_other),
        cmocka_unit_test(a_path_that_is_too_long_is_reported),
        cmocka_unit_test(files_without_tls_are_reported),
    };
    return RUN_TESTS_BETWEEN("tls files", tests, start, stop);
}
