/**
 * What runs in a build pod, as its user: fetch the source, build its Dockerfile, push, report. It takes everything from
 * variables and from the files of its Secret, so no value of a user is ever part of the text.
 *
 * Reports by its termination message: `digest sha256:…` or `error <text>`; and by the last lines of its log, for node
 * agents without termination messages.
 */
export const buildScript = String.raw`set -eu
say() { printf '%s\n' "$*"; }
report() { printf '%s' "$*" > /dev/termination-log 2>/dev/null || true; say "::slipway:: $*"; }
fail() { report "error $*"; exit 1; }

S=/run/slipway-build
mkdir -p "$HOME/source" "$HOME/tmp"
export TMPDIR="$HOME/tmp" REGISTRY_AUTH_FILE="$S/auth.json" CONTAINERS_REGISTRIES_CONF="$S/registries.conf"
export XDG_RUNTIME_DIR="$HOME/run" BUILDAH_ISOLATION=chroot
mkdir -p "$XDG_RUNTIME_DIR" && chmod 700 "$XDG_RUNTIME_DIR"
CA=
if [ -s "$S/ca.crt" ]; then
  # A copy of one's own can be mounted read-only inside the build's user namespace.
  CA="$HOME/ca.crt"
  cp "$S/ca.crt" "$CA"
  export SSL_CERT_FILE="$CA" GIT_SSL_CAINFO="$CA" CURL_CA_BUNDLE="$CA"
fi
TOKEN=$(cat "$S/token")

fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl -fsS --retry 5 --retry-connrefused -H "Authorization: Bearer $TOKEN" -o "$2" "$1"
  else
    TOKEN="$TOKEN" perl -MHTTP::Tiny -e 'my ($u, $f) = @ARGV; for my $n (1 .. 6) { my $r = HTTP::Tiny->new(default_headers => { Authorization => "Bearer $ENV{TOKEN}" })->mirror($u, $f); exit 0 if $r->{success}; print STDERR "$r->{status} $r->{reason}\n"; exit 1 if $r->{status} < 500; sleep 2 } exit 1' "$1" "$2"
  fi
}

case "$SOURCE_TYPE" in
  upload)
    say "Fetching the uploaded archive"
    fetch "$SOURCE_URL" "$HOME/source.tar.gz" || fail "The uploaded archive could not be fetched."
    tar -xzf "$HOME/source.tar.gz" -C "$HOME/source" --no-same-owner --no-same-permissions || fail "The uploaded archive could not be unpacked."
    rm -f "$HOME/source.tar.gz"
    ;;
  git)
    say "Fetching $SOURCE_URL"
    export GIT_TERMINAL_PROMPT=0
    git config --global advice.detachedHead false
    git config --global "http.$API_URL/.extraHeader" "Authorization: Basic $(printf 'build:%s' "$TOKEN" | base64 | tr -d '\n')"
    git init -q "$HOME/source"
    cd "$HOME/source"
    git fetch -q --depth 1 -- "$SOURCE_URL" "$SOURCE_REF" || fail "$SOURCE_REF of $SOURCE_URL could not be fetched: does it exist, and may anybody read it?"
    git checkout -q FETCH_HEAD
    say "Commit $(git log -1 --format='%h %s')"
    git submodule update -q --init --recursive --depth 1 || fail "A submodule could not be fetched."
    ;;
esac

cd "$HOME/source"
[ -d "$BUILD_CONTEXT" ] || fail "There is no folder $BUILD_CONTEXT in the source: correct build.context of the application."
cd "$BUILD_CONTEXT"
[ -f "$BUILD_DOCKERFILE" ] || fail "There is no $BUILD_DOCKERFILE in the source. Add one, or name its path in build.dockerfile of the application."

set -- --storage-driver overlay bud --isolation chroot --format oci --pull --layers=false --tag slipway.local/built
if [ -n "$CA" ]; then
  # Programs differ in where they look for trusted certificates. An ARG is seen by every RUN and leaves no trace in the image.
  set -- "$@" --volume "$CA:/run/slipway/ca.crt:ro"
  lines=
  for name in $CA_VARIABLES; do
    set -- "$@" --build-arg "$name=/run/slipway/ca.crt"
    lines="$lines ARG $name\\n"
  done
  sed -E "s,^[[:space:]]*[Ff][Rr][Oo][Mm][[:space:]].*[^\\\\]\$,&\\n$lines," "$BUILD_DOCKERFILE" > "$HOME/Dockerfile"
  BUILD_DOCKERFILE="$HOME/Dockerfile"
fi
buildah "$@" --file "$BUILD_DOCKERFILE" . || fail "The Dockerfile could not be built: see the log above."
user=$(buildah --storage-driver overlay inspect --type image --format '{{.OCIv1.Config.User}}' slipway.local/built | cut -d: -f1) || user=1
case "$user" in
  '' | 0 | root | *[!0-9]*)
    say "Note: the image is made to run as "$user", which is root or a name. Where root is not allowed, it runs as a numbered user of its namespace. To choose the user, write USER 1000 into the Dockerfile."
    ;;
esac
say "Pushing $PUSH_NAME"
for n in 1 2 3 4 5; do
  if buildah --storage-driver overlay push -q --tls-verify=false --digestfile "$HOME/digest" slipway.local/built "docker://$PUSH_TO"; then break; fi
  [ "$n" -lt 5 ] || fail "The image could not be pushed to the registry."
  sleep 3
done
report "digest $(cat "$HOME/digest")"
`;

/** Where common tools look for trusted certificates: OpenSSL and Go, Node, Python, curl, git. */
export const caVariables = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
] as const;
