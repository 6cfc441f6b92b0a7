// The Kubernetes files hold what the code promises: names that fit together, enough time to drain, probes that restart nobody for
// another's outage, no privilege, and exactly the environment that config/env.ts reads.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { envNames, readEnv } from '../../config/env.ts';
import {
  apiLimits,
  databaseLimits,
  deliveryLimits,
  graceLimits,
  notificationLimits,
  temporalLimits,
  vendorLimits,
} from '../../config/limits.ts';
import { budgets, folder, manifests, pods, services, workloads } from './kubernetes-manifests.ts';

/** Which process runs in a workload, how long it drains at most, and how long it is given. */
const processes = {
  'transaction-handler': { part: 'transactions', drainMs: deliveryLimits.drainMs, graceSeconds: graceLimits.transactionsSeconds },
  relay: { part: 'relay', drainMs: deliveryLimits.drainMs, graceSeconds: graceLimits.relaySeconds },
  applications: { part: 'applications', drainMs: temporalLimits.shutdownForceMs, graceSeconds: graceLimits.applicationsSeconds },
  api: { part: 'api', drainMs: apiLimits.deregisterMs + apiLimits.drainMs, graceSeconds: graceLimits.apiSeconds },
  notifications: { part: 'notifications', drainMs: notificationLimits.drainMs, graceSeconds: graceLimits.notificationsSeconds },
} as const;

function processOf(name: string): (typeof processes)[keyof typeof processes] {
  const found = Object.entries(processes).find(([known]) => known === name)?.[1];
  assert.ok(found, `${name} is a process that the table of this test knows`);
  return found;
}

test('every process of ours has a workload, and every workload a process', () => {
  assert.deepEqual(workloads.map(({ metadata }) => metadata.name).toSorted(), Object.keys(processes).toSorted());
});

test('every selector selects the pods that it is meant for, and no others', () => {
  for (const { metadata, spec } of workloads) {
    assert.deepEqual(spec.template.metadata.labels, metadata.labels, metadata.name);
    assert.deepEqual(spec.selector.matchLabels, metadata.labels, metadata.name);
    assert.deepEqual(spec.template.spec.topologySpreadConstraints[0]?.labelSelector.matchLabels, metadata.labels, metadata.name);
  }
  const ofName = (name: string) => workloads.find(({ metadata }) => metadata.name === name);
  for (const { metadata, spec } of services) {
    const target = ofName(metadata.name);
    assert.deepEqual(spec.selector, target?.metadata.labels, metadata.name);
    const portNames = target?.spec.template.spec.containers[0].ports.map(({ name }) => name);
    for (const { targetPort } of spec.ports) assert.ok(portNames?.includes(targetPort), `${metadata.name} ${targetPort}`);
  }
  const distinct = new Set(workloads.map(({ metadata }) => metadata.labels['app.kubernetes.io/name']));
  assert.equal(distinct.size, workloads.length);
});

test('the pool is a StatefulSet behind a headless service, starts all pods at once, and keeps no volume', () => {
  const pool = workloads.find(({ kind }) => kind === 'StatefulSet');
  assert.ok(pool?.kind === 'StatefulSet');
  assert.equal(pool.metadata.name, 'transaction-handler');
  const service = services.find(({ metadata }) => metadata.name === pool.spec.serviceName);
  assert.equal(service?.spec.clusterIP, 'None');
  assert.equal(service?.spec.sessionAffinity, undefined, 'a headless service has none');
  assert.equal(pool.spec.podManagementPolicy, 'Parallel');
  assert.equal(pool.spec.minReadySeconds, 10);
  // The shape above is strict: volumeClaimTemplates would not have been read.
  const volumes = pool.spec.template.spec.volumes;
  assert.deepEqual(volumes, [{ name: 'tmp', emptyDir: {} }]);
  assert.match(readFileSync(path.join(folder, 'transaction-handler.yaml'), 'utf8'), /no volumeClaimTemplates/);
});

test('every pod gets the time it needs to drain, as config/limits.ts says, and the pool outlives its longest handler', () => {
  for (const { metadata, spec } of workloads) {
    const { drainMs, graceSeconds } = processOf(metadata.name);
    assert.equal(spec.template.spec.terminationGracePeriodSeconds, graceSeconds, metadata.name);
    assert.ok(graceSeconds * 1_000 >= drainMs + graceLimits.slackSeconds * 1_000, `${metadata.name} is killed before it has drained`);
  }
  // The longest handler: an attempt sends nothing after its lease, a duplicate is asked about, a statement notes what came of it. Then a copy
  // for later waits for its turn and for its confirm, which together may take longer than the drain and are therefore cut short.
  const { drainMs, drainConfirmMs, claimLeaseMs, noticeTimeoutMs, brokerCloseTimeoutMs } = deliveryLimits;
  assert.ok(drainConfirmMs >= claimLeaseMs + vendorLimits.way4TimeoutMs + databaseLimits.queryTimeoutMs);
  assert.ok(drainMs >= drainConfirmMs + noticeTimeoutMs + brokerCloseTimeoutMs, 'time to tell and to close is left');
});

