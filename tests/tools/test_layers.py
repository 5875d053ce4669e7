#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tree keeps its layers, and check_layers.py finds each kind of violation: test_layers.py ROOT."""

import os
import sys
import tempfile

ROOT = sys.argv[1]
sys.path[:0] = [os.path.join(ROOT, 'tools'), os.path.join(ROOT, 'tests', 'support')]
sys.dont_write_bytecode = True

import check_layers  # noqa: E402
import tap  # noqa: E402

# The tests have layers of their own, so that they do not depend on those of the tree.
LAYERS = {'base': 0, 'resp': 1, 'net': 1, 'conn': 2, 'ops': 3}

CLEAN = {
    'src/base/heap.c': '#include "base/heap.h"\n#include <stdlib.h>\nvoid *f(void)\n{\n    return malloc(1);\n}\n',
    'src/base/heap.h': '#include <podlink/status.h>\n#include <stddef.h>\n',
    'src/base/clock.c': '#include <time.h>\nvoid f(void)\n{\n    clock_gettime(0, 0);\n}\n',
    'src/base/sha1.c': '#include <openssl/sha.h>\n',
    'src/resp/reader.c': '#include "base/heap.h"\n',
    'src/conn/conn.c': '#include "conn/conn.h"\n#include "base/heap.h"\n',
    'src/conn/conn.h': '/* malloc(1) and "printf(x)" in a comment */\n#include "base/heap.h"\n',
    'src/ops/link.c': '#include "conn/conn.h"\nconst char *s = "free(me); // no";\nvoid f(struct s *s)\n{\n'
                       '    s->free(1); s.free(2); podlink_free(s); snprintf(0, 0, "x");\n}\n',
    'cli/main.c': '#include "verb.h"\n#include <podlink/podlink.h>\n#include <stdlib.h>\nint f = malloc(1);\n',
    'cli/verb.h': '#include <podlink/podlink.h>\n',
    'examples/demo.c': '#include <podlink/podlink.h>\n',
    'include/podlink/status.h': '#include <podlink/export.h>\n#include <stdint.h>\n',
}


def violations(known_circles=(), **changes):
    """The violations in the clean tree with some files changed; "src__conn__conn" names src/conn/conn.c."""
    tree = dict(CLEAN)
    for name, text in changes.items():
        name = name.replace('__', '/')
        tree[name + '.h' if name.endswith('_h') else name + '.c'] = text
    tree = {(name[:-4] + '.h' if name.endswith('_h.h') else name): text for name, text in tree.items()}
    with tempfile.TemporaryDirectory() as root:
        for name, text in tree.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
        return check_layers.Checker(root, LAYERS, set(known_circles)).run()


def expect(start, words, **changes):
    found = violations(**changes)
    assert len(found) == 1, found
    assert found[0].startswith(start) and words in found[0], found


def the_tree_keeps_its_layers():
    found = check_layers.Checker(ROOT).run()
    for violation in found:
        print('# ' + violation)
    assert not found


def a_clean_tree_has_no_violation():
    assert violations() == []


def an_include_of_a_higher_layer_is_found():
    expect('src/base/error.c:2:', 'conn is not below base', src__base__error='\n#include "conn/conn.h"\n')


def an_include_of_a_layer_of_the_same_rank_is_found():
    expect('src/net/tcp.c:1:', 'resp is not below net', src__net__tcp='#include "resp/reader.h"\n')


def an_include_without_its_layer_is_found():
    expect('src/conn/conn.c:1:', 'write the path', src__conn__conn='#include "conn.h"\n')


def a_relative_include_is_found():
    expect('src/conn/conn.c:1:', 'write the path', src__conn__conn='#include "../base/heap.h"\n')


def the_header_that_includes_all_is_found():
    expect('src/ops/link.c:1:', 'include the headers', src__ops__link='#include <podlink/podlink.h>\n')


def a_public_header_in_quotes_is_found():
    expect('src/ops/link.c:1:', 'write <podlink/link.h>', src__ops__link='#include "podlink/link.h"\n')


def an_include_circle_is_found():
    found = violations(src__conn__a_h='#include "conn/b.h"\n', src__conn__b_h='#include "conn/c.h"\n',
                       src__conn__c_h='#include "conn/a.h"\n')
    assert len(found) == 1 and 'circle: conn/a.h -> conn/b.h -> conn/c.h -> conn/a.h' in found[0], found


def a_header_that_includes_itself_is_found():
    expect('src/conn/a.h:1:', 'circle', src__conn__a_h='#include "conn/a.h"\n')


# Two files that call each other.
A_CALLS_B = 'int pl_a(int n);\nint pl_b(int n);\nint pl_a(int n)\n{\n    return pl_b(n);\n}\n'
B_CALLS_A = A_CALLS_B.replace('pl_a', 'pl_x').replace('pl_b', 'pl_a').replace('pl_x', 'pl_b')
A_AND_B = 'src/: a circle of calls: conn/a -> conn/b: pl_b; conn/b -> conn/a: pl_a'


