// The words of the text message with the one-time password. Circular 50/2024 of the State Bank wants the message to say what the code is
// for; plain ASCII within 160 characters is one message on every phone.

const longestText = 160; // GSM 03.38: one message.

/** The text: code, purpose, amount, merchant, expiry and a warning. Only the merchant's name is shortened when it does not fit. */
export function otpText(code: string, terms: { amountVnd: number; merchantName: string }, lifetimeMs: number): string {
  const amount = String(terms.amountVnd).replaceAll(/\B(?=(\d{3})+$)/g, '.');
  const minutes = Math.floor(lifetimeMs / 60_000);
  const before = `Trasau: ma OTP ${code} de xac nhan mua tra sau ${amount} VND tai `;
  const after = `. Hieu luc ${minutes} phut. Khong chia se ma nay voi bat ky ai.`;
  const merchant = toAscii(terms.merchantName).slice(0, longestText - before.length - after.length);
  return before + merchant.trim() + after;
}

/** Vietnamese without its marks: `Cửa hàng Đông Á` becomes `Cua hang Dong A`. */
function toAscii(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll('đ', 'd')
    .replaceAll('Đ', 'D')
    .replaceAll(/[^\x20-\x7E]/g, '')
    .replaceAll(/ +/g, ' ')
    .trim();
}
