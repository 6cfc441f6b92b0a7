// The laws of this repository: rules that the compiler cannot see, each checked on the files themselves. A rule worth keeping becomes
// a law here; a law that stands in the way is changed here, where everybody sees it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const skipped = new Set(['node_modules', '.git', '.local']);

function filesUnder(folder: string, ending: RegExp): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const file = path.posix.join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(file, ending) : ending.test(entry.name) ? [file] : [];
  });
}

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const sources = filesUnder('.', /\.(ts|mjs)$/);
const isTest = (file: string): boolean => file.startsWith('test/') || file.endsWith('.test.ts');

interface Import {
  from: string;
  /** A path of this repository, or the name of a package. */
  to: string;
  isType: boolean;
}

const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;

function importsOf(file: string): Import[] {
  return [...read(file).matchAll(statement)].map(([, isType, target = '']) => ({
    from: file,
    to: target.startsWith('.') ? path.posix.normalize(path.posix.join(path.posix.dirname(file), target)) : target,
    isType: isType !== undefined,
  }));
}

// Who may import whom. A folder may always import itself. `types` may only be imported as types; `files` are single files of a folder
// that is otherwise closed, with the reason beside them.
interface Rule {
  folders: readonly string[];
  types?: readonly string[];
  files?: readonly string[];
  /** Packages; undefined: any. */
  packages?: readonly string[];
  node: boolean;
}

const rules: Record<string, Rule> = {
  // One exception: the decision engine wraps json-logic-js, in a file of its own.
  domain: { folders: [], packages: ['json-logic-js'], node: false },
  config: { folders: ['domain'], packages: ['zod', '@temporalio/envconfig'], node: false },
  workflows: { folders: ['domain'], types: ['activities'], packages: ['@temporalio/workflow', '@temporalio/common'], node: false },
  // zod: outcomes come back from storage and are parsed again.
  activities: {
    folders: ['domain'],
    types: ['db', 'adapters'],
    packages: ['@temporalio/activity', '@temporalio/common', 'zod'],
    node: false,
  },
  // adapters/temporal speaks the messages of the workflows; every adapter else sees the domain alone.
  adapters: { folders: ['domain'], files: ['workflows/messages.ts', 'workflows/search-attributes.ts'], node: true },
  // The limits are constants; only db/migrate.ts, an entry point, reads the environment.
  db: {
    folders: ['domain'],
    files: ['config/limits.ts', 'config/staff-limits.ts', 'config/env.ts'],
    packages: ['pg', 'zod', 'typeid-js', 'node-pg-migrate'],
    node: true,
  },
  workers: {
    folders: ['domain', 'config', 'activities', 'adapters', 'db'],
    files: ['workflows/messages.ts', 'workflows/index.ts'],
    node: true,
  },
  api: {
    folders: ['domain', 'config', 'db'],
    // api/main.ts is the composition root of the api: it alone knows the photo intake, liveness, the sign-on and the signature of CIC's callback.
    files: [
      'workflows/messages.ts',
      'adapters/temporal/client.ts',
      'adapters/temporal/payload-codec.ts',
      'adapters/temporal/payload-reader.ts',
      'adapters/temporal/commands.ts',
      'adapters/temporal/command-errors.ts',
      'adapters/temporal/runs.ts',
      'adapters/cic/wire.ts',
      'adapters/images/intake.ts',
      'adapters/oidc/client.ts',
      'adapters/rekognition/client.ts',
      'adapters/s3/stores.ts',
    ],
    node: true,
  },
  sandbox: { folders: ['domain', 'config'], files: ['adapters/*/wire.ts'], node: true },
};

function isAllowed(rule: Rule, folder: string, { to, isType }: Import): boolean {
  if (to.startsWith('node:')) return rule.node;
  if (!sources.includes(to) && !to.endsWith('.json'))
    return rule.packages === undefined || rule.packages.some((name) => to === name || to.startsWith(`${name}/`));
  const target = to.split('/')[0] ?? '';
  if (target === folder || rule.folders.includes(target)) return true;
  if (isType && rule.types?.includes(target)) return true;
  return (rule.files ?? []).some((file) => path.matchesGlob(to, file));
}

