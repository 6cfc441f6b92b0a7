import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { restartDelayMs } from '../../infra/local/backoff.ts';
import { keepRunning } from '../../infra/local/keep.ts';
import type { Launched } from '../../infra/local/launch.ts';

/** A process that ends when the test says so. */
function aProcess(name: string) {
  const { promise, resolve } = Promise.withResolvers<string>();
  let over = false;
  const end = (how: string) => {
    over = true;
    resolve(how);
  };
  const launched: Launched = { name, pid: 1, logFile: '', ended: promise, hasEnded: () => over, stop: async () => end('stopped') };
  return { launched, end };
}

test('the pause before a restart doubles up to 30 s and is never less than half of that', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, chance) => {
      const bound = Math.min(30_000, 500 * 2 ** (attempt - 1));
      const delayMs = restartDelayMs(attempt, chance);
      assert.ok(delayMs >= bound / 2 && delayMs <= bound);
    }),
  );
  assert.notEqual(restartDelayMs(3, 0.1), restartDelayMs(3, 0.9));
});

test('a crash is reported, the rest of the group is stopped, and the group is started again after a growing pause', async () => {
  const [broker, helper, next] = [aProcess('broker'), aProcess('helper'), aProcess('broker')];
  const [lines, pauses]: [string[], number[]] = [[], []];
  const running = Promise.withResolvers<void>();
  const outcomes: (() => Promise<Launched[]>)[] = [() => Promise.reject(new Error('port taken')), () => Promise.resolve([next.launched])];
  const keeper = keepRunning({
    name: 'RabbitMQ',
    processes: [broker.launched, helper.launched],
    restart: () => outcomes.shift()?.() ?? Promise.reject(new Error('one restart too many')),
    report(line) {
      lines.push(line);
      if (line.includes('runs again')) running.resolve();
    },
    chance: () => 0,
    pause: async (delayMs) => void pauses.push(delayMs),
  });
  broker.end('killed by SIGKILL');
  await running.promise;
  assert.equal(helper.launched.hasEnded(), true);
  assert.deepEqual(pauses, [250, 500]);
  assert.match(lines[0] ?? '', /broker ended unexpectedly \(killed by SIGKILL\); starting RabbitMQ again in 0\.3 s/);
  assert.match(lines[1] ?? '', /RabbitMQ did not start again: port taken/);
  await keeper.stop();
  assert.equal(next.launched.hasEnded(), true);
});

test('what is stopped on purpose is not started again', async () => {
  const child = aProcess('api');
  const lines: string[] = [];
  const keeper = keepRunning({
    name: 'api',
    processes: [child.launched],
    restart: () => Promise.reject(new Error('must not be called')),
    report: (line) => void lines.push(line),
    pause: () => Promise.resolve(),
  });
  await keeper.stop();
  await child.launched.ended;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(lines, []);
});
