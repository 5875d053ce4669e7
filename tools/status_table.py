#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the table of statuses from PODLINK_STATUS_MAP in <podlink/status.h> and tools/status_advice.txt.

    status_table.py --markdown             the table for docs/errors.md
    status_table.py --scdoc TEMPLATE       the manual page: TEMPLATE with @STATUSES@ replaced
    status_table.py --check FILE.md        exit code 1 if the table between the markers of FILE.md is out of date
    status_table.py --write FILE.md        writes the table between the markers
"""

import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
BEGIN = '<!-- statuses: made by tools/status_table.py -->\n'
END = '<!-- statuses: end -->\n'


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def statuses(root=ROOT):
    """(name, value, text, advice) of each status. An error if one has no advice, or if an advice has no status."""
    header = read(os.path.join(root, 'include', 'podlink', 'status.h'))
    table = re.search(r'#define PODLINK_STATUS_MAP\(X\)((?:.*\\\n)+.*\n)', header).group(1)
    found = re.findall(r'X\((\w+),\s*(-?\d+),\s*"((?:[^"\\]|\\.)*)"\)', table)
    assert len(found) == table.count('X('), 'an entry of PODLINK_STATUS_MAP cannot be read'
    advice = {}
    for line in read(os.path.join(root, 'tools', 'status_advice.txt')).splitlines():
        if line and not line.startswith('#'):
            name, text = line.split(': ', 1)
            advice[name] = text
    names = [name for name, _, _ in found]
    wrong = sorted(set(names) ^ set(advice))
    if wrong:
        sys.exit('tools/status_advice.txt and PODLINK_STATUS_MAP differ in: ' + ', '.join(wrong))
    return [(name, int(value), text, advice[name]) for name, value, text in found]


def markdown(rows):
    lines = ['| status | value | what it says | what to do |', '|---|---|---|---|']
    for name, value, text, advice in rows:
        cells = ['`PODLINK_%s`' % name, str(value), text, advice]
        lines.append('| ' + ' | '.join(cell.replace('|', '\\|') for cell in cells) + ' |')
    return '\n'.join(lines) + '\n'


def scdoc(rows):
    """One paragraph for each status: its name, its text and the advice."""
    def escaped(text):
        return re.sub(r'([\\_*#`])', r'\\\1', text)
    parts = []
    for name, value, text, advice in rows:
        parts.append('*%s* (%d)\n\tIt says "%s".++\n%s\n' % (
            escaped('PODLINK_' + name), value, escaped(text), escaped(advice)))
    return '\n'.join(parts)


def parts_of(path):
    text = read(path)
    if BEGIN not in text or END not in text:
        sys.exit('%s lacks the markers %s and %s' % (path, BEGIN.strip(), END.strip()))
    before, rest = text.split(BEGIN, 1)
    table, after = rest.split(END, 1)
    return before, table, after


def main(arguments):
    rows = statuses()
    if arguments == ['--markdown']:
        sys.stdout.write(markdown(rows))
    elif len(arguments) == 2 and arguments[0] == '--scdoc':
        sys.stdout.write(read(arguments[1]).replace('@STATUSES@\n', scdoc(rows)))
    elif len(arguments) == 2 and arguments[0] == '--check':
        if parts_of(arguments[1])[1] != markdown(rows):
            print('%s: the table of statuses differs from status.h; run tools/status_table.py --write %s'
                  % (arguments[1], arguments[1]))
            return 1
    elif len(arguments) == 2 and arguments[0] == '--write':
        before, _, after = parts_of(arguments[1])
        with open(arguments[1], 'w', encoding='utf-8') as file:
            file.write(before + BEGIN + markdown(rows) + END + after)
    else:
        sys.exit(__doc__)
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
