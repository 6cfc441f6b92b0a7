// What a checkout sends, for tests that send it themselves.

import { renderScriptedPhotos } from '../../../sandbox/id-card/scripted-photos.ts';
import type { Journey } from './journey.ts';

/** The photos of the customer's card and face. */
export async function photosOf({ person }: Journey): Promise<FormData> {
  const photos = await renderScriptedPhotos({ ...person, issuedOn: '2021-05-10', expiresOn: '2034-03-08' });
  const form = new FormData();
  const parts = { id_front: photos.idFront, id_back: photos.idBack, selfie: photos.selfie };
  for (const [name, bytes] of Object.entries(parts)) form.append(name, new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), name);
  return form;
}

/** The customer's data and consents. */
export async function basicInfoOf({ person, customer }: Journey): Promise<Record<string, unknown>> {
  const { consents } = await customer.look();
  return {
    full_name: person.fullName,
    date_of_birth: person.dateOfBirth,
    national_id: person.nationalId,
    gender: person.gender,
    address: person.address,
    monthly_income: { value: person.monthlyIncomeVnd, currency: 'VND' },
    consents: Object.fromEntries(consents.map(({ kind, text_version }) => [kind, text_version])),
  };
}
