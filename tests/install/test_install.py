#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Installs the build below a temporary folder and uses it as others would: test_install.py SOURCE BUILD, in TAP."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE, BUILD = (os.path.abspath(path) for path in sys.argv[1:3])
sys.path.insert(0, os.path.join(SOURCE, 'tests', 'support'))
sys.dont_write_bytecode = True

import tap  # noqa: E402

HERE = os.path.join(SOURCE, 'tests', 'install')
WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']
LANGUAGES = {'c': ('consumer.c', '-std=c11'), 'c++': ('consumer.cc', '-std=c++17')}
COMPILERS = {'gcc': {'c': 'gcc', 'c++': 'g++'}, 'clang': {'c': 'clang', 'c++': 'clang++'}}


def run(*command, **environment):
    """Runs a command; where it fails, the test does, with what the command said."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
                            env=dict(os.environ, **environment))
    assert result.returncode == 0, '%s: exit code %d\n%s' % (' '.join(command), result.returncode, result.stdout)
    return result.stdout


def only_one(pattern):
    found = glob.glob(pattern, recursive=True)
    assert len(found) == 1, '%s: %s' % (pattern, found)
    return found[0]


class Installed:
    """The installed tree, made once."""

    def __init__(self, destination):
        options = json.load(open(os.path.join(BUILD, 'meson-info', 'intro-buildoptions.json'), encoding='utf-8'))
        prefix = next(option['value'] for option in options if option['name'] == 'prefix')
        self.destination = destination
        self.prefix = destination + prefix

    def install(self):
        run('meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', self.destination)
        self.shared = only_one(self.prefix + '/lib*/**/libpodlink.so')
        self.static = only_one(self.prefix + '/lib*/**/libpodlink.a')
        self.pc_path = os.path.dirname(only_one(self.prefix + '/**/pkgconfig/podlink.pc'))

    def pkg_config(self, *arguments):
        # The tree stands below a folder, not at its prefix; pkg-config is told so.
        output = run('pkg-config', '--define-variable=prefix=' + self.prefix, *arguments, 'podlink',
                     PKG_CONFIG_PATH=self.pc_path + ':' + os.environ.get('PKG_CONFIG_PATH', ''))
        return output.split()


FOLDER = tempfile.mkdtemp(prefix='podlink-install-')
TREE = Installed(os.path.join(FOLDER, 'destination'))


def consumer(compiler, language, static):
    source, standard = LANGUAGES[language]
    program = os.path.join(FOLDER, '-'.join(['consumer', compiler, language, 'static' if static else 'shared']))
    libraries = TREE.pkg_config('--libs', *(['--static'] if static else []))
    if static:
        assert '-lpodlink' in libraries, libraries
        libraries = ['-l:libpodlink.a' if library == '-lpodlink' else library for library in libraries]
    run(COMPILERS[compiler][language], standard, *WARNINGS, *TREE.pkg_config('--cflags'), os.path.join(HERE, source),
        '-o', program, *libraries)
    needed = run('readelf', '-d', program)
    assert ('libpodlink.so.0' in needed) == (not static), needed
    output = run(os.path.join(SOURCE, 'tools', 'with_server.sh'), program,
                 LD_LIBRARY_PATH=os.path.dirname(TREE.shared))
    assert re.match(r'podlink \d+\.\d+\.\d+: pod [34]\n$', output), output


def consumer_test(compiler, language, static):
    def test():
        consumer(compiler, language, static)
    test.__name__ = 'a_%s_program_links_the_%s_library_by_%s' % (
        language, 'static' if static else 'shared', COMPILERS[compiler][language])
    return test


def the_build_is_installed():
    TREE.install()


def the_soname_is_that_of_this_major_version():
    assert re.search(r'\(SONAME\).*\[libpodlink\.so\.0\]', run('readelf', '-d', TREE.shared))


def the_shared_library_exports_podlink_names_alone():
    names = []
    for line in run('nm', '-D', '--defined-only', TREE.shared).splitlines():
        kind, name = line.split()[-2:]
        if kind == 'A' and re.match(r'PODLINK_[0-9.]+$|LIBPODLINK_[0-9.]+$', name):
            continue  # the version of the symbol map
        names.append(name.split('@')[0])
    assert names and not [name for name in names if not name.startswith('podlink_')], names


def the_shared_library_exports_what_the_headers_declare():
    text = ''.join(open(path, encoding='utf-8').read() for path in glob.glob(TREE.prefix + '/include/podlink/*.h'))
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    declared = set(re.findall(r'PODLINK_API[^;]*?\b(podlink_\w+)\(', text))
    exported = {line.split()[-1].split('@')[0] for line in run('nm', '-D', '--defined-only', TREE.shared).splitlines()
                if line.split()[-2] == 'T'}
    assert declared == exported, 'only declared: %s; only exported: %s' % (declared - exported, exported - declared)


def the_static_library_keeps_its_names_apart():
    names = [line.split()[-1] for line in run('nm', '-g', '--defined-only', TREE.static).splitlines()
             if len(line.split()) == 3]
    assert names and not [name for name in names if not name.startswith(('podlink_', 'pl_'))], \
        [name for name in names if not name.startswith(('podlink_', 'pl_'))]


def headers_alone(language, flags):
    compiler = COMPILERS['gcc'][language]
    headers = sorted(glob.glob(TREE.prefix + '/include/podlink/*.h'))
    assert len(headers) >= 8, headers
    for header in headers:
        name = os.path.basename(header)
        source = os.path.join(FOLDER, 'alone.' + {'c': 'c', 'c++': 'cc'}[language])
        with open(source, 'w', encoding='utf-8') as file:
            file.write('#include <podlink/%s>\n#include <podlink/%s>\nint main(%s)\n{\n    return 0;\n}\n'
                       % (name, name, 'void' if language == 'c' else ''))
        run(compiler, *flags, *WARNINGS, *TREE.pkg_config('--cflags'), '-fsyntax-only', source)


def each_header_compiles_alone_as_c11():
    headers_alone('c', ['-std=c11', '-Wstrict-prototypes'])


def each_header_compiles_alone_as_cxx17():
    headers_alone('c++', ['-std=c++17', '-Wold-style-cast'])


def no_path_of_the_build_is_in_the_installed_tree():
    for path in glob.glob(TREE.prefix + '/**/*.pc', recursive=True) + \
            glob.glob(TREE.prefix + '/include/**/*.h', recursive=True):
        text = open(path, encoding='utf-8').read()
        assert SOURCE not in text and FOLDER not in text, path


def the_installed_tool_runs():
    program = TREE.prefix + '/bin/podlink'
    if not os.path.exists(program):
        options = json.load(open(os.path.join(BUILD, 'meson-info', 'intro-buildoptions.json'), encoding='utf-8'))
        assert not next(option['value'] for option in options if option['name'] == 'cli')
        return
    version = TREE.pkg_config('--modversion')[0]
    output = run(program, 'version', LD_LIBRARY_PATH=os.path.dirname(TREE.shared))
    assert version in output, output


TESTS = [the_build_is_installed, the_soname_is_that_of_this_major_version,
         the_shared_library_exports_podlink_names_alone, the_shared_library_exports_what_the_headers_declare,
         the_static_library_keeps_its_names_apart, each_header_compiles_alone_as_c11,
         each_header_compiles_alone_as_cxx17, no_path_of_the_build_is_in_the_installed_tree, the_installed_tool_runs]
TESTS += [consumer_test(compiler, language, static)
          for compiler in COMPILERS if shutil.which(COMPILERS[compiler]['c++'])
          for language in LANGUAGES for static in (False, True)]

try:
    tap.run(TESTS)
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
