/* SPDX-License-Identifier: MIT */
/* Certificates for a test. */
#include "certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATHS = 16, DAY_S = 24 * 60 * 60 };

struct certificates {
    char dir[48];
    long serial;
};

static void require(bool is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "certificates: %s failed\n", what);
    ERR_print_errors_fp(stderr);
    abort();
}

const char *certificates_path(const struct certificates *made, const char *file)
{
    static char paths[PATHS][TEST_PATH_SIZE];
    static unsigned next;
    char *path = paths[next++ % PATHS];
    snprintf(path, TEST_PATH_SIZE, "%s/%s", made->dir, file);
    return path;
}

struct test_server_tls certificates_tls(const struct certificates *made, const char *name)
{
    struct test_server_tls tls;
    snprintf(tls.certificate, sizeof tls.certificate, "%s/%s.pem", made->dir, name);
    snprintf(tls.key, sizeof tls.key, "%s/%s.key", made->dir, name);
    snprintf(tls.ca, sizeof tls.ca, "%s/ca.pem", made->dir);
    return tls;
}

static FILE *open_file(const struct certificates *made, const char *name, const char *cancel, const char *mode)
{
    char file[64];
    snprintf(file, sizeof file, "%s.%s", name, cancel);
    FILE *opened = fopen(certificates_path(made, file), mode);
    require(opened != NULL, file);
    return opened;
}

static EVP_PKEY *new_key(void)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    require(context && EVP_PKEY_keygen_init(context) == 1 &&
                EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1 &&
                EVP_PKEY_keygen(context, &key) == 1,
            "making a key");
    EVP_PKEY_CTX_free(context);
    return key;
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    require(extension && X509_add_ext(certificate, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

static void sign(struct certificates *made, const struct certificate *plan, X509 *certificate, EVP_PKEY *own_key)
{
    if (!plan->issuer) {
        require(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1, "naming the issuer");
        require(X509_sign(certificate, own_key, EVP_sha256()) > 0, "signing");
        return;
    }
    FILE *file = open_file(made, plan->issuer, "pem", "r");
    X509 *issuer = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    file = open_file(made, plan->issuer, "key", "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    require(issuer && key, "reading the issuer");
    require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "naming the issuer");
    require(X509_sign(certificate, key, EVP_sha256()) > 0, "signing");
    X509_free(issuer);
    EVP_PKEY_free(key);
}

static void write_files(struct certificates *made, const struct certificate *plan, X509 *certificate, EVP_PKEY *key)
{
    FILE *file = open_file(made, plan->name, "pem", "w");
    require(PEM_write_X509(file, certificate) == 1, "writing a certificate");
    fclose(file);
    file = open_file(made, plan->name, "key", "w");
    const char *password = plan->key_password;
    require(PEM_write_PrivateKey(file, key, password ? EVP_aes_128_cbc() : NULL, (const unsigned char *)password,
                                 password ? (int)strlen(password) : 0, NULL, NULL) == 1,
            "writing a key");
    fclose(file);
}

void certificate_make(struct certificates *made, const struct certificate *plan)
{
    X509 *certificate = X509_new();
    EVP_PKEY *key = new_key();
    require(certificate != NULL, "making a certificate");
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++made->serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), (long)plan->from_days * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), (long)plan->to_days * DAY_S);
    require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                       (const unsigned char *)plan->name, -1, -1, 0) == 1,
            "naming the subject");
    require(X509_set_pubkey(certificate, key) == 1, "setting the key");
    add_extension(certificate, NID_basic_constraints, plan->issuer ? "CA:FALSE" : "critical,CA:TRUE");
    if (plan->names)
        add_extension(certificate, NID_subject_alt_name, plan->names);
    sign(made, plan, certificate, key);
    write_files(made, plan, certificate, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

void certificate_make_good(struct certificates *made, const char *name, const char *names)
{
    certificate_make(
        made, &(struct certificate){.name = name, .issuer = "ca", .names = names, .from_days = -1, .to_days = 365});
}

struct certificates *certificates_new(void)
{
    struct certificates *made = calloc(1, sizeof *made);
    require(made != NULL, "allocating");
    snprintf(made->dir, sizeof made->dir, "/tmp/podlink-test-tls-XXXXXX");
    require(mkdtemp(made->dir) != NULL, "mkdtemp");
    certificate_make(made, &(struct certificate){.name = "ca", .from_days = -1, .to_days = 365});
    return made;
}

void certificates_free(struct certificates *made)
{
    if (!made)
        return;
    DIR *dir = opendir(made->dir);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        unlink(certificates_path(made, entry->d_name)); /* fails for . and .., which remain */
    if (dir)
        closedir(dir);
    rmdir(made->dir);
    free(made);
}
