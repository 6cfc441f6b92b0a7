// The platform's seal: a PAdES signature (baseline B-B, ETSI.CAdES.detached, SHA-256) over the finished file, put on once and last. It
// is the lender's seal and not the customer's signature. @libpdf/core is a beta and stays behind this port. One deviation is known: it
// always writes a signing-time attribute, which the PAdES baseline leaves out, so no strict conformance is claimed.

import { X509Certificate } from 'node:crypto';
import { PDF, P12Signer } from '@libpdf/core';
import { VendorFailure } from '../../domain/failures.ts';
import type { PdfSealer } from '../../domain/ports.ts';

/** A sealer with the certificate and key of a PKCS#12 file, opened at the first seal. `seal` throws VendorFailure `rejected`:
 *  CERTIFICATE_UNUSABLE (file or password wrong), CERTIFICATE_NOT_VALID (expired or not yet valid at the time of sealing),
 *  NOT_A_PDF, ALREADY_SEALED, SEAL_FAILED. A repeat seals again and gives a file of equal worth. */
export function createPdfSealer({ p12, password }: { p12: Uint8Array; password: string }): PdfSealer {
  let opened: Promise<P12Signer> | undefined;
  return {
    async seal(pdf, { reason, at }) {
      opened ??= P12Signer.create(p12, password);
      const signer = await opened.catch((cause: unknown) => reject('CERTIFICATE_UNUSABLE', cause));
      refuseInvalid(signer.certificate, at);
      const document = await readUnsealed(pdf);
      try {
        const { bytes } = await document.sign({
          signer,
          reason,
          signingTime: at,
          subFilter: 'ETSI.CAdES.detached',
          level: 'B-B',
          digestAlgorithm: 'SHA-256',
        });
        return bytes;
      } catch (cause) {
        return reject('SEAL_FAILED', cause);
      }
    },
  };
}

function refuseInvalid(certificate: Uint8Array, at: Date): void {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  if (at < validFromDate || at > validToDate) reject('CERTIFICATE_NOT_VALID');
}

/** A seal covers what was there before it and nothing else; a second one on top would tell a reader two stories. */
async function readUnsealed(pdf: Uint8Array): Promise<PDF> {
  const bytes = Buffer.from(pdf);
  if (!bytes.subarray(0, 5).equals(Buffer.from('%PDF-'))) reject('NOT_A_PDF');
  if (bytes.includes('/ByteRange')) reject('ALREADY_SEALED');
  return PDF.load(pdf).catch((cause: unknown) => reject('NOT_A_PDF', cause));
}

function reject(code: string, cause?: unknown): never {
  throw new VendorFailure('esign', 'rejected', code, { cause });
}
