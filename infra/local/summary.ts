// What a person reads after a start: where everything is, and what the demo did.

import type { DemoResult } from './demo-run.ts';
import type { Servers } from './servers.ts';
import { NAMESPACE } from './servers/temporal.ts';

const LABEL_WIDTH = 18;

/** The addresses of all that runs, aligned. With a demo result the Temporal address leads to its run. */
export function addressLines(servers: Servers, result: DemoResult | undefined): string[] {
  const { api, sandbox } = servers.ports;
  const run = result === undefined ? '' : `/namespaces/${NAMESPACE}/workflows/${encodeURIComponent(`application:${result.applicationId}`)}`;
  const management = servers.rabbitmqManagementUrl === undefined ? undefined : new URL(servers.rabbitmqManagementUrl);
  const login =
    management === undefined || management.username === '' ? '' : `  user ${management.username}, password ${management.password}`;
  return [
    row('API documentation', `http://127.0.0.1:${api}/docs`),
    row('Sandbox phone', `http://127.0.0.1:${sandbox}/phone`),
    row('Token of staff', `curl -d username=linh.tran -d scope='support reviewer' http://127.0.0.1:${sandbox}/oidc/token`),
    row(
      'Temporal UI',
      servers.temporalUiUrl === undefined ? `not started here; Temporal is at ${servers.temporalAddress}` : servers.temporalUiUrl + run,
    ),
    row('RabbitMQ UI', management === undefined ? 'not started here' : management.origin + login),
    row('PostgreSQL', servers.databaseUrl),
  ];
}

/** What happened to the demo's application. */
export function demoLines(result: DemoResult): string[] {
  const { decision, way4, transaction } = result;
  const limit = decision.limitVnd === null ? '' : `, limit ${decision.limitVnd.toLocaleString('en-US')} VND`;
  return [
    row('Application', `${result.applicationId}: ${result.status}`),
    row('Decision', `${decision.kind}${limit} (ruleset ${decision.rulesetVersion})`),
    row('WAY4', `client ${way4.clientNumber ?? '–'}, contract ${way4.contractNumber ?? '–'}`),
    row('Sealed contract', result.contractPdf ?? '–'),
    row('Transaction', `${transaction.id ?? '–'}, RRN ${transaction.rrn ?? '–'}: ${transaction.outcome ?? 'no outcome'}`),
    row('History', `${result.historyEvents} events`),
  ];
}

/** One line of the summary. */
export function row(label: string, value: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)} ${value}`;
}
