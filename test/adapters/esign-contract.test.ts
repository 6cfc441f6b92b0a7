import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { PDF } from '@libpdf/core';
import { amountInWords } from '../../adapters/esign/amount-in-words.ts';
import { createContractRenderer } from '../../adapters/esign/render.ts';
import { addMonths } from '../../domain/calendar.ts';
import { VendorFailure } from '../../domain/failures.ts';
import type { ContractTerms } from '../../domain/ports.ts';
import { terms } from './esign-terms.ts';

const renderer = createContractRenderer();

/** As many instalments as asked for, each with a fee. */
function inInstalments(count: number): Partial<ContractTerms> {
  const instalments = Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    dueOn: addMonths('2026-01-31', index + 1),
    principalVnd: 1_000_000,
    feeVnd: 12_345,
  }));
  return { instalments, amountVnd: count * 1_000_000, totalPayableVnd: count * 1_012_345, aprPercent: 18.5, limitVnd: 20_000_000 };
}

interface Paper {
  text: string;
  pages: number;
  /** Every piece of text lies within the page and clear of its edge. */
  isWithinPages: boolean;
}

async function paper(changes: Partial<ContractTerms> = {}): Promise<Paper> {
  const pdf = await PDF.load(await renderer.render(terms(changes)));
  const pages = pdf.getPages().map((page) => page.extractText());
  const edge = 40;
  return {
    text: pages
      .map((page) => page.text)
      .join('\n')
      .normalize('NFC')
      .replaceAll(/\s+/g, ' '),
    pages: pages.length,
    isWithinPages: pages.every((page) =>
      page.lines.every(({ bbox }) => bbox.x >= edge && bbox.x + bbox.width <= page.width - edge && bbox.y >= 20),
    ),
  };
}

function failsWith(code: string): (failure: unknown) => boolean {
  return (failure) => failure instanceof VendorFailure && failure.kind === 'rejected' && failure.code === code;
}

test('the customer reads in the contract who, how much, when, what it costs and how to object', async () => {
  const { text } = await paper();
  for (const fact of [
    'HỢP ĐỒNG MUA TRƯỚC TRẢ SAU',
    'TS0000000042',
    'Ngày 31 tháng 01 năm 2026',
    'Nguyễn Thị Thử Nghiệm',
    '09/05/1999',
    '079199990001',
    'Phường Bến Mẫu',
    'Cửa hàng Điện máy Mẫu',
    'DH-2026-000123',
    '4.500.001 ₫',
    'bốn triệu năm trăm nghìn không trăm lẻ một đồng',
    '12.000.000 ₫',
    '28/02/2026',
    '31/03/2026',
    '30/04/2026',
    '1.500.001 ₫',
    '0,0 %/năm',
    'Total payable',
    'Bên A không thu lãi và không thu phí',
    'quyền rút khỏi hợp đồng',
    'khiếu nại',
    'mã OTP',
    'Bản tiếng Việt là bản có giá trị ràng buộc',
    'pay-later-vn/2',
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'Trang 1/2',
    'Trang 2/2',
  ]) {
    assert.ok(text.includes(fact), fact);
  }
});

test('the contract says what paying late costs, and that it costs nothing where it does', async () => {
  const clause = async (changes: Partial<ContractTerms>) => (await paper(changes)).text;
  assert.match(await clause({ lateFee: { basisPoints: 500, atMostVnd: 50_000 } }), /phí chậm trả bằng 5,00.% .* tối đa 50\.000.₫/);
  assert.match(await clause({ lateFee: null }), /không quy định phí chậm trả/);
});

test('the same terms give the same bytes, so that a signed hash can be reproduced', async () => {
  const hash = async (changes: Partial<ContractTerms> = {}) =>
    createHash('sha256')
      .update(await createContractRenderer().render(terms(changes)))
      .digest('hex');
  const first = await hash();
  assert.equal(await hash(), first);
  for (const changed of [{ offerHash: 'f'.repeat(64) }, { limitVnd: 13_000_000 }, { date: '2026-02-01' }, { contractId: 'contract_2' }]) {
    assert.notEqual(await hash(changed), first);
  }
});

test('the file tells nothing about the customer but on its pages', async () => {
  const bytes = Buffer.from(await renderer.render(terms()));
  const pdf = await PDF.load(bytes);
  const metadata = JSON.stringify([
    pdf.getTitle(),
    pdf.getSubject(),
    pdf.getAuthor(),
    pdf.getKeywords(),
    pdf.getCreator(),
    pdf.getProducer(),
  ]);
  for (const secret of ['Nguyễn', '079199990001', '+84900000001', 'Bến Mẫu']) {
    assert.ok(!metadata.includes(secret) && !bytes.includes(secret));
  }
  assert.ok(bytes.includes('D:20260130170000Z'), 'the file is dated by its terms, not by the clock');
});

