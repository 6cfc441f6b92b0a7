// Staff have the waiting step of an application tried again. Where nothing waits because the run has forgotten a command, reminding it is what
// frees the application: then the retry is done, and its answer is where the application stands.

import { readApplication } from '../../db/applications.ts';
import { wasTaken } from '../../db/staff-keys.ts';
import type { ApplicationView } from '../../workflows/messages.ts';
import type { ApiDeps } from '../environment.ts';
import { Problem } from '../problems.ts';
import { standing } from './command.ts';
import { staffCommand } from './staff-command.ts';
import type { StaffAct } from './staff-command.ts';

/** Tries the step again, or reminds the run. Repeat: the first answer, or, where Temporal has none because the run was reminded, where the
 *  application stands now. Throws what a command of staff throws, and NOTHING_TO_RETRY. */
export async function retryStep(deps: Pick<ApiDeps, 'database' | 'commands' | 'log'>, act: StaffAct, id: string): Promise<ApplicationView> {
  try {
    return await staffCommand(deps, act, async (ref, by) => deps.commands.retryStep(ref, id, by), standing);
  } catch (error) {
    const isRefusal = error instanceof Problem && (error.code === 'NOTHING_TO_RETRY' || error.code === 'WRONG_STATE');
    const row = isRefusal && (await wasTaken(deps.database, act.key)) && (await readApplication(deps.database, act.applicationId));
    if (!row) throw error;
    return standing(row);
  }
}
