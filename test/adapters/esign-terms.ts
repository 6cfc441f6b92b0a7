// The terms of one contract, for the tests of paper and seal.

import { templateVersion } from '../../adapters/esign/clauses.ts';
import type { ContractTerms } from '../../domain/ports.ts';
import { schedule } from '../../domain/schedule.ts';

/** Nobody real is meant. */
export function terms(changes: Partial<ContractTerms> = {}): ContractTerms {
  return {
    contractId: 'contract_01jn8x2k7f5g6h7j8k9m0n1p2q',
    contractNumber: 'TS0000000042',
    templateVersion,
    date: '2026-01-31',
    customer: {
      fullName: 'Nguyễn Thị Thử Nghiệm',
      nationalId: '079199990001',
      dateOfBirth: '1999-05-09',
      address: '12 Đường Lê Thử, Phường Bến Mẫu, Thành phố Hồ Chí Minh',
      phone: '+84900000001',
    },
    merchantName: 'Cửa hàng Điện máy Mẫu',
    merchantReference: 'DH-2026-000123',
    limitVnd: 12_000_000,
    amountVnd: 4_500_001,
    product: 'pay-in-3',
    instalments: schedule({ amountVnd: 4_500_001, product: 'pay-in-3', startOn: '2026-01-31' }),
    totalPayableVnd: 4_500_001,
    aprPercent: 0,
    lateFee: null,
    offerHash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    ...changes,
  };
}
