// Staff for tests below the level of processes: an identity provider in this process, and the reader that takes its tokens.

import { createStaffTokens } from '../../adapters/oidc/client.ts';
import type { StaffTokenOptions } from '../../adapters/oidc/client.ts';
import { staffTokenLimits } from '../../config/staff-limits.ts';
import type { StaffRole } from '../../domain/staff.ts';
import { createIssuer } from '../../sandbox/oidc/issuer.ts';

export const issuerUrl = 'https://sign-on.example/oidc';
export const audience = 'trasau';
export const issuer = await createIssuer(audience);

/** How tokens of this provider are read. */
export const tokenOptions: StaffTokenOptions = {
  ...staffTokenLimits,
  issuer: issuerUrl,
  audience,
  keys: issuer.jwks,
  algorithms: ['RS256', 'ES256'],
  type: 'at+jwt',
  rolesClaim: 'roles',
};

export const readStaffToken = createStaffTokens(tokenOptions);

/** The headers of a request of this member of staff. */
export async function asStaff(name: string, ...roles: StaffRole[]): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.accessToken(issuerUrl, { name, roles })}` };
}
