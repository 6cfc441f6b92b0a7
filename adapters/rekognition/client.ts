// Amazon Rekognition through Amazon's own SDK. It only scores: what a score means is decided in domain/identity. Each call is made once
// (retries live in Temporal alone) and bounded in time. No operation used here changes anything there but the opening of a liveness session,
// which goes by a token; so a call whose answer was lost may simply be made again: it counts as `unavailable`, never as `unknown`.

import {
  CompareFacesCommand,
  CreateFaceLivenessSessionCommand,
  DetectFacesCommand,
  DetectTextCommand,
  GetFaceLivenessSessionResultsCommand,
  RekognitionClient,
} from '@aws-sdk/client-rekognition';
import { VendorFailure } from '../../domain/failures.ts';
import type { CallContext, IdentityProvider, LivenessProvider } from '../../domain/ports.ts';
import { mapFailure, sessionNotFound } from './failures.ts';
import { parseFaces, parseLiveness, parseSessionId, parseSimilarity, parseTextLines } from './wire.ts';

export interface IdentityProviderOptions {
  /** Where the sandbox is; Amazon itself, in the region, when missing. */
  endpoint?: string | undefined;
  region: string;
  /** Both or neither. Without them the SDK looks where it always does: environment, profile, role of the machine. */
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
  /** One call as a whole. */
  timeoutMs: number;
}

/** Both ports over Rekognition. Throws {@link VendorFailure}: `unavailable` when throttled, on 5xx, when not reached or not answered in
 *  time; `rejected` with IMAGE_TOO_LARGE, IMAGE_FORMAT or INVALID_PARAMETER for what was sent, with CONFIG_… for a fault of ours (rights,
 *  region, credentials); `garbage` for an answer that cannot be read. */
export function createIdentityProvider(options: IdentityProviderOptions): IdentityProvider & LivenessProvider {
  const client = createClient(options);
  /** Runs a call and reads its answer; everything that goes wrong becomes one of the five kinds. */
  const once = async <Answer>(call: CallContext, send: (abort: { abortSignal: AbortSignal }) => Promise<Answer>): Promise<Answer> => {
    const deadline = AbortSignal.timeout(options.timeoutMs);
    const abortSignal = call.signal ? AbortSignal.any([call.signal, deadline]) : deadline;
    try {
      return await send({ abortSignal });
    } catch (error) {
      throw error instanceof VendorFailure ? error : mapFailure(error, deadline.aborted);
    }
  };
  return {
    detectFaces: (image, call) =>
      once(call, async (abort) =>
        parseFaces(await client.send(new DetectFacesCommand({ Image: { Bytes: image }, Attributes: ['DEFAULT'] }), abort)),
      ),
    compareFaces: (source, target, call) =>
      once(call, async (abort) => {
        // The default threshold of 80 would hide what the policy wants to see, and the gate on quality is ours too.
        const images = { SourceImage: { Bytes: source }, TargetImage: { Bytes: target } };
        const command = new CompareFacesCommand({ ...images, SimilarityThreshold: 0, QualityFilter: 'NONE' });
        return { similarity: parseSimilarity(await client.send(command, abort)) };
      }),
    detectText: (image, call) =>
      once(call, async (abort) => parseTextLines(await client.send(new DetectTextCommand({ Image: { Bytes: image } }), abort))),
    openLiveness: (token, call) =>
      once(call, async (abort) => {
        const command = new CreateFaceLivenessSessionCommand({ ClientRequestToken: token, Settings: { AuditImagesLimit: 0 } });
        return { sessionId: parseSessionId(await client.send(command, abort)) };
      }),
    readLiveness: async (SessionId, call) => {
      const answer = once(call, async (abort) =>
        parseLiveness(await client.send(new GetFaceLivenessSessionResultsCommand({ SessionId }), abort)),
      );
      return answer.catch((error: unknown) => {
        if (error instanceof VendorFailure && error.code === sessionNotFound) return { kind: 'expired' };
        throw error;
      });
    },
  };
}

function createClient({ endpoint, region, accessKeyId, secretAccessKey, timeoutMs }: IdentityProviderOptions): RekognitionClient {
  const credentials = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
  return new RekognitionClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials ? { credentials } : {}),
    maxAttempts: 1,
    // Without throwOnRequestTimeout the handler only warns and goes on waiting.
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
}
