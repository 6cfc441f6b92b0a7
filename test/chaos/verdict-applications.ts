// What must hold for every application of a campaign when everything is quiet again, in our books, in WAY4's, and at Temporal.

import { defaultInstallation } from '../../adapters/way4/wire.ts';
import type { Client } from '@temporalio/client';
import type { Queryable } from '../../db/pool.ts';
import { applicationWorkflowId } from '../../workflows/messages.ts';
import { begunAgain } from '../e2e/support/crashes.ts';
import { eventually } from '../support/eventually.ts';
import type { ApplicationBook, Begun } from './shoppers.ts';

export interface ApplicationsVerdict {
  begun: number;
  completed: number;
  /** Ended because WAY4 refused the purchase, as it should. */
  rejected: number;
  /** Workflow tasks and vendor steps that were begun once more. */
  begunAgain: number;
  violations: string[];
}

interface Row {
  id: string;
  reference: string;
  status: string;
  amountVnd: number;
  transactions: { status: string; amountVnd: number; docs: { code: string; amountVnd: number }[] }[];
  accountContract: string | null;
}

interface AtBank {
  nationalId: string;
  clients: { status: string }[];
  contracts: { number: string; status: string; bookings: number[] }[];
}

const { respCodes } = defaultInstallation;

export interface Books {
  /** Ours, and WAY4's in the schema `sandbox`. */
  database: Queryable;
  /** Whose applications are judged. */
  merchantId: string;
  readRun: (applicationId: string) => Promise<Run>;
}

/** Reads all three. Call it when everything is quiet, or when the time for that is over. */
export async function judgeApplications({ database, merchantId, readRun }: Books, book: ApplicationBook): Promise<ApplicationsVerdict> {
  const rows = await readOurs(database, merchantId);
  const bank = new Map((await readBank(database)).map((one) => [one.nationalId, one]));
  const runs: Run[] = [];
  for (const { id } of rows) runs.push(await readRun(id));
  const violations = [...book.violations];
  const broken = (rule: string, references: readonly string[]): void => {
    if (references.length > 0) violations.push(`${rule}: ${references.length}, e.g. ${references.slice(0, 3).join(', ')}`);
  };
  const asked = [...book.begun];
  const where = (isWrong: (row: Row, begun: Begun, bank: AtBank | undefined) => boolean): string[] =>
    rows.flatMap((row) => {
      const begun = book.begun.get(row.reference);
      return begun && isWrong(row, begun, bank.get(begun.nationalId)) ? [`${row.id} (${row.status})`] : [];
    });
  const known = new Set(asked.flatMap(([, { ids }]) => [...ids]));
  broken(
    'an order was answered with no application, or with several',
    asked.filter(([, { ids }]) => ids.size !== 1).map(([reference]) => reference),
  );
  broken(
    'an application that nobody was told of',
    rows.filter(({ id }) => !known.has(id)).map(({ id }) => id),
  );
  broken(
    'an application that was told is not there',
    [...known].filter((id) => rows.every((row) => row.id !== id)),
  );
  broken(
    'an application did not end as it should',
    where(({ status }, { mustBeRefused }) => status !== (mustBeRefused ? 'failed' : 'completed')),
  );
  broken(
    'an application has not exactly one transaction, with one outcome',
    where(
      ({ transactions: [one, ...more] }, { mustBeRefused }) => more.length > 0 || one?.status !== (mustBeRefused ? 'rejected' : 'posted'),
    ),
  );
  broken(
    'an application was not booked exactly once, with its amount',
    where((row, begun, atBank) => !isBookedOnce(row, begun, atBank)),
  );
  broken(
    'an application has not exactly one client and one contract at WAY4',
    where((row, begun, atBank) => !isOneAccount(row, begun, atBank)),
  );
  broken(
    'the run of an application is not over',
    rows.flatMap(({ id, reference, status }, n) =>
      !book.begun.has(reference) || runs[n]?.status === 'COMPLETED' ? [] : [`${id} (${status}, ${runs[n]?.status})`],
    ),
  );
  broken(
    'the api had no better word for a failure than INTERNAL',
    Object.keys(book.repeatedCalls).filter((code) => code === 'INTERNAL'),
  );
  return {
    begun: book.begun.size,
    completed: rows.filter(({ status }) => status === 'completed').length,
    rejected: rows.filter(({ status }) => status === 'failed').length,
    begunAgain: runs.reduce((sum, run) => sum + run.begunAgain, 0),
    violations,
  };
}

