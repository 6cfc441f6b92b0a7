// How the contract looks: one column, A4, the terms that matter first, then the schedule, then the articles. The page is built from the
// terms alone; the same terms give the same page.

import type { Content, DocumentDefinition } from 'pdfmake';
import type { ContractTerms } from '../../domain/ports.ts';
import type { Product } from '../../domain/schedule.ts';
import { furtherArticles, purchaseArticle, shortDate, type Article, type Lender } from './clauses.ts';
import { keyTerms, scheduleTable } from './figures.ts';
import { accent, breakable, ink, labelWidth, muted, sideRule, textWidth } from './look.ts';

/** The contract as a document of pdfmake. The terms have been checked; text is NFC. */
export function contractDocument(terms: ContractTerms & { product: Product }, lender: Lender): DocumentDefinition {
  return {
    pageSize: 'A4',
    pageMargins: [60, 46, 60, 54],
    version: '1.7',
    language: 'vi-VN',
    displayTitle: true,
    info: metadata(terms),
    defaultStyle: { font: 'Roboto', fontSize: 9.3, lineHeight: 1.24, color: ink },
    styles: {
      title: { fontSize: 18, bold: true, color: accent, lineHeight: 1.15 },
      article: { fontSize: 10.5, bold: true, color: ink },
      english: { fontSize: 8, italics: true, color: muted },
      label: { color: muted },
      figure: { fontFeatures: ['tnum'] },
      small: { fontSize: 8, color: muted },
    },
    footer: (page, pages) => footer(terms, page, pages),
    content: [
      ...heading(terms),
      ...parties(terms, lender),
      keyTerms(terms),
      ...article(purchaseArticle(terms)),
      { unbreakable: true, stack: [articleHeading('Điều 2. Lịch thanh toán', 'Repayment schedule'), scheduleTable(terms)] },
      ...furtherArticles(terms, lender).flatMap(article),
      signatures(terms, lender),
      identification(terms),
    ],
  };
}

/** Fixed by the terms, so that the bytes are; nothing about the customer. */
function metadata(terms: ContractTerms): Record<string, string | Date> {
  return {
    title: `Hợp đồng mua trước trả sau số ${terms.contractNumber}`,
    subject: `Mẫu ${terms.templateVersion}`,
    creator: 'Trasau',
    producer: 'Trasau',
    creationDate: new Date(`${terms.date}T00:00:00+07:00`),
  };
}

function heading(terms: ContractTerms): Content[] {
  const [year, month, day] = terms.date.split('-');
  return [
    { text: 'CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', bold: true, alignment: 'center' },
    { text: 'Độc lập – Tự do – Hạnh phúc', bold: true, alignment: 'center' },
    rule(70, 0.8, [0, 2, 0, 20]),
    { text: 'HỢP ĐỒNG MUA TRƯỚC TRẢ SAU', style: 'title', alignment: 'center' },
    { text: 'Pay-later agreement', style: 'english', fontSize: 9.5, alignment: 'center', margin: [0, 1, 0, 4] },
    {
      text: [{ text: 'Số: ', color: muted }, { text: terms.contractNumber, bold: true }, `  ·  Ngày ${day} tháng ${month} năm ${year}`],
      alignment: 'center',
      margin: [0, 0, 0, 12],
    },
  ];
}

/** A centred line, `width` points long. */
function rule(width: number, lineWidth: number, margin: number[]): Content {
  return { canvas: [{ type: 'line', x1: 0, y1: 0, x2: width, y2: 0, lineWidth, lineColor: accent }], alignment: 'center', margin };
}

function parties(terms: ContractTerms, lender: Lender): Content[] {
  const { customer } = terms;
  return [
    party('BÊN A – BÊN CHO VAY', 'Lender', [
      ['Tên', lender.name],
      ['Mã số doanh nghiệp', lender.registration],
      ['Địa chỉ', lender.address],
      ['Liên hệ', `${lender.hotline} · ${lender.email}`],
    ]),
    party('BÊN B – KHÁCH HÀNG', 'Customer', [
      ['Họ và tên', customer.fullName],
      ['Ngày sinh', shortDate(customer.dateOfBirth)],
      ['Số căn cước', customer.nationalId],
      ['Nơi cư trú', customer.address],
      ['Điện thoại', customer.phone],
    ]),
  ];
}

function party(title: string, english: string, rows: [string, string][]): Content {
  const body = rows.map(([label, value]) => [{ text: label, style: 'label' }, breakable(value, textWidth - labelWidth - 14)]);
  return {
    unbreakable: true,
    margin: [0, 0, 0, 8],
    stack: [
      {
        text: [
          { text: title, style: 'article' },
          { text: `   ${english}`, style: 'english' },
        ],
        margin: [0, 0, 0, 3],
      },
      { table: { widths: [labelWidth, '*'], body }, layout: sideRule },
    ],
  };
}

/** No paragraph is torn by the end of a page, and a heading stays with its first paragraph. */
function article({ title, english, paragraphs }: Article): Content[] {
  const [first = '', ...more] = paragraphs.map((text) => ({ ...breakable(text, textWidth), margin: [0, 0, 0, 3] }));
  return [[articleHeading(title, english), first], ...more.map((paragraph) => [paragraph])].map((stack) => ({ unbreakable: true, stack }));
}

function articleHeading(title: string, english: string): Content {
  return {
    text: [
      { text: title, style: 'article' },
      { text: `   ${english}`, style: 'english' },
    ],
    margin: [0, 8, 0, 3],
  };
}

function signatures(terms: ContractTerms, lender: Lender): Content {
  const side = (role: string, name: string, how: string) => ({
    stack: [{ text: role, bold: true }, { text: how, style: 'small', margin: [0, 2, 0, 14] }, breakable(name, textWidth / 2 - 20)],
  });
  return {
    unbreakable: true,
    margin: [0, 14, 0, 0],
    table: {
      widths: ['*', '*'],
      body: [
        [
          side('BÊN A', lender.name, 'Con dấu điện tử được gắn vào tệp này sau khi Bên B ký.'),
          side('BÊN B', terms.customer.fullName, 'Ký điện tử trên trang thanh toán, xác nhận bằng mã OTP.'),
        ],
      ],
    },
    layout: {
      ...sideRule,
      vLineWidth: () => 0,
      hLineWidth: (row: number) => (row === 0 ? 0.8 : 0),
      hLineColor: () => accent,
      paddingTop: () => 8,
      paddingLeft: () => 0,
    },
  };
}

function identification(terms: ContractTerms): Content {
  return {
    unbreakable: true,
    margin: [0, 14, 0, 0],
    style: 'small',
    stack: [
      { text: `Mã tài liệu (document): ${terms.contractId}   ·   Mẫu (template): ${terms.templateVersion}` },
      { text: `Giá trị băm của đề nghị (offer, SHA-256): ${terms.offerHash}` },
    ],
  };
}

function footer(terms: ContractTerms, page: number, pages: number): Content {
  return {
    margin: [60, 20, 60, 0],
    columns: [
      { text: `Hợp đồng số ${terms.contractNumber}  ·  Mẫu ${terms.templateVersion}`, style: 'small' },
      { text: `Trang ${page}/${pages}`, style: 'small', alignment: 'right', width: 80 },
    ],
  };
}
