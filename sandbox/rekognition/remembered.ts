// What was seen in a picture once is remembered by the hash of the picture, for the operations of one application look at the same three.

import { sandboxLimits } from '../../config/sandbox-limits.ts';
import type { Picture } from './vision.ts';

/** Looks at each picture once. Keeps the answers for the newest pictures; failures are forgotten, so that they can be tried again. */
export function remembered<Seen>(see: (picture: Picture) => Promise<Seen>): (picture: Picture) => Promise<Seen> {
  const memory = new Map<string, Promise<Seen>>();
  return (picture) => {
    const known = memory.get(picture.sha256);
    if (known) return known;
    const seen = see(picture);
    memory.set(picture.sha256, seen);
    seen.catch(() => memory.delete(picture.sha256));
    const [oldest] = memory.keys();
    if (memory.size > sandboxLimits.visionRememberedPictures && oldest !== undefined) memory.delete(oldest);
    return seen;
  };
}
