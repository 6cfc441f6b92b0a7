import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const repository = join(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(join(repository, name), 'utf8');

interface LockedPackage {
  optionalDependencies?: Record<string, string>;
}

test('the lock names the optional packages of every platform, without which npm ci refuses it', () => {
  const { packages }: { packages: Record<string, LockedPackage> } = JSON.parse(read('package-lock.json'));
  const missing: string[] = [];
  for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
    const above = path.split('/node_modules/').map((_part, index, parts) => `${parts.slice(0, index + 1).join('/node_modules/')}/`);
    for (const name of Object.keys(optionalDependencies)) {
      if (!['', ...above].some((place) => packages[`${place}node_modules/${name}`.replace(/^\//, '')] !== undefined))
        missing.push(`${path || 'trasau'} → ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('the example environment points to the ports that docker-compose.yml publishes', () => {
  const published = new Set([...read('docker-compose.yml').matchAll(/127\.0\.0\.1:(\d+):\d+/g)].map((match) => match[1]));
  const addressed = new Set([...read('.env.example').matchAll(/^[A-Z_]+=.*127\.0\.0\.1:(\d+)/gm)].map((match) => match[1]));
  assert.equal(published.size, 5);
  assert.deepEqual(addressed, published);
});

test('continuous integration runs the test command of the README and nothing else', () => {
  const commands = read('.ci/run')
    .split('\n')
    .filter((line) => line.startsWith('exec '));
  assert.deepEqual(commands, ['exec npm test </dev/null']);
});
