// Vendors as plain objects that keep what real ones would keep, count who asked them what, and go wrong on order: refuse, break off, or
// do the work and lose the answer.

import { randomBytes } from 'node:crypto';
import { VendorFailure } from '../../domain/failures.ts';
import type { Vendor, VendorFailureKind } from '../../domain/failures.ts';
import { formatMrz } from '../../domain/identity/mrz.ts';
import type {
  CardCore,
  ContractRenderer,
  CoreClient,
  CoreContract,
  CreditBureau,
  CreditReportAnswer,
  DetectedFace,
  IdentityProvider,
  OtpChallenge,
  OtpTerms,
  PdfSealer,
} from '../../domain/ports.ts';

/** How the next calls go wrong; then they work again. `lostAnswer` does the work first. */
export interface Trouble {
  kind: VendorFailureKind | 'lostAnswer';
  times?: number;
  code?: string;
  retryAfterMs?: number;
}

/** An invented person; every applicant gets a number and a phone of their own, because people are told apart by them. */
export const person = {
  fullName: 'Nguyễn Thị Đào',
  dateOfBirth: '1995-05-05',
  nationalId: '079195000123',
  phone: '+84900000123',
  gender: 'female' as const,
  address: '1 Đường Thử, Quận Thử, Hà Nội',
  monthlyIncomeVnd: 15_000_000,
};

export const rightCode = '123456';

const face: DetectedFace = {
  box: { left: 0.3, top: 0.2, width: 0.4, height: 0.5 },
  confidence: 99.9,
  brightness: 70,
  sharpness: 80,
  yaw: 3,
  pitch: -4,
  roll: 1,
};

const goodReport: CreditReportAnswer = {
  kind: 'hit',
  inquiryId: '',
  report: {
    asOf: new Date().toISOString(),
    currentDebtGroup: 1,
    worstGroup12m: 1,
    lenders: [],
    inquiries: { d30: 0, d90: 0, d180: 0 },
    score: { value: 700, scale: '150-750' },
  },
};

/** What the core bank has. */
interface Core {
  clients: Map<string, CoreClient>;
  contracts: Map<string, CoreContract>;
  challenges: Map<string, OtpChallenge & { terms: OtpTerms; spent: boolean }>;
  /** One per challenge, never one per request. */
  smsSent: number;
}

export type Vendors = ReturnType<typeof createVendors>;

/** Vendors on which everything goes well unless a test says otherwise. */
export function createVendors() {
  const calls: string[] = [];
  const trouble = new Map<string, Trouble>();
  /** What happens while a vendor is asked. */
  const meanwhile = new Map<string, () => Promise<unknown>>();
  const core: Core = { clients: new Map(), contracts: new Map(), challenges: new Map(), smsSent: 0 };
  const says: Says = { similarity: 99, codes: [], report: goodReport, otpLifetimeMs: 180_000 };

  async function answer<T>(vendor: Vendor, name: string, work: () => T): Promise<T> {
    calls.push(name);
    await new Promise((resolve) => setImmediate(resolve)); // as with a real vendor, others run meanwhile
    await meanwhile.get(name)?.();
    const wrong = trouble.get(name);
    if (!wrong || wrong.times === 0) return work();
    wrong.times = (wrong.times ?? Number.POSITIVE_INFINITY) - 1;
    if (wrong.kind === 'lostAnswer') work();
    const kind = wrong.kind === 'lostAnswer' ? 'unknown' : wrong.kind;
    throw new VendorFailure(vendor, kind, wrong.code ?? 'ORDERED', { retryAfterMs: wrong.retryAfterMs });
  }

  return {
    calls,
    trouble,
    meanwhile,
    core,
    says,
    timesAsked: (name: string) => calls.filter((call) => call === name).length,
    ports: {
      provider: createProvider(answer, says),
      codes: { read: async () => says.codes },
      bureau: createBureau(answer, says),
      cardCore: createCore(answer, core, says),
      renderer: createRenderer(answer),
      sealer: createSealer(answer),
    },
  };
}

type Answer = <T>(vendor: Vendor, name: string, work: () => T) => Promise<T>;
type Says = { similarity: number; codes: string[] | null; report: CreditReportAnswer; otpLifetimeMs: number };

