// What a worker loads: one export per workflow type, named as it is started.
export { application } from './application.ts';
export { lateAccounts } from './late-accounts.ts';
export { reconciliation } from './reconciliation.ts';
export { retention } from './retention.ts';
