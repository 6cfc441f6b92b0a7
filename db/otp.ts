// OTP challenges and the count of guesses. The count is raised before a guess is evaluated and in a statement of its own, so
// that no number of parallel guesses, crashes or repeats evaluates more than the limit.

import { newId } from './ids.ts';
import type { Queryable, Tx } from './pool.ts';

export interface ChallengeRow {
  id: string;
  application_id: string;
  round: number;
  core_challenge_id: string;
  amount_vnd: number;
  contract_number: string;
  document_sha256: string;
  masked_phone: string;
  attempts: number;
  max_attempts: number;
  status: 'open' | 'verified' | 'locked' | 'expired' | 'replaced';
  expires_at: Date;
}

export interface NewChallenge {
  applicationId: string;
  round: number;
  coreChallengeId: string;
  amountVnd: number;
  contractNumber: string;
  documentSha256: string;
  maskedPhone: string;
  maxAttempts: number;
  expiresAt: Date;
}

/** Adds a challenge and makes every earlier one of the application worthless. */
export async function addChallenge(tx: Tx, challenge: NewChallenge): Promise<string> {
  await tx.query(`update otp_challenges set status = 'replaced' where application_id = $1 and status = 'open'`, [challenge.applicationId]);
  const id = newId('otpChallenge');
  await tx.query(
    `insert into otp_challenges (id, application_id, round, core_challenge_id, amount_vnd, contract_number, document_sha256, masked_phone,
       max_attempts, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      id,
      challenge.applicationId,
      challenge.round,
      challenge.coreChallengeId,
      challenge.amountVnd,
      challenge.contractNumber,
      challenge.documentSha256,
      challenge.maskedPhone,
      challenge.maxAttempts,
      challenge.expiresAt,
    ],
  );
  return id;
}

/** The newest challenge of an application, or null. */
export async function latestChallenge(db: Queryable, applicationId: string): Promise<ChallengeRow | null> {
  const { rows } = await db.query<ChallengeRow>('select * from otp_challenges where application_id = $1 order by round desc limit 1', [
    applicationId,
  ]);
  return rows[0] ?? null;
}

/** The challenge that approved the purchase of an application, or null. A newer one may have been sent while the right code was on its way. */
export async function verifiedChallenge(db: Queryable, applicationId: string): Promise<ChallengeRow | null> {
  const { rows } = await db.query<ChallengeRow>(
    `select * from otp_challenges where application_id = $1 and status = 'verified' order by round desc limit 1`,
    [applicationId],
  );
  return rows[0] ?? null;
}

/** Takes one guess from what is left of an open, unexpired challenge. Null when there is nothing to take: expired, spent, replaced or used.
 *  Repeat with the same round: the same guess, counted once. One statement: of any number of parallel guesses at most `max_attempts` are ever
 *  evaluated. */
export async function takeGuess(db: Queryable, challengeId: string, round: number): Promise<ChallengeRow | null> {
  const { rows } = await db.query<ChallengeRow>(
    `update otp_challenges set attempts = attempts + case when $2::int = any(guess_rounds) then 0 else 1 end, guess_rounds = guess_rounds || $2::int
     where id = $1 and status = 'open' and expires_at > now() and (attempts < max_attempts or $2::int = any(guess_rounds)) returning *`,
    [challengeId, round],
  );
  return rows[0] ?? null;
}

/** Gives a guess back that was never evaluated, because the core bank could not be reached. One that was tried twice is not given back: of the
 *  other try nobody knows. */
export async function returnGuess(db: Queryable, challengeId: string, round: number): Promise<void> {
  await db.query(
    `update otp_challenges set attempts = attempts - 1, guess_rounds = array_remove(guess_rounds, $2::int)
     where id = $1 and cardinality(array_positions(guess_rounds, $2::int)) = 1`,
    [challengeId, round],
  );
}

/** Ends an open challenge. False when another guess ended it before: a code is good for one approval. A right code also counts when the
 *  same code, sent twice, was told first that it is used up: the core bank says `verified` once. */
export async function closeChallenge(tx: Tx, challengeId: string, to: 'verified' | 'locked' | 'expired'): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update otp_challenges set status = $2, verified_at = case when $2 = 'verified' then now() end
     where id = $1 and (status = 'open' or (status = 'expired' and $2 = 'verified'))`,
    [challengeId, to],
  );
  return rowCount === 1;
}
