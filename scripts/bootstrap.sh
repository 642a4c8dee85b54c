#!/usr/bin/env bash
# The development environment, on a fresh Debian 12: a virtual environment keyed by the lock file's
# content, kept outside the checkout so that clones share it, and linked here as .venv.
set -euo pipefail
cd "$(dirname "$0")/.."

cache="${MONITORING_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/selfhosted-monitoring}"
lock=requirements-dev.txt
python=/usr/bin/python3

say() { printf '%s %s\n' "==>" "$*"; }
die() { printf 'bootstrap: %s\n' "$*" >&2; exit 1; }

[ -x "$python" ] || die "$python is missing; on Debian: apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "Python 3.11 or newer is needed; $("$python" --version) is $python"

# What the tests run beside Python: openssl makes keys as hosts do, gpg-agent signs a mirror's index.
missing=()
"$python" -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
command -v git >/dev/null || missing+=(git)
command -v openssl >/dev/null || missing+=(openssl)
command -v ssh-keygen >/dev/null || missing+=(openssh-client)
{ command -v gpg && command -v gpg-agent; } >/dev/null || missing+=(gnupg)
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" = 0 ] || die "missing on this machine; as root: apt-get install ${missing[*]}"
  say "Installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null
  apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
    die "could not install them; see what apt-get install ${missing[*]} says"
fi

key="$("$python" -c 'import hashlib,pathlib,sys; print(hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes() + sys.version.encode()).hexdigest()[:16])' "$lock")"
venv="$cache/venv/$key"
if ! { [ -f "$venv/complete" ] && "$venv/bin/python" -c 'import ansible, moto' 2>/dev/null; }; then
  start=$SECONDS
  say "Building the virtual environment (about a minute)"
  rm -rf "$venv" && mkdir -p "$cache/venv"
  "$python" -m venv "$venv"
  # uv installs the 150 packages four times faster than pip; it is itself taken from the lock, with its hashes.
  "$venv/bin/python" - "$lock" > "$venv/uv.txt" <<'PY'
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
print(re.search(r"^uv==.*?(?=^\S)", text + "\n#", re.S | re.M).group(0))
PY
  "$venv/bin/pip" install -q --require-hashes --no-deps -r "$venv/uv.txt"
  VIRTUAL_ENV="$venv" "$venv/bin/uv" pip sync -q --require-hashes "$lock"
  touch "$venv/complete"
  say "Virtual environment ready in $((SECONDS - start)) s"
fi
ln -sfn "$venv" .venv

# Ansible finds the checkout as selfhosted.monitoring through this link.
mkdir -p .ansible/collections/ansible_collections/selfhosted
ln -sfn ../../../.. .ansible/collections/ansible_collections/selfhosted/monitoring
