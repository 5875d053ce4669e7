#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tests find mistakes: each mutant of the library (meson -Dmutant=...) is built, and turns its test red.

    test_mutants.py ROOT PROGRAM...

The programs are those of the build that runs this, in which every test is green. A mutant is built with the program of
the same name.
"""

import os
import re
import subprocess
import sys
import tempfile

ROOT, *PROGRAMS = sys.argv[1:]
sys.path.insert(0, os.path.join(ROOT, 'tests', 'support'))
sys.dont_write_bytecode = True

import tap  # noqa: E402

BUILD_S = 120
RUN_S = 30


def results_of(program):
    """The tests of a program by name, True where green."""
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT='TAP')
    environment.pop('LD_LIBRARY_PATH', None)  # meson's, with the library of the build that runs this
    ran = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, timeout=RUN_S)
    text = ran.stdout.decode(errors='replace')
    results = {name: word == 'ok' for word, name in re.findall(r'^(ok|not ok) \d+ - (\w+)', text, re.M)}
    assert results, text
    assert (ran.returncode == 0) == all(results.values()), text
    return results


def run(*command):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=BUILD_S)
    assert ran.returncode == 0, ran.stdout.decode(errors='replace')


def target_of(program):
    """The build target of a program: its path in the build directory."""
    path = next(path for path in PROGRAMS if os.path.basename(path) == program)
    return path[path.rindex('tests' + os.sep):]


def results_with(mutant, program):
    """As results_of() the same program with a mistake built into the library."""
    target = target_of(program)
    with tempfile.TemporaryDirectory(prefix='podlink-mutant-') as build:
        run('meson', 'setup', build, ROOT, '-Dmutant=' + mutant, '-Dcli=false', '-Dexamples=false', '-Dman=disabled',
            '-Dtests=true', '--buildtype=debug')
        run('ninja', '-C', build, target)
        return results_of(os.path.join(build, target))


def expect_red(mutant, test, program='test_pool_mutants'):
    results = results_with(mutant, program)
    print('# %s: %s' % (mutant, ', '.join('%s %s' % (name, 'green' if ok else 'RED') for name, ok in results.items())))
    assert results[test] is False
    assert [name for name, ok in results.items() if not ok] == [test], 'other tests are red, too'


def without_a_mistake_all_tests_are_green():
    for program in PROGRAMS:
        assert all(results_of(program).values())


def a_connection_that_goes_back_with_bytes_unread_is_found():
    expect_red('return_unread', 'a_connection_with_an_unread_answer_is_not_lent_again')


def what_is_repeated_although_it_may_have_run_is_found():
    expect_red('repeat_unknown', 'a_command_that_may_have_run_is_not_repeated')


def a_deadline_that_is_ignored_is_found():
    expect_red('ignore_deadline', 'a_call_ends_at_its_deadline')


def a_node_that_is_freed_while_a_walk_is_at_it_is_found():
    expect_red('free_walked', 'a_node_is_not_freed_while_a_walk_is_at_it', 'test_nodes')


def a_close_of_tls_that_sends_what_was_not_sent_is_found():
    expect_red('flush_unsent', 'a_close_drops_the_unsent_part_of_a_record', 'test_tls_records')


sys.exit(tap.run([
    without_a_mistake_all_tests_are_green,
    a_connection_that_goes_back_with_bytes_unread_is_found,
    what_is_repeated_although_it_may_have_run_is_found,
    a_deadline_that_is_ignored_is_found,
    a_node_that_is_freed_while_a_walk_is_at_it_is_found,
    a_close_of_tls_that_sends_what_was_not_sent_is_found,
]))
