// Messages and stack traces of failures are payloads too, so that the codec encrypts them; in the clear Temporal keeps "Encoded failure". The SDK
// and the workflow bundle load this file by its path.

import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
