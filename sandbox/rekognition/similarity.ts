// From the distance of two face descriptors to a similarity in percent: one fixed, falling logistic curve.
//
// Calibrated on the sample photos of the model's package (23 faces of six groups): different people are at least 0.468 apart, and the same
// photo cut, turned, brightened and compressed anew at most 0.18. The curve is laid between: 95 at 0.38, 80 at 0.44. Two different photos
// of one person are often further apart than that (the model's own cut is 0.6), so with real customers this would refer many to a reviewer:
// good enough to try the product out, and no more than that.

const steepness = 25.97;
const middle = 0.4934;

/** 0–100; falls with the distance. Anything that is no distance is 0. */
export function similarityAt(distance: number): number {
  if (!(distance >= 0)) return 0;
  return 100 / (1 + Math.exp(steepness * (distance - middle)));
}
