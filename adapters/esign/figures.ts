// The two tables of the contract: what matters at a glance, and what is due when.

import type { Content } from 'pdfmake';
import type { ContractTerms } from '../../domain/ports.ts';
import type { Product } from '../../domain/schedule.ts';
import { money, productNames, shortDate, yearlyRate } from './clauses.ts';
import { accent, ledger, muted, panel } from './look.ts';

/** What a customer wants to know before anything else. */
export function keyTerms(terms: ContractTerms & { product: Product }): Content {
  const name = productNames[terms.product];
  const rows: [string, string, string][] = [
    ['Số tiền mua', 'Amount', money(terms.amountVnd)],
    ['Hạn mức', 'Limit', money(terms.limitVnd)],
    ['Sản phẩm', name.english, name.vi],
    ['Tổng phí', 'Fees', money(terms.totalPayableVnd - terms.amountVnd)],
    ['Tỷ lệ chi phí bình quân năm', 'APR', yearlyRate(terms.aprPercent)],
    ['Tổng số tiền phải trả', 'Total payable', money(terms.totalPayableVnd)],
  ];
  const body = rows.map(([label, english, value], index) => {
    const isTotal = index === rows.length - 1;
    return [
      {
        text: [
          { text: label, bold: isTotal },
          { text: `   ${english}`, style: 'english' },
        ],
      },
      {
        text: value,
        style: 'figure',
        bold: true,
        alignment: 'right',
        ...(isTotal ? { fontSize: 12.5, color: accent, lineHeight: 1.1 } : {}),
      },
    ];
  });
  return { unbreakable: true, margin: [0, 4, 0, 6], table: { widths: ['*', 'auto'], body }, layout: panel(body.length) };
}

/** The instalments and their sum. */
export function scheduleTable(terms: ContractTerms): Content {
  const cell = (text: string, more: object = {}) => ({ text, style: 'figure', alignment: 'right', ...more });
  const head = ['Kỳ', 'Ngày đến hạn', 'Gốc', 'Phí', 'Phải trả'].map((text, index) =>
    cell(text, { color: muted, fontSize: 8.5, alignment: index < 2 ? 'left' : 'right' }),
  );
  const rows = terms.instalments.map(({ number, dueOn, principalVnd, feeVnd }) => [
    cell(String(number), { alignment: 'left' }),
    cell(shortDate(dueOn), { alignment: 'left' }),
    cell(money(principalVnd)),
    cell(money(feeVnd)),
    cell(money(principalVnd + feeVnd), { bold: true }),
  ]);
  const total = [
    cell('Cộng', { bold: true, colSpan: 2, alignment: 'left' }),
    '',
    cell(money(terms.amountVnd), { bold: true }),
    cell(money(terms.totalPayableVnd - terms.amountVnd), { bold: true }),
    cell(money(terms.totalPayableVnd), { bold: true }),
  ];
  const body = [head, ...rows, total];
  return {
    margin: [0, 2, 0, 6],
    table: { headerRows: 1, keepWithHeaderRows: 1, dontBreakRows: true, widths: [34, '*', '*', '*', '*'], body },
    layout: ledger(body.length),
  };
}
