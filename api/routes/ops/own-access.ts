// GET /ops/v1/me: who the token says one is, and what that allows. A console shows its buttons by it.

import { z } from '@hono/zod-openapi';
import { staffRoles } from '../../../domain/staff.ts';
import type { Guards } from '../../auth.ts';
import { defineRoute, json } from '../../define-route.ts';
import { staffOf } from '../../environment.ts';
import type { Api } from '../../environment.ts';
import { operationsOf } from '../../staff-access.ts';

const ownAccess = z
  .object({ actor: z.string(), roles: z.array(z.enum(staffRoles)), operations: z.array(z.string()) })
  .openapi('OwnAccess', { description: 'actor: as the audit log names this person.' });

/** Adds the route. */
export function addReadOwnAccess(app: Api, guards: Guards): void {
  const route = defineRoute(
    { guard: guards.staff('readOwnAccess') },
    {
      method: 'get',
      path: '/ops/v1/me',
      tags: ['Operations'],
      summary: 'Read who I am and what I may do',
      responses: { 200: json(ownAccess, 'The member of staff that the token names') },
    },
  );
  app.openapi(route, (c) => {
    const { actor, roles } = staffOf(c);
    return c.json({ actor, roles: [...roles], operations: operationsOf(roles) }, 200);
  });
}
