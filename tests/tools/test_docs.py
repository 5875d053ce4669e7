#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""README and docs agree with the code, and the checks find it if they do not: test_docs.py ROOT."""

import os
import subprocess
import sys
import tempfile

ROOT = sys.argv[1]
sys.path[:0] = [os.path.join(ROOT, 'tools'), os.path.join(ROOT, 'tests', 'support')]
sys.dont_write_bytecode = True

import check_readme  # noqa: E402
import operations_table  # noqa: E402
import status_table  # noqa: E402
import tap  # noqa: E402


def link_tree(folder, copy, changed):
    """Makes `copy` with links to what is in `folder`; the folders that lead to the file `changed` are made."""
    os.makedirs(copy, exist_ok=True)
    first, _, rest = changed.partition('/')
    for name in os.listdir(folder):
        if name != first:
            os.symlink(os.path.join(folder, name), os.path.join(copy, name))
        elif rest:
            link_tree(os.path.join(folder, name), os.path.join(copy, name), rest)


def wrong_after(file, old, new):
    """What check_readme.py reports if `old` is replaced with `new` in one file."""
    text = check_readme.read(os.path.join(ROOT, file))
    assert old in text, '%s does not contain %s' % (file, old)
    with tempfile.TemporaryDirectory() as root:
        link_tree(ROOT, root, file)
        with open(os.path.join(root, file), 'w', encoding='utf-8') as changed:
            changed.write(text.replace(old, new, 1))
        return check_readme.Checker(root).run()


def the_pages_agree_with_the_code():
    wrong = check_readme.Checker(ROOT).run()
    for what in wrong:
        print('# ' + what)
    assert not wrong


def a_changed_quickstart_is_found():
    wrong = wrong_after('examples/quickstart.c', 'podlink_options_init(&options);', 'podlink_options_init( &options);')
    assert any('quickstart.c' in what for what in wrong), wrong


def a_function_that_does_not_exist_is_found():
    wrong = wrong_after('docs/errors.md', '# ', '# podlink_link_sett() ')
    assert 'docs/errors.md:1: podlink_link_sett is in no public header' in wrong, wrong


def a_dead_link_is_found():
    wrong = wrong_after('docs/errors.md', '# ', '# [x](nowhere.md) ')
    assert 'docs/errors.md:1: nowhere.md does not exist' in wrong, wrong


def an_internal_name_that_does_not_exist_is_found():
    wrong = wrong_after('docs/architecture.md', '`pl_call_begin()`', '`pl_call_start()`')
    assert len(wrong) == 1 and wrong[0].endswith(': pl_call_start is not in src/'), wrong


def a_static_function_that_does_not_exist_is_found():
    wrong = wrong_after('docs/internals/threading.md', '`keep_session()`', '`keep_sessions()`')
    assert len(wrong) == 1 and wrong[0].endswith(': keep_sessions() is not called or defined in src/'), wrong


def a_file_that_does_not_exist_is_found():
    wrong = wrong_after('docs/architecture.md', '`src/client/call.c`', '`src/client/calls.c`')
    assert len(wrong) == 1 and wrong[0].endswith(': there is no src/client/calls.c'), wrong
    wrong = wrong_after('docs/pool.md', '`waiters.c`', '`waiter.c`')
    assert len(wrong) == 1 and wrong[0].endswith(': there is no waiter.c'), wrong
    wrong = wrong_after('docs/pool.md', '`src/conn/`', '`src/con/`')
    assert len(wrong) == 1 and wrong[0].endswith(': there is no src/con/'), wrong


def a_function_that_the_manual_page_does_not_list_is_found():
    wrong = wrong_after('man/libpodlink.3.scd', '*podlink_ping*(), ', '')
    assert wrong == ['man/libpodlink.3.scd: podlink_ping is not listed'], wrong
    wrong = wrong_after('man/libpodlink.3.scd', '*podlink_ping*()', '*podlink_pong*(), *podlink_ping*()')
    assert wrong == ['man/libpodlink.3.scd: podlink_pong is in no public header'], wrong


def a_page_that_the_index_does_not_list_is_found():
    wrong = wrong_after('docs/README.md', '(internals/threading.md)', '(pool.md)')
    assert wrong == ['docs/README.md: docs/internals/threading.md is not listed'], wrong


def an_option_without_its_row_is_found():
    wrong = wrong_after('docs/configuration.md', '| `spin_us` |', '| `spin` |')
    assert wrong == ['docs/configuration.md: spin is not an option', 'docs/configuration.md: spin_us is missing'], wrong
    wrong = wrong_after('docs/configuration.md', '| `retries` |', '| `retries` * |')
    assert len(wrong) == 1 and 'docs/configuration.md: retries: a star' in wrong[0], wrong


def a_command_that_does_not_exist_is_found():
    wrong = wrong_after('README.md', '`podlink link set`', '`podlink link sett`')
    assert len(wrong) == 1 and wrong[0].endswith('the tool does not know "podlink link sett"'), wrong


def the_table_of_operations_matches_the_source():
    assert operations_table.parts_of(os.path.join(ROOT, 'README.md'))[1] == \
        operations_table.markdown(operations_table.operations())


def an_operation_without_a_function_is_found():
    file = 'src/ops/operations.def'
    with tempfile.TemporaryDirectory() as root:
        link_tree(ROOT, root, file)
        with open(os.path.join(root, file), 'w', encoding='utf-8') as changed:
            changed.write(check_readme.read(os.path.join(ROOT, file)).replace('"link get"', '"link got"'))
        try:
            operations_table.operations(root)
            assert False, 'it is not found'
        except SystemExit as failure:
            assert 'podlink_link_get, podlink_link_get_batch, podlink_link_got' in str(failure), failure


def the_manual_page_lists_the_functions_of_a_header():
    page = operations_table.scdoc('Links:\n@FUNCTIONS link.h@\n')
    assert page.startswith('Links:\n\t*podlink_link_set*(), '), page


def the_table_of_statuses_matches_the_header():
    assert status_table.parts_of(os.path.join(ROOT, 'docs', 'errors.md'))[1] == \
        status_table.markdown(status_table.statuses())


def every_status_has_its_advice():
    rows = status_table.statuses()
    assert len(rows) > 20 and all(text and advice for _, _, text, advice in rows)
    values = [value for _, value, _, _ in rows]
    assert values == sorted(set(values), key=lambda value: (value < 0, abs(value)))


def a_changed_table_is_found():
    with tempfile.TemporaryDirectory() as folder:
        page = os.path.join(folder, 'errors.md')
        text = check_readme.read(os.path.join(ROOT, 'docs', 'errors.md'))
        with open(page, 'w', encoding='utf-8') as file:
            file.write(text.replace('| -7 |', '| -8 |'))
        program = os.path.join(ROOT, 'tools', 'status_table.py')
        result = subprocess.run([sys.executable, program, '--check', page], stdout=subprocess.PIPE)
        assert result.returncode == 1
        subprocess.run([sys.executable, program, '--write', page], check=True)
        subprocess.run([sys.executable, program, '--check', page], check=True)
        assert check_readme.read(page) == text


tap.run([value for name, value in sorted(globals().items())
         if callable(value) and getattr(value, '__module__', '') == '__main__' and
         name not in ('link_tree', 'wrong_after')])
