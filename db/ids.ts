// Makes new ids. They sort by time, so that indexes stay compact and lists are in order.

import { typeid } from 'typeid-js';
import { idPrefix } from '../domain/ids.ts';
import type { IdKind } from '../domain/ids.ts';

/** A new id of this kind, such as `app_01j…`; random enough that it cannot be guessed, but never a secret. */
export function newId(kind: IdKind): string {
  return typeid(idPrefix(kind)).toString();
}
