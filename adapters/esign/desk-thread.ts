// The thread of desk.ts: takes one order after the other and answers each with a paper or with why there is none.

import { parentPort, workerData } from 'node:worker_threads';
import { VendorFailure } from '../../domain/failures.ts';
import type { VendorFailureKind } from '../../domain/failures.ts';
import type { ContractTerms, PdfSealer } from '../../domain/ports.ts';
import { createContractRenderer } from './render.ts';
import { createPdfSealer } from './seal.ts';

export interface DeskMaterial {
  p12: Uint8Array;
  password: string;
}

export type Paperwork =
  | { kind: 'render'; terms: ContractTerms }
  | { kind: 'seal'; pdf: Uint8Array; seal: Parameters<PdfSealer['seal']>[1] };

export type DeskOrder = Paperwork & { id: number };

export type DeskFailure =
  | { kind: 'failed'; failure: VendorFailureKind; code: string }
  /** A bug: the type of the error only, for its message may quote what was printed. */
  | { kind: 'broken'; type: string };

export type DeskAnswer = { id: number } & ({ kind: 'paper'; paper: Uint8Array } | DeskFailure);

const port = parentPort;
if (!port) throw new Error('this file is the start of a worker thread');

const renderer = createContractRenderer();
const sealer = createPdfSealer(workerData as DeskMaterial); // desk.ts starts this thread with it
port.on('message', (order: DeskOrder) => void answer(order).then((said) => port.postMessage(said)));

async function answer(order: DeskOrder): Promise<DeskAnswer> {
  const { id } = order;
  try {
    const paper = order.kind === 'render' ? await renderer.render(order.terms) : await sealer.seal(order.pdf, order.seal);
    return { id, kind: 'paper', paper };
  } catch (error) {
    if (error instanceof VendorFailure) return { id, kind: 'failed', failure: error.kind, code: error.code };
    return { id, kind: 'broken', type: error instanceof Error ? error.name : typeof error };
  }
}