test('every schedule from one to twelve instalments is printed whole, on two or three pages', async () => {
  for (let count = 1; count <= 12; count += 1) {
    const { text, pages, isWithinPages } = await paper(inInstalments(count));
    assert.ok(pages === 2 || pages === 3, `${count} instalments on ${pages} pages`);
    assert.ok(isWithinPages);
    assert.equal(text.split('1.012.345 ₫').length - 1, count === 1 ? 4 : count, `rows of ${count}`);
    assert.ok(text.includes('18,5 %/năm'));
  }
});

test('no name, address or shop is so long that it runs off the page or loses a letter', async () => {
  const words = 'Công ty Trách nhiệm Hữu hạn Một Thành viên Thương mại Dịch vụ Xuất nhập khẩu '.repeat(3).trim();
  const customer = { ...terms().customer, fullName: 'Ưỡ'.repeat(100), address: 'W'.repeat(300) };
  const { text, pages, isWithinPages } = await paper({
    ...inInstalments(12),
    merchantName: words,
    merchantReference: 'M'.repeat(64),
    customer,
  });
  assert.ok(isWithinPages);
  assert.ok(pages <= 4);
  const letters = text.replaceAll(' ', '');
  assert.equal(letters.split('Ưỡ').length - 1, 200);
  assert.ok(letters.includes('W'.repeat(300)) && letters.includes('M'.repeat(64)) && letters.includes(words.replaceAll(' ', '')));
});

test('every letter of Vietnamese is in the embedded fonts and can be copied out of the file', async () => {
  const letters =
    'aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ'
      .normalize('NFC')
      .match(/.{1,20}/gu)
      ?.join(' ') ?? '';
  const { text } = await paper({ merchantName: `${letters} ${letters.toUpperCase()}`.normalize('NFD') });
  assert.ok(text.includes(letters) && text.includes(letters.toUpperCase()));
});

test('terms that do not add up are never put on paper', async () => {
  const [row] = terms().instalments;
  const wrong: Partial<ContractTerms>[] = [
    { amountVnd: 4_500_000 },
    { totalPayableVnd: 4_500_002 },
    { instalments: [] },
    { product: 'pay-in-7' },
    { date: '31/01/2026' },
    { aprPercent: Number.NaN },
    { lateFee: { basisPoints: 10_001, atMostVnd: 1 } },
    { limitVnd: 1.5 },
    { instalments: terms().instalments.map((each) => ({ ...each, dueOn: '2026-02-30' })) },
    { amountVnd: -1, totalPayableVnd: -1, instalments: row ? [{ ...row, principalVnd: -1 }] : [] },
  ];
  for (const changes of wrong) await assert.rejects(renderer.render(terms(changes)), failsWith('TERMS_INCONSISTENT'));
  await assert.rejects(renderer.render(terms({ templateVersion: 'pay-later-vn/0' })), failsWith('TEMPLATE_UNKNOWN'));
});

test('a text that would print as empty boxes is refused, without repeating it', async () => {
  for (const merchantName of ['Cửa hàng 🛍', '商店', 'Шоп', 'a\u0000b', 'a\nb', 'a\u200bb', 'a\u202eb']) {
    await assert.rejects(renderer.render(terms({ merchantName })), (failure) => {
      assert.ok(failure instanceof VendorFailure);
      assert.ok(!failure.message.includes(merchantName));
      return failsWith('TEXT_UNPRINTABLE')(failure);
    });
  }
});

test('an amount in words reads as it is said', () => {
  const cases: [number, string][] = [
    [0, 'không đồng'],
    [5, 'năm đồng'],
    [10, 'mười đồng'],
    [15, 'mười lăm đồng'],
    [21, 'hai mươi mốt đồng'],
    [105, 'một trăm lẻ năm đồng'],
    [111, 'một trăm mười một đồng'],
    [1_000, 'một nghìn đồng'],
    [1_005, 'một nghìn không trăm lẻ năm đồng'],
    [20_000_000, 'hai mươi triệu đồng'],
    [4_500_001, 'bốn triệu năm trăm nghìn không trăm lẻ một đồng'],
    [1_055_555, 'một triệu không trăm năm mươi lăm nghìn năm trăm năm mươi lăm đồng'],
    [2_000_000_000, 'hai tỷ đồng'],
    [1_000_000_000_000, 'một nghìn tỷ đồng'],
  ];
  for (const [amount, words] of cases) assert.equal(amountInWords(amount), words);
  for (const amount of [-1, 1.5, 1e15, Number.NaN]) assert.throws(() => amountInWords(amount), RangeError);
});
