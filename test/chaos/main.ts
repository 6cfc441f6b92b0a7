// `npm run chaos`: breaks the hand-off in every way we know of while purchases and whole applications run through it, and checks that each was booked
// exactly once.

import { parseArgs } from 'node:util';
import { readEnvironment } from '../../infra/local/environment.ts';
import { startTestServers } from '../../infra/local/test-servers.ts';
import type { TestServers } from '../../infra/local/test-servers.ts';
import { runCampaign } from './campaign.ts';
import type { CampaignOptions, CampaignResult } from './campaign.ts';
import { faultNames, faultOf } from './faults.ts';
import type { FaultName } from './faults.ts';
import { mutants } from './mutants.ts';

const usage = `Breaks the hand-off while purchases and whole applications run through it, then checks that each was booked exactly once.

  npm run chaos -- --minutes M [--seed S] [--faults a,b,…] [--rate N]
  npm run chaos -- --each [--seed S] [--faults a,b,…]   each fault once and alone, with the limits of production
  npm run chaos -- --mutant NAME      a seeded bug; exit code 1 when it was caught, as it must be
  npm run chaos -- --mutant NAME --control   the same campaign without the bug; exit code 0, as it must be
  npm run chaos -- --mutants          every seeded bug, and before them all of their faults without a bug; exit code 0 when each was caught
  npm run chaos -- --mutants --control       only what comes before them

  --minutes M    time under fire (default 2); from 5 minutes on with the limits of production, below with quicker ones
  --seed S       the same seed, the same strikes (default: chance; it is printed)
  --rate N       purchases a second (default 60)
  --faults …     ${faultNames.join(', ')}
  --mutant NAME  ${Object.keys(mutants).join(', ')}

One line of JSON on stdout: violations are broken invariants, failures say why the run proves less than it should. Exit code 0: neither. 1: one
of them. 2: wrong flags.
`;

const options = {
  minutes: { type: 'string', default: '2' },
  seed: { type: 'string' },
  faults: { type: 'string' },
  rate: { type: 'string', default: '60' },
  mutant: { type: 'string' },
  each: { type: 'boolean', default: false },
  mutants: { type: 'boolean', default: false },
  control: { type: 'boolean', default: false },
} as const;

type Plan = Pick<CampaignOptions, 'seed' | 'durationMs' | 'faults' | 'profile' | 'paceMs' | 'perSecond' | 'mutant' | 'coreDelayMs'>;

const productionFromMinutes = 5;
const mutantMs = 15_000;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const flags = readFlags(args);
  if (!flags) {
    process.stderr.write(usage);
    return 2;
  }
  const { DATABASE_URL: _d, AMQP_URL: _a, TEMPORAL_ADDRESS: _t, ...env } = readEnvironment(); // they are killed, so they must be our own
  const servers = await startTestServers(env, { durable: true });
  try {
    if (flags.each) return await strikeEach(servers, flags.plan);
    if (flags.mutants) return await hunt(servers, flags.plan);
    const result = await runCampaign({ ...flags.plan, servers, say, stopped: servers.requested });
    process.stdout.write(`${JSON.stringify(result)}\n`);
    // A mutant is caught by a broken invariant alone; what went wrong with the run itself is nobody's merit.
    return result.violations.length === 0 && (flags.plan.mutant !== undefined || result.failures.length === 0) ? 0 : 1;
  } finally {
    await servers.stop();
  }
}

/** What each fault costs by itself. Only where messages are taken away may the sweeper help. */
async function strikeEach(servers: TestServers, plan: Plan): Promise<number> {
  const turns = [false, true].map((takes) => plan.faults.filter((name) => Boolean(faultOf(name).takesMessages) === takes));
  const results: CampaignResult[] = [];
  for (const faults of turns.filter((turn) => turn.length > 0)) {
    const alone = { ...plan, faults, profile: 'production', oneByOne: true, servers, say, stopped: servers.requested } as const;
    results.push(await runCampaign(alone));
  }
  const recoveryMs = Object.assign({}, ...results.map((result) => result.recoveryMs));
  const violations = results.flatMap((result) => result.violations);
  const failures = results.flatMap((result) => result.failures);
  process.stdout.write(`${JSON.stringify({ seed: plan.seed, recoveryMs, violations, failures })}\n`);
  return violations.length + failures.length === 0 ? 0 : 1;
}