function createProvider(answer: Answer, says: Says): IdentityProvider {
  const { dateOfBirth, fullName, gender } = person;
  // Whose card it is stands in the photo.
  const linesOn = (image: Uint8Array) => {
    const nationalId = /\d{12}/.exec(Buffer.from(image).toString())?.[0] ?? person.nationalId;
    const zone = formatMrz({ nationalId, dateOfBirth, fullName, sex: gender, expiresOn: '2039-01-01' });
    return [nationalId, 'NGUYEN THI DAO', ...zone].map((text) => ({ text, confidence: 99 }));
  };
  return {
    detectFaces: async () => answer('rekognition', 'detectFaces', () => [face]),
    compareFaces: async () => answer('rekognition', 'compareFaces', () => ({ similarity: says.similarity })),
    detectText: async (image) => answer('rekognition', 'detectText', () => linesOn(image)),
  };
}

function createBureau(answer: Answer, says: Says): CreditBureau {
  return {
    requestReport: async ({ requestId }) => answer('cic', 'requestReport', () => ({ ...says.report, inquiryId: `inq:${requestId}` })),
    readReport: async (inquiryId) => answer('cic', 'readReport', () => ({ ...says.report, inquiryId })),
  };
}

/** A core that makes the contract first and gives it its limit then, as WAY4 does. */
function createCore(answer: Answer, core: Core, says: Says): CardCore {
  const way4: Answer = async (_vendor, name, work) => answer('way4', name, work);
  const duplicate = (): never => {
    throw new VendorFailure('way4', 'rejected', 'DUPLICATE');
  };
  return {
    findClient: async (number) => way4('way4', 'findClient', () => core.clients.get(number) ?? null),
    createClient: async ({ clientNumber }) =>
      way4('way4', 'createClient', () => {
        if (core.clients.has(clientNumber)) duplicate();
        return put(core.clients, clientNumber, { clientNumber, status: 'active' });
      }),
    closeClient: async (number) =>
      way4('way4', 'closeClient', () => {
        const client = core.clients.get(number);
        if (client) client.status = 'closed';
      }),
    findContract: async (number) => way4('way4', 'findContract', () => core.contracts.get(number) ?? null),
    createContract: async ({ contractNumber, clientNumber, limitVnd }) =>
      way4('way4', 'createContract', () => {
        if (core.contracts.get(contractNumber)?.limitVnd === limitVnd) duplicate();
        return put(core.contracts, contractNumber, { contractNumber, clientNumber, status: 'active', limitVnd, availableVnd: limitVnd });
      }),
    closeContract: async (number) =>
      way4('way4', 'closeContract', () => {
        const contract = core.contracts.get(number);
        if (contract) contract.status = 'closed';
      }),
    findPurchase: async () => way4('way4', 'findPurchase', () => null),
    purchase: async ({ rrn }) => way4('way4', 'purchase', () => ({ kind: 'rejected' as const, rrn, code: '5' })),
    requestOtp: async ({ requestId, terms }) =>
      way4('way4', 'requestOtp', () => {
        const known = core.challenges.get(requestId);
        if (known) return known;
        core.smsSent += 1;
        const expiresAt = new Date(Date.now() + says.otpLifetimeMs).toISOString();
        const challengeId = `chl_${randomBytes(6).toString('hex')}`;
        return put(core.challenges, requestId, { challengeId, expiresAt, maskedPhone: '+84*****123', terms, spent: false });
      }),
    verifyOtp: async ({ challengeId, code, terms }) =>
      way4('way4', 'verifyOtp', () => {
        const challenge = [...core.challenges.values()].find((known) => known.challengeId === challengeId);
        if (!challenge || challenge.spent) return { kind: 'expired' as const };
        const isRight = code === rightCode && JSON.stringify(terms) === JSON.stringify(challenge.terms);
        challenge.spent = isRight;
        return { kind: isRight ? ('verified' as const) : ('wrong' as const) };
      }),
  };
}

function createRenderer(answer: Answer): ContractRenderer {
  return {
    templateVersion: 'pay-later-vn/test',
    render: async (terms) => answer('esign', 'render', () => Buffer.from(`%PDF ${JSON.stringify(terms)}`)),
  };
}

function createSealer(answer: Answer): PdfSealer {
  return {
    seal: async (pdf, { reason, at }) =>
      answer('esign', 'seal', () =>
        Buffer.concat([pdf, Buffer.from(`\nsealed: ${reason} ${at.toISOString()} ${randomBytes(4).toString('hex')}`)]),
      ),
  };
}

function put<V>(map: Map<string, V>, key: string, value: V): V {
  map.set(key, value);
  return value;
}
