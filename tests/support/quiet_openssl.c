/* OpenSSL is not built for ThreadSanitizer, which therefore does not see its atomic counts of references, and takes a
 * session that two connections have had in turn for a race between the last reader and who frees it. */
const char *__tsan_default_suppressions(void); /* the sanitizer asks for it by this name */

const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:libcrypto.so\n"
           "called_from_lib:libssl.so\n";
}
