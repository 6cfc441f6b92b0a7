#!/bin/sh
# Takes the pool of the hand-off down in order: scales it to 0, waits until every pod has drained and is gone, and only then deletes it,
# and that only when --delete was given. Deleting a StatefulSet at once would not wait for anything. Nothing is lost either way, but a
# purchase in the middle of its booking would have to wait for the lease of a pod that was killed.
#
#   infra/k8s/scale-down.sh [--delete] [--namespace NAME] [--timeout SECONDS]
#
# Exit code 0 when the pool is down, 1 when it is not: then nothing was deleted.
set -eu

set_name=transaction-handler
namespace=trasau
# Twice the grace period of a pod.
timeout=120
delete=no

while [ $# -gt 0 ]; do
  case "$1" in
    --delete) delete=yes; shift ;;
    --namespace) namespace="${2:?--namespace needs a name}"; shift 2 ;;
    --timeout) timeout="${2:?--timeout needs seconds}"; shift 2 ;;
    *) echo "unknown argument: $1" >&2; exit 2 ;;
  esac
done

case "$timeout" in
  '' | *[!0-9]*) echo "--timeout must be whole seconds" >&2; exit 2 ;;
esac

kubectl --namespace "$namespace" scale "statefulset/$set_name" --replicas=0

waited=0
while :; do
  pods="$(kubectl --namespace "$namespace" get pods --selector "app.kubernetes.io/name=$set_name" --output name)"
  [ -z "$pods" ] && break
  if [ "$waited" -ge "$timeout" ]; then
    echo "still there after ${timeout} s, so nothing was deleted:" >&2
    echo "$pods" >&2
    exit 1
  fi
  sleep 1
  waited=$((waited + 1))
done
echo "every pod of $set_name has ended"

if [ "$delete" = yes ]; then
  kubectl --namespace "$namespace" delete "statefulset/$set_name" "service/$set_name" "poddisruptionbudget/$set_name"
fi
