# SPDX-License-Identifier: MIT
"""The release build of podlink and of the C programs in bench/, in its own build directory."""
import shutil

from .shell import BUILD, ROOT, die, quietly

ARGUMENTS = ["--buildtype=release", "-Db_ndebug=false", "-Dbench=true", "-Dtests=false", "-Dexamples=false",
             "-Dcli=false", "-Dman=disabled"]


def podlink():
    log = BUILD / "bench-build.log"
    if not (BUILD / "build.ninja").exists():
        shutil.rmtree(BUILD / "meson-private", ignore_errors=True) # left by a failed setup; meson would use it
        if not quietly(log, "meson", "setup", BUILD, ROOT, *ARGUMENTS):
            die(f"meson failed:\n{log.read_text()}")
    if not quietly(log, "ninja", "-C", BUILD):
        die(f"podlink does not build:\n{log.read_text()}")
