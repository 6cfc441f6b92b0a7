// The waits and tries that an application is started with. They are fixed at its start: a change here touches only new ones.

import { identityLimits } from '../config/identity-limits.ts';
import { deadlines, otpLimits, temporalLimits } from '../config/limits.ts';
import { staffLimits } from '../config/staff-limits.ts';
import type { ApplicationPolicy } from '../workflows/messages.ts';

export const applicationPolicy: ApplicationPolicy = {
  basicInfoMs: deadlines.basicInfoMs,
  identityMs: deadlines.identityMs,
  creditReportMs: deadlines.creditReportMs,
  reviewMs: deadlines.reviewMs,
  offerMs: deadlines.offerMs,
  signatureMs: deadlines.signatureMs,
  approvalMs: deadlines.approvalMs,
  otpMaxChallenges: otpLimits.maxChallenges,
  otpGraceMs: otpLimits.graceMs,
  otpMaxGuesses: otpLimits.maxGuesses,
  resendRestMs: otpLimits.resendRestMs,
  maxEvents: temporalLimits.maxEvents,
  extensionMaxMs: staffLimits.extensionMaxMs,
  asksMax: staffLimits.asksMax,
  retryRestMs: staffLimits.retryRestMs,
  identityMaxAttempts: identityLimits.maxAttempts,
  reportPollMs: temporalLimits.reportPollMs,
  settledPollMs: temporalLimits.settledPollMs,
  vendorAttempts: temporalLimits.vendorAttempts,
  vendorBackoffMs: temporalLimits.vendorBackoffMs,
  vendorBackoffMaxMs: temporalLimits.vendorBackoffMaxMs,
};
