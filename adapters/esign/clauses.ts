// The words of the contract, template pay-later-vn/2. Vietnamese binds; the English line under each heading only helps to find one's way.
// A changed word is a new template version, because what was signed must be reproducible for as long as it is kept.

import { formatVnd } from '../../domain/money.ts';
import type { ContractTerms } from '../../domain/ports.ts';
import type { Product } from '../../domain/schedule.ts';
import { amountInWords } from './amount-in-words.ts';

/** The template that is rendered. */
export const templateVersion = 'pay-later-vn/2';

/** The company that lends. */
export interface Lender {
  name: string;
  /** Enterprise registration number. */
  registration: string;
  address: string;
  hotline: string;
  email: string;
}

/** Stands in the sandbox; every real lender brings its own. */
export const sampleLender: Lender = {
  name: 'Công ty Tài chính Trasau (mẫu)',
  registration: '0000000000',
  address: 'Số 1 Đường Mẫu, Phường Mẫu, Thành phố Hồ Chí Minh',
  hotline: '1900 0000',
  email: 'khieunai@trasau.example',
};

export interface Article {
  title: string;
  english: string;
  paragraphs: string[];
}

export const productNames: Record<Product, { vi: string; english: string }> = {
  'pay-in-3': { vi: 'Trả làm 3 kỳ hằng tháng', english: 'Three monthly instalments' },
  'pay-in-30-days': { vi: 'Trả một lần sau 30 ngày', english: 'One payment after 30 days' },
};

/** Non-breaking, so that no amount is torn from its currency. */
export function money(amountVnd: number): string {
  return formatVnd(amountVnd).replace(' ', '\u00a0');
}

/** `0,0 %/năm` */
export function yearlyRate(percent: number): string {
  return `${percent.toFixed(1).replace('.', ',')}\u00a0%/năm`;
}

/** `31/01/2026` */
export function shortDate(day: string): string {
  return day.split('-').toReversed().join('/');
}

/** The article before the schedule. */
export function purchaseArticle(terms: ContractTerms): Article {
  return {
    title: 'Điều 1. Khoản mua trả sau',
    english: 'The purchase that is paid later',
    paragraphs: [
      `Bên A thanh toán thay Bên B cho ${terms.merchantName} đơn hàng ${terms.merchantReference} với số tiền ${money(terms.amountVnd)} (bằng chữ: ${amountInWords(terms.amountVnd)}). Bên B hoàn trả số tiền này cho Bên A theo lịch tại Điều 2.`,
      `Hạn mức Bên A cấp cho Bên B là ${money(terms.limitVnd)} (bằng chữ: ${amountInWords(terms.limitVnd)}). Mỗi lần mua sau chỉ được thực hiện trong phạm vi hạn mức còn lại và phải được Bên B xác nhận riêng.`,
    ],
  };
}

