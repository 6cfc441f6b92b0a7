// The version of an application as an ETag, in both directions: "send it only if it has changed" and "do it only if it has not".

/** The strong ETag of a version. */
export function etagOf({ version }: { version: number }): string {
  return `"${version}"`;
}

/** True when the client has this version already (If-None-Match, compared weakly). */
export function hasAlready(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = listed(ifNoneMatch).map((each) => each.replace(/^W\//, ''));
  return known.includes('*') || known.includes(etag);
}

/** True when this is the version that the client wants to act on (If-Match, compared strongly), or it named none. */
export function isMeant(ifMatch: string | undefined, etag: string): boolean {
  return ifMatch === undefined || listed(ifMatch).some((each) => each === '*' || each === etag);
}

function listed(header = ''): string[] {
  return header.split(',').map((each) => each.trim());
}
