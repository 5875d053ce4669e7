#!/bin/sh
# SPDX-License-Identifier: MIT
# run_commands.sh FOLDER_OF_PODLINK COMMANDS: runs the commands on a private server. The server and its data are removed
# afterwards, also if a command fails.
set -eu

dir=$(mktemp -d "${TMPDIR:-/tmp}/podlink-XXXXXX")
PATH=$1:$PATH
PODLINK_SERVER_DIR=$dir/server
PODLINK_SERVER_BINARY=${PODLINK_TEST_SERVER:-redis-server}
export PATH PODLINK_SERVER_DIR PODLINK_SERVER_BINARY
unset PODLINK_URL PODLINK_NS

trap 'podlink server stop >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

sh -x "$2"
