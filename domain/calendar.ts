// Dates as the customer reads them: a calendar day in Vietnam, written yyyy-MM-dd. Vietnam is UTC+7 all year, without daylight
// saving, so a day follows from an instant by plain arithmetic and no time zone table is needed.

/** A calendar day in Asia/Ho_Chi_Minh, yyyy-MM-dd. */
export type Day = string;

const dayMs = 86_400_000;
const vietnamOffsetMs = 7 * 3_600_000;

/** The day on which this instant falls in Vietnam. Throws a RangeError for an invalid date. */
export function dayInVietnam(at: Date): Day {
  return new Date(at.getTime() + vietnamOffsetMs).toISOString().slice(0, 10);
}

/** The instant as a customer in Vietnam reads it, to the minute: 17:05 24/11. Throws a RangeError for an invalid date. */
export function timeInVietnam(at: Date): string {
  const [, month, day, time] = /^\d+-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(new Date(at.getTime() + vietnamOffsetMs).toISOString()) ?? [];
  return `${time} ${day}/${month}`;
}

/** The day that lies so many days later, or earlier for a negative number. Throws a RangeError for a day that does not exist. */
export function addDays(day: Day, days: number): Day {
  return new Date(midnight(day) + days * dayMs).toISOString().slice(0, 10);
}

/** The same day of the month so many months later; where the month is shorter, its last day: 31 January plus one month is 28 or 29
 *  February. Count from the first day and not from the previous result, or 31 stays lost. Throws a RangeError as {@link addDays}. */
export function addMonths(day: Day, months: number): Day {
  const start = new Date(midnight(day));
  const first = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months, 1);
  const last = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months + 1, 0);
  return new Date(Math.min(first + (start.getUTCDate() - 1) * dayMs, last)).toISOString().slice(0, 10);
}

/** Whole days from the one to the other; negative when `to` is earlier. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((midnight(to) - midnight(from)) / dayMs);
}

/** Completed years on a day. Who was born on 29 February completes a year on 1 March where the year has no such day. */
export function ageOn(dateOfBirth: Day, on: Day): number {
  midnight(dateOfBirth);
  midnight(on);
  const years = Number(on.slice(0, 4)) - Number(dateOfBirth.slice(0, 4));
  return on.slice(5) < dateOfBirth.slice(5) ? years - 1 : years;
}

/** Completed months from the one day to the other; negative when `to` is earlier. */
export function monthsBetween(from: Day, to: Day): number {
  if (daysBetween(from, to) < 0) return 0 - monthsBetween(to, from);
  const months = (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 + Number(to.slice(5, 7)) - Number(from.slice(5, 7));
  return addMonths(from, months) > to ? months - 1 : months;
}

/** True for a day that exists, written yyyy-MM-dd. */
export function isDay(text: string): text is Day {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  return day !== undefined && Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month));
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : month >= 1 && month <= 12 ? 31 : 0;
}

function midnight(day: Day): number {
  if (!isDay(day)) throw new RangeError('a day must exist and be written yyyy-MM-dd');
  return Date.parse(`${day}T00:00:00Z`);
}
