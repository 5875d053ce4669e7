/* SPDX-License-Identifier: MIT */
/* ThreadSanitizer does not see the atomic reference counts of OpenSSL, which is not built for it. It reports a race
 * between the last reader of a session and the thread that frees the session. */
const char *__tsan_default_suppressions(void); /* the sanitizer calls it by this name */

const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:libcrypto.so\n"
           "called_from_lib:libssl.so\n";
}
