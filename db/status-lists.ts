// Statuses of an application as an SQL list, so that no query names again what the domain knows.

import { applicationStatuses, isTerminal, stopped } from '../domain/states.ts';

const listOf = (statuses: readonly string[]): string => statuses.map((status) => `'${status}'`).join(', ');

/** Something can still happen to the application. These are few, and found by index; a list of those that have ended would not be. */
export const openList = listOf(applicationStatuses.filter((status) => !isTerminal(status)));

/** It ended without a purchase. */
export const stoppedList = listOf(stopped);
