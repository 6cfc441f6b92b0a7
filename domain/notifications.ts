// What customers are told by SMS: plain ASCII, at most 160 characters, with the purpose first and no link (SBV Circular 50/2024 forbids
// links in messages that the customer did not ask for; the one message with a link is sent because they asked support for it). Vietnamese is written without diacritics, as banks do.

import { timeInVietnam } from './calendar.ts';
import { invariant } from './failures.ts';
import { isReasonCode, reasons } from './reasons.ts';
import type { Language } from './reasons.ts';

export type NotificationTemplate =
  | 'contract_signed'
  | 'purchase_booked'
  | 'offer_ready'
  | 'application_ended'
  | 'asked_again'
  | 'deadline_near'
  | 'checkout_link';

/** Longest text of one SMS, in characters (GSM 03.38). */
const maxLength = 160;

/** The text of a message. Pure; unknown reasons leave the sentence without one. */
export function notificationText(
  template: NotificationTemplate,
  params: Record<string, string | number>,
  to: { language: Language; merchantName: string },
): string {
  const shop = ascii(to.merchantName);
  const contract = ascii(String(params['contractNumber'] ?? ''));
  const vi = to.language === 'vi';
  switch (template) {
    case 'contract_signed':
      return fit(
        vi
          ? `Trasau: Ban da ky hop dong ${contract}. Ban sao luu trong muc Hop dong cua ban.`
          : `Trasau: You signed contract ${contract}. Your copy is in your contracts.`,
      );
    case 'purchase_booked':
      return fit(vi ? `Trasau: Don hang tai ${shop} da duoc thanh toan. Cam on ban.` : `Trasau: Your order at ${shop} is paid. Thank you.`);
    case 'offer_ready':
      return fit(
        vi
          ? `Trasau: Ho so tai ${shop} da duoc duyet. Vui long mo lai trang thanh toan de xem de nghi.`
          : `Trasau: Your application at ${shop} is approved. Please return to the checkout to see the offer.`,
      );
    case 'asked_again':
      return fit(`Trasau, ${shop}:${reasonText(params, to.language)}`);
    case 'deadline_near': {
      const until = timeInVietnam(new Date(String(params['deadlineAt'])));
      return fit(
        vi
          ? `Trasau: Ho so mua tra sau tai ${shop} het han luc ${until}. Vui long hoan tat truoc do.`
          : `Trasau: Your application at ${shop} expires at ${until}. Please complete it before.`,
      );
    }
    case 'checkout_link': {
      const url = String(params['url'] ?? '');
      const text = vi
        ? `Trasau: Theo yeu cau cua ban, tiep tuc tai ${url} Khong chia se.`
        : `Trasau: As you asked, go on at ${url} Do not share.`;
      invariant(text.length <= maxLength, 'a link is sent whole');
      return text;
    }
    case 'application_ended': {
      const why = reasonText(params, to.language);
      return fit(vi ? `Trasau: Ho so mua tra sau tai ${shop} da ket thuc.${why}` : `Trasau: Your application at ${shop} has ended.${why}`);
    }
  }
}

function reasonText(params: Record<string, string | number>, language: Language): string {
  const code = String(params['reason'] ?? '');
  return isReasonCode(code) ? ` ${ascii(reasons[code].customer[language])}` : '';
}

/** Vietnamese letters without their marks; anything else becomes a question mark, as do the ASCII characters that count twice in GSM 03.38
 *  ([ ] { } \ ^ | ~) or, like the backtick, would turn the whole message into UCS-2 and leave room for 70. */
function ascii(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('đ', 'd')
    .replaceAll('Đ', 'D')
    .replaceAll(/[^\x20-\x7e]|[[\]{}\\^|~`]/g, '?');
}

function fit(text: string): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 3)}...`;
}
