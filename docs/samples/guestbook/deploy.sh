#!/bin/sh
# Deploys Redis and the guestbook into one project. Usage: deploy.sh TENANT PROJECT [ENVIRONMENT]
set -eu
tenant=${1:?usage: deploy.sh TENANT PROJECT [ENVIRONMENT]}
project=${2:?usage: deploy.sh TENANT PROJECT [ENVIRONMENT]}
environment=${3:-production}
here=$(cd "$(dirname "$0")" && pwd)

for part in redis frontend; do
  slipway deploy "$here/$part" --tenant "$tenant" --project "$project" --environment "$environment" --create
done
