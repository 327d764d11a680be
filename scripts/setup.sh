#!/bin/sh
# Create .venv with the locked tools, torch and this project in it. Does nothing when it is up to date.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
stamp=.venv/.ready
wanted=$(cat requirements/dev.txt requirements/torch.txt pyproject.toml scripts/setup.sh | cksum)
[ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && exit 0

say() { printf '%s\n' "$*" >&2; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || {
    say "Loopless needs Python 3.10 or newer, and '$python' is not that. Name another with PYTHON=/path/to/python."
    exit 1
}

# Debian splits venv's pip from Python; virtualenv brings its own.
create() {
    "$python" -m venv .venv >/dev/null 2>&1 && return
    rm -rf .venv
    say "This Python has no working venv module; trying virtualenv."
    "$python" -m virtualenv --quiet .venv 2>/dev/null && return
    rm -rf .venv build/virtualenv
    "$python" -m pip install --quiet --root-user-action=ignore --target build/virtualenv virtualenv >&2 &&
        PYTHONPATH=build/virtualenv "$python" -m virtualenv --quiet .venv
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    create || {
        say "Cannot create a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"
        exit 1
    }
fi

install() { .venv/bin/python -m pip install -qq --disable-pip-version-check "$@"; }

say "Installing into .venv."
install --requirement requirements/dev.txt
install --requirement requirements/torch.txt
install --no-deps --no-build-isolation --editable .
printf '%s\n' "$wanted" >"$stamp"
