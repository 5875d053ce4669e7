#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes what lists the operations, from the table src/ops/operations.def and the public headers.

    operations_table.py --markdown         the table for README.md
    operations_table.py --scdoc TEMPLATE   a manual page: TEMPLATE with its lines @FUNCTIONS HEADER@ replaced with the
                                           functions of a public header, and its lines @VERBS FILE@ with the verbs in a
                                           file of cli/verbs/
    operations_table.py --check FILE.md    exit code 1 if the table between the markers of FILE.md is out of date
    operations_table.py --write FILE.md    writes the table between the markers

It fails if an operation has no public function, or if a function of link.h or state.h that makes a call is neither an
operation nor the batch of one.
"""

import os
import re
import sys
import textwrap

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
BEGIN = '<!-- operations: made by tools/operations_table.py -->\n'
END = '<!-- operations: end -->\n'

ROW = re.compile(r'/\* (?P<comment>(?:(?!\*/).)*?) \*/\n(?:OPERATION|COMPOSED)\((?P<id>\w+),(?P<fields>.*?)\)$', re.S | re.M)
FUNCTION = re.compile(r'^PODLINK_API [^;]*?\b(podlink_\w+)\(([^;]*)\);', re.M)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def functions_of(header, root=ROOT):
    """name -> parameters, in the order of the header."""
    text = read(os.path.join(root, 'include', 'podlink', header))
    return dict(FUNCTION.findall(re.sub(r'/\*.*?\*/', '', text, flags=re.S)))


def operation(comment, fields):
    """A row as a dictionary: name, function, verb, does, repeat."""
    text = ' '.join(line.strip(' *') for line in comment.splitlines())
    verb, text = text.split(': ', 1)
    does, _, reason = text.partition('. Not repeatable: ')
    name = re.search(r'\.name = "([^"]*)"', fields).group(1)
    is_repeatable = '.is_repeatable = true' in fields
    assert is_repeatable != bool(reason), '%s: "Not repeatable: ..." and .is_repeatable disagree' % name
    return {'name': name, 'function': 'podlink_' + name.replace(' ', '_'), 'verb': verb, 'does': does.rstrip('.'),
            'repeat': 'no: ' + reason.rstrip('.') if reason else 'yes'}


def operations(root=ROOT):
    """The rows of the table, each with the suffix of its batch form, if it has one."""
    text = read(os.path.join(root, 'src', 'ops', 'operations.def'))
    rows = [operation(match['comment'], match['fields']) for match in ROW.finditer(text)]
    assert len(rows) == len(re.findall(r'^(?:OPERATION|COMPOSED)\(', text, re.M)), 'a row of operations.def has no comment'
    calls = {name for header in ('link.h', 'state.h') for name, parameters in functions_of(header, root).items()
             if 'const podlink_call *call' in parameters}
    for row in rows:
        row['batch'] = next((suffix for suffix in ('_batch', '_many') if row['function'] + suffix in calls), '')
    known = {row['function'] for row in rows} | {row['function'] + row['batch'] for row in rows}
    if known != calls:
        sys.exit('operations.def and the headers differ in: ' + ', '.join(sorted(known ^ calls)))
    return rows


def markdown(rows):
    lines = ['| C function | batch | command line | what it does | harmless to repeat |', '|---|---|---|---|---|']
    for row in rows:
        lines.append('| `%s()` | %s | `%s` | %s | %s |' % (
            row['function'], '`%s`' % row['batch'] if row['batch'] else '', row['verb'], row['does'], row['repeat']))
    return '\n'.join(lines) + '\n'


def c_text(expression, source):
    """The value of C string literals and of macros for such, put one after the other."""
    text = ''
    for macro, literal in re.findall(r'\b([A-Z_]+)\b(?=[^"]*(?:"[^"]*"[^"]*)*$)|"((?:\\.|[^"\\])*)"', expression):
        text += c_text(re.search(r'#define %s +(.*)' % macro, source).group(1), source) if macro else \
            literal.replace('\\n', '\n').replace('\\"', '"')
    return text


def verbs_of(file, root=ROOT):
    """The rows of a table of verbs as dictionaries of its fields."""
    source = read(os.path.join(root, 'cli', 'verbs', file))
    rows = re.findall(r'^    \{\n(.*?)^    \},\n', source[source.index('const cli_verb '):], re.S | re.M)
    verbs = []
    for row in rows:
        fields = dict(re.findall(r'^        \.(\w+) =\s*(.*?),$(?=\n        \.|\n\Z)', row, re.S | re.M))
        verb = {name: c_text(fields[name], source) for name in ('noun', 'name', 'arguments', 'summary', 'details')
                if name in fields}
        verb['options'] = re.findall(r'CLI_SET\((\w+)\)', fields['options'])
        verbs.append(verb)
    return verbs


def synopsis(verb, arguments, options):
    """The line of one form of a verb; the form with "-" is for lines from standard input."""
    is_bulk = arguments.endswith(' -')
    words = ['*podlink %s*' % ' '.join(verb[part] for part in ('noun', 'name') if part in verb)]
    for word in arguments.split():
        words.append('*-*' if word == '-' else re.sub(r'\w+', r'_\g<0>_', word))
    for name in verb['options']:
        flag, value = options[name]
        if name != ('IF_POD' if is_bulk else 'CHUNK'):
            words.append('[*%s*%s]' % (flag, ' _%s_' % value if value else ''))
    return ' '.join(words)


def verb_paragraphs(file, root=ROOT):
    header = read(os.path.join(root, 'cli', 'arguments.h'))
    options = {name: (flag, value.strip('"') if value != 'NULL' else None)
               for name, flag, value in re.findall(r'X\((\w+), "(--[\w-]+)", ("[^"]*"|NULL),', header)}
    paragraphs = []
    for verb in verbs_of(file, root):
        forms = [synopsis(verb, arguments, options) for arguments in verb.get('arguments', '').split(' | ')]
        text = '%s%s. %s' % (verb['summary'][0].upper(), verb['summary'][1:], verb.get('details', ''))
        text = re.sub(r'--[a-z][\w-]*', r'*\g<0>*', re.sub(r'([\\_*#`])', r'\\\1', ' '.join(text.split())))
        paragraphs.append('++\n'.join(forms) + '\n' + textwrap.fill(
            text, 120, initial_indent='\t', subsequent_indent='\t', break_on_hyphens=False) + '\n')
    return '\n'.join(paragraphs)


def scdoc(template, root=ROOT):
    def listed(match):
        names = ['*%s*()' % name for name in functions_of(match.group(1), root)]
        return textwrap.fill(', '.join(names) + '.', 80, initial_indent='\t', subsequent_indent='\t',
                             break_long_words=False) + '\n'
    page = re.sub(r'^@FUNCTIONS (\w+\.h)@\n', listed, template, flags=re.M)
    return re.sub(r'^@VERBS (\w+\.c)@\n', lambda match: verb_paragraphs(match.group(1), root), page, flags=re.M)


def parts_of(path):
    text = read(path)
    if BEGIN not in text or END not in text:
        sys.exit('%s lacks the markers %s and %s' % (path, BEGIN.strip(), END.strip()))
    before, rest = text.split(BEGIN, 1)
    table, after = rest.split(END, 1)
    return before, table, after


def main(arguments):
    if arguments == ['--markdown']:
        sys.stdout.write(markdown(operations()))
    elif len(arguments) == 2 and arguments[0] == '--scdoc':
        sys.stdout.write(scdoc(read(arguments[1])))
    elif len(arguments) == 2 and arguments[0] == '--check':
        if parts_of(arguments[1])[1] != markdown(operations()):
            print('%s: the table of operations differs from operations.def; run tools/operations_table.py --write %s'
                  % (arguments[1], arguments[1]))
            return 1
    elif len(arguments) == 2 and arguments[0] == '--write':
        before, _, after = parts_of(arguments[1])
        with open(arguments[1], 'w', encoding='utf-8') as file:
            file.write(before + BEGIN + markdown(operations()) + END + after)
    else:
        sys.exit(__doc__)
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
