#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the names, the language and the sizes of the source tree.

    check_house.py [ROOT]             prints each violation as file:line: text; exit code 1 if there is one
    check_house.py --words [ROOT]     how often each word of tools/house_words.py is still in use
    check_house.py --report [ROOT]    function sizes per folder, and in how many files each operation is named
    check_house.py --add-spdx [ROOT]  puts the SPDX line into the files that lack it

- No word of tools/house_words.py is in src/, cli/, include/ or docs/. Identifiers and prose (comments, strings, pages)
  have rules of their own.
- No two .c files of the tree have the same base name.
- A function in src/ and cli/ has at most 60 lines.
- Each source file begins with the SPDX line of its licence, after #! if it has one. The scripts in lua/ do not: another
  line would change their SHA1, and servers would have to load them again.
"""

import os
import re
import statistics
import sys

import house_words

WORD_FOLDERS = ('src', 'cli', 'include', 'docs')
FUNCTION_FOLDERS = ('src', 'cli')
FUNCTION_LINES_MAX = 60

# What git does not track, and corpora of the fuzz targets.
SKIPPED_FOLDERS = re.compile(r'build.*|\.(?!ci$|github$).*|__pycache__|corpus|target|subprojects')

SPDX = 'SPDX-License-Identifier: MIT'
# How a comment is written, by the ends of file names.
COMMENTS = [(('.c', '.h', '.cc', '.map'), '/* %s */'), (('.go', '.rs', '.java', 'go.mod'), '// %s'),
            (('.py', '.sh', '.bash', '.toml', '.yml', '.editorconfig', 'meson.build', 'meson_options.txt'), '# %s'),
            (('.lua',), '-- %s')]
WITHOUT_SPDX = re.compile(r'lua/.*\.lua$')

COMMENT_OR_STRING = re.compile(r'(?P<include>^[ \t]*#[ \t]*include[^\n]*)|(?P<prose>/\*.*?\*/|//[^\n]*|'
                               r'"(?:\\.|[^"\\\n])*")|(?P<char>\'(?:\\.|[^\'\\\n])*\')', re.S | re.M)
IDENTIFIER = re.compile(r'[A-Za-z_]\w*')
NAME_IN_PROSE = re.compile(r'(?<![\w/.-])[A-Za-z]\w*_\w+')
FUNCTION = re.compile(r'^(?P<head>[A-Za-z_][^;{}=#]*?)\b(?P<name>\w+)\([^;{}]*\)\s*\n\{\n(?P<body>.*?)^\}', re.S | re.M)
OPERATION = re.compile(r'^PODLINK_API [^;{}()=#]*?\b(podlink_\w+)\(', re.M)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def blank(text):
    return re.sub(r'[^\n]', ' ', text)


def code_and_prose(text):
    """C source as two texts of the same shape: the code, and what is in comments and strings."""
    code, prose, end = [], [], 0
    for match in COMMENT_OR_STRING.finditer(text):
        between = text[end:match.start()]
        is_prose = match.group('prose') is not None
        code += [between, blank(match.group(0))]
        prose += [blank(between), match.group(0) if is_prose else blank(match.group(0))]
        end = match.end()
    return ''.join(code) + text[end:], ''.join(prose) + blank(text[end:])


def blocks_and_prose(text):
    """A page as two texts of the same shape: its blocks of C, and the rest."""
    code, prose, in_block, in_c = [], [], False, False
    for line in text.split('\n'):
        if line.lstrip().startswith('```'):
            in_block = not in_block
            in_c = in_block and line.strip() in ('```c', '```C')
        code.append(line if in_c else blank(line))
        prose.append(blank(line) if in_c else line)
    return '\n'.join(code), '\n'.join(prose)


def whole_words(expressions):
    return [(re.compile(r'\b(?:%s)\b' % expression, re.I), instead) for expression, instead in expressions.items()]


def whole_names(expressions):
    return [(re.compile(r'(?:%s)$' % expression), instead) for expression, instead in expressions.items()]


class Words:
    """Finds the words of a table such as house_words."""

    def __init__(self, table=house_words):
        self.parts = table.IN_IDENTIFIERS
        self.allowed = [re.compile('(?:%s)$' % expression) for expression in table.ALLOWED_IDENTIFIERS]
        self.names = whole_names(table.IDENTIFIERS)
        self.prose = whole_words({**table.IN_PROSE, **table.PHRASES})
        self.allowed_in = table.ALLOWED_IN

    def in_name(self, name):
        """(word, word of the field), or None."""
        if any(allowed.match(name) for allowed in self.allowed):
            return None
        for pattern, instead in self.names:
            if pattern.match(name):
                return name, instead
        for part in name.lower().split('_'):
            if part in self.parts:
                return part, self.parts[part]
        return None

    def in_code(self, code):
        for match in IDENTIFIER.finditer(code):
            found = self.in_name(match.group(0))
            if found:
                yield match.start(), found[0], match.group(0), found[1]

    def in_prose(self, prose):
        # A phrase can go on in the next line of a comment.
        joined = re.sub(r'\n([ \t]*)(\*|//)?(?!/)', lambda m: ' ' * len(m.group(0)), prose)
        joined = re.sub(r' {2,}', lambda m: ' ' + '\0' * (len(m.group(0)) - 1), joined)
        squeezed, places = [], []
        for place, letter in enumerate(joined):
            if letter != '\0':
                squeezed.append(letter)
                places.append(place)
        text = ''.join(squeezed)
        for pattern, instead in self.prose:
            for match in pattern.finditer(text):
                yield places[match.start()], match.group(0).lower(), match.group(0), instead
        for match in NAME_IN_PROSE.finditer(prose):
            found = self.in_name(match.group(0))
            if found:
                yield match.start(), found[0], match.group(0), found[1]


class Checker:
    def __init__(self, root, words=None):
        self.root = root
        self.words = words or Words()
        self.violations = []
        self.counts = {}  # word -> how often

    def files(self, *endings, folders=None):
        """The files of the tree with one of the endings, named from its root."""
        for directory, inner, files in os.walk(self.root):
            here = os.path.relpath(directory, self.root).replace(os.sep, '/')
            inner[:] = sorted(name for name in inner if not SKIPPED_FOLDERS.fullmatch(name))
            for name in sorted(files):
                shown = name if here == '.' else '%s/%s' % (here, name)
                if name.endswith(endings) and (folders is None or shown.split('/')[0] in folders):
                    yield shown

    def read(self, name):
        return read(os.path.join(self.root, name))

    def check_words(self):
        for name in self.files('.c', '.h', '.md', folders=WORD_FOLDERS):
            text = self.read(name)
            code, prose = blocks_and_prose(text) if name.endswith('.md') else code_and_prose(text)
            found = list(self.words.in_code(code)) + list(self.words.in_prose(prose))
            for place, word, shown, instead in sorted(found):
                if word in self.words.allowed_in.get(name, ()):
                    continue
                self.counts[word] = self.counts.get(word, 0) + 1
                line = text.count('\n', 0, place) + 1
                self.violations.append('%s:%d: "%s": say %s' % (name, line, ' '.join(shown.split()), instead))

    def check_base_names(self):
        places = {}
        for name in self.files('.c'):
            places.setdefault(os.path.basename(name), []).append(name)
        for base, names in sorted(places.items()):
            if len(names) > 1:
                self.violations.append('%s: the base name %s is used twice: %s' % (names[0], base, ', '.join(names)))

    def functions(self):
        """(file, line, name, lines) of each function: from the line of its name to its last brace."""
        for file in self.files('.c', '.h', folders=FUNCTION_FOLDERS):
            code, _ = code_and_prose(self.read(file))
            for match in FUNCTION.finditer(code):
                yield (file, code.count('\n', 0, match.start('head')) + 1, match.group('name'),
                       match.group(0).count('\n') + 1)

    def check_functions(self):
        for file, line, name, lines in self.functions():
            if lines > FUNCTION_LINES_MAX:
                self.violations.append('%s:%d: %s() has %d lines, more than %d' %
                                       (file, line, name, lines, FUNCTION_LINES_MAX))

    # ---- licences ----

    def spdx_line(self, name):
        """The line that the file should have, or None if it is no source file."""
        if WITHOUT_SPDX.match(name):
            return None
        for endings, comment in COMMENTS:
            if name.endswith(endings):
                return comment % SPDX
        with open(os.path.join(self.root, name), 'rb') as file:
            return '# ' + SPDX if file.read(2) == b'#!' else None

    def files_without_spdx(self):
        for name in self.files(''):
            line = self.spdx_line(name)
            if line is not None:
                lines = self.read(name).split('\n', 2)
                if line != lines[1 if lines[0].startswith('#!') and len(lines) > 1 else 0]:
                    yield name, line

    def check_spdx(self):
        names = [name for name, _ in self.files_without_spdx()]
        if names:
            self.violations.append('%s: no SPDX line%s; tools/check_house.py --add-spdx adds it' %
                                   (names[0], ', and %d more files' % (len(names) - 1) if names[1:] else ''))

    def add_spdx(self):
        for name, line in list(self.files_without_spdx()):
            text = self.read(name)
            first, rest = text.split('\n', 1) if text.startswith('#!') else ('', text)
            with open(os.path.join(self.root, name), 'w', encoding='utf-8') as file:
                file.write('%s%s\n%s' % (first + '\n' if first else '', line, rest))
            yield name

    def run(self):
        self.check_words()
        self.check_base_names()
        self.check_functions()
        self.check_spdx()
        return self.violations

    # ---- reports ----

    def sizes(self):
        """{folder: [(lines, name)]}; a folder of src/ counts for itself."""
        folders = {}
        for file, _, name, lines in self.functions():
            parts = file.split('/')
            folders.setdefault('/'.join(parts[:2]) if parts[0] == 'src' else parts[0], []).append((lines, name))
        return folders

    def operations(self):
        """{public function: the files that name it}."""
        public = set()
        for file in self.files('.h', folders=('include',)):
            public |= set(OPERATION.findall(code_and_prose(self.read(file))[0]))
        places = {name: [] for name in public}
        for file in self.files('.c', '.h', '.cc', '.lua', '.md', '.sh', '.py', '.scd', '.in', '.bash', '.map', '.txt'):
            for name in set(re.findall(r'\bpodlink_\w+', self.read(file))) & public:
                places[name].append(file)
        return places

    def report(self):
        folders = self.sizes()
        folders['all'] = [size for sizes in folders.values() for size in sizes]
        yield '%-16s %9s %7s %8s  %s' % ('folder', 'functions', 'median', 'longest', '')
        for folder in [*sorted(set(folders) - {'all'}), 'all']:
            sizes = folders[folder]
            if sizes:
                lines, name = max(sizes)
                median = statistics.median(size for size, _ in sizes)
                yield '%-16s %9d %7g %8d  %s()' % (folder, len(sizes), median, lines, name)
        yield ''
        yield '%-40s %7s' % ('operation', 'files')
        for name, files in sorted(self.operations().items()):
            yield '%-40s %7d' % (name, len(files))


def main(arguments):
    options = [argument for argument in arguments if argument.startswith('--')]
    roots = [argument for argument in arguments if not argument.startswith('--')]
    checker = Checker(roots[0] if roots else os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
    if options == ['--report']:
        print('\n'.join(checker.report()))
        return 0
    if options == ['--add-spdx']:
        print('\n'.join(checker.add_spdx()))
        return 0
    if options == ['--words']:
        checker.check_words()
        for word, count in sorted(checker.counts.items(), key=lambda item: (-item[1], item[0])):
            print('%5d  %s' % (count, word))
        print('%5d  in all' % sum(checker.counts.values()))
        return 0
    if options:
        sys.exit(__doc__)
    for violation in checker.run():
        print(violation)
    return 1 if checker.violations else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
