#!/bin/sh
# The image of PostgreSQL runs this once, over an empty volume. The app's role owns its database and is nothing more:
# a superuser, which POSTGRES_USER is, is asked by no policy (docs/decisions/0025).
set -eu
psql --username="$POSTGRES_USER" --dbname=postgres --set=ON_ERROR_STOP=1 --set=password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE haoshangliang LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE haoshangliang OWNER haoshangliang;
SQL
