#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks README.md, docs/ and the manual page libpodlink(3) against the source tree.

    check_readme.py [ROOT]    prints what is wrong; exit code 1 if anything is

- The lines of the first C block of README.md are in examples/quickstart.c, which is compiled and run.
- Each function and each PODLINK_ name in a page is in a public header.
- Each internal name (pl_...) in a page is in src/, and each path in backticks exists; a file's name without a folder is
  the name of a file somewhere in the tree. In the maintainer's pages each function in backticks is in src/, static ones
  too. CHANGELOG.md may name what is gone.
- libpodlink(3) lists each public function, and no other.
- The target of each link to a file exists, and docs/README.md links each page of docs/.
- Each `podlink` command in a page is a command of the tool.
- The table in docs/configuration.md has one row for each option of a client, and no other row. A star marks an option
  that a URL cannot have.
"""

import glob
import os
import re
import sys

import operations_table


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def lines_without_indent(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def contains_in_order(lines, wanted):
    return any(lines[start:start + len(wanted)] == wanted for start in range(len(lines) - len(wanted) + 1))


# A path from the root of the tree, or the name of a C file or a script.
SOURCE_PATH = re.compile(r'(?:src|cli|include|lua|man|docs|tests|tools|bench|examples|completions)/[\w./*-]*|'
                         r'[\w-]+\.(?:c|h|def|lua)')


# Pages that may name static functions; those of the C library are taken from src/ as well.
MAINTAINERS_PAGE = re.compile(r'docs/(?:architecture|adding-[\w-]*|internals/[\w-]*)\.md')


class Checker:
    def __init__(self, root):
        self.root = root
        self.wrong = []
        self.file_names = set()      # of the C files and scripts in the tree, without their folders
        self.internal_names = set()  # all words of src/ that begin with pl_
        self.called_names = set()    # all words of src/ before a parenthesis

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def read_sources(self):
        for folder in ('src', 'cli', 'include', 'lua', 'tests', 'bench', 'examples'):
            for path in glob.glob(self.path(folder, '**', '*'), recursive=True):
                if not os.path.isfile(path):
                    continue
                self.file_names.add(os.path.basename(path))
                if folder == 'src' and path.endswith(('.c', '.h', '.def')):
                    self.internal_names |= set(re.findall(r'\bpl_\w+', read(path)))
                    self.called_names |= set(re.findall(r'\b(\w+)\(', read(path)))

    def check_quickstart(self):
        block = re.search(r'```c\n(.*?)```', read(self.path('README.md')), re.S)
        if not block:
            self.wrong.append('README.md: no C block')
            return
        wanted = lines_without_indent(block.group(1))
        if not contains_in_order(lines_without_indent(read(self.path('examples', 'quickstart.c'))), wanted):
            self.wrong.append('README.md: its C block differs from examples/quickstart.c')

    def check_names(self, page, text, known):
        for number, line in enumerate(text.splitlines(), 1):
            functions = re.findall(r'\bpodlink_\w+(?=\()', line)
            constants = re.findall(r'\bPODLINK_\w+', line)
            for name in functions + constants:
                if name not in known and not name.endswith('_'):
                    self.wrong.append('%s:%d: %s is in no public header' % (page, number, name))

    def check_internal_names(self, page, text):
        """The maintainer's pages: pl_... is a word of src/, and a path in backticks exists."""
        examples = set(re.findall(r'^ *const \w+ (pl_\w+) = ', text, re.M))  # what a block of the page defines
        for number, line in enumerate(text.splitlines(), 1):
            for name in re.findall(r'\bpl_\w+', line):
                if name not in self.internal_names | examples and not name.endswith('_'):
                    self.wrong.append('%s:%d: %s is not in src/' % (page, number, name))
            for name in re.findall(r'`(?!pl_|podlink_)(\w+)\(\)`', line) if MAINTAINERS_PAGE.match(page) else []:
                if name not in self.called_names:
                    self.wrong.append('%s:%d: %s() is not called or defined in src/' % (page, number, name))
            for path in re.findall(r'`([\w./*-]+)`', line):
                if SOURCE_PATH.fullmatch(path) and not self.is_in_tree(path):
                    self.wrong.append('%s:%d: there is no %s' % (page, number, path))

    def is_in_tree(self, path):
        if '/' not in path:
            return path in self.file_names
        return bool(glob.glob(self.path(path)))

    def check_manual(self, headers):
        """libpodlink(3) lists the public functions, by header."""
        page = read(self.path('man', 'libpodlink.3.scd'))
        page = operations_table.scdoc(page, self.root)
        listed = set(re.findall(r'\*(podlink_\w+)\*\(\)', page))
        public = set(re.findall(r'\b(podlink_\w+)\(', re.sub(r'/\*.*?\*/', '', headers, flags=re.S)))
        for name in sorted(public ^ listed):
            what = 'is in no public header' if name in listed else 'is not listed'
            self.wrong.append('man/libpodlink.3.scd: %s %s' % (name, what))

    def check_index(self, pages):
        """docs/README.md links each page."""
        index = read(self.path('docs', 'README.md'))
        for page in pages:
            if page.startswith('docs/') and page != 'docs/README.md' and '(%s)' % page[len('docs/'):] not in index:
                self.wrong.append('docs/README.md: %s is not listed' % page)

    def check_links(self, page, text):
        for number, line in enumerate(text.splitlines(), 1):
            for target in re.findall(r'\]\(([^)#]+)(?:#[^)]*)?\)', line):
                if not re.match(r'[a-z]+:', target) and \
                        not os.path.exists(os.path.join(self.root, os.path.dirname(page), target)):
                    self.wrong.append('%s:%d: %s does not exist' % (page, number, target))

    def check_verbs(self, page, text):
        """The commands in blocks and in inline code are known to the tool."""
        files = [self.path('cli', 'help.c')] + glob.glob(self.path('cli', 'verbs', '*.c'))
        table = '\n'.join(read(file) for file in files)
        verbs = set(re.findall(r'\{\s*\.noun = "(\w+)",\s*(?:\.name = "([\w-]+)")?', table))
        nouns = {noun for noun, verb in verbs if not verb}
        in_block = False
        for number, line in enumerate(text.splitlines(), 1):
            in_block = in_block != line.startswith('```')
            pattern = r'^\s*(?:\S*/)?(podlink .*)' if in_block else r'`(podlink [^`]*)`'
            shown = re.findall(pattern, line)
            for command in shown:
                words = (command.split() + [None, None])[1:3]
                if words[0].startswith('-') or any(word.endswith(':') for word in words if word):
                    continue  # an option of the tool itself, or output of the tool
                if words[0] not in nouns and tuple(words) not in verbs:
                    self.wrong.append('%s:%d: the tool does not know "%s"' % (page, number, command))

    def check_options(self):
        """The fields of podlink_options, and which of them a URL can have."""
        header = re.sub(r'/\*.*?\*/', '', read(self.path('include', 'podlink', 'client.h')), flags=re.S)
        body = re.search(r'typedef struct podlink_options \{(.*?)\} podlink_options;', header, re.S).group(1)
        fields = {re.search(r'(\w+)$', part.strip()).group(1) for part in body.split(';') if part.strip()}
        table = read(self.path('src', 'config', 'option.c'))
        in_urls = set(re.findall(r'\bGIVEN\((\w+)\)|\bTEXT\((\w+),|podlink_options, (\w+)\),', table))
        in_urls = {name for names in in_urls for name in names if name in fields}
        rows = dict(re.findall(r'^\| `(\w+)`( \*)? \|', read(self.path('docs', 'configuration.md')), re.M))
        for name in sorted(fields ^ set(rows)):
            what = 'is not an option' if name in rows else 'is missing'
            self.wrong.append('docs/configuration.md: %s %s' % (name, what))
        for name in sorted(fields & set(rows)):
            if (rows[name] == '') != (name in in_urls):
                self.wrong.append('docs/configuration.md: %s: a star marks what a URL cannot have' % name)

    def run(self):
        headers = ''.join(read(path) for path in sorted(glob.glob(self.path('include', 'podlink', '*.h'))))
        statuses = set(re.findall(r'X\((\w+),', headers))
        known = set(re.findall(r'\b(?:podlink|PODLINK)_\w+', headers)) | {'PODLINK_' + name for name in statuses}
        known |= {'PODLINK_URL', 'PODLINK_TEST_SERVER', 'PODLINK_TEST_OVER', 'PODLINK_TEST_LONG',
                  'PODLINK_DEV_NO_APT'}  # environment variables
        tool = ''.join(read(path) for path in glob.glob(self.path('cli', '**', '*.c'), recursive=True))
        known |= set(re.findall(r'\bPODLINK_\w+(?=")', tool))
        self.read_sources()
        self.check_quickstart()
        self.check_options()
        self.check_manual(headers)
        pages = [os.path.relpath(path, self.root)
                 for path in sorted(glob.glob(self.path('*.md')) + glob.glob(self.path('docs', '**', '*.md'),
                                                                             recursive=True))]
        self.check_index(pages)
        for page in pages:
            text = read(self.path(page))
            self.check_names(page, text, known)
            if page != 'CHANGELOG.md':
                self.check_internal_names(page, text)
            self.check_links(page, text)
            self.check_verbs(page, text)
        return self.wrong


def main(arguments):
    wrong = Checker(arguments[0] if arguments else os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')).run()
    for what in wrong:
        print(what)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
