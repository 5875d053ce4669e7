#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_house.py finds each kind of violation: test_house.py ROOT."""

import os
import subprocess
import sys
import tempfile
import types

ROOT = sys.argv[1]
sys.path[:0] = [os.path.join(ROOT, 'tools'), os.path.join(ROOT, 'tests', 'support')]
sys.dont_write_bytecode = True

import check_house  # noqa: E402
import tap  # noqa: E402

# A table of the tests' own, so that they do not depend on that of the tree.
TABLE = types.SimpleNamespace(
    IN_IDENTIFIERS={'lane': 'shared_conn', 'guard': 'fence'},
    ALLOWED_IDENTIFIERS=[r'\w*fork_guard\w*', r'\w*_H'],
    ALLOWED_IN={'docs/roads.md': {'lane'}},
    IDENTIFIERS={r'pl_run(_\w+)?': 'call'},
    IN_PROSE={r'lanes?': 'shared connection', r'(?<!fork )guards?': 'fence'},
    PHRASES={r'(is|are) told': 'is set', r'anew': 'again'})

SPDX_C = '/* SPDX-License-Identifier: MIT */\n'
SPDX_HASH = '# SPDX-License-Identifier: MIT\n'


class Tree:
    """A folder with these files: Tree({'src/a.c': text})."""

    def __init__(self, files):
        self.files = files

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        for name, text in self.files.items():
            path = os.path.join(self.folder.name, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
        return self.folder.name

    def __exit__(self, *_):
        self.folder.cleanup()


def words_in(text, name='src/base/a.c'):
    """(line, what was found) of each word in one file."""
    with Tree({name: text}) as root:
        checker = check_house.Checker(root, check_house.Words(TABLE))
        checker.check_words()
        places = [violation.split(':', 2) for violation in checker.violations]
        assert all(place[0] == name for place in places)
        return [(int(line), what.split('"')[1]) for _, line, what in places]


def violations(files):
    with Tree(files) as root:
        return check_house.Checker(root, check_house.Words(TABLE)).run()


def function(lines):
    """A function of so many lines."""
    return 'int f(int n)\n{\n%s}\n' % ('    n++;\n' * (lines - 3))


def a_part_of_an_identifier_is_found():
    assert words_in('int x;\nint pl_lane_open(int Lane_count);\n') == [(2, 'pl_lane_open'), (2, 'Lane_count')]


def a_longer_word_is_another_word():
    assert words_in('int plane, lanes_, pl_runner, pl_rung_x;\n') == []


def a_whole_identifier_is_found():
    assert words_in('int pl_run_begin(int run);\n') == [(1, 'pl_run_begin')]


def an_allowed_identifier_is_not_reported():
    assert words_in('#ifndef PL_LANE_H\nint pl_fork_guard_check(void);\n') == []
    assert words_in('int pl_guard_check(void);\n') == [(1, 'pl_guard_check')]


def a_word_of_a_comment_is_found():
    assert words_in('/* Two lanes.\n * A Lane of this kind. */\n// lane\n') == [(1, 'lanes'), (2, 'Lane'), (3, 'lane')]


def a_word_of_a_message_is_found():
    assert words_in('int x;\nconst char *s = "the lane is closed";\n') == [(2, 'lane')]


def code_is_no_prose():
    assert words_in('int anew;\n') == []


def a_phrase_over_two_lines_is_found():
    assert words_in('/* The caller is\n *  told of it. */\n') == [(1, 'is told')]
    assert words_in('text\nthat is\ntold of it.\n', 'docs/a.md') == [(2, 'is told')]


def a_phrase_does_not_go_on_in_the_next_comment():
    assert words_in('int x; /* what it is */\nint y; /* told */\n') == []


def an_identifier_in_a_comment_is_found():
    assert words_in('/* See pl_run_begin() and lane_x. */\n') == [(1, 'pl_run_begin'), (1, 'lane_x')]


def an_include_is_not_reported():
    assert words_in('#include "pool/lane.h"\n') == []


def a_page_is_prose_except_its_c_blocks():
    assert words_in('a lane\n```c\nint anew; int pl_lane;\n```\nanew\n', 'docs/a.md') == \
        [(1, 'lane'), (3, 'pl_lane'), (5, 'anew')]


def a_word_can_be_allowed_in_a_file():
    assert words_in('a lane, lanes\n', 'docs/roads.md') == [(1, 'lanes')]


def other_folders_are_not_searched():
    assert words_in('/* a lane */\n', 'tests/unit/a.c') == []


def a_violation_names_the_word_to_use():
    with Tree({'src/base/a.c': SPDX_C + 'int pl_lane;\n'}) as root:
        assert check_house.Checker(root, check_house.Words(TABLE)).run() == \
            ['src/base/a.c:2: "pl_lane": say shared_conn']


def a_base_name_that_is_used_twice_is_found():
    found = violations({'src/base/run.c': SPDX_C, 'tests/sim/run.c': SPDX_C, 'tests/sim/run.h': SPDX_C})
    assert found == ['src/base/run.c: the base name run.c is used twice: src/base/run.c, tests/sim/run.c'], found


def a_build_directory_is_not_searched():
    assert violations({'src/run.c': SPDX_C, 'build/run.c': '', 'build-asan/x/run.c': '', '.git/run.c': ''}) == []


def a_function_of_60_lines_is_allowed():
    assert violations({'src/base/a.c': SPDX_C + function(60)}) == []


def a_longer_function_is_found():
    found = violations({'cli/a.c': SPDX_C + function(12) + function(61)})
    assert found == ['cli/a.c:14: f() has 61 lines, more than 60'], found


def a_brace_in_a_string_does_not_end_a_function():
    assert violations({'src/a.c': SPDX_C + 'int f(int n)\n{\n    g("}\\\n}\n{");\n}\n' + function(9)}) == []


def a_test_can_have_long_functions():
    assert violations({'tests/unit/a.c': SPDX_C + function(99)}) == []


def a_file_without_its_spdx_line_is_found():
    found = violations({'src/base/a.c': SPDX_C, 'src/base/b.c': 'int x;\n', 'tools/x.py': 'pass\n'})
    assert found == ['src/base/b.c: no SPDX line, and 1 more files; tools/check_house.py --add-spdx adds it'], found


def the_spdx_line_comes_after_the_shebang():
    assert violations({'dev': '#!/bin/sh\n' + SPDX_HASH, 'notes.txt': 'text\n'}) == []
    assert len(violations({'dev': '#!/bin/sh\ntrue\n'})) == 1


def the_scripts_have_no_spdx_line():
    assert violations({'lua/a.lua': 'return 1\n'}) == []


def missing_spdx_lines_are_added():
    files = {'src/a.c': '/* A. */\n', 'src/b.c': SPDX_C, 'dev': '#!/bin/sh\ntrue\n', 'meson.build': 'x = 1\n',
             'c.py': ''}
    with Tree(files) as root:
        checker = check_house.Checker(root, check_house.Words(TABLE))
        assert sorted(checker.add_spdx()) == ['c.py', 'dev', 'meson.build', 'src/a.c']
        assert {name: checker.read(name) for name in files} == {
            'src/a.c': SPDX_C + '/* A. */\n', 'src/b.c': SPDX_C, 'dev': '#!/bin/sh\n' + SPDX_HASH + 'true\n',
            'meson.build': SPDX_HASH + 'x = 1\n', 'c.py': SPDX_HASH}
        assert checker.run() == []


def the_report_has_the_sizes_of_functions():
    with Tree({'src/base/a.c': function(5) + function(9), 'src/conn/b.c': function(7)}) as root:
        sizes = check_house.Checker(root).sizes()
        assert sizes == {'src/base': [(5, 'f'), (9, 'f')], 'src/conn': [(7, 'f')]}, sizes


def the_report_counts_the_files_of_an_operation():
    header = 'PODLINK_API int podlink_x(int n);\nPODLINK_API const char *podlink_y(void);\nint podlink_z(int n);\n'
    files = {'include/podlink/a.h': header, 'src/a.c': 'int podlink_x(int n)\n', 'docs/a.md': 'podlink_x()\n'}
    with Tree(files) as root:
        operations = check_house.Checker(root).operations()
        assert {name: len(files) for name, files in operations.items()} == {'podlink_x': 3, 'podlink_y': 1}


def the_table_of_words_is_valid():
    words = check_house.Words()
    assert words.in_name('pl_lane_open') and not words.in_name('atomic_exchange_explicit')
    assert sorted(found[1] for found in words.in_prose('a thread is told anew')) == ['anew', 'told']
    assert not list(words.in_prose('how the two are told apart'))


def the_exit_code_says_whether_there_is_a_violation():
    program = os.path.join(ROOT, 'tools', 'check_house.py')
    for text, code in ((SPDX_C, 0), ('int x;\n', 1)):
        with Tree({'src/a.c': text}) as root:
            assert subprocess.run([sys.executable, program, root], stdout=subprocess.DEVNULL).returncode == code


tap.run([value for name, value in sorted(globals().items())
         if callable(value) and getattr(value, '__module__', '') == '__main__' and
         name not in ('Tree', 'words_in', 'violations', 'function')])
