#!/bin/sh
# Make .venv with Python 3.11 or newer. Debian ships Python without what makes environments:
# as root this fetches it, else it says what to install.
set -eu

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null
        then
            echo "$name"
            return
        fi
    done
}

python=$(find_python)
if [ -z "$python" ]; then
    echo "需要 Python 3.11 或更新的版本（Python 3.11 or newer is needed）。" >&2
    exit 1
fi
if [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    exit 0
fi
if "$python" -m venv .venv 2>/dev/null; then
    exit 0
fi
rm -rf .venv
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    apt-get update -qq >&2
    apt-get install -qq -y "python$version-venv" >&2 || apt-get install -qq -y python3-venv >&2
    exec "$python" -m venv .venv
fi
echo "建不了 Python 虚拟环境。Debian 或 Ubuntu 请先执行：sudo apt-get install python3-venv" >&2
exit 1
