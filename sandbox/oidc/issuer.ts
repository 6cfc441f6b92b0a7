// The keys of the sandbox's identity provider, and the tokens that it makes. A pair is made with every start, so a token never outlives the
// process that made it for long.

import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JSONWebKeySet } from 'jose';
import type { StaffRole } from '../../domain/staff.ts';
import { sandboxLimits } from '../../config/sandbox-limits.ts';

const algorithm = 'ES256';

export interface Person {
  name: string;
  roles: readonly StaffRole[];
}

export interface Issuer {
  /** The public key, as it is published. */
  jwks: JSONWebKeySet;
  /** An access token (RFC 9068) for this person. */
  accessToken(issuer: string, person: Person): Promise<string>;
}

/** An identity provider whose tokens are for `audience`. */
export async function createIssuer(audience: string): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    jwks: { keys: [{ ...jwk, kid, alg: algorithm, use: 'sig' }] },
    accessToken: async (issuer, { name, roles }) =>
      new SignJWT({ roles, client_id: 'sandbox', jti: crypto.randomUUID() })
        .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(name)
        .setIssuedAt()
        .setExpirationTime(`${sandboxLimits.staffTokenSeconds} s`)
        .sign(privateKey),
  };
}