def a_circle_of_calls_is_found():
    assert violations(src__conn__a=A_CALLS_B, src__conn__b=B_CALLS_A) == [A_AND_B]


def a_circle_of_three_is_found_once():
    found = violations(src__conn__a=A_CALLS_B, src__conn__b='int pl_b(int n)\n{\n    return pl_c(n) + pl_c(1);\n}\n',
                       src__conn__c='int pl_c(\n    int n)\n{\n    return pl_a(n);\n}\n')
    assert found == ['src/: a circle of calls: '
                     'conn/a -> conn/b: pl_b; conn/b -> conn/c: pl_c; conn/c -> conn/a: pl_a'], found


def a_circle_through_a_table_of_functions_is_found():
    table = 'static const struct verbs verbs = {\n    .a = pl_a,\n};\nint pl_b(int n)\n{\n    return verbs.a(n);\n}\n'
    assert violations(src__conn__a=A_CALLS_B, src__conn__b=table) == [A_AND_B]


def a_circle_through_an_inline_function_is_found():
    header = 'static inline int pl_b(int n)\n{\n    return pl_a(n);\n}\n'
    assert violations(src__conn__a=A_CALLS_B, src__conn__b_h=header) == [A_AND_B]


def calls_in_one_direction_are_no_circle():
    b = 'int pl_a(int n);\nint pl_b(int n)\n{\n    return n;\n}\n'
    assert violations(src__conn__a=A_CALLS_B, src__conn__b=b) == []


def a_name_in_a_comment_is_no_call():
    assert violations(src__conn__a=A_CALLS_B, src__conn__b=B_CALLS_A.replace('return pl_a(n);', '/* pl_a(n) */')) == []


def a_static_function_of_the_same_name_is_no_call():
    assert violations(src__conn__a=A_CALLS_B.replace('int pl_a(int n)\n{', 'static int pl_a(int n)\n{'),
                      src__conn__b=B_CALLS_A) == []


def a_known_circle_is_allowed():
    assert violations([('conn/a', 'conn/b')], src__conn__a=A_CALLS_B, src__conn__b=B_CALLS_A) == []


def a_known_circle_that_does_not_exist_is_found():
    found = violations([('conn/a', 'conn/b')])
    assert len(found) == 1 and found[0].endswith('remove it from KNOWN_CIRCLES: conn/a, conn/b'), found


def each_allocation_is_found():
    for call in ('malloc(1)', 'calloc (1, 1)', 'realloc(p, 1)', 'free(p)', 'strdup(s)'):
        expect('src/conn/conn.c:3:', 'only src/base/heap.c allocates',
               src__conn__conn='void f(void)\n{\n    %s;\n}\n' % call)


def a_clock_that_is_read_is_found():
    for call in ('clock_gettime(CLOCK_MONOTONIC, &t)', 'time(NULL)', 'gettimeofday(&t, NULL)'):
        expect('src/conn/conn.c:1:', 'reads a clock', src__conn__conn='long f = %s;\n' % call)


def printing_is_found():
    for call in ('printf("x")', 'fprintf(stderr, "x")', 'puts("x")', 'perror("x")'):
        expect('src/conn/conn.c:1:', 'never prints', src__conn__conn='int f = %s;\n' % call)


def hiredis_is_found():
    expect('src/conn/conn.c:1:', 'includes hiredis', src__conn__conn='#include <hiredis/read.h>\n')


def openssl_elsewhere_is_found():
    expect('src/conn/conn.c:1:', 'includes OpenSSL', src__conn__conn='#include <openssl/ssl.h>\n')


def an_unknown_folder_is_found():
    expect('src/util/x.c:1:', 'the folder util is not in LAYERS', src__util__x='\n')


def a_file_outside_the_layers_is_found():
    expect('src/x.c:1:', 'no layer', src__x='\n')


def an_internal_header_in_the_tool_is_found():
    expect('cli/main.c:1:', 'public API only', cli__main='#include "base/heap.h"\n')
    expect('cli/main.c:1:', 'public API only', cli__main='#include "../src/base/heap.h"\n')
    expect('cli/main.c:1:', 'public API only', cli__main='#include <hiredis/hiredis.h>\n')
    expect('cli/main.c:1:', 'not in cli/', cli__main='#include "nowhere.h"\n')


def an_internal_header_in_an_example_is_found():
    expect('examples/demo.c:1:', 'public API only', examples__demo='#include "ops/link.h"\n')


def a_public_header_with_a_foreign_include_is_found():
    expect('include/podlink/status.h:1:', 'a public header',
           include__podlink__status_h='#include <hiredis/hiredis.h>\n')


tap.run([value for name, value in sorted(globals().items())
         if callable(value) and getattr(value, '__module__', '') == '__main__' and
         name not in ('violations', 'expect')])
