// "Why is it here?": the step an application stands in, who has to do something, and how the trying goes.

import { z } from '@hono/zod-openapi';
import type { RunView } from '../../../adapters/temporal/runs.ts';
import type { ApplicationRow } from '../../../db/applications.ts';
import { awaits } from '../../../domain/states.ts';
import { time } from '../../schemas.ts';

export const whyHere = z
  .object({
    step: z.string(),
    waits_for: z.enum(['customer', 'staff', 'system', 'nobody']),
    since: time.openapi({ description: 'Since when it stands like this.' }),
    deadline_at: time.nullable(),
    activity: z.string().nullable().openapi({ description: 'What is being tried, or has failed and waits for staff.' }),
    attempts: z.int().nullable().openapi({ description: 'Tries through Temporal; the brief one that comes before them does not count.' }),
    max_attempts: z.int().nullable(),
    last_error: z.string().nullable(),
    next_try_at: time.nullable().openapi({ description: 'null while a try is under way, or when nothing is tried by itself.' }),
    temporal: z.enum(['running', 'failing', 'ended', 'none', 'away']).openapi({
      description:
        'failing: the run cannot go on until engineers mend it. away: Temporal did not answer in time, so attempts and next try are not known; the rest is as stored.',
    }),
  })
  .openapi('WhyHere');

/** What is stored, completed by what only Temporal knows. */
export function toWhyHere(row: ApplicationRow, run: RunView): z.infer<typeof whyHere> {
  const { attention } = row;
  const open = run.kind === 'running' || run.kind === 'failing' ? run : null;
  const trying = open && attention === null ? open.pending[0] : undefined;
  const isOver = awaits({ status: row.status, attention, deadlineAt: row.deadline_at }) === 'nobody';
  return {
    step: isOver ? 'end' : row.step,
    // A try under way, or a run that fails, is nobody's turn but ours, whatever deadline runs beside it.
    waits_for: trying || run.kind === 'failing' ? 'system' : awaits({ status: row.status, attention, deadlineAt: row.deadline_at }),
    since: attention?.since ?? row.moved_at.toISOString(),
    deadline_at: row.deadline_at?.toISOString() ?? null,
    activity: attention?.activity ?? trying?.activity ?? null,
    attempts: trying?.attempt ?? open?.spentTries ?? null,
    max_attempts: trying && trying.maxAttempts > 0 ? trying.maxAttempts : null,
    last_error: attention?.code ?? trying?.lastError ?? null,
    next_try_at: trying?.nextTryAt?.toISOString() ?? null,
    temporal: run.kind,
  };
}
