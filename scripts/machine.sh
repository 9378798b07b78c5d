#!/bin/sh
# What the browser tests need and pip cannot bring: Chromium and a Chinese font. Installed when we may, named when we may not.
set -eu
if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing Chromium and a Chinese font for the browser tests"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
else
  echo "the browser tests need Chromium and a Chinese font; please install them (Debian: chromium fonts-noto-cjk)" >&2
  exit 1
fi
