#!/usr/bin/env bash
# Makes the virtual environment hold what a lock file says. Does nothing, without any network, if
# it does already.
#   usage: setup.sh [LOCK]     default: the lock it was made from, else requirements.lock
# Variables: VENV (default .venv), PYTHON (default: the first fitting one on the PATH).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=${VENV:-.venv}
stamp=$venv/.made-from

fail() {
  echo "setup: $*" >&2
  exit 1
}

fits() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# The Python below any virtual environment: one cannot be cleared by the Python inside it.
base_of() {
  "$1" -c 'import sys; print(sys._base_executable)'
}

find_python() {
  local candidate
  if [[ -n ${PYTHON:-} ]]; then
    fits "$PYTHON" || fail "PYTHON=$PYTHON is not a Python from 3.11 to 3.13; name one that is."
    base_of "$PYTHON"
    return
  fi
  for candidate in "$venv/bin/python" python3 python3.13 python3.12 python3.11; do
    if fits "$candidate"; then
      base_of "$candidate"
      return
    fi
  done
  fail "no Python from 3.11 to 3.13 is on the PATH; install one, or say PYTHON=/path/to/python."
}

digest() {
  cat "$@" | sha256sum | cut -d ' ' -f 1
}

was_lock='' was_place='' was_content=''
if [[ -f $stamp ]]; then
  read -r was_lock was_content was_place <"$stamp"
fi

lock=${1:-${was_lock:-requirements.lock}}
[[ -f $lock ]] || fail "there is no lock file $lock; run \`make lock\` or restore it."
content=$(digest "$lock" pyproject.toml)
place=$PWD/$venv

python=$(find_python)
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
made_here=no
if [[ -x $venv/bin/python && -d $venv/lib/python$version ]]; then
  made_here=yes
fi

if [[ $made_here == yes && "$was_lock $was_content $was_place" == "$lock $content $place" ]]; then
  exit 0
fi

options=()
if [[ $made_here == no || ${was_lock:-$lock} != "$lock" || ${was_place:-$place} != "$place" ]]; then
  # CPU and GPU builds share directories, and an environment that was moved names its old place.
  options+=(--clear)
fi

echo "setup: $venv with Python $version from $lock" >&2
"$python" -m venv ${options[@]+"${options[@]}"} "$venv" ||
  fail "$python cannot make virtual environments; on Debian and Ubuntu install python3-venv."
rm -f "$stamp"
pip=("$venv/bin/python" -m pip --disable-pip-version-check --no-input)
"${pip[@]}" install --quiet --require-hashes --no-deps --only-binary=:all: -r "$lock" ||
  fail "pip could not install $lock (its reason is above): check network and free disk, run again."
"${pip[@]}" install --quiet --no-deps --no-build-isolation --no-index -e .
echo "$lock $content $place" >"$stamp"
echo "setup: done; \`source $venv/bin/activate\` puts \`lfr\` on the PATH" >&2
