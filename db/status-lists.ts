// Statuses of an application as an SQL list, so that no query names again what the domain knows.

import { applicationStatuses, isTerminal, stopped } from '../domain/states.ts';

const listOf = (statuses: readonly string[]): string => statuses.map((status) => `'${status}'`).join(', ');

/** Nothing can happen to the application any more. */
export const endedList = listOf(applicationStatuses.filter(isTerminal));

/** It ended without a purchase. */
export const stoppedList = listOf(stopped);
