/* The names that users give. */
#include "ops/name.h"

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_c1_control(unsigned char first, unsigned char second)
{
    return first == 0xC2 && second < 0xA0; /* U+0080 to U+009F, as UTF-8 */
}

/* What is wrong with bytes that are not all plain ASCII. */
static const char *fault_of(const char *text, size_t length)
{
    if (!pl_text_is_utf8(text, length))
        return "is not valid UTF-8";
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7F || (i + 1 < length && is_c1_control(c, (unsigned char)text[i + 1])))
            return "holds a control character";
        if (c == '{' || c == '}')
            return "holds '{' or '}'";
    }
    return NULL;
}

static podlink_status refuse(const char *what, const char *text, size_t length, const char *fault, podlink_error *err)
{
    char shown[128];
    pl_text_escape(text, length, shown, sizeof shown);
    return pl_error_invalid(err, "%s \"%s\" %s", what, shown, fault);
}

podlink_status pl_name_init(pl_name *name, const char *what, const char *text, podlink_error *err)
{
    if (!text)
        return pl_error_invalid(err, "%s is NULL", what);
    size_t length = 0;
    bool is_plain =
        true; /* this loop is on the path of every call: the exact fault is looked for only where it stops */
    for (; text[length] != '\0' && length <= PL_NAME_MAX; length++) {
        unsigned char c = (unsigned char)text[length];
        is_plain &= c >= 0x20 && c < 0x7B; /* before '{', '|', '}', '~', DEL and what is not ASCII */
    }
    if (length == 0)
        return pl_error_invalid(err, "%s is empty", what);
    if (length > PL_NAME_MAX)
        return refuse(what, text, length, "is longer than 512 bytes", err);
    const char *fault = is_plain ? NULL : fault_of(text, length);
    if (fault)
        return refuse(what, text, length, fault, err);
    *name = (pl_name){text, (uint32_t)length};
    return PODLINK_OK;
}

podlink_status pl_name_init_ns(pl_name *name, const char *text, podlink_error *err)
{
    podlink_status status = pl_name_init(name, "ns", text, err);
    if (status == PODLINK_OK && memchr(text, ':', name->length))
        return refuse("ns", text, name->length, "holds ':'", err);
    return status;
}
