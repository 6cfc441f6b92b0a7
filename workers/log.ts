// One line of JSON per event, for machines first. What may stand in a line is a closed list of fields: a name, a phone number or a
// vendor's answer has no field to stand in, so nobody can log one by mistake.

import { pino } from 'pino';

const fields = [
  'applicationId',
  'transactionId',
  'merchantId',
  'messageId',
  'workflowId',
  'requestId',
  'step',
  'kind',
  'status',
  'state',
  'code',
  'error',
  'at',
  'reason',
  'attempt',
  'claim',
  'count',
  'generation',
  'link',
  'queue',
  'taskQueue',
  'port',
  'durationMs',
  'retryMs',
  'unpublishedMs',
  'unsettledMs',
  'signal',
  'version',
] as const;

export type LogFields = Partial<Record<(typeof fields)[number], string | number | boolean | undefined>>;

export interface Log {
  /** `event` is a short constant phrase; everything that varies is a field. */
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** The log of one process, on stdout. */
export function createLog(options: { process: string; level: string; pod?: string }): Log {
  const logger = pino({ level: options.level, base: { process: options.process, ...(options.pod ? { pod: options.pod } : {}) } });
  return {
    info: (event, extra) => logger.info(allowed(extra), event),
    warn: (event, extra) => logger.warn(allowed(extra), event),
    error: (event, extra) => logger.error(allowed(extra), event),
  };
}

const longest = 300; // Our choice: a reason is a sentence, not a document.

function allowed(extra: LogFields = {}): LogFields {
  const kept: LogFields = {};
  for (const field of fields) {
    const value = extra[field];
    if (value !== undefined) kept[field] = typeof value === 'string' ? scrub(value).slice(0, longest) : value;
  }
  return kept;
}

// A second net, for texts that come from libraries: passwords in addresses, and runs of digits that could be a phone or ID number.
function scrub(text: string): string {
  return text.replaceAll(/\/\/[^@/\s]+@/g, '//***@').replaceAll(/(?<![\w-])\d{9,}(?![\w-])/g, '***');
}

/** An error as fields: its name, its code and where it was thrown; never its message, which may repeat what was sent. */
export function faultFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const frame = error.stack?.split('\n').find((line) => /^\s+at /.test(line));
  return { error: error.name, code, at: frame?.trim() };
}
