// Whom the customer waits for, said plainly: a page that only turns says nothing, and a wait for CIC or for a person may be one of hours.

import { z } from '@hono/zod-openapi';
import type { CheckoutView } from '../../../db/views.ts';

export const waiting = z
  .object({
    on: z.enum(['identity_check', 'credit_bureau', 'decision', 'reviewer', 'bank']),
    text: z.object({ vi: z.string(), en: z.string() }),
  })
  .openapi('Waiting');

type Waiting = z.infer<typeof waiting>;

/** What an application that asks nothing of its customer waits for. */
export function waitingOn({ status, step }: CheckoutView['application']): Waiting {
  const on = status === 'in_review' ? 'reviewer' : (byStep[step] ?? 'bank');
  return { on, text: texts[on] };
}

const byStep: Record<string, Waiting['on']> = { identity: 'identity_check', creditReport: 'credit_bureau', decision: 'decision' };

const texts: Record<Waiting['on'], Waiting['text']> = {
  identity_check: { vi: 'Chúng tôi đang kiểm tra ảnh của bạn.', en: 'We are checking your photos.' },
  credit_bureau: {
    vi: 'Chúng tôi đang chờ báo cáo của Trung tâm Thông tin Tín dụng (CIC). Thường mất vài giây, đôi khi vài giờ. Bạn có thể đóng trang này: hồ sơ tự tiếp tục và chúng tôi sẽ nhắn tin cho bạn.',
    en: 'We are waiting for the report of the credit bureau (CIC). It mostly takes seconds, sometimes hours. You may close this page: your application goes on by itself, and we will send you a message.',
  },
  decision: { vi: 'Chúng tôi đang xét duyệt hồ sơ của bạn.', en: 'We are deciding on your application.' },
  reviewer: {
    vi: 'Một nhân viên đang xem hồ sơ của bạn, thường trong ngày làm việc. Bạn có thể đóng trang này; chúng tôi sẽ nhắn tin cho bạn.',
    en: 'A member of our staff looks at your application, mostly within a working day. You may close this page; we will send you a message.',
  },
  bank: { vi: 'Ngân hàng đang xử lý.', en: 'The bank is working on it.' },
};
