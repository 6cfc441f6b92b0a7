// An amount as it is read aloud in Vietnamese. Contracts give every amount in figures and in words, so that a changed digit shows.

const digits = ['không', 'một', 'hai', 'ba', 'bốn', 'năm', 'sáu', 'bảy', 'tám', 'chín'] as const;
const scales = ['', 'nghìn', 'triệu', 'tỷ', 'nghìn tỷ'] as const;

/** `một triệu năm trăm nghìn đồng` for 1,500,000. Takes whole amounts from 0 to below 10^15; throws a RangeError for others. */
export function amountInWords(amountVnd: number): string {
  if (!Number.isSafeInteger(amountVnd) || amountVnd < 0 || amountVnd >= 1e15)
    throw new RangeError('an amount in words is whole and not negative');
  if (amountVnd === 0) return 'không đồng';
  const groups = String(amountVnd)
    .replaceAll(/\B(?=(\d{3})+$)/g, '.')
    .split('.')
    .map(Number);
  const words = groups.flatMap((group, index) => {
    const scale = scales[groups.length - 1 - index] ?? '';
    return group === 0 ? [] : [readGroup(group, index === 0), scale];
  });
  return [...words, 'đồng'].filter((word) => word !== '').join(' ');
}

/** Three digits. Within a larger number every place is read, so that "không trăm lẻ năm" is not taken for "năm trăm". */
function readGroup(group: number, isFirst: boolean): string {
  const hundreds = Math.floor(group / 100);
  const tens = Math.floor(group / 10) % 10;
  const units = group % 10;
  const words = hundreds > 0 || !isFirst ? [digits[hundreds], 'trăm'] : [];
  if (tens > 1) words.push(digits[tens], 'mươi');
  else if (tens === 1) words.push('mười');
  else if (units > 0 && words.length > 0) words.push('lẻ');
  if (units > 0) words.push(readUnit(units, tens));
  return words.join(' ');
}

/** One and five change their sound after a ten. */
function readUnit(units: number, tens: number): string {
  if (units === 1 && tens > 1) return 'mốt';
  if (units === 5 && tens > 0) return 'lăm';
  return digits[units] ?? '';
}
