#!/bin/sh
# Prints the rules of deploy/prometheus/alerts.yaml as the Prometheus operator takes them:
#
#   deploy/kubernetes/prometheus/alert-rules.sh | kubectl -n looklook-pay apply -f -
set -eu
cat <<'END'
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: looklook-pay
  labels:
    app.kubernetes.io/name: looklook-pay
spec:
END
sed 's/^/  /' "$(dirname "$0")/../../prometheus/alerts.yaml"
