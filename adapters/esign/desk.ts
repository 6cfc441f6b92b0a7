// The desk at which contracts are made and sealed: a thread of its own. Half a second of computing each would otherwise hold up every
// workflow task of the process, and with it every customer's command.

import { Worker } from 'node:worker_threads';
import { VendorFailure } from '../../domain/failures.ts';
import type { ContractRenderer, PdfSealer } from '../../domain/ports.ts';
import { templateVersion } from './clauses.ts';
import type { DeskAnswer, DeskFailure, DeskMaterial, DeskOrder, Paperwork } from './desk-thread.ts';

export interface Desk extends ContractRenderer, PdfSealer {
  /** Ends the thread; what is under way fails. */
  close(): Promise<void>;
}

interface Waiting {
  resolve: (paper: Uint8Array) => void;
  reject: (error: unknown) => void;
}

/** A desk with the certificate and key of a PKCS#12 file. It throws what render.ts and seal.ts throw, and besides VendorFailure `unavailable`
 *  with BUSY (`waitingMax` papers are under way) or DESK_GONE (the thread died; the next order gets a new one). */
export function createDesk({ waitingMax, ...material }: DeskMaterial & { waitingMax: number }): Desk {
  const waiting = new Map<number, Waiting>();
  let thread: Worker | undefined;
  let lastId = 0;

  function running(): Worker {
    if (thread) return thread;
    const started = new Worker(new URL('desk-thread.ts', import.meta.url), { workerData: material satisfies DeskMaterial });
    started.on('message', ({ id, ...answer }: DeskAnswer) => {
      const waits = waiting.get(id);
      waiting.delete(id);
      if (waiting.size === 0) started.unref(); // a process that has nothing else to do may end
      if (answer.kind === 'paper') waits?.resolve(answer.paper);
      else waits?.reject(failureOf(answer));
    });
    started.on('error', () => undefined); // its exit follows, and tells those who wait
    started.once('exit', () => {
      thread = undefined;
      for (const { reject } of waiting.values()) reject(new VendorFailure('esign', 'unavailable', 'DESK_GONE'));
      waiting.clear();
    });
    return (thread = started);
  }

  async function order(paperwork: Paperwork): Promise<Uint8Array> {
    if (waiting.size >= waitingMax) throw new VendorFailure('esign', 'unavailable', 'BUSY');
    return new Promise((resolve, reject) => {
      const id = (lastId += 1);
      waiting.set(id, { resolve, reject });
      const desk = running();
      desk.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
      desk.postMessage({ id, ...paperwork } satisfies DeskOrder);
    });
  }

  running().unref(); // the first customer does not wait for libraries to load
  return {
    templateVersion,
    render: async (terms) => order({ kind: 'render', terms }),
    seal: async (pdf, seal) => order({ kind: 'seal', pdf, seal }),
    close: async () => void (await thread?.terminate()),
  };
}

function failureOf(answer: DeskFailure): Error {
  if (answer.kind === 'broken') return new Error(`the desk broke: ${answer.type}`);
  return new VendorFailure('esign', answer.failure, answer.code);
}