test('every import is one that the table of folders allows', () => {
  const broken = Object.entries(rules).flatMap(([folder, rule]) =>
    filesUnder(folder, /\.ts$/)
      .filter((file) => !isTest(file))
      .flatMap(importsOf)
      .filter((found) => !isAllowed(rule, folder, found))
      .map(({ from, to }) => `${from} imports ${to}`),
  );
  assert.deepEqual(broken, []);
});

test('the table of folders is not empty talk: it refuses what it should refuse', () => {
  const refused: [string, Import][] = [
    ['domain', { from: 'domain/money.ts', to: 'node:crypto', isType: false }],
    ['domain', { from: 'domain/money.ts', to: 'zod', isType: false }],
    ['workflows', { from: 'workflows/application.ts', to: 'activities/index.ts', isType: false }],
    ['workflows', { from: 'workflows/application.ts', to: 'node:fs', isType: false }],
    ['api', { from: 'api/app.ts', to: 'activities/index.ts', isType: true }],
    ['sandbox', { from: 'sandbox/app.ts', to: 'adapters/way4/client.ts', isType: false }],
  ];
  for (const [folder, found] of refused) {
    const rule = rules[folder];
    assert.ok(rule && !isAllowed(rule, folder, found), `${found.from} → ${found.to}`);
  }
});

test('only one file of the domain imports a package', () => {
  const importers = filesUnder('domain', /\.ts$/)
    .filter((file) => !isTest(file))
    .flatMap(importsOf)
    .filter(({ to }) => !to.startsWith('domain/'));
  assert.deepEqual(
    importers.map(({ from, to }) => [from, to]),
    [['domain/decision/engine.ts', 'json-logic-js']],
  );
});

test('no file imports itself in a circle', () => {
  const graph = new Map(
    sources.map((file) => [
      file,
      importsOf(file)
        .filter(({ isType }) => !isType)
        .map(({ to }) => to),
    ]),
  );
  const state = new Map<string, 'open' | 'done'>();
  const walk = (file: string, way: string[]): void => {
    if (state.get(file) === 'done') return;
    assert.notEqual(state.get(file), 'open', `circle: ${[...way, file].join(' → ')}`);
    state.set(file, 'open');
    for (const next of graph.get(file) ?? []) if (graph.has(next)) walk(next, [...way, file]);
    state.set(file, 'done');
  };
  for (const file of sources) walk(file, []);
});

test('the environment is read in config/ and where a machine is set up, and nowhere else', () => {
  const readers = sources.filter((file) => !isTest(file) && /process\.env\b/.test(withoutComments(read(file))));
  const elsewhere = readers.filter((file) => file !== 'config/env.ts' && !file.startsWith('infra/local/'));
  assert.deepEqual(elsewhere, []);
});

test('every limit has a unit in its name or is a count, and a comment that says where it comes from', () => {
  const lines = filesUnder('config', /limits\.ts$/).flatMap((file) => read(file).split('\n'));
  const bare = lines.filter((line, at) => /^ {2}\w+: /.test(line) && !/(?:\*\/|\*.*\*\/)\s*$/.test(lines[at - 1] ?? ''));
  assert.deepEqual(bare, [], 'limits without a comment above them');
  const timeWithoutUnit = lines.filter(
    (line) => /^ {2}\w+: .*\b(?:second|minute|hour|day)\b/.test(line) && !/^ {2}\w+(?:Ms|Seconds): /.test(line),
  );
  assert.deepEqual(timeWithoutUnit, []);
});

