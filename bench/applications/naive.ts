// The naive twin of workflows/application.ts: the same story as one would first write it. Every step is a regular activity, every input a
// signal, every wait has a timer of its own. A signal has no answer, so what came of it has to be asked for. It is searched by the same
// status as ours, unless it is mute. It decides nothing and undoes nothing; it is here to be compared with.

import { condition, defineQuery, defineSignal, proxyActivities, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import type { ApplicationStatus } from '../../domain/states.ts';
import { searchAttributes } from '../../workflows/search-attributes.ts';

export const inputs = ['basicInfo', 'identity', 'offer', 'signature', 'approval', 'otp', 'settled'] as const;
export type Input = (typeof inputs)[number];

/** What the last step found: whether the code was right, what is offered, which document is to be signed. */
const outcome = defineQuery<unknown>('outcome');

const steps = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });

const ref = (applicationId: string, step: string) => ({ applicationId, step, round: 1 });
const photo = { documentId: 'doc_1', sha256: 'photo' };
const submission = { idFront: photo, idBack: photo, selfie: photo };

export async function naive({ applicationId, mute }: { applicationId: string; mute: boolean }): Promise<string> {
  const came = new Set<Input>();
  for (const input of inputs) setHandler(defineSignal(input), () => void came.add(input));
  const wait = async (input: Input): Promise<unknown> => condition(() => came.has(input), '1 day');
  let last: unknown = null;
  setHandler(outcome, () => last);
  const show = (value: ApplicationStatus): void => {
    if (!mute) upsertSearchAttributes([{ key: searchAttributes.status, value }]);
  };
  const at = '2030-01-01T00:00:00.000Z';

  await wait('basicInfo');
  last = await steps.recordBasicInfo(ref(applicationId, 'recordBasicInfo'), { customerId: 'cus_1', deadlineAt: at });
  show('in_progress');
  await wait('identity');
  await steps.verifyIdentity(ref(applicationId, 'verifyIdentity'), { submission, attemptsLeft: 2, deadlineAt: at, reviewDueAt: at });
  await steps.requestCreditReport(ref(applicationId, 'requestCreditReport'));
  last = await steps.decide(ref(applicationId, 'decide'), { offerExpiresAt: at, reviewDueAt: at });
  show('offer_ready');
  await wait('offer');
  await steps.acceptOffer(ref(applicationId, 'acceptOffer'), { offerHash: 'offer', acceptedAt: at });
  await steps.createClient(ref(applicationId, 'createClient'));
  await steps.createContract(ref(applicationId, 'createContract'));
  last = await steps.prepareContract(ref(applicationId, 'prepareContract'), { deadlineAt: at });
  show('awaiting_signature');
  await wait('signature');
  last = await steps.sealContract(ref(applicationId, 'sealContract'), {
    documentSha256: 'paper',
    consentId: 'cst_1',
    signedAt: at,
    deadlineAt: at,
  });
  show('awaiting_approval');
  await wait('approval');
  last = await steps.requestOtp(ref(applicationId, 'requestOtp'), { deadlineAt: at });
  await wait('otp');
  last = await steps.verifyOtp(ref(applicationId, 'verifyOtp'), { challengeId: 'otp_1', code: '123456' });
  await steps.handOffTransaction(ref(applicationId, 'handOffTransaction'));
  await wait('settled');
  await steps.finish(ref(applicationId, 'finish'), { status: 'completed', reasons: [] });
  show('completed');
  return 'completed';
}
