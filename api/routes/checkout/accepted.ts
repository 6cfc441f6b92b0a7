// The answer to a command that goes on in the background.

import type { z } from 'zod';
import type { ApplicationView } from '../../../workflows/messages.ts';
import type { commandAccepted } from '../../schemas.ts';

/** What the workflow said when it took the command; what comes of it is seen in the application. */
export function toAccepted({ status, step }: ApplicationView): z.infer<typeof commandAccepted> {
  return { status, step, next: { method: 'GET', path: '/checkout/application' } };
}
