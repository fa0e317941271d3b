import type { Recipe } from './recipes.js';

/** Makes the database at the first start, as a superuser from the environment; then PostgreSQL is the process itself. */
const start = `#!/bin/sh
set -eu
export PGDATA="\${PGDATA:-/data/postgres}"
bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/postgres | tail -n 1)")
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "\${POSTGRES_PASSWORD:?POSTGRES_PASSWORD is not set}"
  user="\${POSTGRES_USER:-postgres}"
  umask 077
  printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
  "$bin/initdb" --username="$user" --pwfile=/tmp/password --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
  rm /tmp/password
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  echo "CREATE DATABASE \\"\${POSTGRES_DB:-$user}\\"" | "$bin/postgres" --single -j -D "$PGDATA" postgres > /dev/null
fi
exec "$bin/postgres" -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
`;

/** PostgreSQL with the variables of the well-known image: POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB, PGDATA. */
export const postgres: Recipe = {
  name: 'postgres',
  tag: 'latest',
  packages: ['postgresql'],
  customize: [
    'rm -rf "$1"/var/lib/postgresql/* "$1"/etc/postgresql/*',
    'chroot "$1" useradd --uid 1000 --user-group --home-dir /data --shell /usr/sbin/nologin slipway',
  ],
  entries: () => [
    { type: 'directory', path: 'data', uid: 1000, gid: 1000 },
    { type: 'file', path: 'usr/local/bin/start-postgres', content: start, mode: 0o755 },
  ],
  // A fast shutdown is what SIGINT means to PostgreSQL; SIGTERM waits for clients.
  config: { entrypoint: ['start-postgres'], user: '1000:1000', workingDirectory: '/data' },
};
