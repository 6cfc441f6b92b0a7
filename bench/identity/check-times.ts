// One submission after the other, each of another person with photos of their own, from the clean photos to the verdict: over HTTP to the
// simulator with real models, and as the product asks. What the simulator remembers of a picture helps nobody here.

import sharp from 'sharp';
import { demoPortraits, takenAnew } from '../../sandbox/id-card/portraits.ts';
import { renderIdCard } from '../../sandbox/id-card/card.ts';
import { checkPhotos, specimenPerson, startSimulator, takeIn } from '../../test/adapters/rekognition-loopback.ts';

const submissions = 15;

/** Every submission must pass, or the figures would be of something else. Throws when one does not. */
export async function checkTimes(): Promise<{ medianMs: number; slowestMs: number }> {
  const rekognition = await startSimulator('model');
  try {
    const { customer } = await demoPortraits();
    const times: number[] = [];
    for (let count = 0; count < submissions; count += 1) {
      const person = { ...specimenPerson, nationalId: `0791969${String(10_000 + count)}` };
      const card = await renderIdCard(
        person,
        await sharp(customer.portrait)
          .modulate({ brightness: 1 + count / 500 })
          .toBuffer(),
      );
      const selfie = await takeIn(await takenAnew(customer.selfie));
      const photos = { front: await takeIn(card.front), back: await takeIn(card.back), selfie };
      const startedAt = performance.now();
      const { verdict, reasonCodes } = await checkPhotos(rekognition.provider, photos, person);
      times.push(performance.now() - startedAt);
      if (verdict !== 'pass') throw new Error(`a submission that should pass did not: ${reasonCodes.join(', ')}`);
    }
    const sorted = times.toSorted((a, b) => a - b);
    return { medianMs: sorted[Math.floor(submissions / 2)] ?? 0, slowestMs: sorted.at(-1) ?? 0 };
  } finally {
    await rekognition.close();
  }
}