/** The articles after the schedule. */
export function furtherArticles(terms: ContractTerms, lender: Lender): Article[] {
  const feesVnd = terms.totalPayableVnd - terms.amountVnd;
  const fees =
    feesVnd === 0 ? 'Bên A không thu lãi và không thu phí.' : `Tổng phí là ${money(feesVnd)}, đã ghi theo từng kỳ trong lịch thanh toán.`;
  return [
    {
      title: 'Điều 3. Lãi, phí và tổng chi phí',
      english: 'Interest, fees and total cost',
      paragraphs: [
        `${fees} Tổng số tiền Bên B phải trả là ${money(terms.totalPayableVnd)} (bằng chữ: ${amountInWords(terms.totalPayableVnd)}).`,
        `Tỷ lệ chi phí bình quân năm (APR) là ${yearlyRate(terms.aprPercent)}, tính theo lãi kép trên dòng tiền thực tế từng ngày, một năm có 365 ngày, gồm mọi khoản phí bắt buộc.`,
        `Ngoài các khoản ghi trong hợp đồng này, Bên A không thu thêm khoản nào. ${lateFeeClause(terms)}`,
      ],
    },
    {
      title: 'Điều 4. Khi chậm trả',
      english: 'When a payment is late',
      paragraphs: [
        'Bên A nhắc nợ không quá năm lần mỗi ngày, từ 7 giờ đến 21 giờ, chỉ liên hệ với Bên B và không đe dọa. Khoản chậm trả được báo cáo cho Trung tâm Thông tin Tín dụng Quốc gia Việt Nam (CIC) và có thể làm tăng nhóm nợ của Bên B. Nếu gặp khó khăn, Bên B nên liên hệ sớm với Bên A để thỏa thuận lại lịch thanh toán.',
      ],
    },
    {
      title: 'Điều 5. Quyền rút lui và trả trước hạn',
      english: 'Right of withdrawal and early repayment',
      paragraphs: [
        'Trước khi nhập mã OTP xác nhận giao dịch, Bên B có quyền hủy mà không mất khoản nào; khi đó hợp đồng không có hiệu lực.',
        'Trong 14 ngày kể từ ngày hợp đồng, Bên B có quyền rút khỏi hợp đồng bằng cách thông báo cho Bên A và hoàn trả số tiền Bên A đã thanh toán thay, không phải nêu lý do và không phải trả phí. Bên B có quyền trả trước hạn một phần hoặc toàn bộ vào bất cứ lúc nào mà không mất phí.',
        'Khi cửa hàng hoàn tiền, số tiền hoàn được trừ vào số Bên B còn phải trả; phần thừa (nếu có) được trả lại cho Bên B.',
      ],
    },
    ...closingArticles(lender),
  ];
}

function lateFeeClause({ lateFee }: ContractTerms): string {
  if (!lateFee) return 'Hợp đồng này không quy định phí chậm trả.';
  const share = `${(lateFee.basisPoints / 100).toFixed(2).replace('.', ',')}\u00a0%`;
  return `Với mỗi kỳ trả chậm, Bên B trả một lần phí chậm trả bằng ${share} số tiền còn thiếu của kỳ đó, tối đa ${money(lateFee.atMostVnd)}, không tính gộp và không tính theo ngày.`;
}

function closingArticles(lender: Lender): Article[] {
  return [
    {
      title: 'Điều 6. Dữ liệu cá nhân và quyết định tự động',
      english: 'Personal data and automated decisions',
      paragraphs: [
        'Bên A xử lý dữ liệu cá nhân của Bên B và tra cứu CIC trong phạm vi sự đồng ý mà Bên B đã đưa ra. Bên B có quyền được biết, xem, sửa, yêu cầu xóa dữ liệu và rút lại sự đồng ý theo pháp luật. Bên B có quyền yêu cầu giải thích và yêu cầu một nhân viên xem xét lại quyết định được đưa ra tự động.',
      ],
    },
    {
      title: 'Điều 7. Khiếu nại và giải quyết tranh chấp',
      english: 'Complaints and disputes',
      paragraphs: [
        `Bên B gửi khiếu nại qua số ${lender.hotline} hoặc thư điện tử ${lender.email}. Bên A trả lời bằng văn bản trong 15 ngày. Nếu không đồng ý, Bên B có quyền khiếu nại đến cơ quan quản lý nhà nước có thẩm quyền hoặc khởi kiện tại Tòa án nhân dân có thẩm quyền theo pháp luật Việt Nam.`,
      ],
    },
    {
      title: 'Điều 8. Ký điện tử và hiệu lực',
      english: 'Electronic signature and effect',
      paragraphs: [
        'Bên B ký bằng cách xác nhận đồng ý với chính tệp này trên trang thanh toán; sau đó hệ thống của Bên A gắn con dấu điện tử vào tệp. Hợp đồng có hiệu lực và giao dịch chỉ được ghi sổ khi Bên B nhập đúng mã OTP gắn với số tiền, cửa hàng, số hợp đồng và giá trị băm SHA-256 của tệp này.',
        'Bên B nhận một bản của hợp đồng và có thể tải lại vào bất cứ lúc nào. Bản tiếng Việt là bản có giá trị ràng buộc; các dòng tiếng Anh chỉ để tham khảo.',
      ],
    },
  ];
}
