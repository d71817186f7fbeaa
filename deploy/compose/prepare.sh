#!/bin/sh
# For compose.yaml: makes what nobody has brought, and keeps it in a folder from then on. Safe to run again.
#
#   prepare.sh FOLDER SECRETS
#
#   database-password                  of the PostgreSQL in compose.yaml
#   settings.env                       where that and Redis are, and a session secret; what .env sets wins
#   wechat.env                         where the sandbox's settings are written, if it runs; emptied where there is a merchant
#   self-signed.pem, self-signed.key   for SERVER_NAME and the names inside; made anew 30 days before its end
#   certificate.pem, certificate.key   what nginx shows: those of SECRETS where they are, else the self-signed
set -eu
umask 077
secrets=$2
cd "$1"

[ -s database-password ] || openssl rand -hex 24 >database-password
[ -s session-secret ] || openssl rand -base64 48 >session-secret

names=DNS:localhost,IP:127.0.0.1,DNS:nginx,DNS:sandbox-tls
for name in ${SERVER_NAME:-}; do
  [ "$name" = _ ] || names=$names,DNS:$name
done
if ! { [ "$(cat self-signed.names)" = "$names" ] && openssl x509 -in self-signed.pem -noout -checkend 2592000; } >/dev/null 2>&1; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj /CN=looklook-pay \
    -addext "subjectAltName=$names" -keyout self-signed.key -out self-signed.pem
  echo "$names" >self-signed.names
fi
if [ -e "$secrets/certificate.pem" ]; then
  echo "nginx shows $secrets/certificate.pem"
  cat "$secrets/certificate.pem" >certificate.pem
  cat "$secrets/certificate.key" >certificate.key
else
  echo "nginx shows a self-signed certificate for $names: there is no $secrets/certificate.pem"
  cat self-signed.pem >certificate.pem
  cat self-signed.key >certificate.key
fi
chmod 644 ./*.pem

cat >settings.env <<SETTINGS
DATABASE_URL=postgresql://looklook:$(cat database-password)@postgres:5432/looklook
REDIS_URL=redis://redis:6379
SESSION_SECRET=$(cat session-secret)
SETTINGS
[ -e wechat.env ] && [ -z "${WECHAT_APP_ID:-}" ] || : >wechat.env
# The user of the image.
[ "$(id -u)" != 0 ] || chown 1000:1000 settings.env wechat.env
