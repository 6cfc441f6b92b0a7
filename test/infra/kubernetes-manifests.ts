// Reads the Kubernetes files for the tests, strictly: a field that these shapes do not know is refused here, and not found to have been
// ignored when it is too late.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

export const folder = fileURLToPath(new URL('../../infra/k8s', import.meta.url));

const labels = z.record(z.string(), z.string());
const probe = z.object({
  httpGet: z.object({ path: z.string(), port: z.string() }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number(),
  failureThreshold: z.number(),
});
const source = z.strictObject({
  fieldRef: z.strictObject({ fieldPath: z.string() }).optional(),
  secretKeyRef: z.strictObject({ name: z.string(), key: z.string() }).optional(),
  configMapKeyRef: z.strictObject({ name: z.string(), key: z.string(), optional: z.literal(true).optional() }).optional(),
});
/** What runs to its end. */
const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()),
  env: z.array(z.strictObject({ name: z.string(), value: z.string().optional(), valueFrom: source.optional() })),
  resources: z.strictObject({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.boolean(),
    readOnlyRootFilesystem: z.boolean(),
    capabilities: z.strictObject({ drop: z.array(z.string()) }),
  }),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() })),
});
const podTemplate = z.strictObject({
  metadata: z.strictObject({ labels }),
  spec: z.strictObject({
    automountServiceAccountToken: z.boolean(),
    enableServiceLinks: z.boolean(),
    securityContext: z.strictObject({
      runAsNonRoot: z.boolean(),
      runAsUser: z.number(),
      runAsGroup: z.number(),
      fsGroup: z.number(),
      seccompProfile: z.strictObject({ type: z.string() }),
    }),
    terminationGracePeriodSeconds: z.number(),
    topologySpreadConstraints: z.array(z.looseObject({ labelSelector: z.strictObject({ matchLabels: labels }) })),
    containers: z.tuple([container]),
    volumes: z.array(z.looseObject({ name: z.string() })),
  }),
});
const named = { apiVersion: z.string(), metadata: z.strictObject({ name: z.string(), namespace: z.literal('trasau'), labels }) };
const workload = {
  replicas: z.number(),
  minReadySeconds: z.number(),
  revisionHistoryLimit: z.number(),
  selector: z.strictObject({ matchLabels: labels }),
  template: podTemplate,
};

const manifest = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('StatefulSet'),
    ...named,
    spec: z.strictObject({
      ...workload,
      serviceName: z.string(),
      podManagementPolicy: z.string(),
      updateStrategy: z.strictObject({ type: z.literal('RollingUpdate') }),
    }),
  }),
  z.strictObject({
    kind: z.literal('Deployment'),
    ...named,
    spec: z.strictObject({
      ...workload,
      strategy: z.strictObject({
        type: z.literal('RollingUpdate'),
        rollingUpdate: z.strictObject({ maxSurge: z.number(), maxUnavailable: z.number() }),
      }),
    }),
  }),
  z.strictObject({
    kind: z.literal('Service'),
    ...named,
    spec: z.strictObject({
      type: z.string().optional(),
      clusterIP: z.string().optional(),
      publishNotReadyAddresses: z.boolean().optional(),
      sessionAffinity: z.string().optional(),
      sessionAffinityConfig: z.strictObject({ clientIP: z.strictObject({ timeoutSeconds: z.number() }) }).optional(),
      selector: labels,
      ports: z.array(z.strictObject({ name: z.string(), port: z.number(), targetPort: z.string() })),
    }),
  }),
  z.strictObject({
    kind: z.literal('PodDisruptionBudget'),
    ...named,
    spec: z.strictObject({
      maxUnavailable: z.number(),
      unhealthyPodEvictionPolicy: z.string(),
      selector: z.strictObject({ matchLabels: labels }),
    }),
  }),
  z.strictObject({ kind: z.literal('Namespace'), apiVersion: z.string(), metadata: z.strictObject({ name: z.literal('trasau'), labels }) }),
]);

/** All documents of all files, each parsed strictly; a file with an error or an unknown field fails the test that imports this. */
export const manifests = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) => parseAllDocuments(readFileSync(path.join(folder, file), 'utf8'), { uniqueKeys: true }))
  .map((document) => {
    assert.deepEqual([document.errors, document.warnings], [[], []]);
    return manifest.parse(document.toJS());
  });

export const workloads = manifests.filter((each) => each.kind === 'StatefulSet' || each.kind === 'Deployment');
export const services = manifests.filter((each) => each.kind === 'Service');
export const budgets = manifests.filter((each) => each.kind === 'PodDisruptionBudget');

/** Every pod of ours. */
export const pods = workloads.map(({ metadata, spec }) => {
  const pod = spec.template.spec;
  return { name: metadata.name, spec: pod, container: pod.containers[0] };
});
