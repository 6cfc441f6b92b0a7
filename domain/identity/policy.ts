// How sure the lender wants to be about a person. Amazon only scores; what a score means is decided here, under a version that is kept
// with every check, so that an old verdict can be explained after the values have changed.

export interface IdentityPolicy {
  version: string;
  /** Similarity of portrait and selfie (0–100): from here on they are the same person. */
  similarityPass: number;
  /** Below it they are not; between the two a person looks. */
  similarityFail: number;
  /** A face that DetectFaces is less sure of does not count (0–100). */
  faceConfidenceMin: number;
  /** A second face counts when its area is at least this share (0–1) of the largest one's; smaller ones stand in the background. */
  prominentFaceShare: number;
  /** Degrees to either side that the selfie's head may be turned. */
  yawMax: number;
  /** Degrees down (negative) and up. */
  pitchMin: number;
  pitchMax: number;
  /** 0–100 as DetectFaces measures them. */
  sharpnessMin: number;
  brightnessMin: number;
  brightnessMax: number;
  /** Whether the customer must show to a camera that they are there. */
  liveness: 'off' | 'required';
  /** How sure the provider must be that somebody is there (0–100); Amazon names no value. */
  livenessPass: number;
  /** Below it nobody was; between the two a person looks. */
  livenessFail: number;
  /** Completed years. */
  ageMin: number;
}

/** Bands and pose from the vendor's guidance (pose for face recognition: yaw under 45°, pitch −30° to 45°); quality floors are our choice,
 *  to be calibrated on real photos; 18 years is the law for a borrower. */
export const identityPolicy: IdentityPolicy = {
  version: '2026-11.1',
  similarityPass: 95,
  similarityFail: 80,
  faceConfidenceMin: 90,
  prominentFaceShare: 0.25,
  yawMax: 45,
  pitchMin: -30,
  pitchMax: 45,
  sharpnessMin: 15,
  brightnessMin: 20,
  brightnessMax: 97,
  liveness: 'off',
  livenessPass: 85,
  livenessFail: 60,
  ageMin: 18,
};

/** The policy by what it asks of liveness, which is switched by configuration (LIVENESS) and named in the version. */
export const identityPolicies: Record<IdentityPolicy['liveness'], IdentityPolicy> = {
  off: identityPolicy,
  required: { ...identityPolicy, version: `${identityPolicy.version}+liveness`, liveness: 'required' },
};
