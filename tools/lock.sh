#!/bin/sh
# Writes the three hash-locked requirement files. The development set is resolved first and holds the other two to its
# versions, so that one environment can carry all three.
set -eu

compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" "$@"
}

compile --upgrade pyproject.toml --group dev --group build --output-file requirements-dev.lock
compile --upgrade pyproject.toml --constraint requirements-dev.lock --output-file requirements.lock
compile --upgrade --group build --constraint requirements-dev.lock --output-file requirements-build.lock
echo "requirements.lock, requirements-dev.lock and requirements-build.lock are written"
