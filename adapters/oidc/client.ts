// Staff sign on at an OpenID provider and show its access token (RFC 9068). Here a token is read: its signature by the provider's
// published keys, then who made it, for whom, of which kind and for how long. What is not asked for is refused, so neither an ID token nor
// a token for another system nor an algorithm of the sender's choice gets in.

import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTPayload, JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { readStaffRoles } from '../../domain/staff.ts';
import type { StaffMember } from '../../domain/staff.ts';

export interface StaffTokenOptions {
  /** `iss`, letter by letter. */
  issuer: string;
  /** `aud`: this api. */
  audience: string;
  /** Where the provider publishes its keys; or the keys themselves. */
  keys: URL | JSONWebKeySet;
  /** Signature algorithms, all of them asymmetric. */
  algorithms: readonly string[];
  /** `typ`; `at+jwt` unless the provider writes another one into its access tokens. */
  type: string;
  /** The claim with the roles, a list of words. */
  rolesClaim: string;
  /** How long after its making a token is taken at most, whatever it says itself. */
  maxAgeSeconds: number;
  clockSkewSeconds: number;
  keysTimeoutMs: number;
  keysKeptMs: number;
  /** An unknown key id makes the keys be fetched again, but not more often than this. */
  keysCooldownMs: number;
}

export type SignOn =
  | { kind: 'signed_on'; staff: StaffMember }
  /** The token is not valid here. */
  | { kind: 'refused' }
  /** The keys of the provider cannot be had, so nothing can be said about the token. */
  | { kind: 'unavailable'; cause: unknown };

/** Reads tokens of this provider. Its keys are fetched when they are first needed, and kept. */
export function createStaffTokens(options: StaffTokenOptions): (token: string) => Promise<SignOn> {
  const keys = namedKeys(keysOf(options));
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: [...options.algorithms],
        typ: options.type,
        requiredClaims: ['sub', 'iat', 'exp'],
        maxTokenAge: options.maxAgeSeconds,
        clockTolerance: options.clockSkewSeconds,
      });
      return signOnOf(payload, options.rolesClaim);
    } catch (error) {
      return isFaultOfTheToken(error) ? { kind: 'refused' } : { kind: 'unavailable', cause: error };
    }
  };
}

function keysOf({ keys, ...limits }: StaffTokenOptions): JWTVerifyGetKey {
  if (!(keys instanceof URL)) return createLocalJWKSet(keys);
  return createRemoteJWKSet(keys, {
    timeoutDuration: limits.keysTimeoutMs,
    cacheMaxAge: limits.keysKeptMs,
    cooldownDuration: limits.keysCooldownMs,
  });
}

/** A token must say which key signed it: without that the one key that fits would be tried, whoever meant what. */
function namedKeys(keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    if (typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey();
    return keys(header, token);
  };
}

// The subject becomes part of audit rows and log lines, so it is an id: visible ASCII and not long.
const subjectForm = /^[\x21-\x7e]{1,128}$/;

function signOnOf(claims: JWTPayload, rolesClaim: string): SignOn {
  const { sub = '', [rolesClaim]: roles } = claims;
  if (!subjectForm.test(sub)) return { kind: 'refused' };
  return { kind: 'signed_on', staff: { actor: `staff:${sub}`, roles: Array.isArray(roles) ? readStaffRoles(roles) : [] } };
}

const faultsOfTheToken = [
  errors.JWTExpired,
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

function isFaultOfTheToken(error: unknown): boolean {
  return faultsOfTheToken.some((kind) => error instanceof kind);
}
