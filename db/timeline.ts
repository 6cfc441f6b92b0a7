// One application as staff see it: everything that happened to it, from every table, in the order of time. Ids, codes, verdicts and
// amounts; nothing here names a customer.

import { apiLimits } from '../config/limits.ts';
import type { Queryable } from './pool.ts';

export interface TimelineEntry {
  at: Date;
  /** Which record it comes from. */
  source:
    | 'step'
    | 'failed_tries'
    | 'event'
    | 'identity_check'
    | 'credit_report'
    | 'decision'
    | 'override'
    | 'offer'
    | 'contract'
    | 'otp'
    | 'transaction'
    | 'review'
    | 'notification'
    | 'customer'
    | 'settlement'
    | 'parked'
    | 'audit';
  /** What happened, e.g. a step's name or an audit action. */
  what: string;
  details: Record<string, unknown>;
}

/** What happened to the application, oldest first; the newest 500 entries when there are more. That staff looked at it is in the audit log alone:
 *  whoever reloads the page all day must not push out what happened. */
export async function timeline(db: Queryable, applicationId: string): Promise<TimelineEntry[]> {
  const { rows } = await db.query<TimelineEntry>(
    `select * from (${Object.values(sources).join(' union all ')}) as entries order by at desc, source limit ${apiLimits.timelineMaxEntries}`,
    [applicationId],
  );
  return rows.toReversed();
}

const sources: Record<TimelineEntry['source'], string> = {
  step: `select created_at as at, 'step' as source, step as what, jsonb_build_object('round', round, 'outcome', outcome->'kind') as details
    from application_steps where application_id = $1 and step <> 'markAttention'`,
  failed_tries: `select first_at, 'failed_tries', step, jsonb_build_object('round', round, 'vendor', vendor, 'tries', tries,
      'first_error', first_error, 'last_error', last_error, 'last_at', last_at) from failed_tries where application_id = $1`,
  event: `select created_at, 'event', type, jsonb_build_object('version', version) from events where application_id = $1`,
  identity_check: `select created_at, 'identity_check', kind, jsonb_build_object('round', round, 'verdict', verdict, 'scores', scores,
      'reasons', reason_codes, 'provider', provider, 'error_code', error_code, 'policy_version', policy_version, 'duration_ms', duration_ms)
    from identity_checks where application_id = $1`,
  credit_report: `select coalesce(answered_at, requested_at), 'credit_report', outcome, jsonb_build_object('request_id', request_id,
      'inquiry_id', inquiry_id, 'error_code', error_code, 'reused_from', reused_from, 'requested_at', requested_at) from credit_reports where application_id = $1`,
  decision: `select decided_at, 'decision', outcome, jsonb_build_object('decision_id', id, 'limit_vnd', limit_vnd, 'reasons', reasons,
      'ruleset', ruleset_id || '@' || ruleset_version, 'challenger', challenger->'kind', 'record_hash', record_hash) from decisions where application_id = $1`,
  override: `select decided_at, 'override', task_id, jsonb_build_object('decision_id', decision_id, 'derived_vnd', derived_vnd, 'limit_vnd', limit_vnd,
      'actor', actor, 'approved_by', approved_by, 'reason', reason) from decision_overrides where application_id = $1`,
  offer: `select created_at, 'offer', product, jsonb_build_object('limit_vnd', limit_vnd, 'amount_vnd', amount_vnd, 'hash', hash,
      'expires_at', expires_at, 'accepted_at', accepted_at) from offers where application_id = $1`,
  contract: `select created_at, 'contract', contract_number, jsonb_build_object('document_sha256', document_sha256, 'signed_at', signed_at,
      'sealed_at', sealed_at, 'voided_at', voided_at) from contracts where application_id = $1`,
  otp: `select created_at, 'otp', status, jsonb_build_object('round', round, 'attempts', attempts, 'max_attempts', max_attempts,
      'expires_at', expires_at, 'verified_at', verified_at) from otp_challenges where application_id = $1`,
  transaction: `select accepted_at, 'transaction', status, jsonb_build_object('transaction_id', id, 'kind', kind, 'rrn', rrn,
      'amount_vnd', amount_vnd, 'attempts', attempts, 'first_error', first_error, 'last_error', last_error, 'response_code', response_code, 'settled_at', settled_at)
    from transactions where application_id = $1`,
  review: `select created_at, 'review', question, jsonb_build_object('task_id', id, 'allowed', allowed, 'reasons', reasons, 'due_at', due_at,
      'answer', answer, 'answered_by', answered_by, 'answered_at', answered_at) from review_tasks where application_id = $1`,
  notification: `select coalesce(sent_at, created_at), 'notification', template, jsonb_build_object('status', status, 'attempts', attempts,
      'last_error', last_error, 'sent_at', sent_at) from notifications where application_id = $1`,
  customer: `select created_at, 'customer', 'checkout.opened', '{}'::jsonb from checkout_sessions where application_id = $1
    union all select coalesce(ended_at, created_at), 'customer', 'liveness.' || state, jsonb_build_object('opened_at', created_at)
      from liveness_sessions where application_id = $1
    union all select granted_at, 'customer', 'consent.granted', jsonb_build_object('kind', kind, 'text_version', text_version,
      'language', language, 'channel', channel) from consents where application_id = $1
    union all select created_at, 'customer', 'photo.sent', jsonb_build_object('kind', kind, 'document_id', id, 'sha256', sha256)
      from documents where application_id = $1 and kind in ('id_front', 'id_back', 'selfie')`,
  settlement: `select settled_at, 'settlement', status, jsonb_build_object('transaction_id', id, 'rrn', rrn, 'amount_vnd', amount_vnd,
      'response_code', response_code) from transactions where application_id = $1 and settled_at is not null`,
  parked: `select p.parked_at, 'parked', p.reason, jsonb_build_object('parked_id', p.id, 'last_error', p.last_error,
      'resolution', p.resolution) from parked_messages p join transactions t on t.id = p.transaction_id where t.application_id = $1`,
  audit: `select at, 'audit', action, jsonb_build_object('seq', seq, 'actor', actor, 'reason', reason, 'change', change,
      'request_id', request_id) from audit_log where application_id = $1 and action <> 'customer.masked_view'`,
};