/** Lets every mutant loose; each has to be caught. */
async function hunt(servers: TestServers, plan: Plan): Promise<number> {
  say('── no mutant: all of this must be harmless');
  const control = await runCampaign({ ...plan, ...controlPlan(plan.seed), servers, say, stopped: servers.requested });
  const caught: Record<string, { caught: boolean; seconds: number; by: string | undefined }> = {};
  for (const mutant of Object.keys(mutants)) {
    say(`── ${mutant}`);
    const startedAt = performance.now();
    const { violations } = await runCampaign({ ...plan, ...planOf(mutant, plan.seed), servers, say, stopped: servers.requested });
    const [by] = violations;
    caught[mutant] = { caught: by !== undefined, seconds: Math.round((performance.now() - startedAt) / 1_000), by };
    say(`${by === undefined ? '✗ not caught' : '✓ caught'}: ${mutant}${by === undefined ? '' : `: ${by}`}`);
  }
  process.stdout.write(
    `${JSON.stringify({ seed: plan.seed, withoutMutant: [...control.violations, ...control.failures], mutants: caught })}\n`,
  );
  return control.violations.length + control.failures.length === 0 && Object.values(caught).every((one) => one.caught) ? 0 : 1;
}

function planOf(mutant: string, seed: number): Plan {
  const { faults = [], coreDelayMs, profile = 'quick' } = mutants[mutant] ?? {};
  return { ...quickPlan(seed, faults), mutant, coreDelayMs, profile };
}

/** Every fault that any mutant meets, and no mutant. */
function controlPlan(seed: number): Plan {
  const everyFault = faultNames.filter((name) => Object.values(mutants).some(({ faults }) => faults.includes(name)));
  return { ...quickPlan(seed, everyFault), durationMs: 2 * mutantMs };
}

function quickPlan(seed: number, faults: readonly FaultName[]): Plan {
  return { seed, faults, durationMs: mutantMs, profile: 'quick', paceMs: 1_200, perSecond: 40, mutant: undefined };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function readFlags(args: string[]): { plan: Plan; mutants: boolean; each: boolean } | undefined {
  try {
    const { values } = parseArgs({ args, options });
    const minutes = Number(values.minutes);
    const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
    const perSecond = Number(values.rate);
    const faults = readFaults(values.faults);
    const isKnown = values.mutant === undefined ? !values.control || values.mutants : Object.hasOwn(mutants, values.mutant);
    if (!(minutes > 0) || !Number.isSafeInteger(seed) || !(perSecond > 0) || !faults || !isKnown) return undefined;
    if (values.mutant !== undefined) {
      const plan = planOf(values.mutant, seed);
      return { plan: values.control ? { ...plan, mutant: undefined } : plan, mutants: false, each: false };
    }
    if (values.mutants && values.control) return { plan: controlPlan(seed), mutants: false, each: false };
    const isLong = minutes >= productionFromMinutes;
    const pace = isLong ? ({ profile: 'production', paceMs: 9_000 } as const) : ({ profile: 'quick', paceMs: 2_500 } as const);
    return {
      plan: { seed, durationMs: minutes * 60_000, faults, perSecond, mutant: undefined, ...pace },
      mutants: values.mutants,
      each: values.each,
    };
  } catch {
    return undefined;
  }
}

function readFaults(text: string | undefined): FaultName[] | undefined {
  if (text === undefined) return faultNames;
  const wanted = text.split(',');
  const found = faultNames.filter((name) => wanted.includes(name));
  return found.length === wanted.length ? found : undefined;
}
