/* SPDX-License-Identifier: MIT */
/* Strict decimal numbers. */
#include "base/number.h"

#include <string.h>

bool pl_number_parse(const char *text, size_t length, int64_t *value)
{
    bool negative = length > 0 && text[0] == '-';
    size_t at = negative ? 1 : 0;
    if (at == length || length > PL_NUMBER_MAX)
        return false;
    if (text[at] == '0' && (length > at + 1 || negative))
        return false;
    uint64_t magnitude = 0;
    const uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    for (; at < length; at++) {
        unsigned digit = (unsigned char)text[at] - (unsigned)'0';
        if (digit > 9 || magnitude > (limit - digit) / 10)
            return false;
        magnitude = magnitude * 10 + digit;
    }
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

size_t pl_number_format(int64_t value, char *out)
{
    char reversed[PL_NUMBER_MAX];
    size_t digits = 0;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        reversed[digits++] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude > 0);
    size_t length = 0;
    if (value < 0)
        out[length++] = '-';
    while (digits > 0)
        out[length++] = reversed[--digits];
    return length;
}
