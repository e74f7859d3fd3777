#!/bin/sh
# Makes what `docker compose up` needs and no repository may hold: passwords, keys and tokens in deployment/secrets, and the configuration,
# deployment/watchkeeper.yaml. What is there already is kept. Another folder: sh infra/compose/init.sh FOLDER, and WATCHKEEPER_DEPLOYMENT=FOLDER.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=${1:-$here/../../deployment}
secrets=$folder/secrets

# Nobody but you gets into the folder. The files in it can be read: Docker mounts them as they are, and the services are other users.
umask 077
mkdir -p "$secrets"
chmod 700 "$folder" "$secrets"

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}
random_hex() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }

# NAME: takes the text from standard input, unless there is a file of that name.
keep() {
  if [ -e "$secrets/$1" ]; then
    echo "kept  $secrets/$1"
    return
  fi
  cat > "$secrets/$1.new"
  chmod 444 "$secrets/$1.new"
  mv "$secrets/$1.new" "$secrets/$1"
  echo "made  $secrets/$1"
}
hash_of() { tr -d '\n' < "$secrets/$1" | sha256; }

for name in clickhouse-admin-password clickhouse-owner-password clickhouse-writer-password clickhouse-grafana-password grafana-admin-password gateway-token; do
  random_hex 24 | keep "$name"
done
# Behind fingerprints and redactions: whoever has it can tell whether a guessed value was redacted. Never change it: equal values would differ.
head -c 32 /dev/urandom | keep keyed-hash-key
# Wraps the keys that records on Kafka are encrypted under: without it nobody reads what is there, nor what is on its way to the tables.
head -c 32 /dev/urandom | keep sealing-key

# Signs the checkpoints of the log (Ed25519, PKCS#8): 16 bytes that say so, and 32 random ones. Back it up; who has it can sign in the log's name.
{
  echo '-----BEGIN PRIVATE KEY-----'
  { printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'; head -c 32 /dev/urandom; } | base64 | tr -d '\n'
  printf '\n-----END PRIVATE KEY-----\n'
} | keep notary-key

rm -f "$secrets/clickhouse-users"
keep clickhouse-users <<END
<clickhouse>
    <admin_sha256>$(hash_of clickhouse-admin-password)</admin_sha256>
    <owner_sha256>$(hash_of clickhouse-owner-password)</owner_sha256>
    <writer_sha256>$(hash_of clickhouse-writer-password)</writer_sha256>
    <grafana_sha256>$(hash_of clickhouse-grafana-password)</grafana_sha256>
</clickhouse>
END

# The collector needs no more than the hash.
rm -f "$secrets/gateway-token-sha256"
hash_of gateway-token | keep gateway-token-sha256

if [ -e "$folder/watchkeeper.yaml" ]; then
  echo "kept  $folder/watchkeeper.yaml"
else
  cp "$here/watchkeeper.yaml" "$folder/watchkeeper.yaml"
  chmod 444 "$folder/watchkeeper.yaml"
  chmod u+w "$folder/watchkeeper.yaml"
  echo "made  $folder/watchkeeper.yaml"
fi
echo
echo "Next: docker compose up --detach --build, then docker compose ps"