test('every file that a document names exists', () => {
  const documents = filesUnder('.', /\.md$/);
  const missing = documents.flatMap((document) =>
    [
      ...read(document).matchAll(
        /`((?:domain|config|workflows|activities|adapters|db|workers|api|sandbox|web|infra|test|bench|docs|rulesets)\/[\w./*-]*)`/g,
      ),
    ]
      .map(([, cited = '']) => cited)
      .filter((cited) => !exists(cited))
      .map((cited) => `${document} cites ${cited}`),
  );
  const broken = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map(([, target = '']) => path.posix.join(path.posix.dirname(document), target))
      .filter((target) => !exists(target))
      .map((target) => `${document} links to ${target}`),
  );
  assert.deepEqual([...missing, ...broken], []);
});

test('migrations are numbered without gaps and say what, why and whether older code still runs', () => {
  const files = readdirSync(path.join(root, 'db/migrations')).toSorted();
  assert.deepEqual(
    files.map((file) => file.slice(0, 4)),
    files.map((_, index) => String(index + 1).padStart(4, '0')),
  );
  for (const file of files) assert.match(read(`db/migrations/${file}`), /^-- .+\n(?:-- .*\n)*-- .*older code/, file);
});

test('every command of a workflow has a validator', () => {
  const commands = [...read('workflows/messages.ts').matchAll(/export const (\w+) = defineUpdate/g)].map(([, name]) => name);
  const handlers = ['handlers', 'otp-handlers', 'staff-handlers'].map((name) => read(`workflows/${name}.ts`)).join('');
  const without = commands.filter((name) => {
    const handler = handlers.split('setHandler(').find((part) => part.trimStart().startsWith(`messages.${name},`));
    return !handler?.includes('validator:');
  });
  assert.ok(commands.length >= 9);
  assert.deepEqual(without, []);
});

test('every port to a vendor has a contract test against the sandbox', () => {
  const ports = {
    CardCodeReader: 'card-codes',
    CardCore: 'way4',
    CardCoreBooks: 'way4',
    CreditBureau: 'cic',
    IdentityProvider: 'rekognition',
    ObjectStore: 'objects',
    LivenessProvider: 'rekognition-liveness',
    SmsGateway: 'sms',
    ContractRenderer: 'esign',
    PdfSealer: 'esign',
  };
  const declared = read('domain/ports.ts')
    .split(/^export /m)
    .filter((part) => part.startsWith('interface ') && part.includes('): Promise<'))
    .map((part) => /^interface (\w+)/.exec(part)?.[1] ?? '');
  assert.deepEqual(declared.toSorted(), Object.keys(ports).toSorted(), 'the table of this law names every port');
  for (const port of declared) {
    const prefix = ports[port as keyof typeof ports]; // a port that is not in the table has no prefix, and the next line says so
    assert.ok(
      readdirSync(path.join(root, 'test/adapters')).some((file) => file.startsWith(prefix) && file.endsWith('.test.ts')),
      port,
    );
  }
});

test('no file is longer than 300 lines', () => {
  const long = sources.filter((file) => read(file).split('\n').length > 301);
  assert.deepEqual(long, []);
});

test('no test is skipped, left for later, or sleeps', () => {
  const tests = sources.filter((file) => isTest(file) && file !== 'test/laws.test.ts');
  assert.deepEqual(
    tests.filter((file) => /\b(?:test|it|describe|suite)\.(?:skip|todo|only)\b|\b(?:skip|todo): *true/.test(read(file))),
    [],
  );
  assert.deepEqual(
    tests.filter((file) => file.endsWith('.test.ts') && /\bsleep\(|\bsetTimeout\(/.test(read(file))),
    [],
  );
});

function exists(cited: string): boolean {
  if (cited.includes('*'))
    return sources.some((file) => path.matchesGlob(file, cited)) || filesUnder('.', /./).some((file) => path.matchesGlob(file, cited));
  return existsSync(path.join(root, cited)) && (!cited.endsWith('/') || statSync(path.join(root, cited)).isDirectory());
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}