function isBookedOnce({ transactions, amountVnd }: Row, begun: Begun, bank: AtBank | undefined): boolean {
  const docs = transactions.flatMap((transaction) => transaction.docs);
  const bookings = bank?.contracts.flatMap((contract) => contract.bookings) ?? [];
  if (begun.mustBeRefused) return bookings.length === 0 && docs.every(({ code }) => code !== respCodes.ok);
  const amounts = [amountVnd, ...transactions.map((one) => one.amountVnd), ...docs.map((doc) => doc.amountVnd), ...bookings];
  return (
    bookings.length === 1 && docs.length === 1 && docs[0]?.code === respCodes.ok && amounts.every((amount) => amount === begun.amountVnd)
  );
}

/** A purchase that was refused leaves both, closed. */
function isOneAccount({ accountContract }: Row, { mustBeRefused }: Begun, bank: AtBank | undefined): boolean {
  const status = mustBeRefused ? 'closed' : 'active';
  const [client, ...otherClients] = bank?.clients ?? [];
  const [contract, ...otherContracts] = bank?.contracts ?? [];
  if (otherClients.length + otherContracts.length > 0) return false;
  return client?.status === status && contract?.status === status && contract.number === accountContract;
}

async function readOurs(database: Queryable, merchantId: string): Promise<Row[]> {
  const { rows } = await database.query<Row & Record<string, unknown>>(
    `select a.id, a.merchant_reference as reference, a.status, a.amount_vnd as "amountVnd", b.contract_number as "accountContract",
       coalesce((select jsonb_agg(jsonb_build_object('status', t.status, 'amountVnd', t.amount_vnd, 'docs', coalesce(
           (select jsonb_agg(jsonb_build_object('code', d.resp_code, 'amountVnd', d.amount_vnd)) from sandbox.docs d where d.rrn = t.rrn), '[]')))
         from transactions t where t.application_id = a.id), '[]') as transactions
     from applications a left join accounts b on b.application_id = a.id where a.merchant_id = $1 order by a.id`,
    [merchantId],
  );
  return rows;
}

async function readBank(database: Queryable): Promise<AtBank[]> {
  const { rows } = await database.query<AtBank & Record<string, unknown>>(
    `select c.national_id as "nationalId", jsonb_agg(jsonb_build_object('status', c.status)) as clients,
       coalesce((select jsonb_agg(jsonb_build_object('number', k.contract_number, 'status', k.status, 'bookings', coalesce(
           (select jsonb_agg(d.amount_vnd) from sandbox.docs d where d.contract_number = k.contract_number and d.resp_code = $1), '[]')))
         from sandbox.contracts k join sandbox.clients o using (client_number) where o.national_id = c.national_id), '[]') as contracts
     from sandbox.clients c group by c.national_id`,
    [respCodes.ok],
  );
  return rows;
}

export interface Run {
  status: string;
  begunAgain: number;
}

/** Twice as long as a step rests whose end was recorded and whose answer was lost with the database (workflows/step.ts). */
const runWithinMs = 60_000;

/** The state of the run of an application, and what it says was begun again. The end is recorded before the run is over, so it is waited for. */
export async function readRun(temporal: Client, applicationId: string): Promise<Run> {
  const handle = temporal.workflow.getHandle(applicationWorkflowId(applicationId));
  let status = 'not to be read';
  const isOver = async (): Promise<boolean> => {
    status = (await handle.describe()).status.name;
    return status !== 'RUNNING';
  };
  try {
    await eventually('the run is over', isOver, runWithinMs);
    const { tasksLost, triesLost } = await begunAgain(temporal, applicationId);
    return { status, begunAgain: tasksLost + triesLost };
  } catch {
    return { status, begunAgain: 0 };
  }
}
