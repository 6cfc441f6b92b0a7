// Makes the contract's PDF with pdfmake. What is wrong with the terms shows here, before anybody signs: amounts that do not add up, a
// template that does not exist, or a text that the embedded fonts cannot print.

import { fileURLToPath } from 'node:url';
import pdfmake from 'pdfmake';
import { isDay } from '../../domain/calendar.ts';
import { VendorFailure } from '../../domain/failures.ts';
import type { ContractRenderer, ContractTerms } from '../../domain/ports.ts';
import { isProduct, type Product } from '../../domain/schedule.ts';
import { sampleLender, templateVersion, type Lender } from './clauses.ts';
import { contractDocument } from './template.ts';

/** A renderer of contracts for one lender. The same terms give the same bytes. `render` throws VendorFailure `rejected` with code
 *  TEMPLATE_UNKNOWN, TERMS_INCONSISTENT or TEXT_UNPRINTABLE; a repeat fails alike. */
export function createContractRenderer({ lender = sampleLender }: { lender?: Lender } = {}): ContractRenderer {
  // pdfmake keeps fonts and policies for the whole process; every renderer sets the same: our four font files and nothing else.
  const fontFiles = new Set(Object.values(roboto));
  pdfmake.setFonts({ Roboto: { ...roboto } });
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy((path) => fontFiles.has(path));
  return {
    templateVersion,
    async render(terms) {
      const document = contractDocument(checked(terms), printable(lender));
      try {
        return new Uint8Array(await pdfmake.createPdf(document).getBuffer());
      } catch (cause) {
        throw new VendorFailure('esign', 'rejected', 'RENDER_FAILED', { cause });
      }
    },
  };
}

const font = (name: string) => fileURLToPath(import.meta.resolve(`pdfmake/fonts/Roboto/Roboto-${name}.ttf`));

/** Apache-2.0 and OFL fonts that pdfmake brings; they cover all of Vietnamese and the đồng sign. */
const roboto = { normal: font('Regular'), bold: font('Medium'), italics: font('Italic'), bolditalics: font('MediumItalic') };

function checked(terms: ContractTerms): ContractTerms & { product: Product } {
  const { product, instalments, amountVnd, totalPayableVnd } = terms;
  if (terms.templateVersion !== templateVersion) throw new VendorFailure('esign', 'rejected', 'TEMPLATE_UNKNOWN');
  const principalVnd = instalments.reduce((sum, row) => sum + row.principalVnd, 0);
  const feesVnd = instalments.reduce((sum, row) => sum + row.feeVnd, 0);
  const addsUp = instalments.length > 0 && principalVnd === amountVnd && principalVnd + feesVnd === totalPayableVnd;
  const days = [terms.date, terms.customer.dateOfBirth, ...instalments.map((row) => row.dueOn)];
  const amounts = [terms.limitVnd, ...instalments.flatMap((row) => [row.principalVnd, row.feeVnd])];
  const isSound =
    addsUp &&
    days.every(isDay) &&
    amounts.every((amount) => Number.isSafeInteger(amount) && amount >= 0) &&
    (!terms.lateFee || (terms.lateFee.basisPoints > 0 && terms.lateFee.basisPoints <= 10_000 && terms.lateFee.atMostVnd > 0)) &&
    Number.isFinite(terms.aprPercent) &&
    terms.aprPercent >= 0;
  if (!isSound || !isProduct(product)) throw new VendorFailure('esign', 'rejected', 'TERMS_INCONSISTENT');
  return { ...printable(terms), product };
}

/** What the fonts can print, tried glyph by glyph: Latin with all Vietnamese letters, common punctuation, the đồng sign. */
const unprintable =
  /[^\u0020-\u007e\u00a0-\u017f\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9\u2010\u2011\u2013-\u2015\u2018-\u201e\u2022\u2026\u20ab]/u;

/** The same value with every text in NFC, the composed form in which the fonts hold their letters. Throws TEXT_UNPRINTABLE when a text
 *  holds a character that would come out as an empty box. */
function printable<T>(value: T): T {
  const composed: unknown = JSON.parse(JSON.stringify(value), (_, member: unknown) => {
    if (typeof member !== 'string') return member;
    const text = member.normalize('NFC');
    if (unprintable.test(text)) throw new VendorFailure('esign', 'rejected', 'TEXT_UNPRINTABLE');
    return text;
  });
  return composed as T; // plain JSON in, the same shape out
}