test('probes ask the right question: the event loop alone decides about a restart', () => {
  for (const { metadata, spec } of workloads) {
    const { name } = metadata;
    const [{ livenessProbe, readinessProbe, startupProbe, ports, env }] = spec.template.spec.containers;
    assert.equal(livenessProbe.httpGet.path, '/health/live', name);
    assert.equal(startupProbe.httpGet.path, '/health/live', name);
    assert.equal(readinessProbe.httpGet.path, '/health/ready', name);
    assert.ok(readinessProbe.timeoutSeconds > 2, 'longer than the checks behind it');
    assert.ok(livenessProbe.periodSeconds * livenessProbe.failureThreshold >= 30, 'a busy process is not a dead one');
    for (const { httpGet } of [livenessProbe, readinessProbe, startupProbe]) assert.equal(httpGet.port, ports[0]?.name, name);
    const portVariable = name === 'api' ? 'PORT' : 'HEALTH_PORT';
    assert.equal(env.find((each) => each.name === portVariable)?.value, String(ports[0]?.containerPort), name);
  }
});

test('a node can be drained one pod at a time, and a sick pod does not hold it up', () => {
  assert.deepEqual(budgets.map(({ metadata }) => metadata.name).toSorted(), Object.keys(processes).toSorted());
  for (const { metadata, spec } of budgets) {
    const target = workloads.find((each) => each.metadata.name === metadata.name);
    assert.deepEqual(spec.selector.matchLabels, target?.metadata.labels, metadata.name);
    assert.ok(spec.maxUnavailable >= 1 && spec.maxUnavailable < (target?.spec.replicas ?? 0), metadata.name);
    assert.equal(spec.unhealthyPodEvictionPolicy, 'AlwaysAllow');
  }
});

test('no pod has a privilege, and the namespace would refuse one that had', () => {
  for (const { name, spec, container } of pods) {
    assert.equal(spec.automountServiceAccountToken, false, name);
    assert.equal(spec.securityContext.runAsNonRoot, true, name);
    assert.ok(spec.securityContext.runAsUser >= 10_000, name);
    assert.equal(spec.securityContext.seccompProfile.type, 'RuntimeDefault', name);
    const { securityContext, resources } = container;
    const restricted = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };
    assert.deepEqual(securityContext, restricted, name);
    assert.ok(resources.requests['cpu'] && resources.requests['memory'] && resources.limits['memory'], name);
  }
  for (const { metadata, spec } of workloads) {
    const { volumes, containers } = spec.template.spec;
    const mounted = containers[0].volumeMounts.map(({ name }) => name).toSorted();
    assert.deepEqual(mounted, volumes.map(({ name }) => name).toSorted(), metadata.name);
  }
  const namespace = manifests.find(({ kind }) => kind === 'Namespace');
  assert.equal(namespace?.metadata.labels['pod-security.kubernetes.io/enforce'], 'restricted');
});

test('every pod runs this very version, with Node itself as process 1', () => {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path.join(folder, '../../package.json'), 'utf8')));
  for (const { name, container } of pods) {
    const { image, command } = container;
    assert.equal(image.split(':').at(-1), version, name);
    assert.equal(command[0], 'node', name);
    assert.equal(command.length, 2);
    assert.ok(readFileSync(path.join(folder, '../..', command[1] ?? '')).length > 0, 'the entry point exists');
  }
});

const sample: Record<string, string> = {
  DATABASE_URL: 'postgres://app@postgres/trasau',
  AMQP_URL: 'amqps://app@rabbitmq',
  TEMPORAL_ADDRESS: 'temporal:7233',
  DATA_KEY: Buffer.alloc(32).toString('base64'),
  INDEX_KEY: Buffer.alloc(32).toString('base64'),
  LIVENESS: 'required',
  S3_BUCKET: 'trasau-documents',
  PAYLOAD_KEYS: `first:${Buffer.alloc(32).toString('base64')}`,
};

test('every process is given all that it reads, and nothing that it does not', () => {
  for (const { name: pod, container } of pods) {
    const { part } = processOf(pod);
    const names = container.env.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length, pod);
    const known = new Set(envNames(part));
    assert.deepEqual(
      names.filter((name) => !known.has(name)),
      [],
      pod,
    );
    const given = container.env.map(({ name, value }) => [name, value ?? sample[name] ?? anyValueOf(name)]);
    const parsed = readEnv(part, Object.fromEntries(given));
    if ('TRASAU_ENV' in parsed) assert.equal(parsed.TRASAU_ENV, 'production', pod);
    for (const { name, valueFrom } of container.env) {
      const isSecret = /(?:KEYS?|SECRET|TOKEN|PASSWORD|DATABASE_URL|AMQP_URL)$/.test(name) || name === 'AWS_ACCESS_KEY_ID';
      if (isSecret) assert.equal(valueFrom?.secretKeyRef?.key, name, `${pod} takes ${name} from the Secret`);
    }
  }
});

function anyValueOf(name: string): string {
  return name.endsWith('_URL') ? 'https://vendor.example' : 'x'.repeat(40);
}

test('who talks to the broker is known there by the name of its pod', () => {
  for (const { metadata, spec } of workloads) {
    if (!envNames(processOf(metadata.name).part).includes('POD_NAME')) continue;
    const [{ env }] = spec.template.spec.containers;
    assert.equal(env.find(({ name }) => name === 'POD_NAME')?.valueFrom?.fieldRef?.fieldPath, 'metadata.name', metadata.name);
  }
});

test('a customer stays on one api pod for as long as a checkout session may last', () => {
  const api = services.find(({ metadata }) => metadata.name === 'api');
  assert.equal(api?.spec.sessionAffinity, 'ClientIP');
  assert.equal(api.spec.sessionAffinityConfig?.clientIP.timeoutSeconds, apiLimits.sessionMaxMs / 1_000);
});
