# The builder installs exactly what the lock file names; the image that runs has no pip cache and no way to become root.
FROM python:3.12-slim AS builder
# A mirror, where the default index is slow; taken from the environment of the build and empty otherwise.
ARG PIP_INDEX_URL
COPY requirements/runtime.txt /tmp/runtime.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary=:all: --require-hashes -r /tmp/runtime.txt \
 && /venv/bin/pip uninstall --yes --quiet pip

FROM python:3.12-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data
# pg_dump and pg_restore, of the major version that compose.yaml names for the server.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-client-17 \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --user-group --uid 10001 --home-dir /srv --no-create-home --shell /usr/sbin/nologin app \
 && install --directory --owner=app --group=app --mode=0700 /data
COPY --from=builder /venv /venv
WORKDIR /srv
COPY alembic.ini ./
COPY migrations/ migrations/
COPY app/ app/
RUN python -m compileall -q app migrations
USER app
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=3)"]
CMD ["python", "-m", "app", "serve"]
